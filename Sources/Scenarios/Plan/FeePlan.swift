// The price of block space, as written under `chain:`: the market, what senders offer, what transactions use.

internal import Basics
public import Contracts

/// `chain.fees`: absent, block space costs nothing and nobody else uses the chain.
public struct FeePlan: Sendable, Equatable, Codable {
  /// Base fee a gas at the start, and the price at which the others' demand is `load`.
  public var baseFee, price: Ether
  /// The others' demand at that price, of the gas target (half the limit).
  public var load: Share
  /// How far a block's demand strays, up and down.
  public var noise: Share
  /// Tip a gas that half of the others' gas outbids.
  public var tip: Ether
  /// What senders of this project's transactions offer, in file order.
  public var offers: [Offer]

  public struct Offer: Sendable, Equatable, Codable {
    public var kind: Transaction.Kind
    public var tip: Ether
    /// Nil: whatever it costs.
    public var maxFee: Ether?
  }

  private static let least = Ether(wei: 8)
  private static let most = Ether(wei: 1_000_000_000_000_000)

  init(_ o: ObjectReader) {
    baseFee = o.needed(
      "baseFee", "write the base fee a gas at the start, such as 5gwei", placeholder: Self.least
    ) {
      $0.ether(Self.least...Self.most)
    }
    price =
      o.optional("price", "base fee at which the others want 'load'; absent: baseFee") {
        $0.ether(Self.least...Self.most)
      } ?? baseFee
    load = o.value("load", "gas that others want at that price, of the target (half the limit)", or: .whole) {
      $0.wholeBips(.zero...Share.percent(1_000))
    }
    noise = o.value("noise", "how far a block's demand strays, up and down", or: .percent(50)) {
      $0.wholeBips(.zero ... .whole)
    }
    tip = o.value("tip", "tip a gas that half of the others' gas outbids", or: Ether(wei: 1_000_000_000)) {
      $0.ether(.zero...Self.most)
    }
    offers = o.object("offers", "what senders offer, by kind of transaction") { o in
      Transaction.Kind.allCases.compactMap { kind in
        o.optional(kind.rawValue, "what senders of such a transaction offer") { v in
          v.object { o in
            Offer(
              kind: kind,
              tip: o.value("tip", "tip a gas", or: Ether(wei: 1_000_000_000)) { $0.ether(.zero...Self.most) },
              maxFee: o.optional("maxFee", "most that it pays a gas, base fee and tip; absent: any price") {
                $0.ether(.zero...Self.most)
              })
          }
        }
      }
    }
  }
}

/// `chain.gas`: figures that replace those of the signature scheme's `GasSchedule`.
public struct GasPlan: Sendable, Equatable, Codable {
  public var certificate, perSigner, perNonSigner, evidence, createTask, stakeAction, caseAction, slash: Int?

  init(_ o: ObjectReader) {
    func figure(_ of: GasSchedule.Figure, _ about: String) -> Int? {
      let source = "\(of.basis.rawValue): \(of.derivation)"
      return o.optional(of.rawValue, "\(about); absent: by signature scheme (\(source))") {
        $0.integer(0...1_000_000_000)
      }
    }
    certificate = figure(.certificate, "gas of a certificate apart from its signers")
    perSigner = figure(.perSigner, "gas of each signer of a certificate")
    perNonSigner = figure(.perNonSigner, "gas of each non-signer of a certificate")
    evidence = figure(.evidence, "gas of a piece of evidence")
    createTask = figure(.createTask, "gas of opening a task")
    stakeAction = figure(
      .stakeAction, "gas of every deposit, delegation, registration, allocation or withdrawal")
    caseAction = figure(.caseAction, "gas of every veto, dispute and taking of sides")
    slash = figure(.slash, "gas of executing a slash")
  }
}
