// What IDONTWANT saves (vac, 2024): 2,000 nodes, 50 to 150 Mbit/s and 40 to 130 ms in five steps each, D = 8, factor 0.05,
// ten messages 4 s apart. Bandwidth is all bytes on the wire, with and without GossipSub 1.2.
//
// Uplinks limit, downlinks do not; a copy that waits for its uplink cannot be called back, as in nim-libp2p, whose figures
// these are. There is no TCP: its slow start, which the study warms up by two messages, does not exist here.

import Basics
import Gossip
import Network
import Simulator

enum DecliningExperiments {
  static var all: [Experiment] { [savings] }

  private static let nodes = 2000

  private static func run(_ version: ProtocolVersion, bytes: Int, heartbeat: UInt64, seed: UInt64)
    -> GossipMeasures
  {
    var edges = Dialing.dial(0..<nodes, count: 20, seed: seed)
    let steps = (0..<5).map { k in
      LinkConditions(latency: .constant(TimeSpan(nanoseconds: 40_000_000 + UInt64(k) * 22_500_000)))
    }
    let random = HashRandom(seed: seed, .latency)
    for k in edges.indices { edges[k].conditions = UInt32(scale(random.bits(UInt64(k), 5), 5)) }
    var p = Parameters()
    p.version = version
    p.heartbeatInterval = .milliseconds(heartbeat)
    (p.gossipFactor, p.degreeLazy) = (0.05, 6)
    p.floodPublish = false
    p.rpcBytesMaximum = 4 << 20
    let from = Instant.zero + .seconds(10)
    var setup = GossipSetup(
      seed: seed, routers: nodes, edges: edges, conditions: steps, parameters: p,
      traffic: [
        GossipSetup.Traffic(
          publishers: (0..<nodes).map { NodeID($0) }, from: from, every: .seconds(4), count: 10, bytes: bytes)
      ],
      end: from + .seconds(50))
    setup.uplinks = (0..<nodes).map { node in
      Bandwidth(bitsPerSecond: 50_000_000 + 25_000_000 * UInt64(node % 5))
    }
    setup.measureFrom = from
    return GossipSimulation.run(setup)
  }

  private static func figures(bytes: Int, heartbeat: UInt64, seed: UInt64) -> Figures {
    let plain = run(.v1_1, bytes: bytes, heartbeat: heartbeat, seed: seed)
    let declining = run(.v1_2, bytes: bytes, heartbeat: heartbeat, seed: seed)
    var figures = Figures()
    figures.digest = plain.digest &* 31 &+ declining.digest
    let before = Double(plain.counters.bytesSent)
    figures["saving"] = 100 * (before - Double(declining.counters.bytesSent)) / before
    figures["latency"] = declining.percentile(0.99) / plain.percentile(0.99)
    figures["copiesBefore"] = plain.copiesPerDelivery
    figures["copiesAfter"] = declining.copiesPerDelivery
    figures["delivery"] = 100 * min(plain.deliveryRatio, declining.deliveryRatio)
    figures["idontwant"] = Double(declining.counters.idontwant)
    return figures
  }

  static var savings: Experiment {
    var parts: [Experiment.Part] = []
    var rows: [ExpectedFigure] = []
    for (name, bytes, low, high) in [("500 KB", 500_000, 18.0, 21.0), ("1 MB", 1_000_000, 12.0, 20.0)] {
      for heartbeat in [UInt64(700), 1000, 1500] {
        let part = "\(name), heartbeat \(heartbeat) ms"
        parts.append(Experiment.Part(part) { figures(bytes: bytes, heartbeat: heartbeat, seed: $0) })
        rows += [
          ExpectedFigure(
            "\(part): bandwidth saved, %", "\(part)/saving", expected: "\(text(low, 0)) - \(text(high, 0))",
            band: low...high, decimals: 1, reason: "vac: over the three heartbeats"
          ).excused(
            "an uplink sends one copy after the other and downlinks are not limited, so that first copies are spread out in "
              + "time and IDONTWANT comes early enough more often than between TCP connections that share both"
          ),
          ExpectedFigure(
            "\(part): p99, of that without", "\(part)/latency", expected: "unchanged", band: 0.8...1.1,
            reason: "vac: 'a similar message dissemination time'; a tenth slower or a fifth faster"),
          ExpectedFigure(
            "\(part): bandwidth saved at all, %", "\(part)/saving", expected: "a noticeable drop",
            band: 5...100,
            decimals: 1,
            reason:
              "vac: IDONTWANT yields a noticeable drop; half the least of the figures published at least"),
          .shown("\(part): copies without", "\(part)/copiesBefore"),
          .shown("\(part): copies with", "\(part)/copiesAfter"),
        ]
      }
    }
    parts.append(Experiment.Part("attestation") { figures(bytes: 250, heartbeat: 700, seed: $0) })
    rows += [
      ExpectedFigure(
        "250 B: bandwidth saved, %", "attestation/saving", expected: "0", band: 0...0, judged: .each,
        decimals: 3,
        reason: "below 1,024 B no IDONTWANT is sent (0, 6)"),
      ExpectedFigure(
        "250 B: IDONTWANT sent", "attestation/idontwant", expected: "0", band: 0...0, judged: .each,
        decimals: 0,
        reason: "below 1,024 B no IDONTWANT is sent (0, 6)"),
    ]
    var experiment = Experiment(
      "idontwant", title: "What IDONTWANT saves, 2,000 nodes",
      source: "vac, Libp2p GossipSub IDONTWANT Message Performance Impact",
      parts: parts, rows: rows)
    experiment.remarks = ["downlinks are not limited and there is no TCP: its slow start does not exist here"]
    return experiment
  }
}
