// What links have beyond a constant latency: jitter, loss, bandwidth, uplinks, latencies too long for the fast row, and
// the faults in force. Its tables cost nothing until a slot needs them. State only; Transmission.swift and LinkFault.swift
// are the mechanisms over it.

import Basics

/// Why a slot leaves the fast path. Zero: it does not.
struct LinkFlags: OptionSet, BitwiseCopyable {
  let rawValue: UInt8
  static let jitter = Self(rawValue: 1)
  static let loss = Self(rawValue: 2)
  static let bandwidth = Self(rawValue: 4)
  static let uplink = Self(rawValue: 8)
  /// The latency does not fit 32 bits of nanoseconds.
  static let long = Self(rawValue: 16)
  /// At least one fault selects it.
  static let fault = Self(rawValue: 32)
}

/// Side tables of a `LinkTable`.
struct SpecialLinks: ~Copyable {
  /// One class of links, ready for use.
  struct Conditions: BitwiseCopyable {
    var jitter: LatencyLaw?
    var bandwidth: Bandwidth
    var queueNanoseconds: UInt64
    /// A draw below it is lost; `certain` covers the share 1, which no threshold of 64 bits does.
    var lossThreshold: UInt64
    var certain: Bool
    var flags: LinkFlags
  }
  struct Uplink: BitwiseCopyable {
    var bandwidth: Bandwidth
    var queueNanoseconds: UInt64
    /// When the last byte accepted so far has left.
    var freeAt: UInt64
    var limited: Bool
  }

  let random: HashRandom
  var conditions: [Conditions]
  /// A node each, or empty.
  var uplinks: Table<Uplink>
  /// A slot each, or empty: latency as drawn, class, hash key, flags of the conditions and of faults, end of the queue.
  var bases = Table<UInt64>()
  var classes = Table<UInt32>()
  var keys = Table<UInt64>()
  var flags = Table<LinkFlags>()
  var freeAt = Table<UInt64>()
  /// Jitter depends on link and message alone, not on the instant of departure.
  var ignoresDeparture = false
  var faults: FaultLedger

  init(seed: UInt64, conditions: [LinkConditions], uplinks: [Bandwidth?], nodes: Int) {
    precondition(uplinks.isEmpty || uplinks.count == nodes, "\(uplinks.count) uplinks for \(nodes) nodes")
    random = HashRandom(seed: seed, .jitter)
    faults = FaultLedger()
    self.conditions = conditions.map { link in
      var flags: LinkFlags = []
      if link.jitter != nil { flags.insert(.jitter) }
      if link.loss > 0 { flags.insert(.loss) }
      if link.bandwidth != nil { flags.insert(.bandwidth) }
      let (threshold, certain) = Self.threshold(link.loss)
      return Conditions(
        jitter: link.jitter, bandwidth: link.bandwidth ?? Bandwidth(bitsPerSecond: 1),
        queueNanoseconds: link.bandwidth?.queueNanoseconds ?? .max, lossThreshold: threshold,
        certain: certain,
        flags: flags)
    }
    self.uplinks = Table()
    if uplinks.contains(where: { $0 != nil }) {
      for uplink in uplinks {
        self.uplinks.append(
          Uplink(
            bandwidth: uplink ?? Bandwidth(bitsPerSecond: 1),
            queueNanoseconds: uplink?.queueNanoseconds ?? .max,
            freeAt: 0, limited: uplink != nil))
      }
    }
  }

  /// Whether every slot has a constant latency and nothing else.
  var isEmpty: Bool { bases.count == 0 }

  /// A probability as a bound on 64 random bits.
  static func threshold(_ share: Double) -> (bound: UInt64, certain: Bool) {
    precondition(share >= 0 && share <= 1, "share \(share)")
    return share >= 1 ? (.max, true) : (UInt64(share * 0x1p64), false)
  }

  mutating func adopt(bases: consuming Table<UInt64>, classes: consuming Table<UInt32>) {
    let slots = bases.count
    self.bases = bases
    self.classes = classes
    keys = Table(repeating: 0, count: slots)
    flags = Table(repeating: [], count: slots)
    if conditions.contains(where: { $0.flags.contains(.bandwidth) }) {
      freeAt = Table(repeating: 0, count: slots)
    }
  }
}

extension LinkTable {
  /// Gives every slot its side tables, on first need.
  mutating func makeSpecial() {
    guard special.isEmpty else { return }
    var bases = Table<UInt64>(capacity: slots)
    for slot in 0..<slots { unsafe bases.append(UInt64(rows[slot].latency)) }
    if special.conditions.isEmpty {
      special.conditions = [
        SpecialLinks.Conditions(
          jitter: nil, bandwidth: Bandwidth(bitsPerSecond: 1), queueNanoseconds: .max, lossThreshold: 0,
          certain: false, flags: [])
      ]
    }
    // As long as the tables were empty no conditions had any effect, so the class does not matter.
    special.adopt(bases: bases, classes: Table(repeating: 0, count: slots))
    for slot in 0..<slots { refresh(slot) }
  }

  /// Brings the flags of `slot` and its fast row up to date with conditions and faults.
  mutating func refresh(_ slot: Int) {
    let from = owner(slot)
    if special.keys[slot] == 0 {
      special.keys[slot] = special.random.bits(UInt64(from) << 32 | UInt64(neighbor(slot)))
    }
    var flags = special.conditions[Int(special.classes[slot])].flags
    if special.uplinks.count > 0 && special.uplinks[from].limited { flags.insert(.uplink) }
    if special.bases[slot] >= UInt64(Self.slow) { flags.insert(.long) }
    if special.faults.selects(slot) { flags.insert(.fault) }
    special.flags[slot] = flags
    unsafe rows[slot].latency = flags.isEmpty ? UInt32(special.bases[slot]) : Self.slow
  }

  /// For workloads that define their own jitter: the hash key of each slot, and draws by message key alone.
  package mutating func keyJitterByMessage(_ key: (_ from: Int, _ to: Int) -> UInt64) {
    makeSpecial()
    special.ignoresDeparture = true
    for slot in 0..<slots { special.keys[slot] = key(owner(slot), neighbor(slot)) }
  }
}
