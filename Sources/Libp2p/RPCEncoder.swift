// Writing GossipSub RPCs (libp2p pubsub proto2, GossipSub v1.3), fields in the order of their numbers. The sizes are those
// of Gossip's `WireSize`: what the link model charged for is what the socket carries.

internal import Basics
public import Gossip

/// Writes RPCs for the topics of one run.
public struct RPCEncoder: Sendable {
  public let topics: TopicNames
  public let peers: PeerNames

  public init(_ topics: TopicNames, peers: PeerNames = PeerNames([])) {
    self.topics = topics
    self.peers = peers
  }

  /// Bytes of an RPC with one message under StrictNoSign.
  public func publicationSize(_ topic: TopicID, dataBytes: Int) -> Int {
    WireSize.publish(dataBytes: dataBytes, topicNameBytes: topics.names[topic.index].count)
  }

  /// Writes an RPC with one message: exactly `publicationSize` bytes.
  public func publish(_ topic: TopicID, _ data: Span<UInt8>, into output: inout OutputSpan<UInt8>) {
    let name = topics.names[topic.index]
    output.append(tag: 2, length: WireSize.field(data.count) + WireSize.field(name.count))
    output.append(tag: 2, length: data.count)
    output.append(bytes: data)
    output.append(tag: 4, length: name.count)
    output.append(bytes: name.span)
  }

  /// Appends the control RPC `rpc` of `router` to `bytes`. Ids that went stale since are left out, and parts that lose all
  /// their ids, and peers of a PRUNE that have no id in `peers`; otherwise exactly `ControlStore.encodedSize` bytes (signed
  /// peer records apart). Partial messages are left out: the router counts parts and does not hold them. Requires a
  /// router with a content index.
  public func control(_ rpc: ControlHandle, of router: borrowing Router, into bytes: inout [UInt8]) {
    var control: [UInt8] = []
    var identifiers: [ContentID] = []
    var position = router.control.firstItem(rpc)
    while let index = position {
      switch router.control.item(index) {
      case .subscription(let topic, let subscribes):
        let name = topics.names[topic.index]
        bytes.append(addingCapacity: WireSize.subscription(topicNameBytes: name.count)) { output in
          output.append(tag: 1, length: 2 + WireSize.field(name.count))
          output.append(1 << 3)
          output.append(subscribes ? 1 : 0)
          output.append(tag: 2, length: name.count)
          output.append(bytes: name.span)
        }
      case .graft(let topic):
        let name = topics.names[topic.index]
        control.append(addingCapacity: WireSize.graft(topicNameBytes: name.count)) { output in
          output.append(tag: 3, length: WireSize.field(name.count))
          output.append(tag: 1, length: name.count)
          output.append(bytes: name.span)
        }
      case .prune(let topic, let backoffSeconds):
        let name = topics.names[topic.index]
        var named: [[UInt8]] = []
        var cursor = router.control.peers(of: index)
        while let peer = router.control.next(&cursor) {
          if let id = peers.id(of: peer) { named.append(id) }
        }
        let backoff = backoffSeconds == 0 ? 0 : 1 + WireSize.varint(Int(backoffSeconds))
        let inside =
          WireSize.field(name.count) + backoff
          + named.reduce(0) { $0 + WireSize.field(WireSize.field($1.count)) }
        control.append(addingCapacity: WireSize.field(inside)) { output in
          output.append(tag: 4, length: inside)
          output.append(tag: 1, length: name.count)
          output.append(bytes: name.span)
          for id in named {
            output.append(tag: 2, length: WireSize.field(id.count))
            output.append(tag: 1, length: id.count)
            output.append(bytes: id.span)
          }
          if backoffSeconds > 0 {
            output.append(3 << 3)
            output.append(varint: Int(backoffSeconds))
          }
        }
      case .ihave(let topic, _):
        collect(index, of: router, into: &identifiers)
        let name = topics.names[topic.index]
        let inside = WireSize.field(name.count) + identifiers.count * WireSize.identifier
        if !identifiers.isEmpty {
          control.append(addingCapacity: WireSize.field(inside)) { output in
            output.append(tag: 1, length: inside)
            output.append(tag: 1, length: name.count)
            output.append(bytes: name.span)
            for id in identifiers { output.append(tag: 2, id) }
          }
        }
      case .iwant:
        collect(index, of: router, into: &identifiers)
        append(identifiers, as: 2, to: &control)
      case .idontwant:
        collect(index, of: router, into: &identifiers)
        append(identifiers, as: 5, to: &control)
      case .extensions(let set):
        control.append(addingCapacity: WireSize.extensions(set)) { output in
          output.append(tag: 6, length: WireSize.extensions(set) - 2)
          if set.contains(.partialMessages) {
            output.append(10 << 3)
            output.append(1)
          }
          if set.contains(.test) {
            output.append(varint: 6_492_434 << 3)
            output.append(1)
          }
        }
      case .partial: break
      }
      position = router.control.item(after: index)
    }
    guard !control.isEmpty else { return }
    bytes.append(addingCapacity: WireSize.field(control.count)) { output in
      output.append(tag: 3, length: control.count)
      output.append(bytes: control.span)
    }
  }

  /// IWANT or IDONTWANT, unless it has no ids.
  private func append(_ identifiers: [ContentID], as field: UInt8, to control: inout [UInt8]) {
    guard !identifiers.isEmpty else { return }
    let inside = identifiers.count * WireSize.identifier
    control.append(addingCapacity: WireSize.field(inside)) { output in
      output.append(tag: field, length: inside)
      for id in identifiers { output.append(tag: 1, id) }
    }
  }

  private func collect(
    _ item: ControlItemIndex, of router: borrowing Router, into identifiers: inout [ContentID]
  ) {
    identifiers.removeAll(keepingCapacity: true)
    var cursor = router.control.identifiers(of: item)
    while let handle = router.control.next(&cursor) {
      if router.messages.isLive(handle) { identifiers.append(router.messages.content(of: handle)) }
    }
  }
}

extension OutputSpan<UInt8> {
  /// Field number and wire type 2, then the length.
  fileprivate mutating func append(tag field: UInt8, length: Int) {
    append(field << 3 | 2)
    append(varint: length)
  }

  fileprivate mutating func append(tag field: UInt8, _ id: ContentID) {
    append(tag: field, length: ContentID.byteCount)
    for k in 0..<ContentID.byteCount { append(id[k]) }
  }
}
