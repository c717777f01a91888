// Bounties for security: a reverse auction at one price for all who are taken.

public import Exact

/// What a vault offers.
public struct BountyOffer: Sendable, Equatable {
  /// Name of the vault: breaks ties of the ask.
  public var vault: String
  /// The least rate it takes.
  public var ask: Rational
  public var size: Rational
  public init(vault: String, ask: Rational, size: Rational) {
    self.vault = vault
    self.ask = ask
    self.size = size
  }
}

/// Who is taken, and at what rate: cheapest first (equal asks by name), none above the bounty's highest rate, until what is
/// wanted is filled. Everybody taken gets the highest rate taken, so that nobody but the last gains by asking for more.
public struct BountyAuction: Sendable, Equatable {
  public struct Fill: Sendable, Equatable {
    public var vault: String
    public var size: Rational
  }
  /// In the order taken; only what is above zero.
  public let fills: [Fill]
  public let filled: Rational
  /// Nil when nobody was taken.
  public let clearingRate: Rational?

  public init(want: Rational, maxRate: Rational, offers: [BountyOffer]) {
    var fills: [Fill] = []
    var left = want
    var rate: Rational?
    for offer in offers.sorted(by: { ($0.ask, $0.vault) < ($1.ask, $1.vault) }) {
      let size = min(offer.size, left)
      guard offer.ask <= maxRate, size > 0 else { continue }
      fills.append(Fill(vault: offer.vault, size: size))
      left = left - size
      rate = offer.ask
    }
    self.fills = fills
    filled = want - left
    clearingRate = rate
  }
}
