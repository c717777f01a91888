// Between a GossipSub router that hosts one node and RPCs as foreign peers write them: the one file that knows both the
// router's inputs and the wire. Peers are slots. Ids on the wire are author and sequence number (any bytes, in fact), in the
// router their hash.
//
// A signature is checked before the router hears of a message, so that a forgery cannot take the place of the message
// whose id it bears; the forgery itself is shown to the router under a name of its own and rejected.

internal import Basics
internal import Gossip
internal import Libp2p

/// The router of a peer and what it needs to speak.
struct PeerGossip: ~Copyable {
  /// Why a peer has to go.
  enum Offence: Error { case malformed(RPCError), message(MessageRefusal) }

  static let node = NodeID(0)
  /// Messages refused from one peer before it has to go.
  static let refusalsMaximum: UInt32 = 16

  let topics: TopicNames
  let topicTexts: [String]
  let policy: SignaturePolicy
  /// The highest version that we offer.
  private let version: ProtocolVersion
  private let identity: HostIdentity
  private let limits: RPCLimits
  var router: Router
  private var outbox = Outbox()
  private var decoded = DecodedRPC()
  private var store = MessageStore()
  /// By slot.
  private var peers: [PeerID?]
  private var slots: [PeerID: Int] = [:]
  private var refusals: [UInt32]
  /// By topic: the mesh as it was last told.
  private var mesh: [[UInt32]]
  private var sequence: UInt64
  private(set) var received = ReceivedParts()
  private(set) var messagesRefused: UInt64 = 0

  /// RPCs to be sent, in order, since the last draining; the owner says which it could not send.
  var outgoing: [(transmission: Transmission, rpc: [UInt8])] = []
  /// What happened since the last draining.
  var events: [PeerEvent] = []

  /// A router with `outbound + inbound` slots: first those of peers that we dial. `sequence` is the first message's number;
  /// it has to be above those of earlier runs with the same identity.
  init(
    _ settings: PeerSettings, outbound: Int, inbound: Int, sequence: UInt64
  ) {
    topicTexts = settings.topics
    topics = TopicNames(settings.topics)
    policy = settings.signatures
    identity = settings.connection.identity
    self.sequence = sequence
    var limits = RPCLimits()
    limits.rpcBytes = settings.connection.limits.rpcBytes
    limits.dataBytes = settings.connection.limits.rpcBytes
    self.limits = limits
    let count = outbound + inbound
    version = settings.connection.pubsub.compactMap(ProtocolVersion.init(named:)).max() ?? .v1_0
    var parameters = settings.parameters
    parameters.version = version
    if version == .v1_0 {
      // What 1.0 does not know.
      (parameters.pruneBackoff, parameters.unsubscribeBackoff) = (.zero, .zero)
      parameters.graftFloodThreshold = .zero
      parameters.backoffSlackHeartbeats = 0
      parameters.degreeOutbound = 0
      parameters.peerExchange = false
      parameters.score = nil
    }
    parameters.signing = policy == .strictSign ? .strictSign : .strictNoSign
    parameters.identity = policy == .strictSign ? .authorAndSequence : .content
    router = Router(
      parameters: parameters, topics: topics.topics, offsets: [0, UInt32(count)],
      neighbors: (0..<count).map { NodeID($0 + 1) }, outbound: (0..<count).map { $0 < outbound },
      seed: settings.seed, indexesContents: true)
    peers = Array(repeating: nil, count: count)
    refusals = Array(repeating: 0, count: count)
    mesh = Array(repeating: [], count: settings.topics.count)
  }

  // MARK: Inputs

  mutating func start(at now: Instant) {
    for index in topicTexts.indices {
      _ = router.join(Self.node, TopicID(index), at: now, outbox: &outbox)
    }
    finish()
  }

  /// `version` is the name of the protocol that was agreed on; nil while it is not known what the peer takes.
  mutating func connected(_ peer: PeerID, slot: Int, version agreed: String?, at now: Instant) {
    peers[slot] = peer
    slots[peer] = slot
    refusals[slot] = 0
    // The router takes the lower of both nodes' versions, and a stranger is as new as we are: so we are, for a moment,
    // as old as the stranger.
    router.setVersion(Self.node, agreed.flatMap(ProtocolVersion.init(named:)) ?? .v1_0)
    _ = router.connected(slot: UInt32(slot), at: now, outbox: &outbox)
    router.setVersion(Self.node, version)
    finish()
  }

  mutating func disconnected(slot: Int, at now: Instant) {
    guard let peer = peers[slot] else { return }
    _ = router.disconnected(slot: UInt32(slot), at: now)
    tellMesh()
    peers[slot] = nil
    slots[peer] = nil
  }

  mutating func heartbeat(at now: Instant) {
    _ = router.heartbeat(Self.node, at: now, outbox: &outbox)
    finish()
    store.sweep(router, of: Self.node)
  }

  /// Publishes under our name. The id, and how many copies go out; nil when the router refuses it.
  mutating func publish(_ data: [UInt8], to topic: TopicID, at now: Instant) -> (id: [UInt8], copies: Int)? {
    let name = topics.names[topic.index]
    let message: PubsubMessage
    switch policy {
    case .strictSign:
      message = PubsubMessage(signedBy: identity, topic: name, data: data, sequenceNumber: sequence)
      sequence += 1
    case .strictNoSign: message = PubsubMessage(topic: name, data: data)
    }
    let id = message.id(policy)
    let content = MessageStore.content(of: id)
    guard store.remember(id, as: content) else { return nil }
    let handle = router.messages.register(
      content, topic: topic, dataBytes: data.count, origin: Self.node, at: now)
    guard case .sent(let copies) = router.publish(Self.node, topic, handle, at: now, outbox: &outbox) else {
      return nil
    }
    store.keep(message.encoded, as: handle)
    finish()
    return (id, copies)
  }

  /// Whether a peer told that it subscribes to the topic.
  func hasSubscriber(_ topic: TopicID) -> Bool {
    peers.indices.contains { peers[$0] != nil && router.isSubscribed(peerOn: UInt32($0), topic) }
  }

  /// An RPC came over `slot`.
  mutating func receive(_ rpc: Span<UInt8>, on slot: Int, at now: Instant) throws(Offence) {
    do throws(RPCError) { try decoded.decode(rpc, limits, authors: .skip) } catch {
      router.countInvalid()
      throw .malformed(error)
    }
    received.rpcs += 1
    for index in 0..<decoded.publications.count {
      received.messages += 1
      try take(publication: index, of: rpc, on: slot, at: now)
    }
    if decoded.hasControl { takeControl(of: rpc, on: slot, at: now) }
    finish()
  }

  /// The owner could not send this.
  mutating func refused(_ transmission: Transmission) { router.dropped(transmission) }

  /// The owner sent this, or there is nobody to send it to.
  mutating func sent(_ transmission: Transmission) { router.release(transmission.payload) }

  // MARK: Messages

  private mutating func take(
    publication index: Int, of rpc: Span<UInt8>, on slot: Int, at now: Instant
  ) throws(Offence) {
    guard let topic = decoded.topic(index, of: rpc, topics) else {
      router.countInvalid()
      return
    }
    let message: PubsubMessage
    do throws(MessageRefusal) {
      message = try PubsubMessage(rpc, at: decoded.publications[index].message)
    } catch {
      messagesRefused += 1
      throw .message(error)
    }
    do throws(MessageRefusal) { try message.checkForm(policy) } catch {
      return try reject(message, topic, error, on: slot, at: now)
    }
    let id = message.id(policy)
    let content = MessageStore.content(of: id)
    if let known = router.messages.handle(of: content), !router.messages[known].isPlaceholder {
      if router.phase(known, at: Self.node) != .unseen {
        _ = router.receive(known, on: UInt32(slot), at: now, outbox: &outbox)
        return
      }
    }
    var author: PeerID?
    if case .strictSign = policy {
      do throws(MessageRefusal) { try message.checkSignature() } catch {
        return try reject(message, topic, error, on: slot, at: now)
      }
      author = try? PeerID(bytes: message.from.span)
      // Ours, and we do not know it: somebody replays what we said before we forgot it, or in an earlier life.
      if author == identity.peerID { return try reject(message, topic, .author, on: slot, at: now) }
    }
    guard store.remember(id, as: content) else { return }
    let origin = author.flatMap { slots[$0] }.map { NodeID($0 + 1) }
    let handle = router.messages.register(
      content, topic: topic, dataBytes: message.data.count, origin: origin ?? MessageTable.unknownOrigin,
      at: now)
    store.keep(message.encoded, as: handle)
    guard router.receive(handle, on: UInt32(slot), at: now, outbox: &outbox) == .fresh else { return }
    _ = router.settle(
      Self.node, handle, from: UInt32(slot), verdict: .accept, at: now, outbox: &outbox)
    if let via = peers[slot] {
      let number = message.sequenceNumber.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      events.append(
        .message(
          topic: topicTexts[topic.index], from: author, sequence: author == nil ? nil : number, via: via,
          data: message.data))
    }
  }

  /// Shows the router a message that is not what it claims to be, so that its sender is held to account.
  private mutating func reject(
    _ message: PubsubMessage, _ topic: TopicID, _ refusal: MessageRefusal, on slot: Int, at now: Instant
  ) throws(Offence) {
    messagesRefused += 1
    refusals[slot] += 1
    let content = MessageStore.content(of: Array("refused:".utf8) + message.encoded)
    let handle = router.messages.register(content, topic: topic, dataBytes: message.data.count, at: now)
    if router.receive(handle, on: UInt32(slot), at: now, outbox: &outbox) == .fresh {
      _ = router.settle(
        Self.node, handle, from: UInt32(slot), verdict: .reject, at: now, outbox: &outbox)
    }
    if refusals[slot] >= Self.refusalsMaximum { throw .message(refusal) }
  }

  // MARK: Control

  private mutating func takeControl(of rpc: Span<UInt8>, on slot: Int, at now: Instant) {
    guard let handle = router.createControl() else { return }
    var isEmpty = true
    var subscriptions: [(topic: TopicID, before: Bool)] = []
    for index in 0..<decoded.subscriptions.count {
      received.subscriptions += 1
      let part = decoded.subscriptions[index]
      // Topics that we do not have are no fault, and nothing to us.
      guard let topic = topics.id(rpc.extracting(part.topic.indices)) else { continue }
      subscriptions.append((topic, router.isSubscribed(peerOn: UInt32(slot), topic)))
      if router.append(.subscription(topic, subscribes: part.subscribes), to: handle) { isEmpty = false }
    }
    for index in 0..<decoded.controls.count {
      if append(decoded.controls[index], of: rpc, to: handle, at: now) { isEmpty = false }
    }
    if !isEmpty { _ = router.receive(handle, on: UInt32(slot), at: now, outbox: &outbox) }
    router.control.release(handle)
    guard let peer = peers[slot] else { return }
    for (topic, before) in subscriptions {
      let after = router.isSubscribed(peerOn: UInt32(slot), topic)
      guard before != after else { continue }
      let text = topicTexts[topic.index]
      events.append(after ? .subscribed(peer, topic: text) : .unsubscribed(peer, topic: text))
    }
  }

  private mutating func append(
    _ part: DecodedRPC.Control, of rpc: Span<UInt8>, to handle: ControlHandle, at now: Instant
  ) -> Bool {
    let topic = topics.id(rpc.extracting(part.topic.indices))
    switch part.kind {
    case .graft:
      received.graft += 1
      guard let topic else { return false }
      return router.append(.graft(topic), to: handle)
    case .prune:
      received.prune += 1
      guard let topic else { return false }
      let backoff = UInt32(min(part.backoffSeconds, UInt64(UInt32.max)))
      return router.append(.prune(topic, backoffSeconds: backoff), to: handle)
    case .ihave:
      received.ihave += 1
      guard let topic, router.append(.ihave(topic, identifiers: 0), to: handle) else { return false }
    case .iwant:
      received.iwant += 1
      guard router.append(.iwant(identifiers: 0), to: handle) else { return false }
    case .idontwant:
      received.idontwant += 1
      guard router.append(.idontwant(identifiers: 0), to: handle) else { return false }
    case .extensions: return router.append(.extensions(ExtensionSet(rawValue: part.extensions)), to: handle)
    }
    for k in 0..<Int(part.identifierCount) {
      let range = decoded.identifiers[Int(part.firstIdentifier) + k]
      let id = [UInt8](rpc.extracting(range.indices))
      let content = MessageStore.content(of: id)
      if part.kind != .iwant, !store.remember(id, as: content) { continue }
      _ = router.append(content, to: handle, at: now)
    }
    return true
  }

  // MARK: Effects

  /// Turns what the router wants sent into bytes, and tells changes of the mesh.
  private mutating func finish() {
    var last: (payload: Payload, rpc: [UInt8]?)?
    for index in 0..<outbox.count {
      let transmission = outbox[index]
      if last?.payload != transmission.payload {
        last = (transmission.payload, encode(transmission.payload))
      }
      if let rpc = last?.rpc {
        outgoing.append((transmission, rpc))
      } else if transmission.payload.isControl {
        router.release(transmission.payload)
      } else {
        router.dropped(transmission)
      }
    }
    outbox.removeAll()
    tellMesh()
  }

  private mutating func tellMesh() {
    for topic in topicTexts.indices {
      let present = router.mesh(Self.node, TopicID(topic))
      guard present != mesh[topic] else { continue }
      for slot in mesh[topic] where !present.contains(slot) {
        if let peer = peers[Int(slot)] { events.append(.pruned(peer, topic: topicTexts[topic])) }
      }
      for slot in present where !mesh[topic].contains(slot) {
        if let peer = peers[Int(slot)] { events.append(.grafted(peer, topic: topicTexts[topic])) }
      }
      mesh[topic] = present
    }
  }

  /// The payload as an RPC; nil when nothing of it is left to say.
  private func encode(_ payload: Payload) -> [UInt8]? {
    if payload.isControl {
      let rpc = encode(payload.control)
      return rpc.isEmpty ? nil : rpc
    }
    guard let message = store.message(payload.message) else { return nil }
    var writer = RPCWriter()
    writer.publish(message)
    return writer.rpc
  }

  private func encode(_ handle: ControlHandle) -> [UInt8] {
    var writer = RPCWriter()
    var position = router.control.firstItem(handle)
    while let index = position {
      switch router.control.item(index) {
      case .subscription(let topic, let subscribes):
        writer.subscription(topics.names[topic.index], subscribes: subscribes)
      case .graft(let topic): writer.graft(topics.names[topic.index])
      case .prune(let topic, let seconds): writer.prune(topics.names[topic.index], backoffSeconds: seconds)
      case .ihave(let topic, _): writer.ihave(topics.names[topic.index], identifiers(of: index))
      case .iwant: writer.iwant(identifiers(of: index))
      case .idontwant: writer.idontwant(identifiers(of: index))
      // None is offered, so nothing is said of them.
      case .extensions, .partial: break
      }
      position = router.control.item(after: index)
    }
    return writer.rpc
  }

  private func identifiers(of item: ControlItemIndex) -> [[UInt8]] {
    var found: [[UInt8]] = []
    var cursor = router.control.identifiers(of: item)
    while let handle = router.control.next(&cursor) {
      guard router.messages.isLive(handle) else { continue }
      if let id = store.identifier(of: router.messages.content(of: handle)) { found.append(id) }
    }
    return found
  }
}

extension ProtocolVersion {
  /// The version of this name on the wire.
  fileprivate init?(named name: String) {
    guard let version = Self.allCases.first(where: { $0.protocolID == name }) else { return nil }
    self = version
  }
}
