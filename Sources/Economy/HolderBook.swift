// Who holds which issuer's tokens, and what each of them got by stream. Up to millions of positions: flat arrays, and sums a
// share for what happens to all holders of an issuer at once, so that a slash costs nothing for each holder.

import Basics
import Contracts

/// Something that changes the value of all shares of an issuer alike.
public enum ValueStream: Int, Sendable, CaseIterable {
  /// The chain's own staking reward.
  case staking
  /// What services paid, where it is compounded.
  case fees
  /// Lost to slashing.
  case slashed
  /// Gained and lost by the asset's price.
  case priceGain, priceLoss
  /// Left by those who were paid less than their shares were worth.
  case left
  /// Rounded off by the ledger, in its favour.
  case rounding
}

/// Value by stream, in wei.
public struct ValueStreams: Sendable, Equatable {
  private var staking: UInt128 = 0
  private var fees: UInt128 = 0
  private var slashed: UInt128 = 0
  private var priceGain: UInt128 = 0
  private var priceLoss: UInt128 = 0
  private var left: UInt128 = 0
  private var rounding: UInt128 = 0
  public init() {}
  public subscript(_ stream: ValueStream) -> UInt128 {
    get {
      switch stream {
      case .staking: staking
      case .fees: fees
      case .slashed: slashed
      case .priceGain: priceGain
      case .priceLoss: priceLoss
      case .left: left
      case .rounding: rounding
      }
    }
    set {
      switch stream {
      case .staking: staking = newValue
      case .fees: fees = newValue
      case .slashed: slashed = newValue
      case .priceGain: priceGain = newValue
      case .priceLoss: priceLoss = newValue
      case .left: left = newValue
      case .rounding: rounding = newValue
      }
    }
  }
}

/// One holder's tokens of one issuer.
public struct Position: Sendable, Equatable {
  public var holder: Int32
  public var issuer: Int32
  public var shares: UInt128 = 0
  /// Shares asked back and not paid; shares pledged for a loan.
  public var leaving: UInt128 = 0
  public var pledged: UInt128 = 0
  /// What is owed, what was owed at the start, and what liquidators repaid, in wei.
  public var debt: UInt128 = 0
  public var debtStart: UInt128 = 0
  public var repaid: UInt128 = 0
  /// Wei paid for shares bought, got for shares sold; what was won and lost against their value.
  public var bought: UInt128 = 0
  public var sold: UInt128 = 0
  public var tradeGain: UInt128 = 0
  public var tradeLoss: UInt128 = 0
  /// The issuer to whose token the money goes on when a redemption is paid, and why; -1: to none.
  var destination: Int32 = -1
  var why = HolderKind.Reason.better
  /// Wei of value put in and taken out during the run, and value at the start.
  public var start: UInt128 = 0
  public var deposited: UInt128 = 0
  public var redeemed: UInt128 = 0
  /// Worth left to the others on leaving.
  public var forgone: UInt128 = 0
  /// Shares times seconds since the last distribution, and when that was counted last.
  var weight: UInt128 = 0
  var weighedAt: UInt64 = 0
  /// Nano-ETH-hours of restaked value: points of 10^-9.
  public var points: UInt128 = 0
  /// Sums a share when the position was settled last.
  var marks = ValueStreams()
  public var streams = ValueStreams()
  /// Shares of the reward vault, and by what they came from: `own`, shares of the vault then. Before 2.0: wei of each of the issuer's
  /// schemes.
  public var vaultShares: UInt128 = 0
  public var own: (fees: UInt128, eigen: UInt128, incentive: UInt128) = (0, 0, 0)

  init(holder: Int, issuer: Int) {
    self.holder = Int32(holder)
    self.issuer = Int32(issuer)
  }

  public static func == (a: Self, b: Self) -> Bool {
    a.holder == b.holder && a.issuer == b.issuer && a.shares == b.shares && a.streams == b.streams
      && a.points == b.points && a.vaultShares == b.vaultShares && a.own == b.own && a.leaving == b.leaving
      && a.pledged == b.pledged && a.debt == b.debt
  }

  /// Shares that are neither asked back nor pledged.
  var free: UInt128 { shares - min(shares, leaving + pledged) }
}

/// Sums a share since the start, in units of 10^-18 wei, by issuer.
struct ShareSums: Sendable {
  static let unit: UInt128 = 1_000_000_000_000_000_000
  var streams = ValueStreams()
  /// What befell all shares together, in wei: what the holders' statements have to add up to.
  var totals = ValueStreams()
  /// Nano-ETH-hours a share, times `unit`.
  var points: UInt128 = 0

  /// `amount` wei befall `supply` shares.
  mutating func add(_ amount: UInt128, _ stream: ValueStream, supply: UInt128) {
    guard amount > 0, supply > 0 else { return }
    streams[stream] += mulDiv(amount, Self.unit, supply)
    totals[stream] += amount
  }
}

/// All positions.
public struct HolderBook: Sendable {
  public private(set) var positions: [Position] = []
  /// Positions of an issuer, ascending.
  public private(set) var ofIssuer: [[Int32]]
  var sums: [ShareSums]
  var pointMarks: [UInt128] = []
  /// Holders, those of exchanges and their arbitrageurs at the end.
  public private(set) var holderCount = 0
  /// By issuer: the positions of its exchange and of who buys there below value.
  var poolOf: [Int?]
  var arbitrageOf: [Int?]

  /// Divides `supplies` (by issuer) among the holders: holder h has tokens of the issuers h, h + 1, ... modulo their number. By
  /// issuer, amounts fall with rank among its holders; the first gets what rounding leaves.
  ///
  /// Holders who may move have a place, empty at first, with every issuer.
  ///
  /// - Parameter pools: by issuer, shares in its exchange beside the supply that is divided; nil: it has none.
  public init(_ terms: HolderTerms, supplies: [UInt128], pools: [UInt128?] = []) {
    ofIssuer = supplies.map { _ in [] }
    sums = supplies.map { _ in ShareSums() }
    poolOf = supplies.map { _ in nil }
    arbitrageOf = supplies.map { _ in nil }
    guard !supplies.isEmpty else { return }
    let each = min(max(terms.issuersEach, 1), supplies.count)
    var starters: [[Int32]] = supplies.map { _ in [] }
    for holder in 0..<max(terms.count, 1) {
      for k in 0..<(terms.kinds.isEmpty ? each : supplies.count) {
        let issuer = (holder + k) % supplies.count
        ofIssuer[issuer].append(Int32(positions.count))
        if k < each { starters[issuer].append(Int32(positions.count)) }
        positions.append(Position(holder: holder, issuer: issuer))
      }
    }
    holderCount = max(terms.count, 1)
    for (issuer, pool) in pools.enumerated() {
      guard let pool else { continue }
      for isPool in [true, false] {
        if isPool { poolOf[issuer] = positions.count } else { arbitrageOf[issuer] = positions.count }
        ofIssuer[issuer].append(Int32(positions.count))
        positions.append(Position(holder: holderCount, issuer: issuer))
        if isPool { positions[positions.count - 1].shares = pool }
        holderCount += 1
      }
    }
    pointMarks = positions.map { _ in 0 }
    for (issuer, list) in starters.enumerated() where !list.isEmpty {
      // Weights in 2^-40 of the first's.
      let weights = list.indices.map { rank in
        terms.exponent == 0
          ? 1 : max(1, UInt128(PortableMath.pow(Double(rank + 1), -terms.exponent) * 0x1p40))
      }
      let total = weights.reduce(0, +)
      var left = supplies[issuer]
      for (position, weight) in zip(list, weights).dropFirst() {
        let part = mulDiv(supplies[issuer], weight, total)
        positions[Int(position)].shares = part
        left -= part
      }
      positions[Int(list[0])].shares = left
    }
  }

  /// Notes what positions are worth at the start.
  mutating func open(valueOf: (_ issuer: Int, _ shares: UInt128) -> UInt128) {
    for k in positions.indices {
      positions[k].start = valueOf(Int(positions[k].issuer), positions[k].shares)
    }
  }

  // MARK: - Settling

  /// Brings one position up to date with its issuer's sums, before its shares change or are read.
  mutating func settle(_ k: Int, at: Instant) {
    let sum = sums[Int(positions[k].issuer)]
    let shares = positions[k].shares
    for stream in ValueStream.allCases {
      let growth = sum.streams[stream] - positions[k].marks[stream]
      if growth > 0 { positions[k].streams[stream] += mulDiv(shares, growth, ShareSums.unit) }
    }
    positions[k].marks = sum.streams
    positions[k].points += mulDiv(shares, sum.points - pointMarks[k], ShareSums.unit)
    pointMarks[k] = sum.points
    weigh(k, at: at)
  }

  private mutating func weigh(_ k: Int, at: Instant) {
    let seconds = at.nanoseconds / 1_000_000_000
    positions[k].weight += positions[k].shares * UInt128(seconds - min(seconds, positions[k].weighedAt))
    positions[k].weighedAt = seconds
  }

  mutating func change(_ k: Int, _ body: (inout Position) -> Void) { body(&positions[k]) }

  /// The place of a holder with an issuer, where holders may move.
  func place(of holder: Int, with issuer: Int) -> Int {
    let issuers = ofIssuer.count
    let place = holder * issuers + (issuer - holder % issuers + issuers) % issuers
    precondition(Int(positions[place].holder) == holder && Int(positions[place].issuer) == issuer)
    return place
  }

  /// Shares change hands for wei; what they are worth otherwise is the difference that one wins and the other loses.
  mutating func trade(
    _ shares: UInt128, from seller: Int, to buyer: Int, paid: UInt128, received: UInt128, worth: UInt128,
    at: Instant
  ) {
    settle(seller, at: at)
    settle(buyer, at: at)
    change(seller) {
      $0.shares -= shares
      $0.sold += received
      if received >= worth { $0.tradeGain += received - worth } else { $0.tradeLoss += worth - received }
    }
    change(buyer) {
      $0.shares += shares
      $0.bought += paid
      if worth >= paid { $0.tradeGain += worth - paid } else { $0.tradeLoss += paid - worth }
    }
  }

  // MARK: - Distributions

  /// Divides `amount` among an issuer's holders by shares times time held since the last division: floor(amount * weight /
  /// all weights), the formula of `HoldingRewards` on integers. Hands each part to `give`; returns the dust. Weights are
  /// kept until `forgetWeights`.
  mutating func divide(
    _ amount: UInt128, issuer: Int, at: Instant, _ give: (inout Position, UInt128) -> Void
  ) -> UInt128 {
    var total: UInt128 = 0
    for k in ofIssuer[issuer] {
      weigh(Int(k), at: at)
      total += positions[Int(k)].weight
    }
    if total == 0 || amount == 0 { return amount }
    var dust = amount
    for k in ofIssuer[issuer] {
      let part = mulDiv(amount, positions[Int(k)].weight, total)
      if part == 0 { continue }
      dust -= part
      give(&positions[Int(k)], part)
    }
    return dust
  }

  mutating func forgetWeights(issuer: Int) {
    for k in ofIssuer[issuer] { positions[Int(k)].weight = 0 }
  }
}
