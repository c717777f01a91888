// Arithmetic that any run must satisfy (7.5), and bounds on duplicates that follow from it (7.3, 7.4).

import Basics
import Gossip
import Network
import Simulator

enum IdentityExperiments {
  static var all: [Experiment] { [gossip, copies, credit, hop] }

  // MARK: Gossip factor

  /// 300 nodes that each know the 299 others; messages well apart; IHAVE seen on the links.
  private static func heard(factor: Double, seed: UInt64) -> Figures {
    let nodes = 300
    var p = Parameters()
    p.heartbeatInterval = .seconds(1)
    p.gossipFactor = factor
    p.floodPublish = false
    var edges: [LinkEdge] = []
    for a in 0..<nodes { for b in a + 1..<nodes { edges.append(LinkEdge(NodeID(a), NodeID(b))) } }
    var setup = GossipSetup(
      seed: seed, routers: nodes, edges: edges,
      conditions: [LinkConditions(latency: .constant(.milliseconds(20)))], parameters: p,
      traffic: [
        GossipSetup.Traffic(
          publishers: (0..<nodes).map { NodeID($0) }, from: .zero + .seconds(20), every: .seconds(2),
          count: 10,
          bytes: 100)
      ],
      end: .zero + .seconds(60))
    setup.tracksAnnouncements = true
    let measures = GossipSimulation.run(setup)
    var figures = Figures()
    figures.digest = measures.digest
    figures["heard"] = Double(measures.announced) / Double(measures.announceable)
    return figures
  }

  static var gossip: Experiment {
    Experiment(
      "gossip-factor",
      title: "Chance that a node's IHAVE reaches a given peer outside its mesh, 3 heartbeats",
      source: "identities (7.5); lotus #3556 (7.4)",
      parts: [0.25, 0.1].map { factor in
        Experiment.Part("\(factor)") { heard(factor: factor, seed: $0) }
      },
      rows: [
        ExpectedFigure(
          "factor 0.25", "0.25/heard", expected: "0.578", band: 0.568...0.588, decimals: 3,
          reason: "1 - 0.75^3; whole peers: up to one of 290 less a heartbeat"),
        ExpectedFigure(
          "factor 0.1", "0.1/heard", expected: "0.27", band: 0.261...0.281, decimals: 3,
          reason: "1 - 0.9^3 = 0.271; whole peers: up to one of 290 less a heartbeat"),
      ])
  }

  // MARK: Copies

  private static func counted(seed: UInt64) -> Figures {
    let nodes = 1000
    var edges = Dialing.dial(0..<nodes, count: 20, seed: seed)
    let latencies = ProportionalJitter(from: 0.01, to: 0.15, jitter: 0.1, seed: seed)
    latencies.assign(&edges)
    var p = Parameters()
    (p.gossipFactor, p.degreeLazy) = (0, 0)
    p.floodPublish = false
    let messages = 100
    let setup = GossipSetup(
      seed: seed, routers: nodes, edges: edges, conditions: latencies.conditions, parameters: p,
      traffic: [
        GossipSetup.Traffic(
          publishers: (0..<nodes).map { NodeID($0) }, from: .zero + .seconds(10), every: .milliseconds(200),
          count: messages, bytes: 100)
      ],
      end: .zero + .seconds(40))
    let measures = GossipSimulation.run(setup)
    let counters = measures.counters
    var figures = Figures()
    figures.digest = measures.digest
    let n = Double(nodes)
    let degree = measures.samples.last?.meanDegree ?? .nan
    let sent = Double(counters.copiesSent) / Double(messages)
    figures["degree"] = degree
    figures["sent"] = sent
    figures["aboveLeast"] = sent / (n * degree / 2)
    figures["belowMost"] = sent / (n * (degree - 1) + 1)
    let duplicates = Double(counters.duplicates) / Double(counters.fresh)
    figures["duplicates"] = duplicates
    figures["duplicatesAboveLeast"] = duplicates - (degree / 2 - 1)
    figures["duplicatesBelowMost"] = degree - 2 - duplicates
    figures["firsts"] = Double(counters.fresh) / Double(measures.delivered)
    figures["balance"] = Double(counters.copiesReceived) - Double(counters.fresh + counters.duplicates)
    figures["delivery"] = 100 * measures.deliveryRatio
    figures["oneSided"] = Double(measures.samples.last?.oneSided ?? -1)
    return figures
  }

  static var copies: Experiment {
    var experiment = Experiment(
      "identities", title: "Copies, duplicates and meshes: 1,000 nodes, D = 8/6/12, push alone",
      source: "identities (7.5); duplicate bounds of vac, Streamr and ProbeLab (7.3, 7.4)",
      parts: [Experiment.Part("run", counted)],
      rows: [
        ExpectedFigure(
          "delivery, %", "run/delivery", expected: "100", band: 100...100, judged: .each,
          reason: "a connected mesh without loss delivers"),
        .shown("mean mesh degree, d", "run/degree"),
        .shown("copies a message", "run/sent", decimals: 0),
        ExpectedFigure(
          "copies over N d/2", "run/aboveLeast", expected: "1 and more", band: 1...2, judged: .each,
          decimals: 3,
          reason: "every mesh link carries a message at least once"),
        ExpectedFigure(
          "copies over N (d - 1) + 1", "run/belowMost", expected: "1 and less", band: 0.5...1, judged: .each,
          decimals: 3,
          reason:
            "nobody sends back; meshes of a moment of change aside, each node sends d - 1, the publisher d"),
        .shown("duplicates a delivery", "run/duplicates"),
        ExpectedFigure(
          "duplicates above d/2 - 1 by", "run/duplicatesAboveLeast", expected: "0 and more", band: 0...100,
          judged: .each,
          reason: "D/2 - 1 ... D - 2, with the degree that the mesh has"),
        ExpectedFigure(
          "duplicates below d - 2 by", "run/duplicatesBelowMost", expected: "0 and more", band: -0.01...100,
          judged: .each, reason: "D/2 - 1 ... D - 2; N (d - 1) + 1 copies for N - 1 deliveries are d/N more"),
        ExpectedFigure(
          "first copies a delivery", "run/firsts", expected: "1", band: 1...1, judged: .each, decimals: 6,
          reason: "every delivered message has exactly one first copy"),
        ExpectedFigure(
          "copies neither first nor duplicate", "run/balance", expected: "0", band: 0...0, judged: .each,
          decimals: 0,
          reason: "nothing else can become of a copy"),
        ExpectedFigure(
          "one-sided mesh links at the end", "run/oneSided", expected: "0", band: 0...0, judged: .each,
          decimals: 0,
          reason: "mesh links are symmetric once control traffic has drained"),
      ])
    experiment.remarks = [
      "the bounds hold for the degree that meshes have, which lies between D_lo and D_hi, not for D"
    ]
    return experiment
  }

  // MARK: P2

  /// Scores that neither decay nor reach their cap within the run.
  private static func credited(seed: UInt64) -> Figures {
    let nodes = 300
    var score = ScoreParameters()
    score.decayInterval = .seconds(3600)
    var topic = TopicScoreParameters()
    topic.firstDeliveriesWeight = 1
    topic.firstDeliveriesCap = 1e6
    score.otherTopics = topic
    var p = Parameters()
    p.score = score
    var setup = GossipSetup(
      seed: seed, routers: nodes, edges: Dialing.dial(0..<nodes, count: 10, seed: seed),
      conditions: [LinkConditions(latency: .uniform(low: .milliseconds(10), high: .milliseconds(100)))],
      parameters: p,
      traffic: [
        GossipSetup.Traffic(
          publishers: (0..<nodes).map { NodeID($0) }, from: .zero + .seconds(5), every: .milliseconds(100),
          count: 200, bytes: 100)
      ],
      end: .zero + .seconds(40))
    setup.tracksCredit = true
    let measures = GossipSimulation.run(setup)
    var figures = Figures()
    figures.digest = measures.digest
    // Own publications are deliveries to nobody else: `accepted` leaves them out.
    figures["credit"] = measures.credit / Double(measures.counters.accepted)
    return figures
  }

  static var credit: Experiment {
    Experiment(
      "first-deliveries", title: "Sum of P2 over all peers, of deliveries", source: "identities (7.5)",
      parts: [Experiment.Part("run", credited)],
      rows: [
        ExpectedFigure(
          "P2 of deliveries", "run/credit", expected: "1", band: 1...1, judged: .each, decimals: 6,
          reason: "the sum of P2 increments is deliveries minus own publishes")
      ])
  }

  // MARK: One hop

  private static func firstHop(seed: UInt64) -> Figures {
    let (peers, bytes, rate, latency) = (8, 100_000, UInt64(10_000_000), UInt64(50))
    var p = Parameters()
    p.floodPublish = false
    let edges = (1...peers).map { LinkEdge(NodeID($0), NodeID(0)) }
    var setup = GossipSetup(
      seed: seed, routers: peers + 1, edges: edges,
      conditions: [LinkConditions(latency: .constant(.milliseconds(latency)))], parameters: p,
      traffic: [
        GossipSetup.Traffic(
          publishers: [NodeID(0)], from: .zero + .seconds(10), every: .seconds(5), count: 10, bytes: bytes)
      ],
      end: .zero + .seconds(70))
    setup.uplinks = Array(repeating: Bandwidth(bitsPerSecond: rate), count: peers + 1)
    let measures = GossipSimulation.run(setup)
    var figures = Figures()
    figures.digest = measures.digest
    let expected = Double(peers * bytes * 8) / Double(rate) * 1000 + Double(latency)
    figures["ratio"] = Double(measures.latency.maximum) / 1e6 / expected
    return figures
  }

  static var hop: Experiment {
    Experiment(
      "one-hop", title: "A message of S bytes to D peers over an uplink of rate R: last arrival",
      source: "identities (7.5)",
      parts: [Experiment.Part("run", firstHop)],
      rows: [
        ExpectedFigure(
          "time over D S/R + latency", "run/ratio", expected: "1", band: 1...1.001, judged: .each,
          decimals: 4,
          reason: "the RPC around 100 KB adds under 0.1 %")
      ])
  }
}
