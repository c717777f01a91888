// Plain delivery (gists of 2022-08): 250 to 1,000 nodes, GossipSub v1.0 and v1.1, no loss, no bandwidth limit, no scores.
//
// The published figures are those of one run of 500 nodes; the bands hold for any size from 250 to 1,000. Counts that grow
// with the nodes are compared a node.

import Basics
import Gossip
import Network
import Simulator

extension SimsubTable {
  /// The published table of 500 nodes.
  public static var published: SimsubTable {
    let overlay = Overlay(
      D: 6, Dlow: 4, Dhigh: 12, Dgossip: 6, heartbeat: 1, initialHeartbeatDelay: 1, gossipWindow: 3,
      history: 120)
    let parameters = Parameters(
      connect: 20, minLatency: 0.01, maxLatency: 0.15, jitter: 0.1, messages: 60, sources: 5, interval: 1,
      warmup: 10,
      linger: 10, overlay: overlay, v1_1: Extensions(gossipFactor: 0.25, floodPublish: true, px: 16))
    var plain = Counts()
    (plain.publish, plain.deliver, plain.message, plain.connect) = (60, 30_000, 189_451, 10_000)
    (plain.iwant, plain.ihave, plain.prune, plain.graft) = (1153, 185_892, 14, 1844)
    plain.histogram100ms = [1028, 12_986, 15_234, 692]
    var extended = Counts()
    (extended.message, extended.connect, extended.iwant) = (193_171, 10_211, 1080)
    (extended.ihave, extended.prune, extended.graft) = (262_444, 14, 1844)
    extended.histogram100ms_first = [7232]
    return SimsubTable(
      source: "vyzo, gerbil-simsub, gist of 2022-08-05", nodes: 500, parameters: parameters,
      gossipsub_v1_0: plain,
      gossipsub_v1_1: extended)
  }

  /// The same experiment with another number of nodes; nothing is published for it but the bands.
  public static func published(nodes: Int) -> SimsubTable {
    var table = published
    guard nodes != table.nodes else { return table }
    table.nodes = nodes
    (table.gossipsub_v1_0, table.gossipsub_v1_1) = (nil, nil)
    return table
  }

  private init(
    source: String, nodes: Int, parameters: Parameters, gossipsub_v1_0: Counts?, gossipsub_v1_1: Counts?
  ) {
    self.source = source
    self.nodes = nodes
    self.parameters = parameters
    self.gossipsub_v1_0 = gossipsub_v1_0
    self.gossipsub_v1_1 = gossipsub_v1_1
  }

  enum Version: String, CaseIterable {
    case plain = "v1.0"
    case extended = "v1.1"
  }

  func setup(_ version: Version, seed: UInt64) -> GossipSetup {
    var edges = Dialing.dial(0..<nodes, count: parameters.connect, seed: seed)
    let latencies = ProportionalJitter(
      from: parameters.minLatency, to: parameters.maxLatency, jitter: parameters.jitter, seed: seed)
    latencies.assign(&edges)
    var random = HashRandom(seed: seed, .membership).stream(1)
    var all = (0..<nodes).map { NodeID($0) }
    random.shuffle(&all)
    let from = Instant.zero + .fraction(ofSeconds: parameters.warmup)
    let length = parameters.interval * Double(parameters.messages) + parameters.linger
    var setup = GossipSetup(
      seed: seed, routers: nodes, edges: edges, conditions: latencies.conditions, parameters: gossip(version),
      traffic: [
        GossipSetup.Traffic(
          publishers: Array(all.prefix(parameters.sources)), from: from,
          every: .fraction(ofSeconds: parameters.interval),
          count: parameters.messages, bytes: 256)
      ],
      end: from + .fraction(ofSeconds: length))
    if version == .extended && parameters.v1_1.px > 0 {
      // Peer exchange may name anybody: every other pair could have a link.
      var known = Set(
        edges.map {
          UInt64(min($0.a.rawValue, $0.b.rawValue)) << 32 | UInt64(max($0.a.rawValue, $0.b.rawValue))
        })
      var others: [LinkEdge] = []
      for a in 0..<nodes {
        for b in a + 1..<nodes where known.insert(UInt64(a) << 32 | UInt64(b)).inserted {
          others.append(LinkEdge(NodeID(a), NodeID(b)))
        }
      }
      latencies.assign(&others)
      setup.potentialEdges = others
    }
    return setup
  }

  /// The overlay's parameters as the router's. The simulator cuts meshes above D_high, ours at D_hi; it has no backoff,
  /// no outbound quota and no limits.
  private func gossip(_ version: Version) -> Gossip.Parameters {
    let overlay = parameters.overlay
    var p = Gossip.Parameters()
    (p.degree, p.degreeLow, p.degreeHigh) = (overlay.D, overlay.Dlow, overlay.Dhigh + 1)
    p.degreeOutbound = 0
    p.degreeLazy = overlay.Dgossip
    p.heartbeatInterval = .fraction(ofSeconds: overlay.heartbeat)
    p.heartbeatDelay = .fraction(ofSeconds: overlay.initialHeartbeatDelay)
    (p.cacheWindows, p.gossipWindows) = (overlay.history, overlay.gossipWindow)
    (p.pruneBackoff, p.unsubscribeBackoff, p.graftFloodThreshold) = (.zero, .zero, .zero)
    p.version = version == .plain ? .v1_0 : .v1_1
    p.peerExchange = version == .extended && parameters.v1_1.px > 0
    p.prunePeers = parameters.v1_1.px
    p.degreeScore = 0
    p.backoffSlackHeartbeats = 0
    p.retransmissionsMaximum = 1000
    let cache = p.heartbeatInterval * UInt64(overlay.history)
    p.seenLife = max(.seconds(120), cache)
    p.gossipFactor = version == .plain ? 0 : parameters.v1_1.gossipFactor
    p.floodPublish = version == .plain ? false : parameters.v1_1.floodPublish
    return p
  }

  static func figures(_ measures: GossipMeasures, nodes: Int) -> Figures {
    var figures = Figures()
    let counters = measures.counters
    figures.digest = measures.digest
    figures["publish"] = Double(counters.published)
    figures["deliver"] = Double(counters.accepted + counters.published)
    figures["message"] = Double(counters.copiesSent)
    figures["ihave"] = Double(counters.ihave)
    figures["iwant"] = Double(counters.iwant)
    figures["graft"] = Double(counters.graft)
    figures["connect"] = Double(measures.connections)
    figures["prune"] = Double(counters.prune)
    figures["copies"] = measures.copiesPerDelivery
    figures["ihavePerNode"] = Double(counters.ihave) / Double(nodes)
    figures["graftPerNode"] = Double(counters.graft) / Double(nodes)
    figures["delivery"] = 100 * measures.deliveryRatio
    figures["p50"] = measures.percentile(0.5)
    figures["p99"] = measures.percentile(0.99)
    figures["max"] = Double(measures.latency.maximum) / 1e6
    figures["degree"] = measures.samples.last?.meanDegree ?? .nan
    figures["degreeLeast"] = Double(measures.samples.last?.degreeLeast ?? 0)
    figures["degreeMost"] = Double(measures.samples.last?.degreeMost ?? 0)
    for (k, count) in measures.hundredths.prefix(8).enumerated() { figures["histogram\(k)"] = Double(count) }
    return figures
  }

  /// Whether nothing but the size differs from the published experiment, so that its bands apply.
  private var hasPublishedParameters: Bool {
    let (a, b) = (parameters, SimsubTable.published.parameters)
    return a.connect == b.connect && a.minLatency == b.minLatency && a.maxLatency == b.maxLatency
      && a.jitter == b.jitter
      && a.messages == b.messages && a.interval == b.interval && a.overlay == b.overlay && a.v1_1 == b.v1_1
      && a.sources == b.sources
  }

  /// This table as an experiment.
  public func experiment(named name: String) -> Experiment {
    let parts = Version.allCases.map { version in
      Experiment.Part(version.rawValue) { seed in
        Self.figures(GossipSimulation.run(setup(version, seed: seed)), nodes: nodes)
      }
    }
    var rows: [ExpectedFigure] = []
    for version in Version.allCases { rows += expectations(version) }
    if parameters.v1_1.floodPublish && hasPublishedParameters {
      rows.append(
        ExpectedFigure(
          "p50, v1.1 of v1.0", "p50ratio", expected: "a quarter to a third less", band: 0.64...0.78,
          reason: "flood publishing cuts p50 by about a quarter to a third (7.1); 'about': 3 points each way")
      )
    }
    var experiment = Experiment(
      name, title: "Plain delivery, \(nodes) nodes", source: source ?? "a table given by the user",
      parts: parts,
      rows: rows)
    experiment.derive = { figures in
      if let old = figures["v1.0/p50"], let new = figures["v1.1/p50"] { figures["p50ratio"] = new / old }
    }
    return experiment
  }

  private func expectations(_ version: Version) -> [ExpectedFigure] {
    let own = version == .plain ? gossipsub_v1_0 : gossipsub_v1_1
    let known = SimsubTable.published
    let reference =
      own
      ?? (hasPublishedParameters ? (version == .plain ? known.gossipsub_v1_0 : known.gossipsub_v1_1) : nil)
    let size = Double(own == nil ? known.nodes : nodes)
    let v = version.rawValue
    var rows = [
      ExpectedFigure(
        "\(v) delivery, %", "\(v)/delivery", expected: "100", band: 100...100, judged: .each,
        reason: "nothing is lost (7.1)")
    ]
    func add(
      _ what: String, _ name: String, _ value: Double?, _ tolerance: (Double) -> Double, _ decimals: Int,
      _ why: String
    ) {
      guard let value else { return rows.append(.shown("\(v) \(what)", "\(v)/\(name)", decimals: decimals)) }
      let width = tolerance(value)
      rows.append(
        ExpectedFigure(
          "\(v) \(what)", "\(v)/\(name)", expected: text(value, decimals),
          band: value - width...value + width,
          decimals: decimals, reason: why))
    }
    let messages = own == nil ? known.parameters.messages : parameters.messages
    let delivered = reference.map { $0.deliver ?? size * Double(messages) }
    // The reference's own central figure where its parameters are the published ones; else the file's.
    var copies =
      hasPublishedParameters && own == nil
      ? 6.3 : reference?.message.flatMap { m in delivered.map { m / $0 } }
    var why = "7.1: +- 0.3 over 10 seeds"
    if version == .extended, own == nil, hasPublishedParameters, let plain = copies {
      // The publisher's copies to peers outside its mesh, each passed on to one peer more than one from the mesh.
      copies = plain + 2 * Double(2 * parameters.connect - parameters.overlay.D) / Double(nodes)
      why += "; flood publishing adds two copies a message for each peer outside the publisher's mesh"
    }
    add("copies a delivery", "copies", copies, { _ in 0.3 }, 2, why)
    let share = version == .plain ? 0.01 : 0.08
    add(
      "IHAVE a node", "ihavePerNode", reference?.ihave.map { $0 / size }, { $0 * share }, 1,
      "7.1: +- \(version == .plain ? 1 : 8) % of the published count")
    let grafts = hasPublishedParameters && own == nil ? 3.7 : reference?.graft.map { $0 / size }
    add("GRAFT a node", "graftPerNode", grafts, { _ in 0.15 }, 2, "7.1: +- 0.15 a node")
    if let iwant = own?.iwant {
      add("IWANT", "iwant", iwant, { $0 * 0.3 }, 0, "7.1: varies by up to 30 % between seeds")
    } else {
      rows.append(.shown("\(v) IWANT", "\(v)/iwant", decimals: 0))
    }
    rows.append(
      .shown(
        "\(v) connections", "\(v)/connect", published: own?.connect.map { text($0, 0) } ?? "-", decimals: 0))
    rows.append(
      .shown("\(v) PRUNE", "\(v)/prune", published: own?.prune.map { text($0, 0) } ?? "-", decimals: 0))
    if hasPublishedParameters {
      rows.append(
        version == .plain
          ? ExpectedFigure(
            "\(v) p99, ms", "\(v)/p99", expected: "240 - 330", band: 240...330, decimals: 0, reason: "7.1")
          : ExpectedFigure(
            "\(v) p99, ms", "\(v)/p99", expected: "at most 330", band: 0...330, decimals: 0,
            reason:
              "7.1's 240 to 330 ms is v1.0's, whose p50 v1.1 cuts by a quarter to a third; its own histogram is cut off"
          ))
      rows.append(
        ExpectedFigure(
          "\(v) slowest, ms", "\(v)/max", expected: "under 400", band: 0...400, judged: .each, decimals: 0,
          reason: "7.1: all under 400 ms"))
      rows.append(
        ExpectedFigure(
          "\(v) mesh, mean degree", "\(v)/degree", expected: "7.2 - 7.4", band: 7.15...7.45,
          reason: "7.1: settles at a mean of 7.2 to 7.4, printed with one decimal"))
      rows.append(
        ExpectedFigure(
          "\(v) mesh, least degree", "\(v)/degreeLeast", expected: "4", band: 4...12, judged: .each,
          decimals: 0,
          reason: "7.1: settles within D_low ... D_high"))
      rows.append(
        ExpectedFigure(
          "\(v) mesh, largest degree", "\(v)/degreeMost", expected: "12", band: 4...12, judged: .each,
          decimals: 0,
          reason: "7.1: settles within D_low ... D_high"))
    }
    let shape = own?.histogram100ms ?? own?.histogram100ms_first ?? []
    for k in 0..<4 {
      let published = k < shape.count ? text(shape[k], 0) : "-"
      rows.append(.shown("\(v) \(k)00 - \(k)99 ms", "\(v)/histogram\(k)", published: published, decimals: 0))
    }
    return rows
  }
}
