// From a decoded RPC to what the router takes. Topics that the run does not have and ids that are no ids here are dropped
// one by one, counted by the router; the rest of the RPC counts.

public import Basics
public import Gossip

extension DecodedRPC {
  /// Whether there is anything but messages.
  public var hasControl: Bool { subscriptions.count + controls.count > 0 }

  /// The topic of publication `index`, or nil for one that the run does not have.
  public func topic(_ index: Int, of frame: Span<UInt8>, _ topics: TopicNames) -> TopicID? {
    topics.id(frame.extracting(publications[index].topic.indices))
  }

  /// Makes a control RPC of the subscriptions and the control parts, for `Router.receive`. Nil when nothing of it has a
  /// meaning here, or the router's store is full. The caller holds the one reference.
  public func control(
    of frame: Span<UInt8>, _ topics: TopicNames, peers names: PeerNames = PeerNames([]),
    into router: inout Router, at now: Instant
  ) -> ControlHandle? {
    guard hasControl, let rpc = router.createControl() else { return nil }
    var isEmpty = true
    for k in 0..<subscriptions.count {
      guard let topic = topics.id(frame.extracting(subscriptions[k].topic.indices)) else {
        router.countInvalid()
        continue
      }
      if router.append(.subscription(topic, subscribes: subscriptions[k].subscribes), to: rpc) {
        isEmpty = false
      }
    }
    for k in 0..<controls.count {
      let part = controls[k]
      if part.kind == .iwant || part.kind == .idontwant {
        let item: ControlItem = part.kind == .iwant ? .iwant(identifiers: 0) : .idontwant(identifiers: 0)
        if router.append(item, to: rpc) {
          isEmpty = false
          append(part, of: frame, to: rpc, into: &router, at: now)
        }
        continue
      }
      if part.kind == .extensions {
        if router.append(.extensions(ExtensionSet(rawValue: part.extensions)), to: rpc) { isEmpty = false }
        continue
      }
      guard let topic = topics.id(frame.extracting(part.topic.indices)) else {
        router.countInvalid()
        continue
      }
      switch part.kind {
      case .graft:
        if router.append(.graft(topic), to: rpc) { isEmpty = false }
      case .prune:
        let backoff = UInt32(min(part.backoffSeconds, UInt64(UInt32.max)))
        if router.append(.prune(topic, backoffSeconds: backoff), to: rpc) {
          isEmpty = false
          for k in 0..<Int(part.peerCount) {
            let id = frame.extracting(peers[Int(part.firstPeer) + k].indices)
            if let node = names.node(id) { _ = router.append(peer: node, to: rpc) }
          }
        }
      case .ihave:
        if router.append(.ihave(topic, identifiers: 0), to: rpc) {
          isEmpty = false
          append(part, of: frame, to: rpc, into: &router, at: now)
        }
      case .iwant, .idontwant, .extensions: break
      }
    }
    if isEmpty {
      router.control.release(rpc)
      return nil
    }
    return rpc
  }

  private func append(
    _ part: Control, of frame: Span<UInt8>, to rpc: ControlHandle, into router: inout Router, at now: Instant
  ) {
    for k in 0..<Int(part.identifierCount) {
      let range = identifiers[Int(part.firstIdentifier) + k].indices
      guard let id = ContentID(frame.extracting(range)) else {
        router.countInvalid()
        continue
      }
      _ = router.append(id, to: rpc, at: now)
    }
  }
}

extension ContentID {
  /// Nil unless `bytes` are 20.
  public init?(_ bytes: Span<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    func word(_ range: Range<Int>) -> UInt64 { range.reduce(0) { $0 << 8 | UInt64(bytes[$1]) } }
    self.init(high: word(0..<8), middle: word(8..<16), low: UInt32(word(16..<20)))
  }
}
