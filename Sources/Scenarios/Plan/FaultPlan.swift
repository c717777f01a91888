// What breaks, when, for how long, as written under `faults:` and given to `avsim fault inject`. Which nodes a share
// or a count stands for is drawn later, see `Resolution/FaultGround`.

public import Basics
import Network

/// One entry of the fault timeline.
public struct FaultPlan: Sendable, Equatable, Codable {
  /// From the start of the run; for a live fault, zero.
  public var at: TimeSpan
  /// How long; nil: until it is healed, or for ever.
  public var lasts: TimeSpan?
  public var kind: Kind
  /// Names the draw behind a count or share. Nil: what is struck and when name it, so that removing one fault changes
  /// no other; write it when a fault moves and shall strike the same.
  public var draw: UInt64?

  public enum Kind: Sendable, Equatable, Codable {
    case partition(PartitionPlan)
    /// Processes end. With `restart`, they start again so long afterwards.
    case crash(NodeChoice, losesState: Bool, restart: TimeSpan?)
    /// Every node of these regions crashes; they start again when the fault ends, or `restart` after its beginning.
    case regionOutage([String], losesState: Bool, restart: TimeSpan?)
    /// Messages on these links are lost with this probability, on top of the links' own loss.
    case loss(LinkChoice, Share)
    /// Latency of these links becomes `latency * scale + add`.
    case latency(LinkChoice, add: TimeSpan, scale: Double)
    /// Computing takes `factor` times as long.
    case slowCPU(NodeChoice, factor: Double)
    /// Something is wrong with the chain.
    case chain(ChainFaultPlan)
    case link(LinkChoice, LinkEffectPlan)
    case node(NodeChoice, NodeEffectPlan)
    /// Several simple faults; see `FaultGround.expand`.
    case pattern(FaultPattern)
  }

  static let kinds =
    ["partition", "crash", "regionOutage", "loss", "latency", "slowCPU"] + effectKinds
    + ChainFaultPlan.kinds
}

extension FaultPlan {
  /// An entry made in code.
  public init(at: TimeSpan, lasts: TimeSpan?, kind: Kind, naming draw: UInt64?) {
    self.init(at: at, lasts: lasts, kind: kind, draw: draw)
  }
}

/// How the nodes are cut apart.
public indirect enum PartitionPlan: Sendable, Equatable, Codable {
  /// Sides by region. Without `rest`, nodes of regions that no side names keep contact with every side.
  case regions([[String]], rest: Bool)
  /// This share of all nodes, drawn by the seed, against the others.
  case random(Share)
  /// Each of these nodes is cut off from everybody.
  case isolate(NodeChoice)
  /// Two halves, drawn by the seed, that reach each other through these nodes only.
  case bridge(NodeChoice)
  /// The first side (`isolate`: each of its nodes; `random`: the share) hears the others and is not heard by them.
  case oneWay(PartitionPlan)
}

/// Which nodes a fault strikes.
public enum NodeChoice: Sendable, Equatable, Codable {
  /// So many operators, drawn by the seed.
  case count(Int)
  /// This share of the operators, drawn by the seed.
  case share(Share)
  /// These nodes, by number or by the topology's names.
  case list([String])
  /// All nodes of these regions.
  case regions([String])
  /// All nodes of a role.
  case role(NodeRole)
}

/// What a node is for. Nodes are numbered in this order.
public enum NodeRole: String, CaseIterable, Sendable, Codable {
  case `operator`, watcher, aggregator
  /// In the topology and in nobody's service: it only connects.
  case relay
  /// An identity that an adversary brings, after all of these.
  case sybil
}

/// Which links a fault strikes, both directions.
public enum LinkChoice: Sendable, Equatable, Codable {
  case all
  /// Links between these pairs of nodes, by number or name.
  case pairs([[String]])
  /// Links with an end in one of these regions.
  case regions([String])
  /// Links between the first regions and the second.
  case between([String], [String])
  /// Links with an end among these nodes.
  case nodes(NodeChoice)
}

extension FaultPlan {
  /// `timed`: an entry of a timeline, with `at`; otherwise a live fault, which begins now.
  init(_ o: ObjectReader, timed: Bool) {
    at = .zero
    if timed {
      at = o.needed("at", "write when it begins, such as 30s", placeholder: .zero) { $0.duration() }
    }
    lasts = o.optional("for", "how long; absent: until healed") { $0.duration(.milliseconds(1) ... .century) }
    draw = o.optional("draw", "names the draw behind a count or share; absent: the fault itself names it") {
      $0.seed()
    }
    let restart = o.optional("restart", "crash and regionOutage: nodes start again after this long") {
      $0.duration(.milliseconds(1) ... .century)
    }
    let loses = FaultPlan.state(o)
    let kind: Kind? = o.exactlyOne(
      "fault",
      [
        .init("partition", "nodes are cut apart") { v in
          v.object { PartitionPlan.read($0).map { .partition($0) } } ?? nil
        },
        .init("crash", "processes end") { v in
          v.object { o in
            let inner = FaultPlan.state(o)
            return .crash(NodeChoice.needed(o), losesState: inner ?? loses ?? !timed, restart: restart)
          }
        },
        .init("regionOutage", "every node of a region crashes") { v in
          FaultPlan.regionNames(v).map { .regionOutage($0, losesState: loses ?? !timed, restart: restart) }
        },
        .init("loss", "messages are lost") { v in
          v.forms(
            scalar: { $0.share(Share(wad: 1) ... .whole).map { .loss(.all, $0) } },
            mapping: { o in
              let share = o.needed("share", "write a share such as 10%", placeholder: .zero) {
                $0.share(Share(wad: 1) ... .whole)
              }
              let kind = o.value("of", "all, messages (attestations) or control", or: Traffic.Kind.all) {
                $0.choice()
              }
              let above = o.value("above", "only RPCs of at least this size", or: ByteCount(0)) {
                $0.size(ByteCount(0)...ByteCount(1 << 40))
              }
              if kind == .all, above.bytes == 0 { return .loss(LinkChoice.read(o), share) }
              return .link(LinkChoice.read(o), .someLoss(share, of: kind, above: above))
            }, expected: "a share, or {share, of, above, links | regions | between | nodes}")
        },
        .init("latency", "messages take longer") { v in
          v.object { o in
            let add = o.optional("add", "added to each latency") { $0.duration(.zero ... .seconds(3_600)) }
            let scale = o.optional("scale", "factor on each latency") { $0.number(0...10_000) }
            if add == nil, scale == nil, !o.has("add"), !o.has("scale") {
              o.mistake("changes nothing; write add, scale or both")
            }
            return .latency(LinkChoice.read(o), add: add ?? .zero, scale: scale ?? 1)
          }
        },
        .init("slowCPU", "computing takes longer") { v in
          v.object { o in
            .slowCPU(
              NodeChoice.needed(o),
              factor: o.needed("factor", "write a factor such as 4", placeholder: 2) {
                $0.number(1...1_000_000)
              })
          }
        },
      ] + FaultPlan.linkVariants + FaultPlan.nodeVariants + FaultPlan.patternVariants
        + ChainFaultPlan.alternatives(timed: timed))
    self.kind = kind ?? .loss(.all, .zero)
    let plan = self
    if kind != nil, let why = misfit() { o.mistake(why) }
    if kind != nil { o.afterwards(Self.kinds.first { o.has($0) } ?? "at") { plan.wrong(in: $0) } }
    if timed {
      o.afterwards("at") { scenario in
        plan.at > scenario.duration
          ? "\(plan.at) is after the end; the duration is \(scenario.duration)" : nil
      }
    }
    if case .chain(.reorg(_, _)) = self.kind, lasts != nil {
      o.mistake("for", "a reorg is over at once; remove it")
    }
    switch self.kind {
    case .crash, .regionOutage:
      if restart != nil, lasts != nil { o.mistake("restart", "says the same as 'for'; write one of them") }
      if loses != nil, case .crash = self.kind, o.innerHas("crash", "state") {
        o.mistake("state", "is written twice")
      }
    default:
      if o.has("restart"), kind != nil {
        o.mistake("restart", "belongs to crash and regionOutage; write 'for'")
      }
      if o.has("state"), kind != nil { o.mistake("state", "belongs to crash and regionOutage; remove it") }
    }
  }

  /// How long the fault is in force: `for` and `restart` mean the same end.
  public var length: TimeSpan? {
    switch kind {
    case .crash(_, _, let restart), .regionOutage(_, _, let restart): lasts ?? restart
    default: lasts
    }
  }

  /// Why the fault cannot strike in this scenario; nil when it can.
  func wrong(in scenario: Scenario) -> String? {
    switch kind {
    case .chain(let fault): return fault.wrong(in: scenario)
    case .partition(.regions(let sides, _)): return scenario.wrongRegions(sides.flatMap { $0 })
    case .partition(.isolate(let nodes)), .partition(.bridge(let nodes)), .crash(let nodes, _, _),
      .slowCPU(let nodes, _), .node(let nodes, _):
      return scenario.wrong(nodes)
    case .partition(.random): return scenario.nodeCount < 2 ? "there is one node only" : nil
    case .partition(.oneWay(let cut)):
      var other = self
      other.kind = .partition(cut)
      return other.wrong(in: scenario)
    case .regionOutage(let names, _, _): return scenario.wrongRegions(names)
    case .loss(let links, _), .latency(let links, _, _), .link(let links, _): return scenario.wrong(links)
    case .pattern(let pattern):
      switch pattern {
      case .rollingRestart(let nodes, _, _), .restartStorm(let nodes, _, _), .churn(let nodes, _, _),
        .swizzleClog(let nodes, _):
        return scenario.wrong(nodes)
      case .swarm(let swarm): return swarm.wrong(in: scenario)
      case .aggregatorCrash: return nil
      }
    }
  }

  private static func state(_ o: ObjectReader) -> Bool? {
    o.optional(
      "state",
      "crash and regionOutage: what the nodes knew is kept or lost; absent: kept, and lost for a fault by command"
    ) {
      $0.word(["kept", "lost"]).map { $0 == "lost" }
    }
  }

  static func regionNames(_ value: ValueReader) -> [String]? {
    value.forms(
      scalar: { v in v.string("write a region's name").map { [$0] } },
      list: { v in v.list(1...10_000) { $0.string("write a region's name") } },
      expected: "a region's name, or a list of them")
  }
}

extension ObjectReader {
  /// Whether the mapping under `key` holds `inner`.
  func innerHas(_ key: String, _ inner: String) -> Bool { !isRecording && tree[key]?[inner] != nil }
}

extension PartitionPlan {
  static func read(_ o: ObjectReader) -> PartitionPlan? {
    let cut: PartitionPlan? = o.exactlyOne(
      "way of cutting",
      [
        .init("regions", "sides by region, the last may be the word rest: [[europe], rest]") { v in
          var rest = false
          let sides = v.list(1...255) { side -> [String]? in
            if side.isRecording { _ = side.word(["rest"]) }
            if case .scalar("rest") = side.tree.content {
              if rest { side.mistake("a second 'rest'") }
              rest = true
              return nil
            }
            return FaultPlan.regionNames(side)
          }
          guard let sides else { return nil }
          if sides.count + (rest ? 1 : 0) < 2 {
            v.mistake("names one side; write two or more, such as [[europe], rest]")
            return nil
          }
          var seen: Set<String> = []
          for name in sides.flatMap({ $0 }) where !seen.insert(name).inserted {
            v.mistake("region '\(clip(name))' is on two sides")
          }
          return .regions(sides, rest: rest)
        },
        .init("random", "this share of all nodes against the others") {
          $0.share(Share(wad: 1)...Share(wad: Share.one - 1)).map { .random($0) }
        },
        .init("isolate", "each of these nodes is cut off from everybody") { v in
          NodeChoice.read(v).map { .isolate($0) }
        },
        .init("bridge", "two halves, drawn by the seed, that meet in these nodes only") { v in
          NodeChoice.read(v).map { .bridge($0) }
        },
      ])
    let isOneWay = o.value("oneWay", "the first side hears the others and is not heard by them", or: false) {
      $0.bool()
    }
    guard isOneWay, let cut else { return cut }
    if case .bridge = cut {
      o.mistake("oneWay", "a bridge is open both ways; remove it")
      return cut
    }
    return .oneWay(cut)
  }
}

extension NodeChoice {
  static func needed(_ o: ObjectReader) -> NodeChoice {
    o.needed(
      "nodes", "write a count, a share, a list, {region: NAME} or {role: ROLE}", placeholder: .count(1)
    ) { read($0) }
  }

  static func read(_ value: ValueReader) -> NodeChoice? {
    value.forms(
      scalar: { v in
        v.countOrShare(least: 1).map {
          switch $0 {
          case .count(let n): .count(n)
          case .share(let share): .share(share)
          }
        }
      },
      list: { v in v.list(1...1_000_000) { $0.string("write a node's number or name") }.map { .list($0) } },
      mapping: { o in
        var ways: [ObjectReader.Variant<NodeChoice>] = [
          .init("region", "all nodes of a region, or of several") {
            FaultPlan.regionNames($0).map { .regions($0) }
          },
          .init("role", "all nodes of a role") { $0.choice(NodeRole.self).map { .role($0) } },
        ]
        // A timeline knows no processes: they are those of a cluster that runs.
        let processes = value.reading.processes
        if !processes.isEmpty {
          ways.append(
            .init("process", "all nodes of a process of the cluster") {
              $0.integer(0...(processes.count - 1)).map { .list(processes[$0]) }
            })
        }
        return o.exactlyOne("choice of nodes", ways)
      }, expected: "a count, a share, a list of nodes, {region: NAME} or {role: ROLE}")
  }
}

extension LinkChoice {
  static func read(_ o: ObjectReader) -> LinkChoice {
    let keys = ["links", "regions", "between", "nodes"]
    let pairs = o.optional("links", "pairs of nodes: [[0, 1], [4, 7]]") { v in
      v.list(1...1_000_000) { pair in pair.list(2...2) { $0.string("write a node's number or name") } }
    }
    let regions = o.optional("regions", "links with an end in these regions") { FaultPlan.regionNames($0) }
    let between = o.optional("between", "links from one group of regions to another: [[europe], [na_east]]") {
      v in
      v.list(2...2) { FaultPlan.regionNames($0) }
    }
    let nodes = o.optional("nodes", "links with an end among these nodes") { NodeChoice.read($0) }
    let given = keys.filter { o.has($0) }
    if given.count > 1 { o.mistake(given[1], "a second choice of links beside '\(given[0])'; write one") }
    if let pairs { return .pairs(pairs) }
    if let regions { return .regions(regions) }
    if let between, between.count == 2 { return .between(between[0], between[1]) }
    if let nodes { return .nodes(nodes) }
    return .all
  }
}
