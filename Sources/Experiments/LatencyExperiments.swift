// What one-way latency makes of delivery in the attack runs' network without attackers or scores: the note that settles
// whether the report's RTT of 100 ms or the configurations' 25 ms hold.

import Basics
import Simulator

enum LatencyExperiments {
  static var all: [Experiment] { [roundTrip] }

  /// The baseline's network, briefly: latency does not depend on the rate.
  private static func figures(_ milliseconds: UInt64, seed: UInt64) -> Figures {
    var attack = Attack.baseline
    attack.latency = .milliseconds(milliseconds)
    // The note's model cuts meshes above D_hi = 12, as the v1.0 text has it, where go and we cut at D_hi.
    attack.degreeHigh = 13
    attack.rate = 10
    attack.run = .seconds(30)
    attack.cool = .seconds(10)
    let measures = GossipSimulation.run(attack.setup(.flooding, seed: seed))
    return attack.figures(measures)
  }

  static var roundTrip: Experiment {
    let parts = [UInt64(50), 25].map { latency in
      Experiment.Part("\(latency)ms") { figures(latency, seed: $0) }
    }
    func hops(_ what: String, _ name: String, _ published: String, _ low: Double, _ high: Double, _ n: Int)
      -> ExpectedFigure
    {
      ExpectedFigure(
        what, name, expected: published, band: low...high, decimals: 0,
        reason: "\(n) hops, each of the latency and 0 to 10 %")
    }
    return Experiment(
      "latency", title: "1,000 nodes of 20 dials, D = 8, latency + 0 to 10 %, no attack, no scores",
      source: "the note on the Protocol Labs runs (7.2), and the 205 ms of the paper's defaults",
      parts: parts,
      rows: [
        hops("50 ms one way: p50, ms", "50ms/p50", "154", 150, 165, 3),
        hops("50 ms one way: p99, ms", "50ms/p99", "206", 200, 220, 4),
        hops("50 ms one way: slowest, ms", "50ms/max", "210", 200, 220, 4),
        hops("25 ms one way: p99, ms", "25ms/p99", "103", 100, 110, 4),
        ExpectedFigure(
          "copies a delivery", "50ms/copies", expected: "7.9 - 8.1", band: 7.85...8.15,
          reason: "7.2: 7.9 to 8.1, printed with one decimal"),
      ])
  }
}
