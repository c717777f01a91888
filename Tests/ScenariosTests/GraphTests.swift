// Generators by seed, formats by round trip, statistics by hand.

import Foundation
import Network
import Scenarios
import Testing

private func make(_ generator: GraphGenerator, _ n: Int, _ seed: UInt64, regions: RegionTable? = nil) throws
  -> Graph
{
  try generator.generate(nodes: n, regions: regions, seed: seed).graph
}

private func isSimple(_ graph: Graph) -> Bool {
  graph.links.allSatisfy { $0.a != $0.b && $0.a < graph.nodes.count && $0.b < graph.nodes.count }
    && Set(graph.links.map(\.pair)).count == graph.links.count
}

private let generators: [GraphGenerator] = [
  .randomRegular(degree: 6), .wattsStrogatz(degree: 6, rewire: 0.2), .barabasiAlbert(links: 3),
  .erdosRenyi(degree: 4), .ring,
  .full, .kOut(dials: 4), .regionWeighted(dials: 4, local: 0.5), .mainnetLike(dials: 4),
]

@Suite struct GeneratorTests {
  @Test(arguments: generators, [1, 2, 3, 4, 5] as [UInt64])
  func graphsAreSimpleConnectedAndRepeatable(_ generator: GraphGenerator, _ seed: UInt64) throws {
    let graph = try make(generator, 120, seed, regions: .ethereum)
    #expect(isSimple(graph))
    #expect(graph.isConnected)
    #expect(graph == (try make(generator, 120, seed, regions: .ethereum)))
    switch generator {
    case .ring, .full: break
    default: #expect(graph.links != (try make(generator, 120, seed + 100, regions: .ethereum)).links)
    }
  }

  @Test(arguments: [
    (4, 2), (6, 3), (10, 8), (10, 9), (12, 11), (50, 25), (300, 20), (1_000, 2), (1_001, 4), (2, 1), (8, 7),
  ])
  func regularGraphsAreRegularAndConnected(_ n: Int, _ degree: Int) throws {
    for seed in 1...5 as ClosedRange<UInt64> {
      let graph = try make(.randomRegular(degree: degree), n, seed)
      let adjacency = Adjacency(graph)
      #expect((0..<n).allSatisfy { adjacency.degree($0) == degree })
      #expect(isSimple(graph))
      #expect(graph.isConnected)
    }
  }

  @Test func sizesFollowTheRecipe() throws {
    #expect(try make(.ring, 10, 1).links.count == 10)
    #expect(try make(.full, 10, 1).links.count == 45)
    #expect(try make(.wattsStrogatz(degree: 4, rewire: 0), 10, 1).links.count == 20)
    #expect(try make(.barabasiAlbert(links: 3), 100, 1).links.count == 3 + 96 * 3)
    let uniform = try make(.erdosRenyi(degree: 10), 20_000, 1)
    #expect(abs(Double(uniform.links.count) - 100_000) < 1_500)
    let small = try make(.erdosRenyi(degree: 10), 1_000, 1)
    #expect(abs(Double(small.links.count) - 5_000) < 350)
    #expect(isSimple(uniform))
    #expect(try make(.kOut(dials: 5), 1_000, 1).links.count == 5_000)
  }

  @Test func barabasiAlbertHasHubs() throws {
    let statistics = GraphStatistics(try make(.barabasiAlbert(links: 3), 2_000, 3))
    #expect(statistics.degreeMaximum > 60)
    #expect(statistics.degreeMinimum == 3)
  }

  @Test func regionsFollowTheirWeights() throws {
    let graph = try make(.kOut(dials: 5), 20_000, 7, regions: .ethereum)
    let table = RegionTable.ethereum
    let total = Double(table.weights.reduce(0, +))
    for (name, weight) in zip(table.names, table.weights) {
      let share = Double(graph.nodes.count { $0.region == name }) / 20_000
      #expect(abs(share - Double(weight) / total) < 0.01, "\(name)")
    }
    let large = Double(graph.nodes.count { $0.nodeClass == "supernode" }) / 20_000
    #expect(abs(large - 0.2) < 0.01)
  }

  @Test func localDialsStayLocal() throws {
    func local(_ share: Double) throws -> Double {
      let graph = try make(.regionWeighted(dials: 8, local: share), 3_000, 7, regions: .ethereum)
      let near = graph.links.count { graph.nodes[Int($0.a)].region == graph.nodes[Int($0.b)].region }
      return Double(near) / Double(graph.links.count)
    }
    #expect(try local(0.9) > 0.85)
    #expect(try local(0) < 0.4)
  }

  @Test func impossibleSizesAreRefused() {
    #expect(throws: GeneratorError.oddDegreeSum(nodes: 5, degree: 3)) {
      try make(.randomRegular(degree: 3), 5, 1)
    }
    #expect(throws: GeneratorError.degree(7, least: 1, most: 4)) { try make(.kOut(dials: 7), 5, 1) }
    #expect(throws: GeneratorError.self) { try make(.full, 100_000, 1) }
    #expect(throws: GeneratorError.self) { try make(.wattsStrogatz(degree: 4, rewire: .nan), 10, 1) }
  }
}

@Suite struct GraphFormatTests {
  private func labelled() throws -> Graph {
    var graph = try make(.kOut(dials: 3), 60, 4, regions: .ethereum)
    graph.nodes[3].name = "a \"quoted\" & <odd> name"
    graph.nodes[4].key = String(repeating: "ab", count: 33)
    graph.nodes[5].host = "10.0.0.1"
    for k in graph.links.indices {
      graph.links[k].latency = UInt64(k) * 1_500_000
      graph.links[k].bandwidth = 1_000_000 * UInt64(k + 1)
      graph.links[k].loss = UInt64(k) * 1_000_000_000_000_000
    }
    return graph
  }

  @Test(arguments: [TopologyFormat.yaml, .gml, .graphml]) func nothingIsLostOnTheWay(_ format: TopologyFormat)
    throws
  {
    let graph = try labelled()
    let files = MemoryFiles(["t": TopologyFile.text(graph, format)])
    guard case .graph(let back) = try TopologyFile.read("t", format: format, files: files) else {
      return #expect(Bool(false))
    }
    #expect(back.graph == graph)
  }

  @Test func edgeListsKeepNamesAndLatencies() throws {
    var graph = try make(.ring, 12, 1)
    graph.links[0].latency = 10_000_000
    let back = try Graph.edgeList(graph.edgeListText())
    #expect(back.graph.nodes.map(\.name) == graph.nodes.map(\.name))
    #expect(Set(back.graph.links.map(\.pair)) == Set(graph.links.map(\.pair)))
    #expect(back.graph.links.count { $0.latency == 10_000_000 } == 1)
  }

  @Test func formatsAreToldByContent() throws {
    let graph = try make(.ring, 5, 1)
    for format in TopologyFormat.allCases {
      let files = MemoryFiles(["t": TopologyFile.text(graph, format)])
      guard case .graph(let back) = try TopologyFile.read("t", files: files) else {
        return #expect(Bool(false))
      }
      #expect(back.graph.links.count == 5, "\(format)")
    }
  }

  @Test func shadowsFormIsRead() throws {
    let text = """
      graph [
        directed 1
        node [
          id 10
          host_bandwidth_up "1 Gbit"
          host_bandwidth_down "100 Mbit"
        ]
        node [ id 20 label "b&#246;b" graphics [ x 1.5 y "2" ] ]
        # a comment
        edge [ source 10 target 10 latency "2 ms" packet_loss 0.0 ]
        edge [ source 10 target 20 latency "10.5 ms" jitter "0 ms" packet_loss 1e-2 ]
        edge [ source 20 target 10 latency "10.5 ms" packet_loss 0.01 ]
      ]
      """
    let reading = try Graph.gml(Array(text.utf8))
    #expect(reading.selfLoops == 1)
    #expect(reading.doubled == 1)
    #expect(reading.graph.nodes.map(\.name) == ["10", "böb"])
    #expect(reading.graph.nodes[0].uplink == 1_000_000_000)
    #expect(reading.graph.nodes[0].downlink == 100_000_000)
    #expect(reading.graph.links == [Graph.Link(0, 1, latency: 10_500_000, loss: 10_000_000_000_000_000)])
  }

  @Test func networkxEdgeListsAreRead() throws {
    let text = "# made by hand\n10 2 {}\n2 3 {'weight': 4}\n3 10 1.5\n\n3,4\n"
    let reading = try Graph.edgeList(Array(text.utf8))
    #expect(reading.graph.nodes.map(\.name) == ["2", "3", "4", "10"])
    #expect(reading.graph.links.count == 4)
    #expect(reading.weights == 3)
  }
}

@Suite struct GraphStatisticsTests {
  @Test func aRingIsMeasuredByHand() throws {
    let s = GraphStatistics(try make(.ring, 10, 1))
    #expect(s.diameter == 5)
    #expect(s.clustering == 0)
    #expect(s.degrees == [0, 0, 10])
    #expect(s.components == 1)
    #expect(abs(s.meanPath! - 25.0 / 9) < 1e-12)
    #expect(s.pathSources == 10)
  }

  @Test func aFullGraphIsMeasuredByHand() throws {
    let s = GraphStatistics(try make(.full, 8, 1))
    #expect(s.diameter == 1)
    #expect(s.clustering == 1)
    #expect(s.meanPath == 1)
  }

  @Test func partsAreCounted() {
    let graph = Graph(
      nodes: Graph(count: 6).nodes, links: [Graph.Link(0, 1), Graph.Link(1, 2), Graph.Link(3, 4)])
    let s = GraphStatistics(graph)
    #expect(s.components == 3)
    #expect(s.largestComponent == 3)
    #expect(s.degreeMinimum == 0)
    #expect(s.diameter == 2)
  }

  @Test func largeGraphsAreSampledAndSaySo() throws {
    let s = GraphStatistics(try make(.kOut(dials: 5), 5_000, 1), effort: 1_000_000)
    #expect(s.pathSources < 5_000)
    #expect(s.diameter >= 4)
  }
}

@Suite struct SchemaTests {
  @Test(arguments: FileKind.allCases) func schemasAreJSON(_ kind: FileKind) throws {
    let object = try JSONSerialization.jsonObject(with: Data(kind.schema.utf8)) as? [String: Any]
    #expect(object?["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
    #expect(object?["additionalProperties"] as? Bool == false)
  }

  /// Every key that the full scenario writes is in the schema.
  @Test func theSchemaKnowsTheReadersKeys() {
    for key in [
      "topicPeers", "idontwant", "D_lo", "othersSigned", "byStake", "regionOutage", "tasksPerEpoch",
    ] {
      let known = FileKind.scenario.schema.contains("\"\(key)\"")
      #expect(known == !["idontwant", "tasksPerEpoch"].contains(key), "\(key)")
    }
  }
}
