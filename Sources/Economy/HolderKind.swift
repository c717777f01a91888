// Holders who choose: what a kind of holder bears, wants and refuses. Plain data, and the choice itself, which is a pure function of
// what was measured of every issuer.

/// What a holder can know of an issuer at the end of an epoch.
public struct TokenOutlook: Sendable, Equatable {
  /// Share of worth that an epoch brings, is expected to take, and takes in the worst epochs.
  public var yield, lossRate, shortfall: Double
  public var asset: Int
  /// By service: whether it can slash any of the stake.
  public var exposed: [Bool]
  public init(yield: Double, lossRate: Double, shortfall: Double, asset: Int = 0, exposed: [Bool] = []) {
    self.yield = yield
    self.lossRate = lossRate
    self.shortfall = shortfall
    self.asset = asset
    self.exposed = exposed
  }

  /// Yield after expected loss and what the tail costs.
  public func score(aversion: Double) -> Double { yield - lossRate - aversion * shortfall }

  /// Yield after expected loss, over shortfall; nil where nothing was lost yet.
  public var returnOverRisk: Double? { shortfall > 0 ? (yield - lossRate) / shortfall : nil }
}

/// One archetype.
public struct HolderKind: Sendable, Equatable {
  public var name: String
  /// Share of the holders, drawn by the seed.
  public var shareWad: UInt64
  public var tail = TailTerms()
  /// Most shortfall an epoch that it bears.
  public var shortfallMaximum: Double?
  /// Least yield an epoch, after expected loss, below which it wants its money back.
  public var yieldMinimum: Double?
  /// Assets that it holds, by strategy; empty: any.
  public var assets: [Int] = []
  /// Services that may not be able to slash what it has.
  public var avoids: [Int] = []
  /// How much better, an epoch, another issuer must be for it to move.
  public var gainMinimum = 0.0
  /// Share of them who look at all in an epoch.
  public var attentionWad: UInt64 = 1_000_000_000_000_000_000
  public init(name: String, shareWad: UInt64) {
    self.name = name
    self.shareWad = shareWad
  }

  public enum Reason: String, Sendable, Equatable, CaseIterable {
    /// An asset or a service that it refuses; more risk than it bears; less yield than it wants; another pays better.
    case asset, service, risk, yield, better
  }

  /// Why a token cannot be held; nil when it can.
  public func refuses(_ one: TokenOutlook) -> Reason? {
    if !assets.isEmpty, !assets.contains(one.asset) { return .asset }
    if avoids.contains(where: { $0 < one.exposed.count && one.exposed[$0] }) { return .service }
    if let most = shortfallMaximum, one.shortfall > most { return .risk }
    if let least = yieldMinimum, one.yield - one.lossRate < least { return .yield }
    return nil
  }

  /// Where the holder of issuer `present`'s token goes: nil stays; `to` nil leaves altogether.
  public func choice(of all: [TokenOutlook], present: Int) -> (to: Int?, why: Reason)? {
    var best: Int?
    for k in all.indices where k != present && refuses(all[k]) == nil {
      let score = all[k].score(aversion: tail.aversion)
      if best.map({ score > all[$0].score(aversion: tail.aversion) }) ?? true { best = k }
    }
    if let why = refuses(all[present]) { return (best, why) }
    guard let best else { return nil }
    let gain = all[best].score(aversion: tail.aversion) - all[present].score(aversion: tail.aversion)
    return gain > gainMinimum ? (best, .better) : nil
  }
}
