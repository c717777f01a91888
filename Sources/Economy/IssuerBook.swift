// One issuer's token: exact share arithmetic over what stands behind it. No ledger in here: what is restaked and what is in
// withdrawal queues is told from outside, the idle buffer and the queue of redemptions are kept here.
//
// Minting and redeeming are ERC-4626's, rounded down both: shares = floor(tokens * supply / assets), tokens = floor(shares *
// assets / supply), so that neither changes the others' value of a share by more than rounding, and never lowers it. A
// redemption is queued and pays the lesser of what it was worth when asked for and what it is worth when paid: who leaves
// bears slashes that happen before (ether.fi, WithdrawRequestNFT `getClaimableAmount`).

public import Basics
import Contracts

/// Why a token cannot be minted or redeemed. A refused call changes nothing.
public enum IssuerRefusal: Error, Sendable, Equatable {
  /// Worth less than one share.
  case sharesZero
  /// Shares stand for nothing any more: a deposit would be given to their holders.
  case worthless
  case insufficientShares(asked: UInt128, held: UInt128)
}

/// A holder's request to leave.
public struct RedemptionRequest: Sendable, Equatable {
  public var position: Int
  public var shares: UInt128
  /// Tokens that they were worth when asked for.
  public var tokens: UInt128
  public var at: Instant
}

/// Supply, buffer, redemptions.
public struct IssuerBook: Sendable, Equatable {
  /// Shares outstanding, those in the queue included.
  public private(set) var supply: UInt128 = 0
  /// Tokens that are not restaked.
  public private(set) var buffer: UInt128 = 0
  /// Tokens with operators, and tokens on their way back, as last told.
  public private(set) var staked: UInt128 = 0
  public private(set) var unstaking: UInt128 = 0
  public private(set) var requests: [RedemptionRequest] = []
  private var head = 0
  /// Tokens paid to those who left, and put in by those who came.
  public private(set) var redeemed: UInt128 = 0
  public private(set) var deposited: UInt128 = 0

  public init() {}

  public var assets: UInt128 { buffer + staked + unstaking }

  /// Tokens that `shares` are worth now.
  public func tokens(for shares: UInt128) -> UInt128 {
    supply == 0 ? 0 : mulDiv(shares, assets, supply)
  }

  /// Requests not paid yet, and the tokens that they are worth at most.
  public var waiting: ArraySlice<RedemptionRequest> { requests[head...] }
  public var tokensAsked: UInt128 {
    waiting.reduce(0) { $0 + min($1.tokens, tokens(for: $1.shares)) }
  }

  /// What the ledger shows.
  public mutating func revalue(staked: UInt128, unstaking: UInt128) {
    self.staked = staked
    self.unstaking = unstaking
  }

  /// Takes tokens in at the present value of a share. The first deposit mints as many shares as tokens.
  public mutating func mint(_ tokens: UInt128) throws(IssuerRefusal) -> UInt128 {
    let shares: UInt128
    if supply == 0 {
      shares = tokens
    } else {
      if assets == 0 { throw .worthless }
      shares = mulDiv(tokens, supply, assets)
    }
    if shares == 0 { throw .sharesZero }
    supply += shares
    buffer += tokens
    deposited += tokens
    return shares
  }

  /// Queues a redemption. The shares stay outstanding until it is paid.
  public mutating func request(_ shares: UInt128, by position: Int, at: Instant) throws(IssuerRefusal) {
    if shares == 0 { throw .sharesZero }
    requests.append(
      RedemptionRequest(position: position, shares: shares, tokens: tokens(for: shares), at: at))
  }

  /// Pays the first request, if the buffer suffices; returns it with what it got and what its shares were worth.
  public mutating func payRequest() -> (request: RedemptionRequest, paid: UInt128, worth: UInt128)? {
    guard head < requests.count else { return nil }
    let request = requests[head]
    let worth = tokens(for: request.shares)
    let amount = min(request.tokens, worth)
    guard amount <= buffer else { return nil }
    buffer -= amount
    supply -= request.shares
    redeemed += amount
    head += 1
    return (request, amount, worth)
  }

  /// Tokens came back from operators, or were earned.
  public mutating func receive(_ tokens: UInt128) { buffer += tokens }

  /// Tokens leave the buffer for operators.
  public mutating func restake(_ tokens: UInt128) {
    precondition(tokens <= buffer, "\(tokens) tokens are restaked out of \(buffer)")
    buffer -= tokens
    staked += tokens
  }
}
