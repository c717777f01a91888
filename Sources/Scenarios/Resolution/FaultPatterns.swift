// Patterns written out as simple faults: what a rolling restart, churn or a swarm means, node by node. Done before anything is
// resolved, so that both engines, the record and whoever shrinks a schedule see simple faults only.

import Basics
import Network

extension FaultGround {
  /// The simple faults that an entry stands for: itself, or those of its pattern. Their draws hang on the entry's own.
  public func expand(_ plan: FaultPlan) -> [FaultPlan] { expand(plan, key: plan.drawKey) }

  /// Every simple fault of a timeline, in its order.
  public func expand(_ plans: [FaultPlan]) -> [FaultPlan] {
    var uses: [UInt64: UInt64] = [:]
    return plans.flatMap { plan -> [FaultPlan] in
      guard case .pattern = plan.kind else { return [plan] }
      let key = plan.drawKey
      let repetition = uses[key, default: 0]
      uses[key] = repetition + 1
      return expand(plan, key: mix(key &+ repetition))
    }
  }

  private func expand(_ plan: FaultPlan, key: UInt64) -> [FaultPlan] {
    guard case .pattern(let pattern) = plan.kind else { return [plan] }
    var stream = random.stream(key, 7)
    let length = plan.lasts ?? .zero
    func crash(_ node: NodeID, _ at: TimeSpan, _ down: TimeSpan) -> FaultPlan {
      simple(.crash(.list([name(node)]), losesState: false, restart: nil), at, down, &stream)
    }
    switch pattern {
    case .rollingRestart(let choice, let down, let every):
      let chosen = nodes(choice, &stream)
      return chosen.enumerated().map { crash($1, plan.at + every * UInt64($0), down) }
    case .restartStorm(let choice, let down, let times):
      return nodes(choice, &stream).flatMap { node in
        let instants = (0..<times).map { _ in within(length, &stream) }.sorted()
        return instants.map { crash(node, plan.at + $0, down) }
      }
    case .churn(let choice, let session, let absence):
      var faults: [FaultPlan] = []
      for node in nodes(choice, &stream) {
        // In the middle of a session when the pattern begins.
        var at = within(time(session, &stream), &stream)
        while at < length {
          let down = time(absence, &stream)
          faults.append(crash(node, plan.at + at, min(down, length - at)))
          at += down + time(session, &stream)
        }
      }
      return faults
    case .swizzleClog(let choice, let window):
      let part = min(window, TimeSpan(nanoseconds: length.nanoseconds / 2))
      return nodes(choice, &stream).map { node in
        let begin = within(part, &stream)
        let end = length - within(part, &stream)
        return simple(
          .link(.nodes(.list([name(node)])), .hold), plan.at + begin, max(end - begin, .milliseconds(1)),
          &stream)
      }
    case .aggregatorCrash(let services, let count):
      var struck: Set<NodeID> = []
      for (k, list) in aggregators.enumerated() where services?.contains(serviceNames[k]) ?? true {
        struck.formUnion(draw(count ?? list.count, of: list, &stream))
      }
      return struck.sorted().map { node in
        var fault = crash(node, plan.at, .zero)
        fault.lasts = plan.lasts
        return fault
      }
    case .swarm(let swarm): return write(swarm, at: plan.at, length, &stream)
    }
  }

  private func write(
    _ swarm: SwarmPlan, at: TimeSpan, _ length: TimeSpan, _ stream: inout RandomStream
  ) -> [FaultPlan] {
    var kinds = swarm.kinds.filter { _ in stream.next() & 1 == 1 }
    if kinds.isEmpty { kinds = [swarm.kinds[stream.below(swarm.kinds.count)]] }
    let gap = LatencyLaw.exponential(mean: TimeSpan(nanoseconds: UInt64(1e9 / swarm.rate.perSecond)))
    var faults: [FaultPlan] = []
    var now = TimeSpan(nanoseconds: UInt64(max(0, gap.draw(stream.next()))))
    while now < length, faults.count < Self.swarmMaximum {
      let tenth = TimeSpan(nanoseconds: swarm.longest.nanoseconds / 10)
      let lasts = max(tenth + within(swarm.longest - tenth, &stream), .milliseconds(1))
      let kind = kind(kinds[stream.below(kinds.count)], &stream)
      faults.append(simple(kind, at + now, lasts, &stream))
      now += TimeSpan(nanoseconds: UInt64(max(0, gap.draw(stream.next()))) + 1)
    }
    return faults
  }

  /// Most faults that one swarm writes out.
  static var swarmMaximum: Int { 10_000 }

  /// One fault of a swarm: where and how hard is drawn, from mild to severe.
  private func kind(_ name: String, _ stream: inout RandomStream) -> FaultPlan.Kind {
    let few = NodeChoice.count(min(1 + stream.below(3), operators))
    let share = Share(wad: Share.one / 100 * UInt64(1 + stream.below(40)))
    let some: LinkChoice = stream.next() & 1 == 1 ? .all : .nodes(few)
    let span = TimeSpan.milliseconds(UInt64(20 + stream.below(980)))
    switch name {
    case "partition": return .partition(.random(share))
    case "oneWay": return .partition(.oneWay(.random(share)))
    case "isolate": return .partition(.isolate(few))
    case "crash": return .crash(few, losesState: stream.next() & 1 == 1, restart: nil)
    case "pause": return .node(few, .pause)
    case "loss": return .loss(some, share)
    case "burstLoss":
      return .link(
        some, .burstLoss(worsen: .percent(2), recover: .percent(20), lossGood: .zero, lossBad: .percent(80)))
    case "latency": return .latency(some, add: span, scale: 1)
    case "jitter": return .link(some, .jitter(most: span, correlation: .percent(50)))
    case "duplicate": return .link(some, .duplicate(share))
    case "reorder": return .link(some, .reorder(share, by: span))
    case "corrupt": return .link(some, .corrupt(Share(wad: share.wad / 100)))
    case "flap": return .link(some, .flap(up: span * 3, down: span))
    case "clog": return .link(some, .clog(every: .seconds(2), longest: span))
    case "hold": return .link(.nodes(few), .hold)
    case "slowCPU": return .slowCPU(few, factor: Double(2 + stream.below(40)))
    case "throttle":
      return .node(few, .throttle(BitRate(bitsPerSecond: 200_000), queue: ByteCount(64 << 10)))
    case "clock":
      let isAhead = stream.next() & 1 == 1
      return .node(
        few, .clock(ahead: isAhead ? span * 4 : .zero, behind: isAhead ? .zero : span * 4, drift: 0))
    case "keyDuplication": return .node(few, .keyDuplication(disagree: share))
    case "bridge": return .partition(.bridge(few))
    case "regionOutage":
      var names: [String] = []
      for node in graph.nodes {
        if let region = node.region, !names.contains(region) { names.append(region) }
      }
      guard !names.isEmpty else { return .crash(few, losesState: false, restart: nil) }
      return .regionOutage([names[stream.below(names.count)]], losesState: false, restart: nil)
    case "bandwidth":
      return .link(some, .bandwidth(BitRate(bitsPerSecond: 200_000), queue: ByteCount(64 << 10)))
    case "truncate": return .link(some, .truncate(Share(wad: share.wad / 100)))
    case "eclipse": return .node(few, .eclipse(keep: stream.below(3)))
    case "faultySoftware": return .node(few, .faultySoftware(services: nil))
    case "rpcDelay": return .node(few, .rpcDelay(add: span * 4))
    case "chainHalt": return .chain(.halt)
    case "slowBlocks": return .chain(.slowBlocks(share))
    case "gasSpike": return .chain(.gasSpike(Double(2 + stream.below(20))))
    case "reorg":
      return .chain(
        .reorg(
          depth: 1 + stream.below(max(1, min(SwarmPlan.reorgDepth, finality))),
          lost: stream.next() & 1 == 1 ? share : .zero))
    case "censorTransaction": return .chain(.censor([], from: nil, share: share))
    default: preconditionFailure("a swarm of \(name)")
    }
  }

  private func simple(
    _ kind: FaultPlan.Kind, _ at: TimeSpan, _ lasts: TimeSpan, _ stream: inout RandomStream
  ) -> FaultPlan {
    FaultPlan(at: at, lasts: max(lasts, .milliseconds(1)), kind: kind, draw: stream.next())
  }

  private func time(_ plan: DelayPlan, _ stream: inout RandomStream) -> TimeSpan {
    TimeSpan(nanoseconds: max(1_000_000, UInt64(max(0, plan.law.draw(stream.next())))))
  }

  private func within(_ span: TimeSpan, _ stream: inout RandomStream) -> TimeSpan {
    TimeSpan(nanoseconds: UInt64(stream.unit() * Double(span.nanoseconds)))
  }

  private func name(_ node: NodeID) -> String { graph.nodes[node.index].name }
}

extension TimeSpan {
  /// Zero when `b` is longer.
  fileprivate static func - (a: Self, b: Self) -> Self {
    TimeSpan(nanoseconds: a.nanoseconds - min(a.nanoseconds, b.nanoseconds))
  }
  fileprivate static func += (a: inout Self, b: Self) { a = a + b }
}
