// The graphs that gossip studies use: every node dials so many random others. And latencies with a jitter in proportion:
// links fall into classes of one millisecond, since a class has one law of jitter.

import Basics
import Network

/// Random dials.
enum Dialing {
  /// Each of nodes `from` dials `count` distinct random nodes of `to`, never itself; a pair that dials each other has one
  /// link, the first. Cost: linear in the links.
  static func dial(
    from: Range<Int>, to: Range<Int>, count: Int, seed: UInt64, conditions: Int = 0, known: inout Set<UInt64>
  ) -> [LinkEdge] {
    let random = HashRandom(seed: seed, .graph)
    var edges: [LinkEdge] = []
    edges.reserveCapacity(from.count * count)
    for node in from {
      var stream = random.stream(UInt64(node), 7)
      let others = to.count - (to.contains(node) ? 1 : 0)
      var chosen: [Int] = []
      while chosen.count < min(count, others) {
        let other = to.lowerBound + stream.below(to.count)
        if other == node || chosen.contains(other) { continue }
        chosen.append(other)
        let pair = UInt64(min(node, other)) << 32 | UInt64(max(node, other))
        if known.insert(pair).inserted {
          edges.append(LinkEdge(NodeID(node), NodeID(other), conditions: conditions))
        }
      }
    }
    return edges
  }

  /// The same among one set of nodes.
  static func dial(_ nodes: Range<Int>, count: Int, seed: UInt64) -> [LinkEdge] {
    var known: Set<UInt64> = []
    return dial(from: nodes, to: nodes, count: count, seed: seed, known: &known)
  }
}

/// Latencies between two bounds, each transmission longer by up to a share of it.
struct ProportionalJitter {
  let conditions: [LinkConditions]
  private let random: HashRandom

  /// Draws are uniform; a link's latency is drawn once.
  init(from low: Double, to high: Double, jitter: Double, seed: UInt64) {
    random = HashRandom(seed: seed, .latency)
    let classes = max(1, Int((high - low) * 1000))
    conditions = (0..<classes).map { k in
      let least = low + (high - low) * Double(k) / Double(classes)
      let most = low + (high - low) * Double(k + 1) / Double(classes)
      let jitter = LatencyLaw.uniform(low: .zero, high: Self.span((least + most) / 2 * jitter))
      return LinkConditions(
        latency: .uniform(low: Self.span(least), high: Self.span(most)),
        jitter: jitter == .uniform(low: .zero, high: .zero) ? nil : jitter)
    }
  }

  private static func span(_ seconds: Double) -> TimeSpan { TimeSpan(nanoseconds: UInt64(seconds * 1e9)) }

  /// Puts each link into a random class.
  func assign(_ edges: inout [LinkEdge]) {
    for k in edges.indices {
      let pair =
        UInt64(min(edges[k].a.rawValue, edges[k].b.rawValue)) << 32
        | UInt64(max(edges[k].a.rawValue, edges[k].b.rawValue))
      edges[k].conditions = UInt32(scale(random.bits(pair, 1), UInt64(conditions.count)))
    }
  }
}

extension TimeSpan {
  /// From seconds as published files have them.
  static func fraction(ofSeconds value: Double) -> TimeSpan {
    TimeSpan(nanoseconds: UInt64(value * 1e9 + 0.5))
  }
}
