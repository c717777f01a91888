import Basics
import Network
import Testing

/// Random simple graphs for the tests of this module.
func randomEdges(nodes: Int, share: Double, seed: UInt64) -> [LinkEdge] {
  var random = RandomStream(seed: seed)
  var edges: [LinkEdge] = []
  for a in 0..<nodes {
    for b in a + 1..<nodes where random.unit() < share {
      edges.append(random.next() & 1 == 0 ? LinkEdge(NodeID(a), NodeID(b)) : LinkEdge(NodeID(b), NodeID(a)))
    }
  }
  random.shuffle(&edges)
  return edges
}

func ring(_ nodes: Int) -> [LinkEdge] { (0..<nodes).map { LinkEdge(NodeID($0), NodeID(($0 + 1) % nodes)) } }

/// `#expect(a == b)` for values that come from a table with one owner, which the macro cannot capture.
func same<T: Equatable>(_ value: T, _ expected: T, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(value == expected, sourceLocation: sourceLocation)
}

@Suite struct LinkTableTests {
  private func check(_ links: borrowing LinkTable, has edges: [LinkEdge]) {
    #expect(links.slots == 2 * edges.count)
    var found = 0
    for node in 0..<links.nodes {
      #expect(links.degree(node) == links.slots(of: node).count)
      #expect(links.offset(node) == links.slots(of: node).lowerBound)
      for slot in links.slots(of: node) {
        found += 1
        let back = links.reverse(slot)
        #expect(links.owner(slot) == node)
        #expect(links.reverse(back) == slot)
        #expect(links.owner(back) == links.neighbor(slot))
        #expect(links.neighbor(back) == node)
        #expect(links.latency(slot) == links.latency(back))
        #expect(links.slot(from: node, to: links.neighbor(slot)) == slot)
      }
    }
    #expect(found == links.slots)
    for edge in edges { #expect(links.slot(from: edge.a.index, to: edge.b.index) != nil) }
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64]) func everySlotKnowsItsOtherEnd(seed: UInt64) {
    let law = LinkConditions(latency: .uniform(low: .milliseconds(1), high: .milliseconds(9)))
    let edges = randomEdges(nodes: 40, share: 0.2, seed: seed)
    check(LinkTable(nodes: 40, edges: edges, conditions: [law], seed: seed), has: edges)
    check(LinkTable(nodes: 31, edges: ring(31), conditions: [law], seed: seed), has: ring(31))
    let pair = [LinkEdge(NodeID(0), NodeID(1))]
    check(LinkTable(nodes: 2, edges: pair, conditions: [law], seed: seed), has: pair)
    check(LinkTable(nodes: 3, edges: [], conditions: [], seed: seed), has: [])
    check(LinkTable(nodes: 0, edges: [], conditions: [], seed: seed), has: [])
  }

  @Test func ownersOfRegularGraphsAreExactForEveryDegree() {
    for degree in [2, 4, 6, 10, 50] {
      let nodes = 211
      var edges: [LinkEdge] = []
      for step in 1...degree / 2 {
        for k in 0..<nodes { edges.append(LinkEdge(NodeID(k), NodeID((k + step) % nodes))) }
      }
      check(
        LinkTable(
          nodes: nodes, edges: edges, conditions: [LinkConditions(latency: .constant(.zero))], seed: 1),
        has: edges)
    }
  }

  @Test func latenciesDependOnTheSeedAndThePairAlone() {
    let law = LinkConditions(latency: .lognormal(median: .milliseconds(40), sigma: 0.5))
    let few = LinkTable(nodes: 20, edges: ring(20), conditions: [law], seed: 5)
    let more = LinkTable(
      nodes: 25, edges: ring(20).reversed() + [LinkEdge(NodeID(3), NodeID(22))], conditions: [law], seed: 5)
    let other = LinkTable(nodes: 20, edges: ring(20), conditions: [law], seed: 6)
    var differing = 0
    for node in 0..<20 {
      let next = (node + 1) % 20
      let span = few.latency(few.slot(from: node, to: next)!)
      #expect(more.latency(more.slot(from: next, to: node)!) == span)
      if other.latency(other.slot(from: node, to: next)!) != span { differing += 1 }
    }
    #expect(differing >= 19)
  }

  @Test func conditionsAtEdgesAreSharedWhenEqual() {
    let near = LinkConditions(latency: .constant(.milliseconds(1)))
    let far = LinkConditions(latency: .constant(.milliseconds(90)), loss: 0.5)
    var links = LinkTable(
      nodes: 3,
      edges: [
        (a: NodeID(0), b: NodeID(1), conditions: near), (a: NodeID(1), b: NodeID(2), conditions: far),
        (a: NodeID(2), b: NodeID(0), conditions: near),
      ], seed: 1)
    #expect(links.latency(links.slot(from: 0, to: 2)!) == .milliseconds(1))
    #expect(links.latency(links.slot(from: 2, to: 1)!) == .milliseconds(90))
    let slot = links.slot(from: 1, to: 2)!
    for key in 0..<200 as Range<UInt64> { _ = links.transmit(slot: slot, key: key, bytes: 1, at: .zero) }
    #expect(links.counters.sent == 200)
    #expect(links.counters.lost > 60 && links.counters.lost < 140)
  }

  @Test func lookaheadIsTheShortestLatency() {
    let edges = [
      LinkEdge(NodeID(0), NodeID(1), conditions: 0), LinkEdge(NodeID(1), NodeID(2), conditions: 1),
    ]
    let conditions = [
      LinkConditions(latency: .constant(.milliseconds(30))),
      LinkConditions(latency: .constant(.milliseconds(20))),
    ]
    #expect(LinkTable(nodes: 3, edges: edges, conditions: conditions, seed: 1).lookahead == .milliseconds(20))
    var wavering = conditions
    wavering[0].jitter = .normal(mean: .zero, deviation: .milliseconds(1))
    #expect(LinkTable(nodes: 3, edges: edges, conditions: wavering, seed: 1).lookahead == .zero)
  }

  @Test func graphsThatAreNotSimpleAreATrap() async {
    await #expect(processExitsWith: .failure) {
      _ = LinkTable(
        nodes: 2, edges: [LinkEdge(NodeID(1), NodeID(1))],
        conditions: [LinkConditions(latency: .constant(.zero))], seed: 1)
    }
    await #expect(processExitsWith: .failure) {
      _ = LinkTable(
        nodes: 2, edges: [LinkEdge(NodeID(0), NodeID(1)), LinkEdge(NodeID(1), NodeID(0))],
        conditions: [LinkConditions(latency: .constant(.zero))], seed: 1)
    }
  }
}
