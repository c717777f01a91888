// What a graph looks like: the figures of `topology inspect`. Exact where that is cheap; otherwise from a sample drawn by
// the seed, and then said so.

import Basics

/// Figures of a graph.
public struct GraphStatistics: Sendable, Equatable {
  public var nodes: Int
  public var links: Int
  public var degreeMinimum: Int
  public var degreeMaximum: Int
  public var degreeMean: Double
  /// Number of nodes of each degree, from zero on.
  public var degrees: [Int]
  public var components: Int
  /// Nodes of the largest component.
  public var largestComponent: Int
  /// Longest shortest path in links, within components. From a sample: a lower bound.
  public var diameter: Int
  /// Mean shortest path over connected pairs. Nil without any.
  public var meanPath: Double?
  /// Nodes whose distances were all computed; equal to `nodes` when the figures are exact.
  public var pathSources: Int
  /// Mean of the nodes' local clustering (share of neighbour pairs that are linked; zero below degree two).
  public var clustering: Double
  /// Nodes over which `clustering` was taken.
  public var clusteringNodes: Int
  /// Nodes in each region, by name.
  public var regions: [(name: String, nodes: Int)]
  public var classes: [(name: String, nodes: Int)]

  public static func == (a: Self, b: Self) -> Bool {
    a.nodes == b.nodes && a.links == b.links && a.degrees == b.degrees && a.components == b.components
      && a.diameter == b.diameter && a.meanPath == b.meanPath && a.clustering == b.clustering
      && a.regions.map(\.name) == b.regions.map(\.name) && a.regions.map(\.nodes) == b.regions.map(\.nodes)
  }

  /// Measures `graph`. At most about `effort` steps for paths and as many for clustering; small graphs are exact.
  public init(_ graph: Graph, seed: UInt64 = 1, effort: Int = 50_000_000) {
    let adjacency = Adjacency(graph)
    let n = graph.nodes.count
    nodes = n
    links = graph.links.count
    let degree = (0..<n).map { adjacency.degree($0) }
    degreeMinimum = degree.min() ?? 0
    degreeMaximum = degree.max() ?? 0
    degreeMean = n == 0 ? 0 : Double(2 * links) / Double(n)
    var counts = [Int](repeating: 0, count: degreeMaximum + 1)
    for d in degree { counts[d] += 1 }
    degrees = counts
    let parts = graph.components()
    components = parts.count
    var sizes = [Int](repeating: 0, count: parts.count)
    for part in parts.of { sizes[part] += 1 }
    largestComponent = sizes.max() ?? 0
    let random = HashRandom(seed: seed, .sampling)

    let wanted = min(n, max(16, effort / max(1, n + 2 * links)))
    var sources = Array(0..<n)
    if wanted < n {
      var stream = random.stream(1)
      stream.shuffle(&sources)
      sources = sources.prefix(wanted).sorted()
    }
    var farthest = 0
    var sum = 0.0
    var pairs = 0.0
    var distance = [Int32](repeating: -1, count: n)
    var queue: [Int] = []
    queue.reserveCapacity(n)
    for source in sources {
      queue.removeAll(keepingCapacity: true)
      queue.append(source)
      distance[source] = 0
      var head = 0
      while head < queue.count {
        let v = queue[head]
        head += 1
        let next = distance[v] + 1
        for u in adjacency[v] where distance[Int(u)] < 0 {
          distance[Int(u)] = next
          queue.append(Int(u))
        }
      }
      for v in queue {
        sum += Double(distance[v])
        farthest = max(farthest, Int(distance[v]))
        distance[v] = -1
      }
      pairs += Double(queue.count - 1)
    }
    diameter = farthest
    meanPath = pairs > 0 ? sum / pairs : nil
    pathSources = sources.count

    var budget = effort
    var order = Array(0..<n)
    let cost = degree.reduce(0) { $0 &+ $1 &* $1 }
    if cost > effort {
      var stream = random.stream(2)
      stream.shuffle(&order)
    }
    var mark = [Int32](repeating: -1, count: n)
    var total = 0.0
    var measured = 0
    for v in order {
      let d = degree[v]
      budget -= max(1, d * d)
      if budget < 0, measured >= 16 { break }
      measured += 1
      guard d >= 2 else { continue }
      for u in adjacency[v] { mark[Int(u)] = Int32(v) }
      var closed = 0
      for u in adjacency[v] { for w in adjacency[Int(u)] where mark[Int(w)] == Int32(v) { closed += 1 } }
      total += Double(closed) / Double(d * (d - 1))
    }
    clustering = measured == 0 ? 0 : total / Double(measured)
    clusteringNodes = measured
    regions = Self.tally(graph.nodes.map { $0.region })
    classes = Self.tally(graph.nodes.map { $0.nodeClass })
  }

  private static func tally(_ names: [String?]) -> [(name: String, nodes: Int)] {
    var index: [String: Int] = [:]
    var result: [(name: String, nodes: Int)] = []
    for case let name? in names {
      if let k = index[name] {
        result[k].nodes += 1
      } else {
        index[name] = result.count
        result.append((name, 1))
      }
    }
    return result.sorted { ($1.nodes, $0.name) < ($0.nodes, $1.name) }
  }
}
