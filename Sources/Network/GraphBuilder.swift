// The generators' algorithms over one growing graph. Draws come from streams keyed by node, so the same seed gives
// the same graph; the set of pairs is only asked for membership, never walked.

import Basics

struct GraphBuilder {
  var graph: Graph
  private var pairs: Set<UInt64> = []
  private let random: HashRandom
  private var stream: RandomStream

  init(count: Int, seed: UInt64) {
    graph = Graph(count: count)
    random = HashRandom(seed: seed, .graph)
    stream = random.stream(3)
  }

  var count: Int { graph.nodes.count }

  /// Adds a link unless it is a loop or there already; true when added.
  mutating func link(_ a: Int, _ b: Int) -> Bool {
    guard a != b, pairs.insert(Graph.pair(UInt32(a), UInt32(b))).inserted else { return false }
    graph.links.append(Graph.Link(a, b))
    return true
  }

  // MARK: Regular

  /// Pairing model: shuffle the link ends and join them two by two. Loops and double links are then switched away
  /// with random other links, which keeps degrees.
  mutating func randomRegular(_ degree: Int) {
    let n = count
    if degree == n - 1 {
      for a in 0..<n { for b in a + 1..<max(n, a + 1) { _ = link(a, b) } }
      return
    }
    if degree > n / 2 { return complementOfRegular(n - 1 - degree) }
    var ends: [Int] = []
    ends.reserveCapacity(n * degree)
    for v in 0..<n { for _ in 0..<degree { ends.append(v) } }
    while !pair(&ends) {
      graph.links = []
      pairs = []
    }
  }

  /// One attempt; false when switching did not find a way out, which only tiny graphs meet.
  private mutating func pair(_ ends: inout [Int]) -> Bool {
    stream.shuffle(&ends)
    var waiting: [(Int, Int)] = []
    for k in stride(from: 0, to: ends.count, by: 2) where !link(ends[k], ends[k + 1]) {
      waiting.append((ends[k], ends[k + 1]))
    }
    var tries = 0
    while let (a, b) = waiting.last {
      tries += 1
      if graph.links.isEmpty || tries > 100 * ends.count + 1_000 { return false }
      let k = stream.below(graph.links.count)
      let swap = stream.next() & 1 == 1
      let c = Int(swap ? graph.links[k].b : graph.links[k].a)
      let d = Int(swap ? graph.links[k].a : graph.links[k].b)
      // The pair a, b and the link c-d become a-c and b-d.
      guard a != c, b != d, !has(a, c), !has(b, d), !(a == d && b == c) else { continue }
      waiting.removeLast()
      unlink(k)
      _ = link(a, c)
      _ = link(b, d)
    }
    return true
  }

  /// A dense regular graph is the complement of a sparse one.
  private mutating func complementOfRegular(_ degree: Int) {
    if degree > 0 { randomRegular(degree) }
    let sparse = pairs
    pairs = []
    graph.links = []
    for a in 0..<count {
      for b in a + 1..<max(count, a + 1) where !sparse.contains(Graph.pair(UInt32(a), UInt32(b))) {
        _ = link(a, b)
      }
    }
  }

  private func has(_ a: Int, _ b: Int) -> Bool { pairs.contains(Graph.pair(UInt32(a), UInt32(b))) }

  private mutating func unlink(_ index: Int) {
    pairs.remove(graph.links[index].pair)
    graph.links.swapAt(index, graph.links.count - 1)
    graph.links.removeLast()
  }

  // MARK: Small worlds, scale-free, uniform

  mutating func wattsStrogatz(_ degree: Int, _ rewire: Double) {
    let n = count
    for distance in 1...max(1, degree / 2) { for v in 0..<n { _ = link(v, (v + distance) % n) } }
    guard rewire > 0 else { return }
    var degrees = [Int](repeating: 0, count: n)
    for link in graph.links {
      degrees[Int(link.a)] += 1
      degrees[Int(link.b)] += 1
    }
    for k in graph.links.indices {
      let a = Int(graph.links[k].a)
      let old = Int(graph.links[k].b)
      guard stream.unit() < rewire, degrees[a] < n - 1 else { continue }
      var target = stream.below(n)
      while target == a || has(a, target) { target = stream.below(n) }
      pairs.remove(graph.links[k].pair)
      pairs.insert(Graph.pair(UInt32(a), UInt32(target)))
      graph.links[k] = Graph.Link(a, target)
      degrees[old] -= 1
      degrees[target] += 1
    }
  }

  mutating func barabasiAlbert(_ links: Int) {
    let n = count
    // Start: a star of links + 1 nodes, so that every node has a degree to be drawn by.
    var ends: [Int] = []
    for v in 1...links {
      _ = link(0, v)
      ends += [0, v]
    }
    for v in (links + 1)..<max(n, links + 1) {
      var added = 0
      while added < links {
        let target = ends[stream.below(ends.count)]
        if link(v, target) {
          ends.append(target)
          added += 1
        }
      }
      for _ in 0..<links { ends.append(v) }
    }
  }

  /// Pairs in order, each with the same probability. Large graphs skip from one chosen pair to the next: the gaps are
  /// geometric.
  mutating func erdosRenyi(_ degree: Double) {
    let n = count
    guard n > 1 else { return }
    let probability = degree / Double(n - 1)
    if n <= 2_000 {
      for a in 0..<n { for b in a + 1..<n where stream.unit() < probability { _ = link(a, b) } }
      return
    }
    var a = 0
    var b = 1
    while a < n - 1 {
      let gap = geometricGap(probability)
      b += gap
      while b >= n {
        let over = b - n
        a += 1
        if a >= n - 1 { return }
        b = a + 1 + over
      }
      _ = link(a, b)
      b += 1
      if b >= n {
        a += 1
        b = a + 1
      }
    }
  }

  /// Failures before the first success, without a logarithm: the bits of the gap are found from the highest power of
  /// 1 - p down.
  private mutating func geometricGap(_ p: Double) -> Int {
    if p >= 1 { return 0 }
    if p <= 0 { return Int.max / 4 }
    var powers = [1 - p]
    while powers.count < 40, powers[powers.count - 1] > 1e-9 {
      powers.append(powers[powers.count - 1] * powers[powers.count - 1])
    }
    // P(gap >= m) = (1-p)^m; find the largest m with (1-p)^m > u by descending powers of two.
    let u = 1 - stream.unit()
    var gap = 0
    var tail = 1.0
    for k in powers.indices.reversed() where tail * powers[k] >= u {
      tail *= powers[k]
      gap += 1 << k
    }
    return gap
  }

  // MARK: Dialling

  /// `node` dials `dials` others that it has no link with yet (or all, when there are fewer).
  mutating func dial(_ node: Int, _ dials: Int) {
    var local = random.stream(4, UInt64(node))
    var added = 0
    var tries = 0
    while added < dials, tries < 20 * dials + 100 {
      tries += 1
      if link(node, local.below(count)) { added += 1 }
    }
  }

  mutating func regionWeighted(_ dials: Int, _ local: Double) {
    var index: [String: Int] = [:]
    var members: [[Int]] = []
    var place: [Int] = []
    for v in 0..<count {
      let name = graph.nodes[v].region ?? ""
      let k = index[name] ?? members.count
      if index[name] == nil {
        index[name] = k
        members.append([])
      }
      members[k].append(v)
      place.append(k)
    }
    for v in 0..<count {
      var own = random.stream(5, UInt64(v))
      var added = 0
      var tries = 0
      while added < dials, tries < 20 * dials + 100 {
        tries += 1
        let near = members[place[v]]
        let target = own.unit() < local ? near[own.below(near.count)] : own.below(count)
        if link(v, target) { added += 1 }
      }
    }
  }

  // MARK: Connecting

  /// Joins every component to the first by one link between random nodes of both; the number of links added.
  mutating func connect() -> Int {
    let (components, of) = graph.components()
    guard components > 1 else { return 0 }
    var members = [[Int]](repeating: [], count: components)
    for (v, k) in of.enumerated() { members[k].append(v) }
    for k in 1..<components {
      let other = members[stream.below(k)]
      _ = link(members[k][stream.below(members[k].count)], other[stream.below(other.count)])
    }
    return components - 1
  }

  /// Joins components of a regular graph by switching two links, one of them on a cycle: degrees are kept and
  /// nothing falls apart. The number of switches.
  mutating func connectBySwitching() -> Int {
    var switches = 0
    while true {
      let (components, of) = graph.components()
      guard components > 1 else { return switches }
      var sets = DisjointSets(count: count)
      var onCycle: Int?
      var other: Int?
      for (k, link) in graph.links.enumerated() {
        let inFirst = of[Int(link.a)] == 0
        if inFirst, !sets.join(link.a, link.b), onCycle == nil { onCycle = k }
        if !inFirst, other == nil { other = k }
      }
      guard let first = onCycle, let second = other else { return switches }
      let (a, b) = (Int(graph.links[first].a), Int(graph.links[first].b))
      let (c, d) = (Int(graph.links[second].a), Int(graph.links[second].b))
      unlink(max(first, second))
      unlink(min(first, second))
      _ = link(a, c)
      _ = link(b, d)
      switches += 1
    }
  }
}
