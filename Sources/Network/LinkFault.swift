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
  /// No effect, but the links it selects leave the fast path: for measuring that path.
  case nothing
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
    let lossThreshold: UInt64
    let certain: Bool
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
  /// Begins a fault on the links from `from` to `to` for which `selects(from, to)` holds, each direction by itself.
  /// Cost: linear in the number of slots.
  @discardableResult
  public mutating func begin(_ fault: LinkFault, where selects: (_ from: Int, _ to: Int) -> Bool)
    -> LinkFaultID
  {
    var selected: [Int] = []
    for node in 0..<nodes {
      for slot in slots(of: node) where selects(node, neighbor(slot)) { selected.append(slot) }
    }
    return begin(fault, slots: selected)
  }

  /// Begins a fault on `slots`.
  @discardableResult
  public mutating func begin(_ fault: LinkFault, slots selected: some Sequence<Int>) -> LinkFaultID {
    makeSpecial()
    if special.faults.members.columns != slots { special.faults.members = BitRows(rows: 0, columns: slots) }
    let row: Int
    if let unused = special.faults.unusedRows.popLast() {
      row = unused
    } else {
      row = special.faults.members.rows
      special.faults.members.append(rows: 1)
    }
    var share = 0.0
    switch fault {
    case .loss(let extra): share = extra
    case .delay(_, let scale): precondition(scale >= 0 && scale <= 1e9, "delay scaled by \(scale)")
    case .cut, .nothing: break
    }
    let (threshold, certain) = SpecialLinks.threshold(share)
    let id = LinkFaultID(rawValue: special.faults.begun)
    special.faults.begun += 1
    special.faults.entries.append(
      FaultLedger.Entry(id: id, effect: fault, row: row, lossThreshold: threshold, certain: certain))
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
