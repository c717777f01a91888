// Writing GossipSub RPCs whose message ids may have any length (libp2p pubsub proto2). `RPCEncoder` writes those of a run,
// where ids have 20 bytes and sizes are known beforehand.

/// Puts one RPC together, part by part.
public struct RPCWriter: Sendable {
  private var head: [UInt8] = []
  private var control: [UInt8] = []

  public init() {}

  /// The RPC, without a length in front; empty when nothing was added.
  public var rpc: [UInt8] {
    var rpc = head
    if !control.isEmpty { rpc.append(field: 3, control) }
    return rpc
  }

  /// A message in its own bytes.
  public mutating func publish(_ message: [UInt8]) { head.append(field: 2, message) }

  public mutating func subscription(_ topic: [UInt8], subscribes: Bool) {
    var part: [UInt8] = [1 << 3, subscribes ? 1 : 0]
    part.append(field: 2, topic)
    head.append(field: 1, part)
  }

  public mutating func graft(_ topic: [UInt8]) {
    var part: [UInt8] = []
    part.append(field: 1, topic)
    control.append(field: 3, part)
  }

  public mutating func prune(_ topic: [UInt8], backoffSeconds: UInt32) {
    var part: [UInt8] = []
    part.append(field: 1, topic)
    part.append(3 << 3)
    part += Varint.encoded(UInt64(backoffSeconds))
    control.append(field: 4, part)
  }

  /// Nothing for no ids.
  public mutating func ihave(_ topic: [UInt8], _ identifiers: [[UInt8]]) {
    guard !identifiers.isEmpty else { return }
    var part: [UInt8] = []
    part.append(field: 1, topic)
    for id in identifiers { part.append(field: 2, id) }
    control.append(field: 1, part)
  }

  /// Nothing for no ids.
  public mutating func iwant(_ identifiers: [[UInt8]]) {
    guard !identifiers.isEmpty else { return }
    var part: [UInt8] = []
    for id in identifiers { part.append(field: 1, id) }
    control.append(field: 2, part)
  }

  /// Nothing for no ids (v1.2).
  public mutating func idontwant(_ identifiers: [[UInt8]]) {
    guard !identifiers.isEmpty else { return }
    var part: [UInt8] = []
    for id in identifiers { part.append(field: 1, id) }
    control.append(field: 5, part)
  }
}
