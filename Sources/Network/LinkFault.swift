// Faults of links: each begins, has an id, and is healed by itself, however many overlap. Only the slots it selects leave
// the fast path, and they return to it when their last fault is healed.
//
// A message that is under way when a cut begins still arrives: a fault acts on transmissions, at the instant they are
// handed over. Likewise an added delay does not touch what was sent before.

public import Basics

/// What a fault does to the links that it selects.
public enum LinkFault: Hashable, Sendable, BitwiseCopyable {
  /// Nothing passes. It takes no bandwidth either.
  case cut
  /// Latency and jitter together, times `scale`, plus `add`. Several apply in the order of their beginning.
  case delay(add: TimeSpan, scale: Double)
  /// A further share of transmissions vanishes, 0 ... 1, independently of other loss.
  case loss(Double)
  /// The same of some transmissions only.
  case someLoss(Double, Traffic)
  /// Loss in bursts; a state for each direction.
  case bursts(BurstLoss)
  /// Between zero and `most` more latency, uniform, each draw mixed with the link's last one in the share `correlation`.
  case jitter(most: TimeSpan, correlation: Double)
  /// A further stage of this rate, with its queue, for each direction.
  case rate(Bandwidth)
  /// The same, shared by all links that the sender has among those selected.
  case uplink(Bandwidth)
  /// This share arrives twice.
  case duplicate(Double)
  /// This share is held back `by`, so that later ones overtake it.
  case reorder(Double, by: TimeSpan)
  /// This share arrives unreadable.
  case damage(Double, Damage)
  /// Up and down by turns since an instant, each link with a phase of its own.
  case flap(since: Instant, up: TimeSpan, down: TimeSpan)
  /// Everything is kept until then, and arrives after its latency.
  case hold(until: Instant)
  /// Each link holds what it is given once in `every`, for a drawn time up to `longest`.
  case clog(since: Instant, every: TimeSpan, longest: TimeSpan)
  /// No effect, but the links it selects leave the fast path: for measuring that path.
  case nothing

  /// The share that a draw is compared with; zero where there is none.
  var share: Double {
    switch self {
    case .loss(let share), .someLoss(let share, _), .duplicate(let share), .reorder(let share, _),
      .damage(let share, _):
      share
    default: 0
    }
  }
  /// What the effect remembers: something for each slot, for each node, or nothing.
  var hasState: Bool {
    switch self {
    case .bursts, .jitter, .rate, .uplink: true
    default: false
    }
  }
}

/// Names a fault in force. Never used again after it is healed.
public struct LinkFaultID: Hashable, Comparable, Sendable {
  public let rawValue: UInt32
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// The faults in force and the slots they select.
struct FaultLedger: ~Copyable {
  struct Entry {
    let id: LinkFaultID
    let effect: LinkFault
    /// Row in `members`.
    let row: Int
    let threshold: UInt64
    let certain: Bool
    /// Names its draws.
    let key: UInt64
    /// By slot (by node: `uplink`) where the effect has a memory.
    var state: [UInt64]

    func strikes(_ draw: UInt64) -> Bool { draw < threshold || certain }
  }
  /// In order of beginning.
  var entries: [Entry] = []
  var members = BitRows(rows: 0, columns: 0)
  var unusedRows: [Int] = []
  var begun: UInt32 = 0

  func selects(_ slot: Int) -> Bool {
    for k in entries.indices where members.contains(entries[k].row, slot) { return true }
    return false
  }
}

extension LinkTable {
  /// Begins a fault on the links from `from` to `to` for which `selects(from, to)` holds, each direction by itself. `key`
  /// names its draws; nil: its number. Cost: linear in the number of slots.
  @discardableResult
  public mutating func begin(
    _ fault: LinkFault, key: UInt64? = nil, where selects: (_ from: Int, _ to: Int) -> Bool
  ) -> LinkFaultID {
    var selected: [Int] = []
    for node in 0..<nodes {
      for slot in slots(of: node) where selects(node, neighbor(slot)) { selected.append(slot) }
    }
    return begin(fault, key: key, slots: selected)
  }

  /// Begins a fault on `slots`.
  @discardableResult
  public mutating func begin(_ fault: LinkFault, key: UInt64? = nil, slots selected: some Sequence<Int>)
    -> LinkFaultID
  {
    makeSpecial()
    if special.faults.members.columns != slots { special.faults.members = BitRows(rows: 0, columns: slots) }
    let row: Int
    if let unused = special.faults.unusedRows.popLast() {
      row = unused
    } else {
      row = special.faults.members.rows
      special.faults.members.append(rows: 1)
    }
    if case .delay(_, let scale) = fault {
      precondition(scale >= 0 && scale <= 1e9, "delay scaled by \(scale)")
    }
    let (threshold, certain) = SpecialLinks.threshold(fault.share)
    let id = LinkFaultID(rawValue: special.faults.begun)
    special.faults.begun += 1
    special.faults.entries.append(
      FaultLedger.Entry(
        id: id, effect: fault, row: row, threshold: threshold, certain: certain,
        key: key ?? UInt64(id.rawValue),
        state: fault.hasState ? Array(repeating: 0, count: max(slots, nodes)) : []))
    for slot in selected {
      precondition(slot >= 0 && slot < slots, "slot \(slot)")
      _ = special.faults.members.insert(row, slot)
      refresh(slot)
    }
    return id
  }

  /// Cuts every link between nodes of different sides, both ways. A node without a side (`UInt8.max`) keeps its links.
  @discardableResult
  public mutating func partition(sides: [UInt8]) -> LinkFaultID {
    precondition(sides.count == nodes, "\(sides.count) sides for \(nodes) nodes")
    return begin(.cut) { from, to in sides[from] != sides[to] && sides[from] != .max && sides[to] != .max }
  }

  /// Ends a fault; false when no fault of that id is in force. Cost: linear in the number of slots.
  @discardableResult
  public mutating func heal(_ id: LinkFaultID) -> Bool {
    guard let index = special.faults.entries.firstIndex(where: { $0.id == id }) else { return false }
    let row = special.faults.entries.remove(at: index).row
    var affected: [Int] = []
    for word in 0..<special.faults.members.stride {
      var bits = special.faults.members.word(row, word)
      while bits != 0 {
        affected.append(word * 64 + bits.trailingZeroBitCount)
        bits &= bits - 1
      }
    }
    special.faults.members.clear(row: row)
    special.faults.unusedRows.append(row)
    for slot in affected { refresh(slot) }
    return true
  }

  /// The faults in force, in order of beginning.
  public var faultsInForce: [(id: LinkFaultID, fault: LinkFault)] {
    special.faults.entries.map { ($0.id, $0.effect) }
  }

  /// Whether a cut selects `slot` now.
  public func isCut(_ slot: Int) -> Bool {
    guard !special.isEmpty && special.flags[slot].contains(.fault) else { return false }
    for entry in special.faults.entries where entry.effect == .cut {
      if special.faults.members.contains(entry.row, slot) { return true }
    }
    return false
  }
}
