// From faults as written to faults as the engines apply them: names become ids, shares become drawn nodes.

public import Basics
internal import Contracts
public import Network
public import Participants

/// What faults are resolved against.
public struct FaultGround: Sendable {
  let graph: Graph
  let roles: [NodeRole]
  let operators: Int
  /// Nodes that are no Sybils; those come after.
  let honest: Int
  let random: HashRandom
  /// By service: its name, and who aggregates for it.
  let serviceNames: [String]
  let aggregators: [[NodeID]]
  /// Slots that a reorg may undo.
  let finality: Int
  private let numberOf: [String: Int]

  public init(
    graph: Graph, roles: [NodeRole], operators: Int, seed: UInt64, serviceNames: [String] = [],
    aggregators: [[NodeID]] = [], finality: Int = 0
  ) {
    self.finality = finality
    self.graph = graph
    self.serviceNames = serviceNames
    self.aggregators = aggregators
    self.roles = roles
    self.operators = operators
    honest = graph.nodes.count - roles.count { $0 == .sybil }
    random = HashRandom(seed: seed, .fault)
    numberOf = Dictionary(graph.nodes.enumerated().map { ($1.name, $0) }) { first, _ in first }
  }

  /// All faults of a timeline of simple faults (see `expand`), ids by position.
  public func resolve(_ plans: [FaultPlan]) -> [Fault] {
    // Two equal entries strike differently: the second of a key draws with the next.
    var uses: [UInt64: UInt64] = [:]
    return plans.enumerated().map { index, plan in
      let key = plan.drawKey
      let repetition = uses[key, default: 0]
      uses[key] = repetition + 1
      return resolve(plan, id: UInt32(index), key: key, repetition: repetition)
    }
  }

  /// One fault that begins at `now` on a running cluster.
  public func resolve(_ plan: FaultPlan, id: UInt32, now: Instant) -> Fault {
    var live = plan
    live.at = TimeSpan(nanoseconds: now.nanoseconds)
    return resolve(live, id: id, key: live.drawKey, repetition: 0)
  }

  private func resolve(_ plan: FaultPlan, id: UInt32, key: UInt64, repetition: UInt64) -> Fault {
    var stream = random.stream(key, repetition)
    let kind: Fault.Kind
    let at = Instant(nanoseconds: plan.at.nanoseconds)
    let until = plan.length.map { at + $0 }
    switch plan.kind {
    case .partition(let cut):
      let sides = sides(cut, &stream)
      if case .oneWay = cut { kind = .oneWay(sides: sides) } else { kind = .partition(sides: sides) }
    case .crash(let choice, let loses, _): kind = .crash(nodes: nodes(choice, &stream), losesState: loses)
    case .regionOutage(let names, let loses, _):
      kind = .crash(nodes: nodes(.regions(names), &stream), losesState: loses)
    case .loss(let choice, let share): kind = .loss(links(choice, &stream), share: share.fraction)
    case .latency(let choice, let add, let scale):
      kind = .latency(links(choice, &stream), add: add, scale: scale)
    case .slowCPU(let choice, let factor):
      kind = .slowCPU(nodes: nodes(choice, &stream), factorPermille: UInt64(factor * 1_000 + 0.5))
    case .chain(let plan): kind = .chain(plan.fault { nodes($0, &stream) })
    case .link(let choice, let effect):
      kind = .link(links(choice, &stream), Self.effect(effect, at: at, until: until))
    case .node(let choice, .eclipse(let keep)):
      let struck = nodes(choice, &stream)
      kind = .eclipse(nodes: struck, cut: eclipse(struck, keep: keep, &stream))
    case .node(let choice, let effect): kind = .node(nodes(choice, &stream), self.effect(effect))
    case .pattern: preconditionFailure("a pattern of faults that was not written out")
    }
    // A reorg is over when it has struck.
    var isOver = false
    if case .chain(.reorg(_, _)) = kind { isOver = true }
    return Fault(
      id: id, at: at, until: isOver ? at : until, kind: kind, key: random.bits(key, repetition))
  }

  private static func effect(_ plan: LinkEffectPlan, at: Instant, until: Instant?) -> LinkFault {
    switch plan {
    case .jitter(let most, let correlation): .jitter(most: most, correlation: correlation.fraction)
    case .bandwidth(let rate, let queue):
      .rate(Bandwidth(bitsPerSecond: rate.bitsPerSecond, queueBytes: UInt64(queue.bytes)))
    case .duplicate(let share): .duplicate(share.fraction)
    case .reorder(let share, let by): .reorder(share.fraction, by: by)
    case .corrupt(let share): .damage(share.fraction, .corrupted)
    case .truncate(let share): .damage(share.fraction, .truncated)
    case .burstLoss(let worsen, let recover, let good, let bad):
      .bursts(
        BurstLoss(
          worsen: worsen.fraction, recover: recover.fraction, lossGood: good.fraction, lossBad: bad.fraction))
    case .someLoss(let share, let kind, let above):
      .someLoss(share.fraction, Traffic(kind, bytesMinimum: Int(above.bytes)))
    case .flap(let up, let down): .flap(since: at, up: up, down: down)
    case .hold: .hold(until: until ?? at)
    case .clog(let every, let longest): .clog(since: at, every: every, longest: longest)
    }
  }

  private func effect(_ plan: NodeEffectPlan) -> NodeFault {
    switch plan {
    case .pause: .pause
    case .clock(let ahead, let behind, let drift):
      .clock(
        offset: Int64(ahead.nanoseconds) - Int64(behind.nanoseconds),
        drift: Int64(drift * 1_000 + (drift < 0 ? -0.5 : 0.5)))
    case .keyDuplication(let share): .keyDuplication(chance: UInt32(share.of(65_536)))
    case .faultySoftware(let names):
      .faultySoftware(
        names.map { names in
          serviceNames.indices.filter { names.contains(serviceNames[$0]) }.map { ServiceID($0) }
        })
    case .throttle(let rate, let queue):
      .throttle(Bandwidth(bitsPerSecond: rate.bitsPerSecond, queueBytes: UInt64(queue.bytes)))
    case .rpcDelay(let add): .rpcDelay(add)
    case .eclipse: preconditionFailure("an eclipse is an effect on links")
    }
  }

  /// All links of these nodes but `keep` of each, drawn.
  private func eclipse(_ struck: [NodeID], keep: Int, _ stream: inout RandomStream) -> LinkSet {
    var linksOf: [UInt32: [LinkSet.Pair]] = [:]
    for node in struck { linksOf[node.rawValue] = [] }
    for link in graph.links {
      let pair = LinkSet.Pair(NodeID(link.a), NodeID(link.b))
      linksOf[link.a]?.append(pair)
      linksOf[link.b]?.append(pair)
    }
    var cut: [LinkSet.Pair] = []
    for node in struck {
      var own = (linksOf[node.rawValue] ?? []).sorted()
      stream.shuffle(&own)
      cut += own.dropFirst(keep)
    }
    return .pairs(Array(Set(cut)).sorted())
  }

  /// By node: its side. Sybils stand in a region like anybody; a cut that is drawn among nodes leaves them on every side.
  private func sides(_ plan: PartitionPlan, _ stream: inout RandomStream) -> [UInt32] {
    var sides = [UInt32](repeating: 0, count: honest)
    sides += [UInt32](repeating: Fault.everySide, count: graph.nodes.count - honest)
    switch plan {
    case .regions(let groups, let rest):
      var sideOf: [String: UInt32] = [:]
      for (k, group) in groups.enumerated() { for name in group { sideOf[name] = UInt32(k) } }
      let others = rest ? UInt32(groups.count) : Fault.everySide
      for (v, node) in graph.nodes.enumerated() { sides[v] = node.region.flatMap { sideOf[$0] } ?? others }
    case .random(let share):
      let all = Array(0..<honest)
      for v in draw(min(max(1, share.of(all.count)), all.count - 1), of: all, &stream) { sides[v] = 1 }
    case .isolate(let choice):
      for (k, node) in nodes(choice, &stream).enumerated() { sides[node.index] = UInt32(k + 1) }
    case .bridge(let choice):
      let bridges = nodes(choice, &stream)
      for v in draw(honest / 2, of: Array(0..<honest), &stream) { sides[v] = 1 }
      for node in bridges { sides[node.index] = Fault.everySide }
    case .oneWay(let cut):
      // What is cut off becomes the side that is not heard; among regions that is the first.
      sides = self.sides(cut, &stream)
      if case .regions = cut { break }
      for v in 0..<honest { sides[v] = sides[v] == 0 ? UInt32(sides.count) : 0 }
    }
    return sides
  }

  func nodes(_ choice: NodeChoice, _ stream: inout RandomStream) -> [NodeID] {
    switch choice {
    case .count(let count): return draw(count, of: (0..<operators).map { NodeID($0) }, &stream)
    case .share(let share):
      return draw(max(1, share.of(operators)), of: (0..<operators).map { NodeID($0) }, &stream)
    case .list(let names): return Array(Set(names.compactMap { number($0) })).sorted().map { NodeID($0) }
    case .regions(let names):
      return graph.nodes.indices.filter { graph.nodes[$0].region.map { names.contains($0) } ?? false }.map {
        NodeID($0)
      }
    case .role(let role): return roles.indices.filter { roles[$0] == role }.map { NodeID($0) }
    }
  }

  private func links(_ choice: LinkChoice, _ stream: inout RandomStream) -> LinkSet {
    func inRegions(_ names: [String]) -> [Bool] {
      graph.nodes.map { $0.region.map { names.contains($0) } ?? false }
    }
    switch choice {
    case .all: return .all
    case .pairs(let pairs):
      let found = pairs.compactMap { pair -> LinkSet.Pair? in
        guard let a = number(pair[0]), let b = number(pair[1]) else { return nil }
        return LinkSet.Pair(NodeID(a), NodeID(b))
      }
      return .pairs(Array(Set(found)).sorted())
    case .regions(let names): return .touching(inRegions(names))
    case .between(let first, let second): return .between(inRegions(first), inRegions(second))
    case .nodes(let choice):
      var flags = [Bool](repeating: false, count: graph.nodes.count)
      for node in nodes(choice, &stream) { flags[node.index] = true }
      return .touching(flags)
    }
  }

  /// A node's number: by the topology's name, else by number.
  func number(_ name: String) -> Int? {
    if let known = numberOf[name] { return known }
    guard let number = wholeNumber(name), number >= 0, number < Int128(graph.nodes.count) else { return nil }
    return Int(number)
  }
}

extension FaultPlan {
  /// What the fault's draws hang on: the instant, and what is chosen from; not how long or how hard it strikes.
  var drawKey: UInt64 {
    if let draw { return draw }
    let choice: String =
      switch kind {
      case .partition(let cut): "partition" + canonicalText(cut)
      case .crash(let nodes, _, _): "crash" + canonicalText(nodes)
      case .regionOutage(let names, _, _): "regionOutage" + canonicalText(names)
      case .loss(let links, _): "loss" + canonicalText(links)
      case .latency(let links, _, _): "latency" + canonicalText(links)
      case .slowCPU(let nodes, _): "slowCPU" + canonicalText(nodes)
      case .chain(let fault): fault.chosen
      case .link(let links, let effect): effect.name + canonicalText(links)
      case .node(let nodes, let effect): effect.name + canonicalText(nodes)
      case .pattern(let pattern): pattern.name + (pattern.choice.map { canonicalText($0) } ?? "")
      }
    return Scenarios.drawKey("\(at.nanoseconds) \(choice)")
  }
}
