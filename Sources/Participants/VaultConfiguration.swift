// Vaults of Symbiotic beside EigenLayer's strategies, as a run starts with them.

internal import AVS
public import Basics
public import Contracts

/// A Symbiotic vault at the start of the run: its stake, whom its curator offers it to, and who may take of it.
public struct VaultConfiguration: Sendable, Equatable {
  public enum DelegatorKind: String, Sendable, CaseIterable, Codable {
    case networkRestake, fullRestake, operatorSpecific, operatorNetworkSpecific
  }

  public enum SlasherKind: Sendable, Equatable {
    case none
    case instant
    /// A slash waits for `window`, and `resolver` may cancel it.
    case veto(window: TimeSpan, resolver: Resolver)
  }

  /// How the resolver of a vault's networks decides. `CoordinatorResolvers` says what each looks at.
  public enum Resolver: Sendable, Equatable {
    /// Cancels what its own evidence shows to be unjust, and nothing else.
    case honest
    /// Cancels everything.
    case captured
    /// Cancels nothing: it is not there.
    case absent
    /// Cancels this share of the requests, in bips, drawn by request, whatever the case.
    case chance(bips: UInt64)
  }

  /// A depositor asks for a part of what it has, in bips of its shares.
  public struct Withdrawal: Sendable, Equatable {
    public var depositor: Int
    public var at: Instant
    public var shareBips: UInt64
    public init(depositor: Int, at: Instant, shareBips: UInt64) {
      self.depositor = depositor
      self.at = at
      self.shareBips = shareBips
    }
  }

  public var name: String
  /// The collateral; never native ETH.
  public var asset: StrategyID
  /// By depositor, in the asset's smallest unit.
  public var deposits: [UInt128]
  public var epoch: TimeSpan
  public var delegator: DelegatorKind
  public var slasher: SlasherKind
  /// Operators that opted in; one for the operator-specific delegators.
  public var operators: [NodeID]
  /// Networks that the vault serves; one for the network-specific delegator.
  public var services: [ServiceID]
  /// Most stake that a network, and in full restaking an operator in a network, may have; nil: all.
  public var networkLimit: UInt128?
  public var operatorLimit: UInt128?
  public var recipient: SlashRecipient
  /// The curator's part of its depositors' rewards, in bips.
  public var adminFeeBips: UInt64
  public var withdrawals: [Withdrawal]

  public init(
    name: String, asset: StrategyID, deposits: [UInt128], epoch: TimeSpan = .seconds(7 * 86_400),
    delegator: DelegatorKind = .networkRestake, slasher: SlasherKind = .instant, operators: [NodeID],
    services: [ServiceID], networkLimit: UInt128? = nil, operatorLimit: UInt128? = nil,
    recipient: SlashRecipient = .burn, adminFeeBips: UInt64 = 0, withdrawals: [Withdrawal] = []
  ) {
    self.name = name
    self.asset = asset
    self.deposits = deposits
    self.epoch = epoch
    self.delegator = delegator
    self.slasher = slasher
    self.operators = operators
    self.services = services
    self.networkLimit = networkLimit
    self.operatorLimit = operatorLimit
    self.recipient = recipient
    self.adminFeeBips = adminFeeBips
    self.withdrawals = withdrawals
  }

  /// What is wrong with these values; empty when nothing is.
  func validate(assets: [AssetConfiguration], services count: Int) -> [String] {
    var mistakes: [String] = []
    if asset.index >= assets.count {
      mistakes.append("asset: there is no asset \(asset.index)")
    } else if assets[asset.index].isNativeETH {
      mistakes.append("asset: a vault holds tokens, not native ETH")
    }
    if deposits.isEmpty || deposits.contains(0) { mistakes.append("deposits: each must be above 0") }
    if epoch == .zero { mistakes.append("epoch: 0s is not allowed") }
    if operators.isEmpty { mistakes.append("operators: there must be one at least") }
    if services.isEmpty { mistakes.append("services: there must be one at least") }
    if services.contains(where: { $0.index >= count }) { mistakes.append("services: one does not exist") }
    switch delegator {
    case .operatorSpecific where operators.count != 1:
      mistakes.append("operators: \(operators.count) operators, operatorSpecific has one")
    case .operatorNetworkSpecific where operators.count != 1 || services.count != 1:
      mistakes.append("operatorNetworkSpecific has one operator and one service")
    default: break
    }
    if case .veto(let window, let resolver) = slasher {
      if window >= epoch {
        mistakes.append("slasher: a veto of \(window) is not shorter than the epoch, \(epoch)")
      }
      if case .chance(let bips) = resolver, bips > 10_000 {
        mistakes.append("slasher: \(bips) bips of vetoes are above 10000")
      }
    }
    if adminFeeBips > 10_000 { mistakes.append("adminFee: \(adminFeeBips) bips is above 10000") }
    for one in withdrawals where one.depositor >= deposits.count || one.shareBips > 10_000 {
      mistakes.append("withdrawals: depositor \(one.depositor), \(one.shareBips) bips")
    }
    return mistakes
  }
}
