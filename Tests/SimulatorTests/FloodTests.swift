import Basics
import Simulator
import Testing

/// Rows of the workload's table that a debug build runs quickly, and small cases against shortest paths. The whole table is
/// for `scripts/bench-flood`.
@Suite struct FloodTests {
  @Test(arguments: [(20, 3_782_102_101_713), (100, 19_477_173_229_405)] as [(Int, UInt64)])
  func theTableIsExact(messages: Int, checksum: UInt64) {
    let result = FloodBenchmark(nodes: 1000, messages: messages).run()
    #expect(result.events == UInt64(messages) * 7001)
    #expect(result.first == UInt64(messages) * 999)
    #expect(result.checksum == checksum)
  }

  @Test func aFaultWithoutEffectChangesNothing() {
    let plain = FloodBenchmark(nodes: 1000, messages: 20).run()
    let faulty = FloodBenchmark(nodes: 1000, messages: 20, noopFault: true).run()
    #expect(faulty.checksum == plain.checksum)
    #expect(faulty.events == plain.events)
    #expect(faulty.digest == plain.digest)
  }

  struct Small: Sendable {
    var nodes: Int
    var degree: Int
    var latency: FloodBenchmark.Latency
    var seed: UInt64
  }

  @Test(arguments: [
    Small(nodes: 60, degree: 8, latency: .const, seed: 1),
    Small(nodes: 60, degree: 8, latency: .jit, seed: 1),
    Small(nodes: 31, degree: 2, latency: .jit, seed: 2),
    Small(nodes: 64, degree: 6, latency: .const, seed: 3),
    Small(nodes: 45, degree: 4, latency: .jit, seed: 4),
    Small(nodes: 101, degree: 14, latency: .jit, seed: 5),
  ])
  func receiptsTakeTheShortestPaths(_ given: Small) {
    let messages = 12
    let result = FloodBenchmark(
      nodes: given.nodes, degree: given.degree, messages: messages, latency: given.latency, seed: given.seed
    ).run()
    #expect(result.events == UInt64(messages * (given.nodes * (given.degree - 1) + 1)))
    #expect(result.first == UInt64(messages * (given.nodes - 1)))
    #expect(result.checksum == Self.shortestPaths(given, messages: messages))
  }

  /// The workload written down again, without an engine: its graph, its latencies, and Dijkstra's algorithm.
  private static func shortestPaths(_ given: Small, messages: Int) -> UInt64 {
    let n = given.nodes
    var state = given.seed
    func below(_ k: Int) -> Int {
      state &+= 0x9E37_79B9_7F4A_7C15
      return Int(scale(avalanche(state), UInt64(k)))
    }
    var neighbors = [[Int]](repeating: [], count: n)
    for _ in 0..<given.degree / 2 {
      var p = Array(0..<n)
      for i in stride(from: n - 1, through: 1, by: -1) { p.swapAt(i, below(i + 1)) }
      var changed = true
      while changed {
        changed = false
        for i in 0..<n {
          let x = (i + 1) % n
          while neighbors[p[i]].contains(p[x]) {
            p.swapAt(x, below(n))
            changed = true
          }
        }
      }
      for i in 0..<n {
        neighbors[p[i]].append(p[(i + 1) % n])
        neighbors[p[(i + 1) % n]].append(p[i])
      }
    }
    let latencyKey = mix(given.seed ^ 0x4C41_5400_0000_0000)
    let publishKey = mix(given.seed ^ 0x5055_4200_0000_0000)
    var sum: UInt64 = 0
    for m in 0..<messages {
      var distance = [UInt64](repeating: .max, count: n)
      var done = [Bool](repeating: false, count: n)
      distance[Int(scale(mix(publishKey ^ UInt64(m)), UInt64(n)))] = 0
      for _ in 0..<n {
        let u = (0..<n).filter { !done[$0] }.min { distance[$0] < distance[$1] }!
        done[u] = true
        sum += distance[u]
        for v in neighbors[u] {
          var hash = mix(latencyKey ^ (UInt64(min(u, v)) << 32 | UInt64(max(u, v))))
          if given.latency == .jit { hash = mix(hash &+ UInt64(2 * m + (u < v ? 0 : 1))) }
          distance[v] = min(distance[v], distance[u] + 10_000_000 + scale(hash, 140_000_001))
        }
      }
    }
    return sum
  }

  @Test func graphsThatDoNotExistAreRefused() {
    #expect(throws: FloodBenchmark.ParameterError.degree(7)) { try FloodBenchmark(degree: 7).validate() }
    #expect(throws: FloodBenchmark.ParameterError.nodes(16, degree: 8)) {
      try FloodBenchmark(nodes: 16).validate()
    }
    #expect(throws: FloodBenchmark.ParameterError.messages(0)) { try FloodBenchmark(messages: 0).validate() }
    #expect(throws: Never.self) { try FloodBenchmark(nodes: 17).validate() }
  }
}
