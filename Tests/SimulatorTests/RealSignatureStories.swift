// Whole runs with real signatures of every scheme that can be computed here: certificates are proved on chain.

import AVS
import Basics
import Reporting
import Runs
import Scenarios
import Signatures
import Simulator
import Testing

@Suite struct RealSignatureStories {
  /// Which are there depends on the libraries that the build found.
  private func conclude(_ scheme: String, plant: PlantedDefect? = nil) throws -> Conclusion? {
    let text = """
      name: real
      duration: 6s
      settle: 10m
      network:
        topology: {generate: full}
        links: {latency: 20ms}
      chain: {blockTime: 2s}
      crypto: {scheme: \(scheme), mode: real}
      operators: {count: 4, stakes: 1000ETH}
      aggregators: coordinator
      services:
        - name: oracle
          operators: all
          task: {arrival: {periodic: {every: 3s}}, compute: 20ms}
          quorum: 67%
          responseWindow: 1500ms
      \(plant == nil ? "" : "faults: [{at: 0s, for: 6s, pause: {nodes: [\"2\"]}}]")
      """
    let scenario = try Scenario.parse(file: "real.yaml", bytes: Array(text.utf8))
    guard Signer.isAvailable(scenario.crypto.scheme) else { return nil }
    var blueprint = try Blueprint(scenario)
    blueprint.plant = plant
    var simulation = try Simulation(blueprint)
    simulation.run(until: .never)
    return simulation.conclude(simulation.settle())
  }

  @Test(arguments: ["ecdsa-secp256k1", "bn254", "bls12-381", "ed25519"])
  func everyTaskIsCertified(scheme: String) throws {
    guard let conclusion = try conclude(scheme) else { return }
    #expect(conclusion.summary.checks.allSatisfy { $0.holds }, "\(conclusion.summary.checks)")
    #expect(conclusion.summary.tasks.issued == 2 && conclusion.summary.tasks.certified == 2)
  }

  /// One operator stands still. An aggregator that sets its bit all the same has no signature to go with it, and is refused by
  /// the chain; with modelled signatures only the checkers would notice.
  @Test func anAggregatorThatSetsBitsOfTheAbsentIsRefused() throws {
    let conclusion = try #require(try conclude("ed25519", plant: .absentSigners))
    #expect(conclusion.summary.tasks.certified == 0)
    let honest = try #require(try conclude("ed25519", plant: .slashUnburned))
    #expect(honest.summary.tasks.certified == 2)
  }
}
