// The flood over a random D-regular graph that the reference programs in Tests/Benchmarks/reference run: the same
// graph, the same publishers, the same exact counts.

internal import Basics

/// Union of D/2 random Hamiltonian cycles over N nodes, and M publications.
public struct FloodWorkload: Sendable {
  public let nodes: Int
  public let degree: Int
  public let messages: Int
  public let wiring: Wiring
  private let publishers: UInt64

  /// Requires an even degree of 2 or more, and more nodes than twice the degree, so that the repair ends.
  public init(nodes: Int, degree: Int, messages: Int, seed: UInt64 = 1) {
    precondition(degree >= 2 && degree % 2 == 0, "degree \(degree)")
    precondition(nodes > 2 * degree, "\(nodes) nodes for degree \(degree)")
    precondition(messages >= 0)
    self.nodes = nodes
    self.degree = degree
    self.messages = messages
    publishers = mix(seed ^ 0x5055_4200_0000_0000)
    var random = RandomStream(seed: seed)
    var rows = Array(repeating: [UInt32](), count: nodes)
    for _ in 0..<degree / 2 {
      var cycle = (0..<UInt32(nodes)).map { $0 }
      random.shuffle(&cycle)
      var changed = true
      while changed {
        changed = false
        for i in 0..<nodes {
          let next = (i + 1) % nodes
          while rows[Int(cycle[i])].contains(cycle[next]) {
            cycle.swapAt(next, random.below(nodes))
            changed = true
          }
        }
      }
      for i in 0..<nodes {
        let (u, v) = (cycle[i], cycle[(i + 1) % nodes])
        rows[Int(u)].append(v)
        rows[Int(v)].append(u)
      }
    }
    wiring = Wiring(rows: rows)
  }

  /// The node that publishes message `m`.
  public func source(_ m: Int) -> Int {
    Int(truncatingIfNeeded: scale(mix(publishers ^ UInt64(m)), UInt64(nodes)))
  }

  /// Link messages that one publication causes: every node sends to all neighbours but the one it heard from.
  public var eventsPerMessage: UInt64 { UInt64(nodes) * UInt64(degree - 1) + 1 }
  /// Link messages in all.
  public var expectedEvents: UInt64 { UInt64(messages) * eventsPerMessage }
  /// First receipts by nodes other than the publisher.
  public var expectedFirst: UInt64 { UInt64(messages) * UInt64(nodes - 1) }
}
