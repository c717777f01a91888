// What faults do to a link beyond cutting, delaying and losing: bursts of loss, jitter with memory, rates with a queue, copies,
// overtaking, damage, links that flap, clog or hold. Each effect draws for itself, by the fault's own key, so that adding or
// removing one changes no draw of another.
//
// Models: bursts are Gilbert's and Elliott's two-state chain, stepped once a message (E. N. Gilbert, BSTJ 39, 1960;
// E. O. Elliott, BSTJ 42, 1963); correlated jitter and overtaking are those of Linux' tc-netem(8); clogging follows
// FoundationDB's simulator, in which a clogged link delivers when the clog ends.

public import Basics

/// Two-state loss: probabilities a message of leaving the good state and of leaving the bad one, and the loss in each.
public struct BurstLoss: Hashable, Sendable, BitwiseCopyable {
  public var worsen, recover: Double
  public var lossGood, lossBad: Double

  public init(worsen: Double, recover: Double, lossGood: Double, lossBad: Double) {
    self.worsen = worsen
    self.recover = recover
    self.lossGood = lossGood
    self.lossBad = lossBad
  }

  /// The share lost in the long run: the chain's stationary mean.
  public var share: Double {
    (recover * lossGood + worsen * lossBad) / (worsen + recover)
  }
}

/// Which transmissions an effect strikes.
public struct Traffic: Hashable, Sendable, BitwiseCopyable {
  public enum Kind: String, Hashable, Sendable, BitwiseCopyable, CaseIterable, Codable {
    case all, messages, control
  }
  public var kind: Kind
  /// Only those of at least so many bytes.
  public var bytesMinimum: Int

  public init(_ kind: Kind = .all, bytesMinimum: Int = 0) {
    self.kind = kind
    self.bytesMinimum = bytesMinimum
  }

  func contains(key: UInt64, bytes: Int) -> Bool {
    guard bytes >= bytesMinimum else { return false }
    let isControl = key & LinkTable.controlKey != 0
    return kind == .all || (kind == .control) == isControl
  }
}

/// How a frame was damaged on its way.
public enum Damage: UInt8, Hashable, Sendable, BitwiseCopyable {
  /// Some of its bytes are others.
  case corrupted = 1
  /// Its end is missing.
  case truncated
}

/// What else became of the transmission last handed over.
public struct Aftermath: Equatable, Sendable, BitwiseCopyable {
  /// A second copy arrives then.
  public var copyAt: Instant?
  /// The frame arrives then, and is unreadable. Its fate is `lost`.
  public var damagedAt: Instant?
  public var damage = Damage.corrupted
}

/// What the effects on one transmission add up to.
struct Disturbance {
  enum End { case passes, lost, full }
  var end = End.passes
  /// Nanoseconds.
  var departure: UInt64
  var latency: UInt64
  /// Nothing arrives before its latency has passed since then.
  var heldUntil: UInt64 = 0
  var isCopied = false
  var damage: Damage?
}

extension LinkTable {
  /// Set in the keys of transmissions that are control RPCs, by both engines.
  public static var controlKey: UInt64 { 1 << 31 }

  /// Hands out, once, what else became of the last transmission. Nil nearly always.
  @inlinable public mutating func takeAftermath() -> Aftermath? {
    guard let found = aftermath else { return nil }
    aftermath = nil
    return found
  }

  /// Whether a link is down: cut, or in the down part of its flapping.
  mutating func isDown(_ slot: Int, at now: Instant) -> Bool {
    for k in special.faults.entries.indices
    where special.faults.members.contains(special.faults.entries[k].row, slot) {
      switch special.faults.entries[k].effect {
      case .cut: return true
      case .flap(let since, let up, let down):
        let period = up.nanoseconds &+ down.nanoseconds
        // Both directions of a link go down together.
        let ends = (UInt64(owner(slot)), UInt64(neighbor(slot)))
        let pair = min(ends.0, ends.1) << 32 | max(ends.0, ends.1)
        let phase = scale(mix(special.faults.entries[k].key ^ mix(pair)), 1 << 20)
        let offset = period.multipliedFullWidth(by: phase << 44).high
        let place = (now.nanoseconds &- since.nanoseconds &+ offset) % max(period, 1)
        if place >= up.nanoseconds { return true }
      default: break
      }
    }
    return false
  }

  /// Applies the faults that select `slot`, in the order of their beginning.
  mutating func disturb(
    _ slot: Int, key: UInt64, bits: UInt64, bytes: Int, at now: Instant, _ result: inout Disturbance
  ) {
    for k in special.faults.entries.indices
    where special.faults.members.contains(special.faults.entries[k].row, slot) {
      let entry = special.faults.entries[k].key
      let draw = mix(bits ^ mix(Purpose.fault.rawValue << 32 ^ entry))
      switch special.faults.entries[k].effect {
      case .cut, .flap, .nothing: break
      case .delay(let add, let factor):
        let scaled = factor == 1 ? result.latency : UInt64(min(Double(result.latency) * factor, 0x1p60))
        result.latency = min(scaled, 1 << 60) + min(add.nanoseconds, 1 << 60)
      case .loss:
        if special.faults.entries[k].strikes(draw) { result.end = .lost }
      case .someLoss(_, let traffic):
        if traffic.contains(key: key, bytes: bytes), special.faults.entries[k].strikes(draw) {
          result.end = .lost
        }
      case .bursts(let chain):
        let wasBad = special.faults.entries[k].state[slot] != 0
        let turns = unit(mix(draw ^ 1)) < (wasBad ? chain.recover : chain.worsen)
        let isBad = wasBad != turns
        special.faults.entries[k].state[slot] = isBad ? 1 : 0
        if unit(mix(draw ^ 2)) < (isBad ? chain.lossBad : chain.lossGood) { result.end = .lost }
      case .jitter(let most, let correlation):
        let last = Double(bitPattern: special.faults.entries[k].state[slot])
        let fresh = unit(draw)
        let isFirst = special.faults.entries[k].state[slot] == 0
        let value = isFirst ? fresh : correlation * last + (1 - correlation) * fresh
        special.faults.entries[k].state[slot] = max(value.bitPattern, 1)
        result.latency += UInt64(min(Double(most.nanoseconds) * value, 0x1p60))
      case .rate(let rate), .uplink(let rate):
        var place = slot
        if case .uplink = special.faults.entries[k].effect { place = owner(slot) }
        let freeAt = special.faults.entries[k].state[place]
        guard
          let end = Self.enqueue(
            rate, rate.queueNanoseconds, freeAt: freeAt, at: result.departure, bytes)
        else {
          result.end = .full
          return
        }
        special.faults.entries[k].state[place] = end
        result.departure = end
      case .duplicate: if special.faults.entries[k].strikes(draw) { result.isCopied = true }
      case .reorder(_, let by):
        if special.faults.entries[k].strikes(draw) { result.latency += min(by.nanoseconds, 1 << 60) }
      case .damage(_, let kind):
        if special.faults.entries[k].strikes(draw) { result.damage = kind }
      case .hold(let until): result.heldUntil = max(result.heldUntil, until.nanoseconds)
      case .clog(let since, let every, let longest):
        // One clog in each period, at a drawn instant and of a drawn length, the link's own.
        let passed = now.nanoseconds &- since.nanoseconds
        let period = max(every.nanoseconds, 1)
        let number = passed / period
        let own = mix(entry ^ mix(special.keys[slot] &+ number))
        let length = UInt64(unit(own) * Double(min(longest.nanoseconds, period)))
        let start = UInt64(unit(mix(own)) * Double(period - min(length, period)))
        let place = passed % period
        if place >= start, place < start + length {
          result.heldUntil = max(result.heldUntil, since.nanoseconds + number * period + start + length)
        }
      }
      if result.end == .lost { return }
    }
  }
}
