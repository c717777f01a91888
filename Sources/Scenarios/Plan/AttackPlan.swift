// An attack on gossip alone: honest routers, Sybils, messages, and nothing of services, stake or chain. `kind: attack`.
// Run by `avsim run` like any scenario; ends in a summary with the measures of the GossipSub v1.1 evaluation.

public import Basics

/// An attack file, read and checked.
public struct AttackPlan: Sendable, Equatable, Codable {
  public var name: String
  public var description: String
  public var seed: UInt64
  public var network: Network
  public var traffic: Traffic
  public var defence: Defence
  /// Nil: nobody attacks.
  public var sybils: Sybils?
  public var observe: Observe
  public var expect: [Expectation]

  /// What is recorded beside the measures.
  public struct Observe: Sendable, Equatable, Codable {
    /// Every change of a peer's standing and every move of its counters, not only who is graylisted at the end.
    public var scores: Bool
  }

  /// The honest side.
  public struct Network: Sendable, Equatable, Codable {
    /// Nodes that run the router and publish or forward.
    public var honest: Int
    /// Of these, the first so many publish.
    public var publishers: Int
    /// Links that each opens to other honest nodes.
    public var dials: Int
    /// One way, of every link; each transmission takes up to `jitter` of it more.
    public var latency: TimeSpan
    public var jitter: Share
    /// When the honest nodes start.
    public var start: TimeSpan
  }

  /// What is published.
  public struct Traffic: Sendable, Equatable, Codable {
    /// Over all publishers and topics.
    public var rate: Frequency
    public var size: ByteCount
    /// One topic a service; messages go to each in turn.
    public var topics: Int
    /// From the honest nodes' start to the first message.
    public var warmup: TimeSpan
    public var duration: TimeSpan
    /// After the last message.
    public var settle: TimeSpan
  }

  /// How honest nodes defend themselves.
  public struct Defence: Sendable, Equatable, Codable {
    public enum Scores: String, CaseIterable, Sendable, Codable {
      /// No scores.
      case none
      /// The topic parameters of the v1.1 evaluation, for one topic of 120 messages a second.
      case evaluation
      /// The same with P3 as in the baseline template of those runs: decay 0.97, threshold 100, active after 30 s.
      case template
      /// Derived from the expected traffic by Lighthouse's recipe; all topics share one score.
      case recipe
      /// The same with P3 strong enough that a starved topic outweighs every other topic's credit.
      case repaired
    }
    public enum Version: String, CaseIterable, Sendable, Codable {
      /// No flood publishing, no outbound quota, IHAVE to D_lazy peers.
      case v1_0 = "1.0"
      case v1_1 = "1.1"
    }
    public var version: Version
    public var scores: Scores
    public var gossipFactor: Share
    /// w6, co-location; zero or negative.
    public var colocationWeight: Double
    /// Heartbeats between two opportunistic grafts, and the score under which the median must lie.
    public var opportunisticTicks: Int
    public var opportunisticThreshold: Double
  }

  /// The attackers.
  public struct Sybils: Sendable, Equatable, Codable {
    public enum Target: String, CaseIterable, Sendable, Codable { case all, publishers, one }
    public enum Misconduct: Sendable, Equatable, Codable {
      /// Drop everything.
      case silent
      /// Drop each message with this probability.
      case degrade(Share)
      /// Drop what the first publisher publishes.
      case censorOne
      /// Drop everything of the first topic.
      case starveOne
    }
    public var count: Int
    public var dials: Int
    public var target: Target
    public var start: TimeSpan
    public var misconduct: Misconduct
    /// Until then they forward everything.
    public var from: TimeSpan
    /// How many share one address; nil: none.
    public var sharingAddress: Int?
  }
}

extension AttackPlan {
  /// Reads the attack at `path`, each of `overrides` applied before anything is checked.
  public static func load(_ path: String, overrides: [String] = [], files: any FileSource = DiskFiles())
    throws(FileError) -> AttackPlan
  {
    try parse(
      file: path, bytes: try files.read(path, limit: Scenario.bytesMaximum), overrides: overrides,
      files: files)
  }

  /// The same for a content already in memory.
  public static func parse(
    file: String, bytes: [UInt8], overrides: [String] = [], files: any FileSource = DiskFiles()
  ) throws(FileError) -> AttackPlan {
    let (tree, mistakes) = try YAMLText.reading(file: file, bytes: bytes)
    let reading = Reading(sources: [file], directory: directoryPart(file), files: files)
    for mistake in mistakes { reading.keep(mistake) }
    let changed = try Override.apply(overrides, to: tree, reading)
    let root = ValueReader(tree: changed, path: "", reading: reading, sink: nil)
    let plan = root.object { AttackPlan($0) }
    guard reading.mistakes.isEmpty, let plan else { throw .content(reading.sorted()) }
    return plan
  }

  /// Whether the file at `path` says that it is an attack.
  public static func isOne(_ path: String, files: any FileSource = DiskFiles()) -> Bool {
    guard let bytes = try? files.read(path, limit: Scenario.bytesMaximum),
      let (tree, _) = try? YAMLText.reading(file: path, bytes: bytes),
      case .scalar("attack")? = tree["kind"]?.content
    else { return false }
    return true
  }

  init(_ o: ObjectReader) {
    _ = o.needed("kind", "write kind: attack", placeholder: "") { $0.word(["attack"]) }
    name = o.needed("name", "write a short name, letters, digits, '.', '_' and '-'", placeholder: "unnamed") {
      $0.string(
        "write 1 to 80 letters, digits, '.', '_' or '-', starting with a letter or digit",
        pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$", accepts: isName)
    }
    description = o.value("description", "what it is for, and what should be seen", or: "") { $0.string() }
    seed = o.value("seed", "source of every random draw", or: 1) { $0.seed() }
    let network = o.object("network", "the honest nodes") { Network($0) }
    self.network = network
    traffic = o.object("traffic", "what is published") { Traffic($0) }
    defence = o.object("defence", "how honest nodes defend themselves") { Defence($0) }
    sybils = o.optional("sybils", "the attackers; absent: none") { value in
      value.object { Sybils($0, honest: network) }
    }
    observe = o.object("observe", "what is recorded beside the measures") { o in
      Observe(
        scores: o.value(
          "scores", "write why and when peers' scores moved, for every node and peer", or: false
        ) {
          $0.bool()
        })
    }
    if observe.scores, defence.scores == .none {
      o.mistake("observe", "scores means nothing where defence.scores is none; remove it")
    }
    expect = o.list("expect", "expectations that make the run a test") { Expectation.read($0) }
    if defence.version == .v1_0, defence.scores != .none {
      o.mistake("defence", "GossipSub 1.0 has no scores; write scores: none, or version: 1.1")
    }
    if [.evaluation, .template].contains(defence.scores), traffic.topics != 1 {
      o.mistake("defence", "the evaluation's parameters are for one topic; write scores: recipe")
    }
    if case .starveOne? = sybils?.misconduct, traffic.topics < 2 {
      o.mistake("traffic", "starving one of \(traffic.topics) topics is silence; write topics: 2 or more")
    }
  }
}

extension AttackPlan.Network {
  init(_ o: ObjectReader) {
    let honest = o.value("honest", "nodes that run the router", or: 1000) { $0.integer(2...100_000) }
    self.honest = honest
    publishers = o.value("publishers", "the first so many publish", or: min(100, honest)) {
      $0.integer(1...honest)
    }
    dials = o.value("dials", "links that each opens to other honest nodes", or: min(20, honest - 1)) {
      $0.integer(1...max(1, min(honest - 1, 1000)))
    }
    latency = o.value("latency", "one way, of every link", or: .milliseconds(50)) {
      $0.duration(.zero ... .seconds(4))
    }
    jitter = o.value("jitter", "share of the latency that a transmission may take more", or: .percent(10)) {
      $0.share()
    }
    start = o.value("start", "when the honest nodes start", or: .zero) {
      $0.duration(.zero ... .seconds(86_400))
    }
  }
}

extension AttackPlan.Traffic {
  init(_ o: ObjectReader) {
    rate = o.value("rate", "messages over all publishers and topics", or: .perSecond(120)) {
      $0.frequency(Frequency(microhertz: 1000)...Frequency.perSecond(100_000))
    }
    size = o.value("size", "length of a message's data", or: ByteCount(2048)) {
      $0.size(ByteCount(1)...ByteCount(1 << 20))
    }
    topics = o.value("topics", "topics, one a service; messages go to each in turn", or: 1) {
      $0.integer(1...1000)
    }
    warmup = o.value("warmup", "from the honest nodes' start to the first message", or: .seconds(30)) {
      $0.duration(.zero ... .seconds(86_400))
    }
    duration = o.value("duration", "how long messages are published", or: .seconds(180)) {
      $0.duration(.milliseconds(1) ... .seconds(86_400))
    }
    settle = o.value("settle", "from the last message to the end", or: .seconds(30)) {
      $0.duration(.zero ... .seconds(86_400))
    }
  }
}

extension AttackPlan.Defence {
  init(_ o: ObjectReader) {
    version = o.value("version", "GossipSub's version", or: .v1_1) { $0.choice() }
    scores = o.value("scores", "peer scores: none, evaluation, template, recipe or repaired", or: .evaluation)
    {
      $0.choice()
    }
    gossipFactor = o.value(
      "gossipFactor", "share of peers outside the mesh that hear IHAVE (1.1)", or: .percent(25)
    ) {
      $0.share()
    }
    colocationWeight = o.value("colocationWeight", "w6, penalty of peers that share an address", or: 0) {
      $0.number(-1e6...0)
    }
    opportunisticTicks = o.value("opportunisticTicks", "heartbeats between two opportunistic grafts", or: 60)
    {
      $0.integer(1...100_000)
    }
    opportunisticThreshold = o.value("opportunisticThreshold", "median score below which it happens", or: 0) {
      $0.number(0...1e6)
    }
  }
}

extension AttackPlan.Sybils {
  init(_ o: ObjectReader, honest network: AttackPlan.Network) {
    count = o.needed("count", "write how many there are", placeholder: 1) { $0.integer(1...100_000) }
    let target = o.value("target", "whom they dial: all, publishers or one", or: Target.all) { $0.choice() }
    self.target = target
    let reach =
      switch target {
      case .all: network.honest
      case .publishers: network.publishers
      case .one: 1
      }
    dials = o.value("dials", "links that each opens to its targets", or: min(20, reach)) {
      $0.integer(1...reach)
    }
    start = o.value("start", "when they connect", or: .zero) { $0.duration(.zero ... .seconds(86_400)) }
    misconduct = o.value("do", "silent, censorOne, starveOne or {degrade: SHARE}", or: .silent) { value in
      value.forms(
        scalar: { v in
          v.word(["silent", "censorOne", "starveOne"]).map {
            switch $0 {
            case "censorOne": .censorOne
            case "starveOne": .starveOne
            default: .silent
            }
          }
        },
        mapping: { o in
          o.exactlyOne(
            "misconduct",
            [.init("degrade", "drops each message with this probability") { $0.share().map { .degrade($0) } }]
          )
        }, expected: "silent, censorOne, starveOne or {degrade: SHARE}")
    }
    from = o.value("from", "until then they forward everything", or: .zero) {
      $0.duration(.zero ... .seconds(86_400))
    }
    sharingAddress = o.optional("sharingAddress", "how many share one address; absent: none do") {
      $0.integer(2...100_000)
    }
  }
}
