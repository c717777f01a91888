// The network's part of a blueprint: the graph with everyone in it, what its links do, and the rows that describe it.

import Basics
import Network
import Participants
import Scenarios

extension Cast {
  func links(_ scenario: Scenario, _ graph: Graph) -> (
    edges: [LinkEdge], conditions: [LinkConditions], uplinks: [Network.Bandwidth?]
  ) {
    let plan = scenario.network.links
    let table = scenario.network.regions
    let regions = graph.nodes.map { $0.region.flatMap { table?.index($0) } }
    var known: [LinkConditions: Int] = [:]
    var conditions: [LinkConditions] = []
    var edges: [LinkEdge] = []
    edges.reserveCapacity(graph.links.count)
    var jitter: LatencyLaw? = LatencyLaw(plan.jitter)
    if plan.jitter == .constant(.zero) { jitter = nil }
    for link in graph.links {
      var law = LatencyLaw(plan.latency)
      if let own = link.latency {
        law = .constant(TimeSpan(nanoseconds: own))
      } else if let table, let a = regions[Int(link.a)], let b = regions[Int(link.b)] {
        // The source's matrix differs in one pair by direction; a link takes the mean of both.
        let there = table.latency(from: a, to: b).nanoseconds
        let back = table.latency(from: b, to: a).nanoseconds
        law = .constant(TimeSpan(nanoseconds: (there + back) / 2))
      }
      let bits = link.bandwidth ?? plan.bandwidth?.bitsPerSecond
      let loss = link.loss.map { Share(wad: $0).fraction } ?? plan.loss.fraction
      let bytes = UInt64(plan.queue) * 1_500
      let one = LinkConditions(
        latency: law, jitter: jitter,
        bandwidth: bits.map { Network.Bandwidth(bitsPerSecond: $0, queueBytes: bytes) }, loss: loss)
      let index = known[one] ?? conditions.count
      if index == conditions.count {
        known[one] = index
        conditions.append(one)
      }
      edges.append(LinkEdge(NodeID(link.a), NodeID(link.b), conditions: index))
    }
    let uplink = scenario.operators.capacity.uplink
    let uplinks: [Network.Bandwidth?] = graph.nodes.enumerated().map { index, node in
      let bits = index < operators ? uplink?.bitsPerSecond ?? node.uplink : node.uplink
      return bits.map { Network.Bandwidth(bitsPerSecond: $0) }
    }
    return (edges, conditions, uplinks.contains { $0 != nil } ? uplinks : [])
  }
}
