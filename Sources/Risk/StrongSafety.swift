// Strong safety: nobody who is insured loses, because slashed stake pays for the harm. After Deb, Raynor and Kannan,
// "STAKESURE" (2024); redistribution as EigenLayer's ELIP-006 allows it.

public import Exact

/// Who was harmed, and how much of it was insured.
public struct InsuranceClaim: Sendable, Equatable {
  public var harm: Rational
  /// Insured up to this.
  public var cover: Rational
  public init(harm: Rational, cover: Rational) {
    self.harm = harm
    self.cover = cover
  }

  /// What the insurance owes: the harm, up to the cover.
  public var due: Rational { min(harm, cover) }
}

/// How the pot of a slash is divided among the harmed: in full if it suffices, else in proportion to what is due.
public struct InsuranceSettlement: Sendable, Equatable {
  /// The part of the slashed stake that may be redistributed.
  public let pot: Rational
  /// What the insurance owes altogether.
  public let due: Rational
  /// In the order of the claims.
  public let paid: [Rational]
  /// Harm that nobody made good.
  public let uncoveredHarm: Rational

  public init(slashed: Rational, redistributableShare: Rational, claims: [InsuranceClaim]) {
    pot = slashed * redistributableShare
    due = claims.reduce(.zero) { $0 + $1.due }
    if due <= pot {
      paid = claims.map(\.due)
    } else {
      let (pot, due) = (pot, due)
      paid = claims.map { $0.due * pot / due }
    }
    uncoveredHarm = claims.reduce(.zero) { $0 + $1.harm } - paid.reduce(.zero, +)
  }

  /// Every insured harm is paid in full.
  public var isStronglySafe: Bool { due <= pot }
}
