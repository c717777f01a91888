// The Sybils of a gossip-only simulation: what each one believes of the meshes it pushed itself into, and which messages
// it has seen. After libp2p/gossipsub-hardening's attacker; see `Stranger`.

import Basics
import Gossip

/// State of all strangers, by their own slots and by (stranger, message).
struct Strangers: ~Copyable {
  let behaviours: [Stranger]
  /// First node and first slot that is a stranger's.
  let firstNode: Int
  let firstSlot: UInt32
  let topics: Int
  /// By slot and topic: whether it forwards to that peer.
  private var mesh: Table<Bool>
  /// Messages met, by stranger; without columns when nobody ever forwards.
  private var seen: BitRows
  let forwards: Bool
  /// By slot and topic: re-GRAFTs so far, which number the draws of their delay.
  private var grafts: Table<UInt16>
  private let draws: HashRandom
  var copies: UInt64 = 0
  var sent: UInt64 = 0
  var graftsSent: UInt64 = 0

  init(
    _ behaviours: [Stranger], firstNode: Int, firstSlot: Int, slots: Int, topics: Int, messages: Int,
    seed: UInt64
  ) {
    self.behaviours = behaviours
    self.firstNode = firstNode
    self.firstSlot = UInt32(firstSlot)
    self.topics = topics
    mesh = Table(repeating: false, count: slots * topics)
    grafts = Table(repeating: 0, count: slots * topics)
    forwards = behaviours.contains { $0.attacksFrom > .zero || $0.drops < 1 }
    seen = BitRows(rows: behaviours.count, columns: forwards ? messages : 0)
    draws = HashRandom(seed: seed, .adversary)
  }

  @inline(__always) private func place(_ slot: UInt32, _ topic: TopicID) -> Int {
    Int(slot &- firstSlot) &* topics &+ topic.index
  }

  func holds(_ slot: UInt32, _ topic: TopicID) -> Bool { mesh[place(slot, topic)] }
  mutating func take(_ slot: UInt32, _ topic: TopicID) { mesh[place(slot, topic)] = true }

  /// Leaves the mesh of the peer on `slot`; returns how long it waits before it GRAFTs again.
  mutating func leave(_ slot: UInt32, _ topic: TopicID, node: Int) -> TimeSpan {
    let place = place(slot, topic)
    mesh[place] = false
    grafts[place] &+= 1
    let behaviour = behaviours[node - firstNode]
    let extra = scale(draws.bits(UInt64(slot), UInt64(topic.rawValue), UInt64(grafts[place])), 1 << 31)
    let wait = behaviour.graftDelay.nanoseconds.multipliedFullWidth(by: extra << 33).high
    return behaviour.graftBackoff + TimeSpan(nanoseconds: wait)
  }

  /// Whether a message that arrives at `node` is new there and passed on.
  mutating func passes(
    _ message: MessageHandle, from origin: NodeID, in topic: TopicID, node: Int, at now: Instant
  ) -> Bool {
    copies &+= 1
    guard forwards else { return false }
    let index = node - firstNode
    guard seen.insert(index, Int(message.rawValue)) else { return false }
    let behaviour = behaviours[index]
    if now < behaviour.attacksFrom { return true }
    if behaviour.censors == origin || behaviour.starves == topic { return false }
    if behaviour.drops <= 0 { return true }
    return unit(draws.bits(UInt64(node) | 1 << 40, UInt64(message.rawValue))) >= behaviour.drops
  }
}
