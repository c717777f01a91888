// Who misbehaves, how, and when: what a scenario's adversaries come down to, one entry an operator and service.

public import Basics

/// One kind of wrong, done by one node.
public struct Misconduct: Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    /// Hears tasks and does not attest.
    case silent
    /// Publishes this long after it could have.
    case late(TimeSpan)
    /// Publishes so many nanoseconds after the response window's end; negative: before it.
    case atDeadline(Int64)
    /// Signs the right result and a wrong one. `split` of 65,536 peers get the wrong one only and the others the right
    /// one only; nil: everyone gets both.
    case equivocate(split: UInt32?)
    /// Signs a wrong result, the same for all who do.
    case invalidResult
    /// A collusion: signs the wrong result that these, itself among them, agreed on, in tasks in which it can get the quorum
    /// by the stake that they hold and that of others heard to agree; elsewhere it is honest.
    case wrongQuorum([NodeID])
    /// Checkpoint services: votes so that the new vote encloses an older one of its own; reaches back this many epochs.
    case surround(UInt32)
    /// Signs the result that came with the task, without computing.
    case lazyCopy
    /// Neither signs nor passes on what others signed.
    case withhold
    /// Does not pass on what these operators signed.
    case censor([NodeID])
    /// Passes on a message of others only with this chance of 65,536.
    case degrade(UInt32)
    /// Signs so that the signature does not verify.
    case invalidSignature
    /// Publishes, beside its own, attestations in the names of these, with signatures that do not verify.
    case impersonate([NodeID])
    /// Publishes so many old attestations again, of those that the network has forgotten.
    case replay(Int)
    /// Publishes so many further copies of each attestation of its own, where and when that one goes out, with other times of
    /// publication.
    case spam(Int)
    /// Announces to each peer so many messages that exist nowhere.
    case ihaveFlood(Int)
    /// Asks each peer so many times for what it has.
    case iwantFlood(Int)
    /// Leaves each peer's mesh and asks to be in it again, so many times.
    case graftSpam(Int)
    /// Brings evidence with forged signatures against these before the chain.
    case forgedEvidence([NodeID])
    /// Brings its own attestation before the chain so many times, as if that showed an offence.
    case griefing(Int)
    /// As an aggregator: leaves these out of its certificates, where a quorum remains; of an empty list: sends none.
    case aggregatorWithholding([NodeID])
  }
  public var operatorID: NodeID
  /// Nil: in every service it serves.
  public var service: ServiceID?
  public var kind: Kind
  public var from: Instant
  public var until: Instant
  /// Chance for each task, in units of 1/65,536.
  public var chance: UInt32
  /// Its coalition: members draw together, so that they act in the same tasks. Nil: each draws for itself.
  public var coalition: UInt64?
  /// Only while a fault of this name is in force.
  public var during: String?
  /// Only while the node itself sees all of this, asked at the moment of acting.
  public var when: [Sight]

  public init(
    operatorID: NodeID, service: ServiceID?, kind: Kind, from: Instant, until: Instant,
    chance: UInt32 = 65_536, coalition: UInt64? = nil, during: String? = nil,
    when: [Sight] = []
  ) {
    self.operatorID = operatorID
    self.service = service
    self.kind = kind
    self.from = from
    self.until = until
    self.chance = chance
    self.coalition = coalition
    self.during = during
    self.when = when
  }
}
