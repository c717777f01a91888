// Everything a coordinator starts from: the chain, the assets, who staked what with whom, and the services' rules.

public import AVS
public import Basics
public import Contracts
public import Economy

/// An asset that can be restaked: one strategy. Strategy ids are positions in `CoordinatorConfiguration.assets`.
public struct AssetConfiguration: Sendable, Equatable {
  public var name: String
  /// Native ETH (EigenPods); at most one asset.
  public var isNativeETH: Bool
  /// Wei that one unit of the smallest denomination is worth, as a WAD: 10^18 for ETH and tokens at par.
  public var priceWad: UInt128

  public init(name: String, isNativeETH: Bool = false, priceWad: UInt128 = 1_000_000_000_000_000_000) {
    self.name = name
    self.isNativeETH = isNativeETH
    self.priceWad = priceWad
  }
}

/// An amount of one asset.
public struct AssetAmount: Sendable, Equatable {
  public var asset: StrategyID
  public var amount: UInt128
  public init(asset: StrategyID, amount: UInt128) {
    self.asset = asset
    self.amount = amount
  }
}

/// Somebody who restakes with an operator and is no node of the network.
public struct StakerConfiguration: Sendable, Equatable {
  public var name: String
  public var deposits: [AssetAmount]
  public init(name: String, deposits: [AssetAmount]) {
    self.name = name
    self.deposits = deposits
  }
}

/// An operator at the start of the run.
public struct OperatorConfiguration: Sendable, Equatable {
  public var name: String
  /// Its node of the network.
  public var node: NodeID
  /// What it deposits itself.
  public var deposits: [AssetAmount]
  /// Who delegates to it, and what they deposit.
  public var stakers: [StakerConfiguration]
  /// Its share of the rewards before its stakers', in bips. EigenLayer's default: 1000.
  public var splitBips: UInt64
  /// Blocks until an increased allocation takes force.
  public var allocationDelayBlocks: UInt32

  public init(
    name: String, node: NodeID, deposits: [AssetAmount] = [], stakers: [StakerConfiguration] = [],
    splitBips: UInt64 = 1_000, allocationDelayBlocks: UInt32 = 0
  ) {
    self.name = name
    self.node = node
    self.deposits = deposits
    self.stakers = stakers
    self.splitBips = splitBips
    self.allocationDelayBlocks = allocationDelayBlocks
  }
}

/// An operator's membership of a service's operator set at the start of the run.
public struct MemberConfiguration: Sendable, Equatable {
  public var node: NodeID
  /// Magnitude that the service may slash, for each of the service's assets in order; of 10^18 for each asset over all
  /// services.
  public var magnitudes: [UInt64]
  public init(node: NodeID, magnitudes: [UInt64]) {
    self.node = node
    self.magnitudes = magnitudes
  }
}

/// A service at the start of the run. Service ids are positions in `CoordinatorConfiguration.services`.
public struct ServiceConfiguration: Sendable, Equatable {
  public var name: String
  /// Assets that count in its operator set.
  public var assets: [StrategyID]
  /// Share of the operator set's slashable stake that a certificate needs, in bips.
  public var quorumBips: UInt64
  /// How long after a task's deadline its certificate may still be included.
  public var certificateWindow: TimeSpan
  /// At most one rule a class of offence.
  public var rules: [SlashingRule]
  /// Of the whole operator set, as in the contracts.
  public var recipient: SlashRecipient
  public var rewards: RewardPolicy?
  /// Member index k, the bit of a certificate, is the position here; later members are appended.
  public var members: [MemberConfiguration]
  /// What challengers put at risk; nil: nothing.
  public var bonds: ChallengeBonds?
  /// When it comes; until then its operator set is empty. Nil: it is there from the start.
  public var registersAt: Instant?

  public init(
    name: String, assets: [StrategyID], quorumBips: UInt64, certificateWindow: TimeSpan,
    rules: [SlashingRule] = [],
    recipient: SlashRecipient = .burn, rewards: RewardPolicy? = nil, members: [MemberConfiguration] = [],
    bonds: ChallengeBonds? = nil
  ) {
    self.bonds = bonds
    self.name = name
    self.assets = assets
    self.quorumBips = quorumBips
    self.certificateWindow = certificateWindow
    self.rules = rules
    self.recipient = recipient
    self.rewards = rewards
    self.members = members
  }
}

/// A resolver that vetoes every case that it may, in a span of time.
public struct CapturedResolver: Sendable, Equatable {
  public var node: NodeID
  public var from: Instant
  public var until: Instant
  public init(node: NodeID, from: Instant, until: Instant) {
    self.node = node
    self.from = from
    self.until = until
  }
}

/// A service's slasher slashes an operator without any evidence.
public struct ArbitrarySlash: Sendable, Equatable {
  public var service: ServiceID
  public var victim: NodeID
  public var at: Instant
  /// Share of the allocation, of 10^18.
  public var wad: UInt64
  public init(service: ServiceID, victim: NodeID, at: Instant, wad: UInt64) {
    self.service = service
    self.victim = victim
    self.at = at
    self.wad = wad
  }
}

/// The whole of it.
public struct CoordinatorConfiguration: Sendable, Equatable {
  public var chain = ChainParameters()
  public var gas = GasSchedule()
  public var delays = ProtocolDelays.mainnet
  public var assets: [AssetConfiguration] = []
  public var operators: [OperatorConfiguration] = []
  public var services: [ServiceConfiguration] = []
  /// Symbiotic's, beside what operators have in EigenLayer.
  public var vaults: [VaultConfiguration] = []
  /// What happens to stake during the run.
  public var stakeEvents: [StakeEvent] = []
  /// Length of a reward epoch. EigenLayer's calculator works by day.
  public var rewardEpoch: TimeSpan = .seconds(86_400)
  /// From a reward root to the claims against it, in whole seconds. RewardsCoordinator, mainnet: seven days.
  public var rewardActivationDelay: TimeSpan = .zero
  /// Time from an executed slash to the burning or redistribution of its shares. Zero as deployed in v1.12.0;
  /// ELIP-016 proposes seven days.
  public var slashResolutionDelay: TimeSpan = .zero
  /// Stakers complete their withdrawals, as tokens, as soon as they can.
  public var completesWithdrawals = true
  /// Resolvers that veto everything, and services that slash without cause.
  public var capturedResolvers: [CapturedResolver] = []
  public var arbitrarySlashes: [ArbitrarySlash] = []
  /// Certificates must carry what their signers signed, and every signature is checked: where signatures are real.
  public var verifiesSignatures = false
  /// Nothing is set apart for services: each counts all of an operator's stake, and a slash by one takes its share of all.
  public var sharesStake = false
  /// Issuers, holders, the market; empty: none. Its quorums, punished services and epoch are taken from the rest.
  public var economy = EconomyConfiguration()
  /// Seeds the chain's own chances (missed slots).
  public var seed: UInt64 = 0
  /// A defect put in on purpose, to be found by checkers; nil: none.
  public var plant: PlantedDefect?

  public init() {}

  /// What is wrong with these values, with the place; empty when nothing is.
  public func validate() -> [String] {
    var mistakes = chain.validate().map { "chain.\($0)" }
    if rewardEpoch < .seconds(1) { mistakes.append("rewardEpoch: \(rewardEpoch) is below 1s") }
    if assets.isEmpty { mistakes.append("assets: there must be one at least") }
    if assets.count(where: \.isNativeETH) > 1 {
      mistakes.append("assets: native ETH is named more than once")
    }
    for asset in assets where asset.priceWad == 0 || asset.priceWad > 1 << 96 {
      mistakes.append("assets.\(asset.name): price \(asset.priceWad) is not in 1 ... 2^96")
    }
    var nodes: [NodeID] = []
    for one in operators {
      nodes.append(one.node)
      if one.splitBips > 10_000 {
        mistakes.append("operators.\(one.name): split \(one.splitBips) bips is above 10000")
      }
      for deposit in one.deposits + one.stakers.flatMap(\.deposits) {
        if deposit.asset.index >= assets.count {
          mistakes.append("operators.\(one.name): there is no asset \(deposit.asset.index)")
        } else if assets[deposit.asset.index].isNativeETH && deposit.amount % 1_000_000_000 != 0 {
          mistakes.append("operators.\(one.name): native ETH comes in whole gwei, not \(deposit.amount) wei")
        }
      }
    }
    nodes.sort()
    for k in nodes.indices.dropFirst() where nodes[k] == nodes[k - 1] {
      mistakes.append("operators: node \(nodes[k].rawValue) is named twice")
    }
    for service in services {
      mistakes += service.validate(assets: assets).map { "services.\(service.name).\($0)" }
    }
    for vault in vaults {
      mistakes += vault.validate(assets: assets, services: services.count).map {
        "vaults.\(vault.name).\($0)"
      }
    }
    return mistakes
  }
}

extension ServiceConfiguration {
  /// Whether a rule sends what it takes elsewhere than the service does, so that the set's recipient is a contract that
  /// passes slashes on by their ids.
  var forwardsSlashes: Bool { rules.contains { $0.recipient != nil && $0.recipient != recipient } }

  func validate(assets all: [AssetConfiguration]) -> [String] {
    var mistakes: [String] = []
    if quorumBips > 10_000 { mistakes.append("quorum: \(quorumBips) bips is above 10000") }
    if assets.isEmpty { mistakes.append("assets: there must be one at least") }
    for asset in assets where asset.index >= all.count {
      mistakes.append("assets: there is no asset \(asset.index)")
    }
    if forwardsSlashes || recipient != .burn {
      for asset in assets where asset.index < all.count && all[asset.index].isNativeETH {
        mistakes.append("recipient: a redistributing operator set cannot contain native ETH")
      }
    }
    if bonds == nil, rules.contains(where: { $0.fork != nil }) {
      mistakes.append("bonds: a challenge that holders decide on needs a bond")
    }
    for (k, rule) in rules.enumerated() {
      mistakes += rule.validate().map { "rules.\(rule.offence.rawValue).\($0)" }
      if rules[..<k].contains(where: { $0.offence == rule.offence }) {
        mistakes.append("rules.\(rule.offence.rawValue): is named twice")
      }
    }
    if let rewards { mistakes += rewards.validate().map { "rewards.\($0)" } }
    for member in members where member.magnitudes.count != assets.count {
      mistakes.append(
        "members: node \(member.node.rawValue) has \(member.magnitudes.count) magnitudes for \(assets.count) assets"
      )
    }
    return mistakes
  }
}
