// GossipSub against flooding under churn, after "Lean Gossip: Big Gains From Small Talk": 1,000 nodes of which a share
// keeps leaving and coming back as new, three regions, 40 to 80 dials.
//
// Its simulator ticks every 100 ms and rounds every delay up to whole ticks. Here delays are continuous with the mean of
// the rounded ones. Its nodes publish one message each at most, 542 in the measured time; here as many, at its initial
// rate. Two sets of figures are published: the paper's tables, and the data beside its program. They differ by more than
// their seeds; a band spans both.

import Basics
import Gossip
import Network
import Simulator

enum ChurnExperiments {
  static var all: [Experiment] { [lean] }

  private static let nodes = 1000
  private static let messages = 540
  private static let warmup = TimeSpan.seconds(60)
  private static let measured = TimeSpan.seconds(206)
  private static let linger = TimeSpan.seconds(40)

  /// Regions 30 % EU, 40 % US, 30 % Asia; delay after rounding up: mean and deviation, milliseconds.
  private static let delays: [[(UInt64, UInt64)]] = [
    [(100, 0), (172, 48), (270, 70)],
    [(172, 48), (100, 0), (250, 66)],
    [(270, 70), (250, 66), (100, 0)],
  ]

  private static func links(seed: UInt64) -> (edges: [LinkEdge], conditions: [LinkConditions]) {
    var known: Set<UInt64> = []
    var edges: [LinkEdge] = []
    let random = HashRandom(seed: seed, .membership)
    for node in 0..<nodes {
      let dials = 40 + Int(scale(random.bits(UInt64(node), 1), 41))
      edges += Dialing.dial(from: node..<node + 1, to: 0..<nodes, count: dials, seed: seed, known: &known)
    }
    let region = (0..<nodes).map { node in
      let draw = unit(random.bits(UInt64(node), 2))
      return draw < 0.3 ? 0 : (draw < 0.7 ? 1 : 2)
    }
    var conditions: [LinkConditions] = []
    for a in 0..<3 {
      for b in 0..<3 {
        let (mean, deviation) = delays[a][b]
        let jitter: LatencyLaw? =
          deviation == 0 ? nil : .normal(mean: .zero, deviation: .milliseconds(deviation))
        conditions.append(LinkConditions(latency: .constant(.milliseconds(mean)), jitter: jitter))
      }
    }
    for k in edges.indices {
      edges[k].conditions = UInt32(region[edges[k].a.index] * 3 + region[edges[k].b.index])
    }
    return (edges, conditions)
  }

  /// Churny nodes leave with probability 0.01 and return with 0.05 every 100 ms.
  private static func outages(share: Double, end: Instant, seed: UInt64) -> [GossipSetup.Outage] {
    let random = HashRandom(seed: seed, .fault)
    var outages: [GossipSetup.Outage] = []
    for node in 0..<nodes where unit(random.bits(UInt64(node))) < share {
      var stream = random.stream(UInt64(node), 1)
      func ticks(_ p: Double) -> UInt64 {
        var n: UInt64 = 1
        while stream.unit() >= p { n += 1 }
        return n
      }
      var now = Instant.zero + .milliseconds(100 * ticks(0.01))
      while now < end {
        let back = now + .milliseconds(100 * ticks(0.05))
        outages.append(.init(NodeID(node), from: now, until: back))
        now = back + .milliseconds(100 * ticks(0.01))
      }
    }
    return outages
  }

  private static func figures(degree: Int, lazy: Int, share: Double, seed: UInt64) -> Figures {
    let links = links(seed: seed)
    var p = Parameters()
    p.heartbeatInterval = .seconds(1)
    p.heartbeatDelay = .zero
    (p.degree, p.degreeLow, p.degreeHigh) = (degree, degree, degree + 3)
    p.degreeOutbound = 0
    (p.degreeLazy, p.gossipFactor) = (lazy, 0)
    // Its heartbeat gossips the rounds in its history, and only then puts the round that ends into it.
    (p.gossipWindows, p.gossipDelayWindows, p.cacheWindows) = (3, 1, 250)
    p.seenLife = .seconds(600)
    p.floodPublish = false
    p.version = .v1_1
    p.degreeScore = 0
    (p.pruneBackoff, p.unsubscribeBackoff, p.graftFloodThreshold) = (.zero, .zero, .zero)
    p.backoffSlackHeartbeats = 0
    p.retransmissionsMaximum = 1000
    let from = Instant.zero + warmup
    let end = from + measured + linger
    var setup = GossipSetup(
      seed: seed, routers: nodes, edges: links.edges, conditions: links.conditions, parameters: p,
      traffic: [
        GossipSetup.Traffic(
          publishers: (0..<nodes).map { NodeID($0) }, from: from,
          every: TimeSpan(nanoseconds: measured.nanoseconds / UInt64(messages)), count: messages, bytes: 1536)
      ],
      end: end)
    setup.uplinks = Array(repeating: Bandwidth(bitsPerSecond: 25_000_000), count: nodes)
    setup.outages = outages(share: share, end: end, seed: seed)
    setup.measureFrom = from
    let measures = GossipSimulation.run(setup)
    var figures = Figures()
    figures.digest = measures.digest
    figures["delivery"] =
      100 * Double(measures.delivered + UInt64(measures.published)) / Double(measures.published * nodes)
    figures["p50"] = measures.percentile(0.5) / 1000
    figures["p99"] = measures.percentile(0.99) / 1000
    return figures
  }

  static var lean: Experiment {
    let shares = [0, 10, 20, 30]
    var parts: [Experiment.Part] = []
    var rows: [ExpectedFigure] = []
    /// By churn: published delivery in table and data, p99 in table and data.
    let gossip = [
      (100.0, 100.0, 0.7, 0.7), (99.6, 98.53, 3.2, 0.7), (99.3, 96.87, 4.8, 2.5), (98.8, 96.98, 7.8, 13.0),
    ]
    let flood = [
      (100.0, 100.0, 0.3, 0.3), (97.6, 97.05, 0.3, 0.3), (95.9, 95.16, 0.3, 0.3), (93.5, 93.26, 0.4, 0.4),
    ]
    for (name, degree, lazy, published) in [("gossip(8,1)", 8, 1, gossip), ("flood(60)", 60, 0, flood)] {
      for (share, figure) in zip(shares, published) {
        let part = "\(name) \(share)%"
        parts.append(
          Experiment.Part(part) { figures(degree: degree, lazy: lazy, share: Double(share) / 100, seed: $0) })
        let (least, most) = (min(figure.0, figure.1), max(figure.0, figure.1))
        rows.append(
          ExpectedFigure(
            "\(part) churn: delivery, %", "\(part)/delivery",
            expected: least == most ? text(most, 1) : "\(text(figure.0, 1)), \(text(figure.1, 1))",
            band: least - 0.5...min(100, most + 0.5),
            reason:
              "between the paper's table and its data, and half a point: 542 messages, one seed of churn"))
        let (early, late) = (min(figure.2, figure.3), max(figure.2, figure.3))
        rows.append(
          ExpectedFigure(
            "\(part) churn: p99, s", "\(part)/p99",
            expected: early == late ? text(late, 1) : "\(text(figure.2, 1)), \(text(figure.3, 1))",
            band: early - 0.1...late + 0.1,
            reason: "between the paper's table and its data, and one of its ticks of 100 ms"))
      }
    }
    var experiment = Experiment(
      "lean-gossip", title: "GossipSub and flooding under churn, 1,000 nodes",
      source: "ankitku/lean-gossip, tables and data",
      parts: parts, rows: rows)
    experiment.remarks = [
      "its nodes announce a message from the second heartbeat on after they received it: its history lacks the round that ends",
      "delays are continuous, with the mean of the published simulator's, which rounds up to ticks of 100 ms",
      "a node that returns is new: it may receive a message again, counted once, as published",
    ]
    return experiment
  }
}
