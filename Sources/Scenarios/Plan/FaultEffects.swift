// Faults beyond cuts, crashes, loss and latency, as written: what befalls links, what befalls nodes, and patterns that stand for
// many simple faults. Same vocabulary under `faults:` and for `avsim fault inject`. Effects are explained in
// `Network/LinkEffects` and `Participants/Fault`; patterns are written out by `Resolution/FaultPatterns`.

public import Basics
public import Network

/// What befalls links.
public enum LinkEffectPlan: Sendable, Equatable, Codable {
  case jitter(most: TimeSpan, correlation: Share)
  case bandwidth(BitRate, queue: ByteCount)
  case duplicate(Share)
  case reorder(Share, by: TimeSpan)
  case corrupt(Share)
  case truncate(Share)
  case burstLoss(worsen: Share, recover: Share, lossGood: Share, lossBad: Share)
  /// Loss of some kind of traffic, from some size on.
  case someLoss(Share, of: Traffic.Kind, above: ByteCount)
  case flap(up: TimeSpan, down: TimeSpan)
  case hold
  case clog(every: TimeSpan, longest: TimeSpan)
}

/// What befalls nodes.
public enum NodeEffectPlan: Sendable, Equatable, Codable {
  case pause
  case clock(ahead: TimeSpan, behind: TimeSpan, drift: Double)
  case keyDuplication(disagree: Share)
  /// Nil: in every service.
  case faultySoftware(services: [String]?)
  case throttle(BitRate, queue: ByteCount)
  /// The node's RPC to the chain takes longer.
  case rpcDelay(add: TimeSpan)
  /// Only so many of its links stay.
  case eclipse(keep: Int)
}

/// A pattern that stands for several simple faults.
public enum FaultPattern: Sendable, Equatable, Codable {
  /// One node after the other.
  case rollingRestart(NodeChoice, down: TimeSpan, every: TimeSpan)
  /// Each node `times` times, at instants of its own.
  case restartStorm(NodeChoice, down: TimeSpan, times: Int)
  /// Nodes leave and come back: sessions and absences are drawn.
  case churn(NodeChoice, session: DelayPlan, down: DelayPlan)
  /// Nodes are clogged one by one, and released one by one in another order.
  case swizzleClog(NodeChoice, within: TimeSpan)
  /// The nodes that aggregate for these services (nil: all) crash; of each service so many (nil: all).
  case aggregatorCrash(services: [String]?, count: Int?)
  /// Simple faults at a rate; the seed draws which kinds there are, and when, where and how hard each strikes.
  case swarm(SwarmPlan)
}

/// Swarm testing: which faults there are is drawn too, since a mix of all hides what a mix of some would show (A. Groce and
/// others, "Swarm testing", ISSTA 2012).
public struct SwarmPlan: Sendable, Equatable, Codable {
  /// Faults a second.
  public var rate: Frequency
  /// Longest fault; the length is uniform from a tenth of it.
  public var longest: TimeSpan
  /// From which the seed takes each with probability 1/2, one at least.
  public var kinds: [String]

  static let known = [
    "partition", "oneWay", "isolate", "crash", "pause", "loss", "burstLoss", "latency", "jitter", "duplicate",
    "reorder", "corrupt", "flap", "clog", "hold", "slowCPU", "throttle", "clock", "keyDuplication", "bridge",
    "regionOutage", "bandwidth", "truncate", "eclipse", "faultySoftware", "chainHalt", "slowBlocks",
    "gasSpike", "reorg", "censorTransaction", "rpcDelay",
  ]
  /// Of links and nodes, without those that make an honest operator break an objective rule.
  static let usual = known.prefix { $0 != "keyDuplication" }.map(\.self)
  /// Most slots that a reorg of a swarm undoes.
  static let reorgDepth = 3

  /// Why one of the kinds cannot strike in this scenario; nil when all can.
  func wrong(in scenario: Scenario) -> String? {
    for kind in kinds {
      switch kind {
      case "regionOutage" where scenario.knownRegions.isEmpty:
        return "regionOutage: the scenario has no regions; add network.regions"
      case "gasSpike" where scenario.chain.fees == nil:
        return
          "gasSpike: there is no market for block space: write chain.fees, such as {baseFee: 5gwei}"
      case "reorg" where scenario.chain.finality == 0:
        return "reorg: with chain.finality 0 every block is final; write 1 or more"
      default: break
      }
    }
    return nil
  }
}

extension FaultPlan {
  /// The names of effects on links, on nodes, and of patterns.
  static let effectKinds = [
    "jitter", "bandwidth", "duplicate", "reorder", "corrupt", "truncate", "burstLoss", "flap", "hold", "clog",
    "pause", "clock", "keyDuplication", "faultySoftware", "throttle", "rpcDelay", "eclipse", "rollingRestart",
    "restartStorm", "churn", "swizzleClog", "aggregatorCrash", "swarm",
  ]

  /// The names under which simple faults are in force.
  static let simpleNames =
    ["partition", "oneWay", "crash", "loss", "latency", "slowCPU"]
    + effectKinds.prefix { $0 != "rollingRestart" }

  private static let some = Share(wad: 1)...Share.whole
  private static let queues = ByteCount(1)...ByteCount(1 << 40)
  private static let spans = TimeSpan.milliseconds(1)...TimeSpan.century

  /// A share alone, or with a choice of links.
  private static func shareOfLinks(_ v: ValueReader, _ make: @escaping (Share) -> LinkEffectPlan) -> Kind? {
    v.forms(
      scalar: { $0.share(some).map { .link(.all, make($0)) } },
      mapping: { o in .link(LinkChoice.read(o), make(share(o))) },
      expected: "a share, or {share, links | regions | between | nodes}")
  }

  private static func share(_ o: ObjectReader) -> Share {
    o.needed("share", "write a share such as 10%", placeholder: .whole) { $0.share(some) }
  }

  private static func span(_ o: ObjectReader, _ key: String, _ about: String) -> TimeSpan {
    o.needed(key, about, placeholder: .seconds(1)) { $0.duration(spans) }
  }

  static var linkVariants: [ObjectReader.Variant<Kind>] {
    [
      .init("jitter", "latency varies from message to message") { v in
        v.object { o in
          let most = span(o, "most", "write the largest addition, such as 200ms")
          let correlation = o.value("correlation", "share of a link's last draw in the next", or: .zero) {
            $0.share(.zero...Share(wad: Share.one - 1))
          }
          return .link(LinkChoice.read(o), .jitter(most: most, correlation: correlation))
        }
      },
      .init("bandwidth", "each direction of a link carries so much, behind a queue") { v in
        v.object { o in
          let (rate, queue) = rate(o)
          return .link(LinkChoice.read(o), .bandwidth(rate, queue: queue))
        }
      },
      .init("duplicate", "a share arrives twice") { v in shareOfLinks(v) { .duplicate($0) } },
      .init("reorder", "a share is overtaken by later messages") { v in
        v.object { o in
          let by = span(o, "by", "write how long they are held back")
          return .link(LinkChoice.read(o), .reorder(share(o), by: by))
        }
      },
      .init("corrupt", "a share arrives with wrong bytes") { v in shareOfLinks(v) { .corrupt($0) } },
      .init("truncate", "a share arrives without its end") { v in shareOfLinks(v) { .truncate($0) } },
      .init("burstLoss", "loss in bursts: Gilbert's and Elliott's chain, a step a message") { v in
        v.object { o in
          let chain = LinkEffectPlan.burstLoss(
            worsen: o.needed("worsen", "write the chance a message that a burst begins", placeholder: .whole)
            { $0.share(some) },
            recover: o.needed("recover", "write the chance a message that it ends", placeholder: .whole) {
              $0.share(some)
            },
            lossGood: o.value("lossGood", "loss outside of bursts", or: .zero) { $0.share() },
            lossBad: o.value("lossBad", "loss within", or: .whole) { $0.share() })
          return .link(LinkChoice.read(o), chain)
        }
      },
      .init("flap", "links go down and up by turns") { v in
        v.object { o in
          let up = span(o, "up", "write how long a link stays up")
          let down = span(o, "down", "write how long it stays down")
          return .link(LinkChoice.read(o), .flap(up: up, down: down))
        }
      },
      .init("hold", "messages wait until the fault ends, and arrive then; needs 'for'") { v in
        v.object { o in .link(LinkChoice.read(o), .hold) }
      },
      .init("clog", "each link stops for a while, once in so long, and releases what it held") { v in
        v.object { o in
          let every = span(o, "every", "write the period")
          let longest = span(o, "longest", "write the longest stop")
          if longest > every { o.mistake("longest", "\(longest) is longer than every, \(every)") }
          return .link(LinkChoice.read(o), .clog(every: every, longest: longest))
        }
      },
    ]
  }

  private static func rate(_ o: ObjectReader) -> (BitRate, ByteCount) {
    let rate = o.needed("rate", "write a rate such as 1Mbit/s", placeholder: BitRate(bitsPerSecond: 1_000)) {
      $0.bandwidth(BitRate(bitsPerSecond: 1)...BitRate(bitsPerSecond: 1_000_000_000_000))
    }
    let queue = o.value("queue", "bytes that may wait", or: ByteCount(256 << 10)) { $0.size(queues) }
    return (rate, queue)
  }

  private static func nodes(_ v: ValueReader, _ make: @escaping (ObjectReader) -> NodeEffectPlan) -> Kind? {
    v.object { o in
      let effect = make(o)
      return .node(NodeChoice.needed(o), effect)
    }
  }

  private static func serviceNames(_ o: ObjectReader) -> [String]? {
    let names = o.optional("services", "these only, by name") { $0.list(1...65_535) { $0.string() } }
    if let names {
      o.afterwards("services") { scenario in
        names.first { name in !scenario.services.contains { $0.name == name } }.map {
          "there is no service '\(clip($0))'"
        }
      }
    }
    return names
  }

  static var nodeVariants: [ObjectReader.Variant<Kind>] {
    [
      .init("pause", "processes stand still; their connections stay") { v in nodes(v) { _ in .pause } },
      .init("clock", "clocks are wrong") { v in
        nodes(v) { o in
          let limit = TimeSpan.zero ... .seconds(366 * 86_400)
          let ahead = o.value("ahead", "the clock jumps forward by", or: .zero) { $0.duration(limit) }
          let behind = o.value("behind", "the clock jumps back by", or: .zero) { $0.duration(limit) }
          let drift = o.value("drift", "microseconds gained a second (ppm)", or: 0) {
            $0.number(-100_000...100_000)
          }
          if ahead != .zero, behind != .zero { o.mistake("behind", "and 'ahead'; write one of them") }
          if ahead == .zero, behind == .zero, drift == 0, !o.has("drift") {
            o.mistake("changes nothing; write ahead, behind or drift")
          }
          return .clock(ahead: ahead, behind: behind, drift: drift)
        }
      },
      .init("keyDuplication", "a second instance signs with the same key, as after a wrong fail-over") { v in
        nodes(v) { o in
          .keyDuplication(
            disagree: o.value(
              "disagree", "share of tasks where it arrives at another result", or: .percent(20)
            ) {
              $0.share()
            })
        }
      },
      .init("faultySoftware", "the nodes' software computes the same wrong result") { v in
        nodes(v) { o in .faultySoftware(services: serviceNames(o)) }
      },
      .init("throttle", "a node's upload is limited, all links together") { v in
        nodes(v) { o in
          let (rate, queue) = rate(o)
          return .throttle(rate, queue: queue)
        }
      },
      .init("rpcDelay", "RPC to the chain takes longer, either way") { v in
        nodes(v) { o in
          .rpcDelay(add: span(o, "add", "write what is added to each call, such as 2s"))
        }
      },
      .init("eclipse", "nodes keep a few links only, as when they find no bootnode") { v in
        nodes(v) { o in
          .eclipse(keep: o.value("keep", "links that stay", or: 0) { $0.integer(0...10_000) })
        }
      },
    ]
  }

  static var patternVariants: [ObjectReader.Variant<Kind>] {
    [
      .init("rollingRestart", "nodes restart one after the other") { v in
        v.object { o in
          .pattern(
            .rollingRestart(
              NodeChoice.needed(o), down: span(o, "down", "write how long each is down"),
              every: span(o, "every", "write the time from one to the next")))
        }
      },
      .init("restartStorm", "nodes restart again and again, at instants of their own; needs 'for'") { v in
        v.object { o in
          .pattern(
            .restartStorm(
              NodeChoice.needed(o), down: span(o, "down", "write how long each is down"),
              times: o.value("times", "how often each", or: 1) { $0.integer(1...1_000) }))
        }
      },
      .init("churn", "nodes leave and come back; needs 'for'") { v in
        v.object { o in
          .pattern(
            .churn(
              NodeChoice.needed(o),
              session: o.needed("session", "write a duration or a law", placeholder: .constant(.seconds(60)))
              {
                DelayPlan.read($0, longest: .seconds(366 * 86_400))
              },
              down: o.needed("down", "write a duration or a law", placeholder: .constant(.seconds(10))) {
                DelayPlan.read($0, longest: .seconds(366 * 86_400))
              }))
        }
      },
      .init("swizzleClog", "nodes are clogged one by one and released in another order; needs 'for'") { v in
        v.object { o in
          .pattern(
            .swizzleClog(
              NodeChoice.needed(o), within: span(o, "within", "write the time in which all are clogged")))
        }
      },
      .init("aggregatorCrash", "aggregators crash") { v in
        v.forms(
          scalar: { $0.word(["all"]).map { _ in .pattern(.aggregatorCrash(services: nil, count: nil)) } },
          mapping: { o in
            .pattern(
              .aggregatorCrash(
                services: serviceNames(o),
                count: o.optional("count", "so many of each service") { $0.integer(1...1_000_000) }))
          }, expected: "all, or {services, count}")
      },
      .init("swarm", "simple faults at a rate; the seed draws the mix; needs 'for'") { v in
        v.object { o in
          .pattern(
            .swarm(
              SwarmPlan(
                rate: o.needed("rate", "write a rate such as 0.2/s", placeholder: .perSecond(1)) {
                  $0.frequency(ArrivalPlan.rates)
                },
                longest: o.value("longest", "longest fault", or: .seconds(10)) { $0.duration(spans) },
                kinds: o.value("kinds", "kinds that may occur", or: SwarmPlan.usual) {
                  $0.list(1...100) { $0.word(SwarmPlan.known) }
                })))
        }
      },
    ]
  }

  /// Why an effect or a pattern cannot be written so; nil when it can.
  func misfit() -> String? {
    guard lasts == nil else { return nil }
    switch kind {
    case .link(_, .hold), .pattern(.restartStorm), .pattern(.churn), .pattern(.swizzleClog), .pattern(.swarm):
      return "needs 'for': write how long"
    default: return nil
    }
  }
}

extension LinkEffectPlan {
  /// The key in files.
  public var name: String {
    switch self {
    case .jitter: "jitter"
    case .bandwidth: "bandwidth"
    case .duplicate: "duplicate"
    case .reorder: "reorder"
    case .corrupt: "corrupt"
    case .truncate: "truncate"
    case .burstLoss: "burstLoss"
    case .someLoss: "loss"
    case .flap: "flap"
    case .hold: "hold"
    case .clog: "clog"
    }
  }
}

extension NodeEffectPlan {
  /// The key in files.
  public var name: String {
    switch self {
    case .pause: "pause"
    case .clock: "clock"
    case .keyDuplication: "keyDuplication"
    case .faultySoftware: "faultySoftware"
    case .throttle: "throttle"
    case .rpcDelay: "rpcDelay"
    case .eclipse: "eclipse"
    }
  }
}

extension FaultPattern {
  /// The key in files.
  public var name: String {
    switch self {
    case .rollingRestart: "rollingRestart"
    case .restartStorm: "restartStorm"
    case .churn: "churn"
    case .swizzleClog: "swizzleClog"
    case .aggregatorCrash: "aggregatorCrash"
    case .swarm: "swarm"
    }
  }

  /// The nodes that it strikes, where it names any.
  var choice: NodeChoice? {
    switch self {
    case .rollingRestart(let nodes, _, _), .restartStorm(let nodes, _, _), .churn(let nodes, _, _),
      .swizzleClog(let nodes, _):
      nodes
    case .aggregatorCrash, .swarm: nil
    }
  }
}
