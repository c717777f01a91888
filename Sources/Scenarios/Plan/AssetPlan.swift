// What can be staked, and how its price in ETH moves: growth by a rate, a path, shocks, or a drawn process of its own.

public import Basics

/// Something that can be staked.
public struct AssetPlan: Sendable, Equatable, Codable {
  public enum Kind: String, CaseIterable, Sendable, Codable {
    /// ETH of validators, through a pod.
    case native
    /// A liquid staking token.
    case lst
    /// An asset of another chain behind a token: wrapped bitcoin, staked SOL.
    case wrapped
    case token
  }
  /// The price from an instant on, until the next.
  public struct PricePoint: Sendable, Equatable, Codable {
    public var at: TimeSpan
    public var price: Ether
  }
  /// From an instant on the asset is worth this part of what it would be worth; nil: for good.
  public struct Shock: Sendable, Equatable, Codable {
    public var at: TimeSpan
    public var to: Share
    public var lasting: TimeSpan?
  }
  public var name: String
  public var kind: Kind
  /// Part of the operators' own stake that is this asset; shares of all assets add up to 100 %. Issuers bring theirs beside it.
  public var weight: Share
  /// Of one token at the start.
  public var price: Ether
  /// A year's: what the chain pays on native ETH, by what a liquid staking token's price grows.
  public var rate: Share
  /// Part of its value that quorums do not count.
  public var haircut: Share
  /// Of a year's return, and its correlation with the other assets that have one.
  public var volatility: Double
  public var correlation: Double
  public var path: [PricePoint]
  public var shocks: [Shock]

  init(name: String, kind: Kind, weight: Share) {
    self.name = name
    self.kind = kind
    self.weight = weight
    price = .eth(1)
    rate = .zero
    haircut = .zero
    volatility = 0
    correlation = 0
    path = []
    shocks = []
  }

  init(_ o: ObjectReader) {
    name = o.needed("name", "write the asset's name", placeholder: "ETH") {
      $0.string(
        "write letters, digits, '.', '_' or '-'", pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$",
        accepts: isName)
    }
    kind = o.value("kind", "native ETH, liquid staking token, wrapped asset or other token", or: .native) {
      $0.choice()
    }
    weight = o.value("share", "part of every operator's stake that is this asset", or: .whole) { $0.share() }
    price = o.value("price", "of one token at the start", or: .eth(1)) {
      $0.ether(Ether(wei: 1_000_000_000) ... .eth(1_000_000))
    }
    rate = o.value("rate", "a year's reward on native ETH, or growth of a token's price", or: .zero) {
      $0.share(.zero ... .percent(1_000))
    }
    haircut = o.value("haircut", "part of its value that quorums do not count", or: .zero) {
      $0.share(.zero ... .percent(99))
    }
    volatility = o.value("volatility", "standard deviation of a year's return, 0.6 for 60 %", or: 0) {
      $0.number(0...10)
    }
    correlation = o.value("correlation", "of its returns with the others'", or: 0) { $0.number(0...1) }
    path = o.list("path", "prices from instants on") { item in
      item.object { p in
        PricePoint(
          at: p.needed("at", "write an instant", placeholder: .zero) { $0.duration() },
          price: p.needed("price", "write what a token is worth", placeholder: .eth(1)) {
            $0.ether(Ether(wei: 1_000_000_000) ... .eth(1_000_000))
          })
      }
    }
    shocks = o.list("shocks", "losses of value, for a time or for good") { item in
      item.object { s in
        Shock(
          at: s.needed("at", "write an instant", placeholder: .zero) { $0.duration() },
          to: s.needed("to", "write the part of its value that is left", placeholder: .whole) {
            $0.share(Share(wad: Share.bip) ... .percent(1_000))
          },
          lasting: s.optional("for", "how long; absent: for good") {
            $0.duration(.milliseconds(1) ... .century)
          })
      }
    }
    for k in path.indices.dropFirst() where path[k].at <= path[k - 1].at {
      o.mistake("path", "\(path[k].at) does not come after \(path[k - 1].at); write the instants in order")
    }
    if kind == .native {
      for key in ["price", "path", "shocks", "volatility"] where o.has(key) {
        o.mistake(key, "native ETH is what everything is priced in; remove it, or make the asset an lst")
      }
    }
    if o.has("correlation"), volatility == 0 {
      o.mistake("correlation", "means nothing without volatility")
    }
  }

  /// Whether its price can change during a run.
  public var moves: Bool {
    !path.isEmpty || !shocks.isEmpty || volatility > 0 || kind != .native && rate > .zero
  }

  /// The part of the starting price that path and shocks make, as a WAD, from each of these instants on.
  public var steps: [(at: TimeSpan, factorWad: UInt128)] {
    var instants =
      path.map(\.at) + shocks.map(\.at) + shocks.compactMap { shock in shock.lasting.map { shock.at + $0 } }
    instants.sort()
    var result: [(TimeSpan, UInt128)] = []
    for at in instants where result.last?.0 != at {
      var factor = UInt128(Share.one)
      if let point = path.last(where: { $0.at <= at }) {
        factor = mulDiv(point.price.wei, UInt128(Share.one), price.wei)
      }
      for shock in shocks where shock.at <= at && shock.lasting.map({ at < shock.at + $0 }) ?? true {
        factor = mulDiv(factor, UInt128(shock.to.wad), UInt128(Share.one))
      }
      result.append((at, factor))
    }
    return result
  }
}
