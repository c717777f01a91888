// Between the participants' payloads and the bytes of frames (libp2p pubsub proto2). A payload that goes to several peers
// is encoded once. Bytes from peers are untrusted: what is malformed costs the peer its connection and is counted.

internal import AVS
internal import Basics
internal import Gossip
internal import Libp2p
internal import Network
internal import Participants
internal import Runs

extension NodeHost {
  /// Hands the outbox to the links, in order.
  func sendOutbox(_ now: Instant) {
    var last: (payload: Payload, frame: FrameHandle?)?
    for k in 0..<effects.outbox.count {
      let transmission = effects.outbox[k]
      if last?.payload != transmission.payload {
        if let frame = last?.frame { imposed.release(frame) }
        last = (transmission.payload, encode(transmission.payload))
        if decisions != nil { decisions?.note(frame: last?.frame.map { imposed.bytes($0) } ?? []) }
      }
      decisions?.note(slot: transmission.slot)
      guard let frame = last?.frame else {
        participants.lose(transmission.payload)
        continue
      }
      let fate = imposed.send(
        frame, slot: Int(transmission.slot), transmission.payload.isControl ? .control : .message,
        key: UInt64(transmission.payload.rawValue), bytes: participants.encodedSize(transmission.payload),
        at: now)
      switch fate {
      case .lost, .cut:
        if transmission.payload.isControl,
          participants.router.control.announces(transmission.payload.control)
        {
          repeatAnnouncement(on: transmission.slot, now)
        }
      case .delivered, .queueFull: break
      }
      switch fate {
      // The bytes travel; the reference of a control RPC is not needed any more, as if it were lost.
      case .delivered, .lost, .cut: participants.lose(transmission.payload)
      case .queueFull: participants.refuse(transmission)
      }
    }
    if let frame = last?.frame { imposed.release(frame) }
    effects.outbox.removeAll()
  }

  /// Moves the outbox into the outbound queues, and sends what finds its link free.
  func queueOutbox(_ now: Instant) {
    let slots = (0..<effects.outbox.count).map { effects.outbox[$0].slot }
    let lane = participants.router.lane(of: effects.outbox)
    _ = participants.router.enqueue(&effects.outbox, as: lane, at: now)
    for slot in slots { sendNext(slot, now) }
  }

  /// Sends from a link's queue as long as the link is free; then waits for it.
  func sendNext(_ slot: UInt32, _ now: Instant) {
    guard !awaitsLink[Int(slot)] else { return }
    while participants.router.queueLength(slot: slot) > 0 {
      let free = imposed.links.freeAt(Int(slot))
      if free > now {
        awaitsLink[Int(slot)] = true
        return addLinkFree(slot, at: free)
      }
      guard let next = participants.router.dequeue(slot: slot, at: now) else { return }
      guard let frame = encode(next.payload) else {
        participants.lose(next.payload)
        continue
      }
      if decisions != nil { decisions?.note(frame: imposed.bytes(frame)) }
      decisions?.note(slot: slot)
      let fate = imposed.send(
        frame, slot: Int(slot), next.payload.isControl ? .control : .message,
        key: UInt64(next.payload.rawValue), bytes: participants.encodedSize(next.payload), at: now)
      if fate == .queueFull { participants.refuse(next) } else { participants.lose(next.payload) }
      imposed.release(frame)
    }
  }

  /// The payload's RPC; nil when nothing of it is left to say.
  private func encode(_ payload: Payload) -> FrameHandle? {
    if payload.isControl {
      var bytes: [UInt8] = []
      encoder.control(payload.control, of: participants.router, into: &bytes)
      return bytes.isEmpty ? nil : imposed.frame(bytes.count) { $0.append(bytes: bytes.span) }
    }
    let data = participants.data(payload.message)
    let topic = TopicID(participants.attestation(payload.message).attestation.service.rawValue)
    return imposed.frame(encoder.publicationSize(topic, dataBytes: data.count)) { output in
      encoder.publish(topic, data.span, into: &output)
    }
  }

  /// A frame from the neighbour at `slot`.
  func received(_ frame: Span<UInt8>, slot: Int) {
    let now = now
    guard isUnderWay(now) else { return }
    enter()
    if log != nil {
      let bytes = [UInt8](capacity: frame.count) { $0.append(bytes: frame) }
      note(.frame(bytes, slot: slot), now)
    }
    take(frame, slot: slot, now)
    leave()
  }

  /// The same at an instant, whether it came now or was held until now.
  func take(_ frame: Span<UInt8>, slot: Int, _ now: Instant) {
    let node = Int(transport.wiring.owners[slot])
    if let held = standing[node] {
      let bytes = [UInt8](capacity: frame.count) { output in
        for k in frame.indices { output.append(frame[k]) }
      }
      standing[node] = held.with(.frame(bytes, slot: slot))
      return
    }
    let hash = known.hash(frame)
    if let message = known.message(frame, hash: hash), participants.router.messages.isLive(message) {
      participants.arrive(Payload(message), on: UInt32(slot), now, &effects)
      carryOut(now)
      return
    }
    do throws(RPCError) { try decoded.decode(frame) } catch {
      refusals.malformed += 1
      expel(slot)
      return
    }
    for k in 0..<decoded.publications.count {
      guard let topic = decoded.topic(k, of: frame, encoder.topics) else {
        participants.router.countInvalid()
        continue
      }
      let range = frame.extracting(decoded.publications[k].data.indices)
      let data = [UInt8](capacity: range.count) { $0.append(bytes: range) }
      guard let message = message(data, topic, now) else {
        refusals.foreignData += 1
        expel(slot)
        return
      }
      if decoded.publications.count == 1 && !decoded.hasControl {
        known.remember(frame, hash: hash, message)
      }
      participants.arrive(Payload(message), on: UInt32(slot), now, &effects)
      carryOut(now)
    }
    guard decoded.hasControl else { return }
    let control = decoded.control(of: frame, encoder.topics, into: &participants.router, at: now)
    guard let control else { return }
    participants.arrive(Payload(control), on: UInt32(slot), now, &effects)
    carryOut(now)
  }

  /// The message of these bytes: known by its content, or read now. Nil when they are not what a node of ours writes: the
  /// id is the hash of the bytes, so they must have one form only.
  private func message(_ data: [UInt8], _ topic: TopicID, _ now: Instant) -> MessageHandle? {
    let id = Participants.contentID(topic: topics[topic.index], data: data)
    if let known = participants.router.messages.handle(of: id),
      !participants.router.messages[known].isPlaceholder
    {
      return known
    }
    let deployment = blueprint.deployment
    guard let signed = try? SignedAttestation(decoding: data, deployment.scheme),
      signed.attestation.service.index == topic.index,
      signed.encoded(
        deployment.scheme, paddedTo: deployment.services[topic.index].attestationBytes) == data
    else { return nil }
    return participants.register(signed, origin: MessageTable.unknownOrigin, now)
  }

  private func expel(_ slot: Int) {
    participants.router.countInvalid()
    transport.expel(slot: slot)
  }
}
