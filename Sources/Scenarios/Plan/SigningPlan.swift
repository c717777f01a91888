// Whether messages tell and prove their author (`network.gossip.signing`), and what their ids are made of
// (`network.gossip.messageId`). One policy for all nodes, and others for those that are set up otherwise: what a strict node
// refuses counts against whoever sent it.
//
// The bytes of author, sequence number and signature are charged on every link, and the time of an Ed25519 signature at every
// node that makes or checks one. Nobody forges this signature: who lies signs as himself, and his attestation's own signature is
// another (`invalidSignature`).

public import Gossip

/// Signing policies of a network.
public struct SigningPlan: Sendable, Equatable, Codable {
  /// libp2p pubsub, *Message signing*.
  public enum Policy: String, CaseIterable, Sendable, Codable {
    case strictSign = "StrictSign"
    case strictNoSign = "StrictNoSign"
    case laxSign = "LaxSign"
    case laxNoSign = "LaxNoSign"

    public var policy: SigningPolicy {
      switch self {
      case .strictSign: .strictSign
      case .strictNoSign: .strictNoSign
      case .laxSign: .laxSign
      case .laxNoSign: .laxNoSign
      }
    }
  }

  /// Nodes with a policy of their own.
  public struct Exception: Sendable, Equatable, Codable {
    public var nodes: [String]
    public var policy: Policy

    init(_ o: ObjectReader) {
      let names =
        o.needed("nodes", "write nodes: [...]", placeholder: []) {
          $0.list(1...1_000_000) { $0.string("write a node's number or name") }
        }
      nodes = names
      policy = o.needed("policy", "write their policy", placeholder: .strictNoSign) { $0.choice() }
      o.afterwards("nodes") { $0.wrong(NodeChoice.list(names)) }
    }
  }

  public var policy: Policy
  public var except: [Exception]

  /// Every policy that some node has.
  var policies: [Policy] { [policy] + except.map(\.policy) }

  init(_ policy: Policy, except: [Exception] = []) {
    self.policy = policy
    self.except = except
  }

  static func read(_ value: ValueReader) -> SigningPlan? {
    value.forms(
      scalar: { v in v.choice(Policy.self).map { SigningPlan($0) } },
      mapping: { o in
        SigningPlan(
          o.value("policy", "of all other nodes", or: .strictNoSign) { $0.choice() },
          except: o.list("except", "nodes with a policy of their own: [{nodes: [...], policy: ...}]") {
            $0.object { Exception($0) }
          })
      }, expected: "a policy, or {policy: ..., except: [{nodes: [...], policy: ...}]}")
  }
}

/// What a message's id is made of.
public enum MessageIDPlan: String, CaseIterable, Sendable, Codable {
  /// 20 bytes of a hash of topic and data.
  case content
  /// The author's peer id and sequence number.
  case author

  var identity: MessageIdentity {
    switch self {
    case .content: .content
    case .author: .authorAndSequence
    }
  }
}
