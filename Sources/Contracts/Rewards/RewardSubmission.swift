// What an AVS submits: tokens for a span of days, and whom they are for.

public import BigInt
public import Signatures

/// An ERC-20 token in which rewards are paid.
@frozen public struct TokenID: Hashable, Comparable, Sendable, BitwiseCopyable {
  public var rawValue: UInt16
  public init(_ index: Int) { rawValue = UInt16(truncatingIfNeeded: index) }
  public var index: Int { Int(rawValue) }
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// The addresses behind dense ids: they enter the hashes and the sort orders.
public struct AddressBook: Sendable {
  /// By account.
  public private(set) var accounts: [Address] = []
  /// By strategy.
  public private(set) var strategies: [Address] = []
  /// By token.
  public private(set) var tokens: [Address] = []

  public init() {}

  /// The id of the next account is the number of those before: the ledger's, when both are made side by side.
  /// Effects: the address has that id. Requires: it has none yet.
  @discardableResult public mutating func addAccount(_ address: Address) -> AccountID {
    accounts.append(address)
    return AccountID(accounts.count - 1)
  }
  /// The same for strategies.
  /// Effects: the address has that id. Requires: it has none yet.
  @discardableResult public mutating func addStrategy(_ address: Address) -> StrategyID {
    strategies.append(address)
    return StrategyID(strategies.count - 1)
  }
  /// Adds a token; its id counts from zero.
  /// Effects: the address has that id. Requires: it has none yet.
  @discardableResult public mutating func addToken(_ address: Address) -> TokenID {
    tokens.append(address)
    return TokenID(tokens.count - 1)
  }
}

/// How much a share of a strategy weighs. A uint96 in the ABI.
public struct StrategyMultiplier: Sendable, Equatable {
  public var strategy: StrategyID
  public var multiplier: UInt128
  public init(strategy: StrategyID, multiplier: UInt128) {
    self.strategy = strategy
    self.multiplier = multiplier
  }
}

/// One operator's part of an operator-directed submission.
public struct OperatorReward: Sendable, Equatable {
  public var account: AccountID
  public var amount: BigUInt
  public init(account: AccountID, amount: BigUInt) {
    self.account = account
    self.amount = amount
  }
}

/// `RewardsSubmission` and `OperatorDirectedRewardsSubmission`.
public struct RewardSubmission: Sendable, Equatable {
  /// Who gets how much.
  public enum Amount: Sendable, Equatable {
    /// A pool, divided by the off-chain calculation.
    case pool(BigUInt)
    /// Operator by operator, for a span that is over; with a text.
    case operators([OperatorReward], description: String)
  }
  public var strategies: [StrategyMultiplier]
  public var token: TokenID
  public var amount: Amount
  /// Seconds since 1970.
  public var start: UInt32
  /// Seconds.
  public var duration: UInt32

  public init(
    strategies: [StrategyMultiplier], token: TokenID, amount: Amount, start: UInt32, duration: UInt32
  ) {
    self.strategies = strategies
    self.token = token
    self.amount = amount
    self.start = start
    self.duration = duration
  }

  /// keccak256(abi.encode(submitter, nonce, submission)): the name of the submission from here on.
  func hash(submitter: AccountID, nonce: UInt64, _ book: borrowing AddressBook) -> Hash256 {
    let weights = ABIValue.array(
      strategies.map {
        .tuple([.address(book.strategies[$0.strategy.index]), .word(Hash256($0.multiplier))])
      })
    let tokenAddress = ABIValue.address(book.tokens[token.index])
    let fields: [ABIValue]
    switch amount {
    case .pool(let amount):
      fields = [
        weights, tokenAddress, .integer(amount), .integer(UInt64(start)), .integer(UInt64(duration)),
      ]
    case .operators(let rewards, let description):
      let parts = rewards.map {
        ABIValue.tuple([.address(book.accounts[$0.account.index]), .integer($0.amount)])
      }
      fields = [
        weights, tokenAddress, .array(parts), .integer(UInt64(start)), .integer(UInt64(duration)),
        .bytes(Array(description.utf8)),
      ]
    }
    return keccak256(
      abiEncode([.address(book.accounts[submitter.index]), .integer(nonce), .tuple(fields)]))
  }
}

/// Constants of a deployment.
public struct RewardsParameters: Sendable, Equatable {
  /// Seconds; starts and durations are multiples of it. CALCULATION_INTERVAL_SECONDS.
  public var interval: UInt32
  /// Seconds. MAX_REWARDS_DURATION.
  public var durationMaximum: UInt32
  /// Seconds; a start may lie that far back. MAX_RETROACTIVE_LENGTH.
  public var retroactiveMaximum: UInt32
  /// Seconds; a start may lie that far ahead. MAX_FUTURE_LENGTH.
  public var futureMaximum: UInt32
  /// Nothing starts before. GENESIS_REWARDS_TIMESTAMP.
  public var genesis: UInt32
  /// Seconds from a root or a split to its force. May be changed by the owner.
  public var activationDelay: UInt32
  /// Bips of operators that never set a split. May be changed by the owner.
  public var defaultSplitBips: UInt16

  public init(
    interval: UInt32, durationMaximum: UInt32, retroactiveMaximum: UInt32, futureMaximum: UInt32,
    genesis: UInt32, activationDelay: UInt32, defaultSplitBips: UInt16
  ) {
    self.interval = interval
    self.durationMaximum = durationMaximum
    self.retroactiveMaximum = retroactiveMaximum
    self.futureMaximum = futureMaximum
    self.genesis = genesis
    self.activationDelay = activationDelay
    self.defaultSplitBips = defaultSplitBips
  }

  /// One day, 70, 168 and 30 days; 7 days to activation; 10 %.
  public static let mainnet = RewardsParameters(
    interval: 86_400, durationMaximum: 6_048_000, retroactiveMaximum: 14_515_200, futureMaximum: 2_592_000,
    genesis: 1_710_979_200, activationDelay: 604_800, defaultSplitBips: 1_000)

  /// MAX_REWARDS_AMOUNT: 10^38 - 1.
  static let amountMaximum = BigUInt(10).power(38) - 1
  /// PROTOCOL_FEE_BIPS.
  static let protocolFeeBips = BigUInt(2_000)
  /// ONE_HUNDRED_IN_BIPS.
  static let wholeBips: UInt16 = 10_000
}
