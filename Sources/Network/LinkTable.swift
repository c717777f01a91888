// The links of a run: directed, in rows by sender, each with its latency drawn. Both engines ask it when and whether a
// message arrives. A link with nothing but a constant latency costs one predictable branch; anything else (jitter,
// loss, bandwidth, a fault in force) takes a path of its own, in Transmission.swift.
//
// Slots: node u owns slots offset(u) ..< offset(u + 1); slot k leads from u to neighbor(k). The opposite direction of k
// is slot reverse(k), which belongs to the receiver. An event carries the receiver's slot, so a handler knows the sender
// (the neighbour in that slot) without a search.
//
// Draws depend on the seed and on the two nodes alone: adding a link or a fault elsewhere changes none.

public import Basics

/// What became of a transmission.
@frozen public enum Fate: Equatable, Sendable, BitwiseCopyable {
  /// Arrives then.
  case delivered(at: Instant)
  /// Vanished on the way.
  case lost
  /// Dropped by a full queue, of the link or of the sender's uplink.
  case queueFull
  /// The link is cut.
  case cut

  /// The instant of arrival, when there is one.
  @inlinable public var arrival: Instant? { if case .delivered(let at) = self { at } else { nil } }
}

/// Transmissions since the start, by fate. Delivered: sent - lost - cut - queueDrops.
public struct LinkCounters: Equatable, Sendable {
  /// All that were handed over, whatever became of them.
  public var sent: UInt64 = 0
  public var lost: UInt64 = 0
  public var cut: UInt64 = 0
  public var queueDrops: UInt64 = 0
  /// Arrived unreadable; they are among the lost.
  public var damaged: UInt64 = 0
  /// Arrived twice; counted once in `sent`.
  public var duplicated: UInt64 = 0
}

/// Directed links in rows by sender. Indices are checked in debug builds only.
@safe public struct LinkTable: ~Copyable {
  /// What the fast path reads: one row of 8 slots fills a cache line.
  @usableFromInline struct Row: BitwiseCopyable {
    /// Nanoseconds; `slow` when the slot needs the other path.
    @usableFromInline var latency: UInt32
    @usableFromInline var reverse: UInt32
  }
  @usableFromInline static var slow: UInt32 { .max }

  /// Nodes, 0 ..< nodes.
  public let nodes: Int
  /// Directed links: twice the number of edges.
  public let slots: Int
  /// Transmissions so far, by fate.
  public var counters: LinkCounters { tally }
  @usableFromInline var tally = LinkCounters()

  @usableFromInline let rows: UnsafeMutablePointer<Row>
  @usableFromInline let offsets: Table<UInt32>
  @usableFromInline let neighbors: Table<UInt32>
  /// The degree, above 1, that every node has; else zero. Rows and owners are then computed, not looked up.
  @usableFromInline let regularDegree: Int
  /// 2^64 / `regularDegree`, rounded up, so that an owner is a product.
  @usableFromInline let reciprocal: UInt64
  /// The node of each slot; empty when `reciprocal` serves.
  @usableFromInline let owners: Table<UInt32>

  /// Everything beyond a constant latency; its tables are empty as long as no slot needs them.
  var special: SpecialLinks
  /// See `takeAftermath`.
  @usableFromInline var aftermath: Aftermath?

  /// Links nodes 0 ..< `nodes`; each edge names its conditions by index. Requires a simple graph: no node linked to
  /// itself, no pair linked twice. `uplinks`, when not empty, gives each node the bandwidth that all its links share.
  /// Slots of a node are in the order of its edges. Cost: linear.
  public init(
    nodes: Int, edges: [LinkEdge], conditions: [LinkConditions], uplinks: [Bandwidth?] = [], seed: UInt64
  ) {
    self.init(nodes: nodes, edges: edges, seed: seed)
    let random = HashRandom(seed: seed, .latency)
    special = SpecialLinks(seed: seed, conditions: conditions, uplinks: uplinks, nodes: nodes)
    let plain = conditions.allSatisfy { $0.jitter == nil && $0.bandwidth == nil && $0.loss == 0 }
    var isPlain = plain && special.uplinks.count == 0
    let bases = Table<UInt64>(repeating: 0, count: slots)
    let classes = Table<UInt32>(repeating: 0, count: slots)
    // The slots of an edge, found again in the order in which they were given out.
    let next = Table<UInt32>(repeating: 0, count: nodes)
    for edge in edges {
      let a = edge.a.index
      let b = edge.b.index
      let pair = UInt64(min(a, b)) << 32 | UInt64(max(a, b))
      let base = UInt64(max(0, conditions[Int(edge.conditions)].latency.draw(random.bits(pair))))
      for node in [a, b] {
        let slot = Int(offsets[node] + next[node])
        next[node] += 1
        bases[slot] = base
        classes[slot] = edge.conditions
        if base >= UInt64(Self.slow) { isPlain = false }
        unsafe rows[slot].latency = UInt32(truncatingIfNeeded: min(base, UInt64(Self.slow)))
      }
    }
    if !isPlain {
      special.adopt(bases: bases, classes: classes)
      for slot in 0..<slots { refresh(slot) }
    }
  }

  /// Links as above, with conditions at each edge; equal ones are shared.
  public init(
    nodes: Int, edges: [(a: NodeID, b: NodeID, conditions: LinkConditions)], uplinks: [Bandwidth?] = [],
    seed: UInt64
  ) {
    var index: [LinkConditions: Int] = [:]
    var conditions: [LinkConditions] = []
    var links: [LinkEdge] = []
    links.reserveCapacity(edges.count)
    for edge in edges {
      let known = index[edge.conditions]
      if known == nil {
        index[edge.conditions] = conditions.count
        conditions.append(edge.conditions)
      }
      links.append(LinkEdge(edge.a, edge.b, conditions: known ?? conditions.count - 1))
    }
    self.init(nodes: nodes, edges: links, conditions: conditions, uplinks: uplinks, seed: seed)
  }

  /// The graph alone, every latency zero.
  init(nodes: Int, edges: [LinkEdge], seed: UInt64) {
    precondition(nodes >= 0 && nodes < 1 << 31, "\(nodes) nodes")
    precondition(edges.count < 1 << 30, "\(edges.count) links")
    self.nodes = nodes
    slots = 2 * edges.count
    let offsets = Table<UInt32>(repeating: 0, count: nodes + 1)
    for edge in edges {
      precondition(edge.a.index < nodes && edge.b.index < nodes, "link \(edge.a.index)-\(edge.b.index)")
      precondition(edge.a != edge.b, "node \(edge.a.index) is linked to itself")
      offsets[edge.a.index + 1] += 1
      offsets[edge.b.index + 1] += 1
    }
    let degree = nodes == 0 ? 0 : offsets[1]
    var isRegular = degree > 1
    for node in 0..<nodes {
      if offsets[node + 1] != degree { isRegular = false }
      offsets[node + 1] += offsets[node]
    }
    unsafe rows = Self.alignedRows(slots)
    let neighbors = Table<UInt32>(repeating: 0, count: slots)
    let next = Table<UInt32>(repeating: 0, count: nodes)
    for edge in edges {
      let a = offsets[edge.a.index] + next[edge.a.index]
      let b = offsets[edge.b.index] + next[edge.b.index]
      next[edge.a.index] += 1
      next[edge.b.index] += 1
      neighbors[a] = edge.b.rawValue
      neighbors[b] = edge.a.rawValue
      unsafe (rows + Int(a)).initialize(to: Row(latency: 0, reverse: b))
      unsafe (rows + Int(b)).initialize(to: Row(latency: 0, reverse: a))
    }
    let seen = Table<UInt32>(repeating: .max, count: nodes)
    for node in 0..<nodes {
      for slot in offsets[node]..<offsets[node + 1] {
        precondition(seen[neighbors[slot]] != UInt32(node), "\(node) and \(neighbors[slot]) are linked twice")
        seen[neighbors[slot]] = UInt32(node)
      }
    }
    var owners = Table<UInt32>()
    if !isRegular {
      for node in 0..<nodes {
        owners.append(repeating: UInt32(node), count: Int(offsets[node + 1] - offsets[node]))
      }
    }
    regularDegree = isRegular ? Int(degree) : 0
    reciprocal = isRegular ? UInt64.max / UInt64(degree) + 1 : 0
    self.owners = owners
    self.offsets = offsets
    self.neighbors = neighbors
    special = SpecialLinks(seed: seed, conditions: [], uplinks: [], nodes: nodes)
  }

  deinit { unsafe rows.deallocate() }

  private static func alignedRows(_ slots: Int) -> UnsafeMutablePointer<Row> {
    let bytes = max(slots, 1) * MemoryLayout<Row>.stride
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    return unsafe raw.bindMemory(to: Row.self, capacity: max(slots, 1))
  }
}

// MARK: - The graph

extension LinkTable {
  /// The first slot of `node`; for `nodes` itself, the number of slots.
  @inlinable @inline(__always) public func offset(_ node: Int) -> Int {
    _fastPath(regularDegree != 0) ? node &* regularDegree : Int(offsets[node])
  }

  /// The slots of `node`.
  @inlinable @inline(__always) public func slots(of node: Int) -> Range<Int> {
    assert(node >= 0 && node < nodes)
    if _fastPath(regularDegree != 0) {
      let first = node &* regularDegree
      return unsafe Range(uncheckedBounds: (first, first &+ regularDegree))
    }
    return unsafe Range(uncheckedBounds: (Int(offsets[node]), Int(offsets[node &+ 1])))
  }

  /// How many links `node` has.
  @inlinable public func degree(_ node: Int) -> Int { Int(offsets[node + 1] - offsets[node]) }

  /// The node at the other end of `slot`.
  @inlinable @inline(__always) public func neighbor(_ slot: Int) -> Int { Int(neighbors[slot]) }

  /// The slot of the opposite direction, at the other end.
  @inlinable @inline(__always) public func reverse(_ slot: Int) -> Int {
    assert(slot >= 0 && slot < slots)
    return unsafe Int(rows[slot].reverse)
  }

  /// The node whose row `slot` is in.
  @inlinable @inline(__always) public func owner(_ slot: Int) -> Int {
    assert(slot >= 0 && slot < slots)
    if _fastPath(regularDegree != 0) {
      return Int(
        truncatingIfNeeded: reciprocal.multipliedFullWidth(by: UInt64(truncatingIfNeeded: slot)).high)
    }
    return Int(owners[slot])
  }

  /// The slot that leads from `node` to `other`. Cost: linear in the degree.
  public func slot(from node: Int, to other: Int) -> Int? {
    slots(of: node).first { neighbor($0) == other }
  }

  /// The latency that was drawn for `slot`, without jitter and faults.
  public func latency(_ slot: Int) -> TimeSpan {
    assert(slot >= 0 && slot < slots)
    return TimeSpan(nanoseconds: special.isEmpty ? unsafe UInt64(rows[slot].latency) : special.bases[slot])
  }

  /// The smallest time any transmission can take, faults aside: how far ahead parallel windows may look.
  public var lookahead: TimeSpan {
    var least = UInt64.max
    for slot in 0..<slots {
      let base = latency(slot).nanoseconds
      let jitter = special.isEmpty ? nil : special.conditions[Int(special.classes[slot])].jitter
      switch jitter {
      case .normal: least = 0
      default: least = min(least, base)
      }
    }
    return TimeSpan(nanoseconds: slots == 0 ? 0 : least)
  }

  /// Sets the latency of one direction, for graphs that bring their own (a measured file, the flood workload).
  public mutating func setLatency(_ span: TimeSpan, slot: Int) {
    precondition(slot >= 0 && slot < slots)
    if special.isEmpty && span.nanoseconds < UInt64(Self.slow) {
      unsafe rows[slot].latency = UInt32(span.nanoseconds)
    } else {
      makeSpecial()
      special.bases[slot] = span.nanoseconds
      refresh(slot)
    }
  }

  /// Asks the processor for the row of `node` by its address: for `Population.prefetch`.
  @unsafe @inlinable public func rowAddress(_ slot: Int) -> UnsafeRawPointer {
    unsafe UnsafeRawPointer(rows + slot)
  }
}
