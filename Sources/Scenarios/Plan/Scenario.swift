// A scenario: everything that decides a run, resolved. Files it names are read and inlined, replicated services are
// written out, defaults filled in; what is left to the seed (who joins which service, which nodes crash) is drawn by
// `Scenario+Resolution`, the same for both engines. Encoded, it is the heart of a run's manifest.

public import Basics
import Network

/// What to run. Made by `Scenario.load`, or in code from `Scenario(name:)` and its properties.
public struct Scenario: Sendable, Equatable, Codable {
  /// Letters, digits, `.`, `_` and `-`: it names the run's directory.
  public var name: String
  /// What it is for, and what should be seen.
  public var description: String
  public var seed: UInt64
  public var engine: EngineChoice
  /// How long tasks are issued, from instant zero; includes `warmup`.
  public var duration: TimeSpan
  /// The first part of `duration`, left out of the measures.
  public var warmup: TimeSpan
  /// After `duration` the chain alone goes on, event by event, for at most this long.
  public var settle: TimeSpan
  public var network: NetworkPlan
  public var crypto: CryptoPlan
  public var chain: ChainPlan
  public var assets: [AssetPlan]
  public var operators: OperatorPlan
  public var watchers: WatcherPlan
  public var aggregators: AggregatorPlan
  public var vaults: [VaultPlan]
  /// In file order.
  public var stakeEvents: [StakeEventPlan]
  /// One entry a service, replicas written out; `ServiceID` is the index.
  public var services: [ServicePlan]
  public var issuers: [IssuerPlan]
  public var holders: HolderPlan
  /// The reward vault of all issuers; nil: each has schemes of its own.
  public var lrt2: RewardVaultPlan?
  public var market: MarketPlan
  public var adversaries: [AdversaryPlan]
  /// In file order; ids are positions.
  public var faults: [FaultPlan]
  public var cluster: ClusterPlan
  public var observe: ObservePlan
  public var expect: [Expectation]

  /// The defaults of every key, without services.
  public init(name: String) {
    let reading = Reading(sources: [name], directory: "", files: MemoryFiles([:]))
    let entry = Tree.Entry(key: "name", place: Place(), value: Tree(place: Place(), content: .scalar(name)))
    let tree = Tree(place: Place(), content: .mapping([entry]))
    self.init(ObjectReader(tree: tree, path: "", reading: reading, isRecording: false))
  }

  /// The nodes that the scenario itself needs: operators, watchers, and the aggregator's own node.
  public var participants: Int { operators.count + watchers.count + (aggregators == .coordinator ? 1 : 0) }
}

/// Which engine runs it when the command line does not say.
public enum EngineChoice: String, CaseIterable, Sendable, Codable {
  case simulator, cluster
}

extension Scenario {
  init(_ o: ObjectReader) {
    _ = o.optional("kind", "the kind of this file") { $0.word(["scenario"]) }
    name = o.needed("name", "write a short name, letters, digits, '.', '_' and '-'", placeholder: "unnamed") {
      $0.string(
        "write 1 to 80 letters, digits, '.', '_' or '-', starting with a letter or digit",
        pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$", accepts: isName)
    }
    description = o.value("description", "what it is for, and what should be seen", or: "") { $0.string() }
    seed = o.value("seed", "source of every random draw", or: 1) { $0.seed() }
    engine = o.value("engine", "which engine runs it", or: .simulator) { $0.choice() }
    duration = o.value("duration", "how long tasks are issued, warm-up included", or: .seconds(60)) {
      $0.duration(.milliseconds(1) ... .seconds(366 * 86_400))
    }
    warmup = o.value("warmup", "first part of the duration, left out of the measures", or: .zero) {
      $0.duration()
    }
    settle = o.value("settle", "afterwards the chain alone goes on for at most this long", or: .zero) {
      $0.duration()
    }
    network = o.object("network", "nodes, links and gossip") { NetworkPlan($0) }
    crypto = o.object("crypto", "signatures") { CryptoPlan($0) }
    chain = o.object("chain", "blocks and transactions") { ChainPlan($0) }
    assets = o.list("assets", "what operators may stake") { item in item.object { AssetPlan($0) } }
    operators = o.object("operators", "who attests, with which stake and capacity") { OperatorPlan($0) }
    watchers = o.object("watchers", "who looks for offences") { WatcherPlan($0) }
    aggregators = o.value("aggregators", "who collects attestations and sends certificates", or: .coordinator)
    {
      AggregatorPlan($0)
    }
    services = ServicePlan.list(o)
    vaults = o.list("vaults", "stakers' pools beside the operators' own stake") { item in
      item.object { VaultPlan($0) }
    }
    issuers = o.list("issuers", "protocols that restake for the holders of their tokens") { item in
      item.object { IssuerPlan($0) }
    }
    holders = o.object("holders", "who holds the issuers' tokens") { HolderPlan($0) }
    lrt2 = o.optional("lrt2", "the reward vault of all issuers; absent: each has schemes of its own") {
      value in
      value.object { RewardVaultPlan($0) }
    }
    market = o.object("market", "how operators are judged, and what they ask") { MarketPlan($0) }
    adversaries = o.list("adversaries", "who misbehaves, how, from when") { item in
      item.object { AdversaryPlan($0) }
    }
    faults = o.list("faults", "what breaks, when, for how long") { item in
      item.object { FaultPlan($0, timed: true) }
    }
    cluster = o.object("cluster", "the cluster engine alone") { ClusterPlan($0) }
    observe = o.object("observe", "what is recorded beside the measures") { ObservePlan($0) }
    expect = o.list("expect", "expectations that make the run a test") { Expectation.read($0) }
    if warmup >= duration, o.has("warmup") {
      o.mistake("warmup", "\(warmup) is not shorter than the duration, \(duration)")
    }
    if network.gossip.queue != nil, network.links.bandwidth == nil, operators.capacity.uplink == nil {
      o.mistake(
        "network", "gossip.queue means nothing where links take everything at once; add links.bandwidth")
    }
    if observe.scores, network.gossip.score == nil {
      o.mistake("observe", "scores means nothing without network.gossip.score; add it or remove scores")
    }
    if assets.isEmpty { assets = [AssetPlan(name: "ETH", kind: .native, weight: .whole)] }
    var names: Set<String> = []
    for asset in assets where !names.insert(asset.name).inserted {
      o.mistake("assets", "'\(asset.name)' is listed twice")
    }
    names = ["restakers", "liquid"]
    for issuer in issuers where !names.insert(issuer.name).inserted {
      o.mistake("issuers", "'\(issuer.name)' is listed twice, or a name of the direct restakers")
    }
    if lrt2 != nil, issuers.isEmpty { o.mistake("lrt2", "means nothing without issuers") }
    stakeEvents = o.list("stakeEvents", "what stakers, operators and validators do with their stake") {
      item in
      item.object { StakeEventPlan($0) }
    }
    var vaultNames: Set<String> = []
    for vault in vaults where !vaultNames.insert(vault.name).inserted {
      o.mistake("vaults", "'\(vault.name)' is listed twice")
    }
    if o.tree["network"]?["topology"] == nil {
      network.topology = .generated(.kOut(dials: min(10, max(1, participants - 1))), nodes: nil)
    }
    if !o.isRecording { checkTogether(o) }
  }
}

/// Whether `text` may name a scenario, a service, an asset: it becomes part of file names and topic names.
func isName(_ text: String) -> Bool {
  guard let first = text.utf8.first, text.utf8.count <= 80 else { return false }
  func isWord(_ c: UInt8) -> Bool {
    (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122)
  }
  return isWord(first)
    && text.utf8.allSatisfy {
      isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
    }
}
