// The graph with everyone in it, and the faults resolved against it.

import Basics
import Network
import Participants
import Scenarios

extension Cast {
  /// The topology of the scenario: at least as many nodes as participants, each topic well connected.
  func graph(_ scenario: Scenario) throws(BlueprintError) -> Graph {
    var graph: Graph
    switch scenario.network.topology {
    case .graph(let read, let file):
      graph = read
      if graph.nodes.count < participants {
        throw BlueprintError(mistakes: [
          "network.topology: \(file) has \(graph.nodes.count) nodes and the scenario needs \(participants)"
        ])
      }
    case .generated(let generator, let nodes):
      let count = nodes ?? participants
      if count < participants {
        throw BlueprintError(mistakes: [
          "network.topology: \(count) nodes are asked for and the scenario needs \(participants)"
        ])
      }
      do {
        graph = try generator.generate(nodes: count, regions: scenario.network.regions, seed: scenario.seed)
          .graph
      } catch {
        throw BlueprintError(mistakes: ["network.topology: \(error)"])
      }
    }
    if let regions = scenario.network.regions { graph.settle(in: regions, seed: scenario.seed) }
    return graph
  }

  func faults(_ scenario: Scenario, _ graph: Graph) -> [(fault: Fault, place: String)] { [] }
}
