// What became of each message: counted when its lifetime is over, from the seen bits and the nodes' own up times.

import AVS
public import Basics
import Gossip

/// Messages in order of publication, waiting for the end of their lifetime.
struct AuditQueue: ~Copyable {
  private var messages = Table<MessageHandle>(capacity: 1_024)
  private var head = 0

  var oldest: MessageHandle? { head < messages.count ? messages[head] : nil }

  mutating func append(_ message: MessageHandle) { messages.append(message) }

  mutating func removeOldest() {
    head += 1
    guard head > 4_096, head * 2 > messages.count else { return }
    for k in head..<messages.count { messages[k - head] = messages[k] }
    messages.truncate(to: messages.count - head)
    head = 0
  }
}

extension Participants {
  /// A message's lifetime: how long the network can still hand it over. GossipSub keeps a message for `cacheWindows`
  /// heartbeats and answers IWANT for it within them.
  public var messageLifetime: TimeSpan {
    deployment.gossip.heartbeatInterval * UInt64(deployment.gossip.cacheWindows)
  }

  /// Counts the deliveries of messages whose lifetime has ended.
  public mutating func audit(_ now: Instant, _ effects: inout Effects) {
    // A peer can claim any time of publication: what claims the future goes to the end of the queue, and what claims a time
    // after all traffic is dropped, so that it keeps nobody waiting.
    var again: [MessageHandle] = []
    defer { for message in again { unaudited.append(message) } }
    let latest = Instant.zero + deployment.duration + longestWindow
    while let message = unaudited.oldest {
      guard let attestation = publication(of: message) else {
        unaudited.removeOldest()
        continue
      }
      let end = attestation.publishedAt + messageLifetime
      if attestation.publishedAt > now {
        unaudited.removeOldest()
        if attestation.publishedAt <= latest { again.append(message) }
        continue
      }
      guard end <= now else { break }
      unaudited.removeOldest()
      if attestation.task.index < schedule.tasks.count { tell(message, attestation, end, now, &effects) }
    }
  }

  /// After the last task nobody publishes for longer than this.
  private var longestWindow: TimeSpan {
    (deployment.services.map(\.responseWindow).max() ?? .zero) + messageLifetime
  }

  /// The attestation of a message that is still live.
  private func publication(of message: MessageHandle) -> Attestation? {
    router.isLive(message) ? store[message].signed.attestation : nil
  }

  private func tell(
    _ message: MessageHandle, _ attestation: Attestation, _ end: Instant, _ now: Instant,
    _ effects: inout Effects
  ) {
    let body = store[message]
    // What names a stranger, or was forged or damaged on its way, is nobody's duty; its author may not even exist.
    if body.isNoise || body.member == .max || body.validity == .invalid { return }
    let partitions = availability.partitions(from: attestation.publishedAt, until: end)
    var delivered: UInt64 = 0
    var received: UInt64 = 0
    let publisher = attestation.operatorID
    for node in roles.subscribers[attestation.service.index] where node != publisher && isHosted[node.index] {
      guard hasSeen(message, at: node) else { continue }
      received += 1
      if availability.reaches(publisher, node, from: attestation.publishedAt, until: end, partitions) {
        delivered += 1
      }
    }
    effects.facts.append(
      Fact(
        .delivered, node: publisher, task: attestation.task, at: attestation.publishedAt, value: delivered,
        extra: received))
  }
}

extension Availability {
  /// Whether `node` ran for the whole span and no partition came between it and `publisher` in it.
  package func reaches(
    _ publisher: NodeID, _ node: NodeID, from: Instant, until: Instant, _ overlapping: [Partition]
  ) -> Bool {
    for partition in overlapping
    where !partition.passes(publisher, to: node) { return false }
    return ran(node, from: from, until: until)
  }
}
