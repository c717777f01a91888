// Writing GossipSub RPCs (libp2p pubsub proto2, GossipSub v1.2), fields in the order of their numbers. The sizes are those
// of Gossip's `WireSize`: what the link model charged for is what the socket carries.

internal import Basics
public import Gossip

/// Writes RPCs for the topics of one run.
public struct RPCEncoder: Sendable {
  public let topics: TopicNames

  public init(_ topics: TopicNames) { self.topics = topics }

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
  /// their ids; otherwise exactly `ControlStore.encodedSize` bytes. Requires a router with a content index.
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
        let inside = WireSize.field(name.count) + 1 + WireSize.varint(Int(backoffSeconds))
        control.append(addingCapacity: WireSize.field(inside)) { output in
          output.append(tag: 4, length: inside)
          output.append(tag: 1, length: name.count)
          output.append(bytes: name.span)
          output.append(3 << 3)
          output.append(varint: Int(backoffSeconds))
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
        let inside = identifiers.count * WireSize.identifier
        if !identifiers.isEmpty {
          control.append(addingCapacity: WireSize.field(inside)) { output in
            output.append(tag: 2, length: inside)
            for id in identifiers { output.append(tag: 1, id) }
          }
        }
      }
      position = router.control.item(after: index)
    }
    guard !control.isEmpty else { return }
    bytes.append(addingCapacity: WireSize.field(control.count)) { output in
      output.append(tag: 3, length: control.count)
      output.append(bytes: control.span)
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
