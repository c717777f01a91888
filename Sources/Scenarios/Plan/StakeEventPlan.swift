// What happens to stake during a run, as written under `stakeEvents:`.

public import Basics

/// One entry: an instant, and what a staker, an operator or a validator does then.
public struct StakeEventPlan: Sendable, Equatable, Codable {
  /// A staker of an operator: by operator's number, and place among its stakers (direct restakers first).
  public struct Staker: Sendable, Equatable, Codable {
    public var host: Int
    public var staker: Int
  }
  public enum Kind: Sendable, Equatable, Codable {
    case deposit(Staker, asset: String, amount: Ether)
    /// Tokens appear in the asset's strategy.
    case donate(asset: String, amount: Ether)
    /// Queues a share of what it deposited.
    case withdraw(Staker, asset: String, share: Share)
    case redelegate(Staker, to: Int)
    /// Lowers or raises the magnitude given to a service to this share of what it is.
    case allocate(host: Int, service: String, share: Share)
    /// Validators lose this share of their balance on the beacon chain.
    case beaconLoss(Staker, share: Share)
  }
  public var at: TimeSpan
  public var kind: Kind

  init(_ o: ObjectReader) {
    at = o.needed("at", "write when, such as 30s", placeholder: .zero) { $0.duration() }
    func host(_ o: ObjectReader) -> Int {
      o.needed("operator", "write an operator's number", placeholder: 0) { $0.integer(0...10_000_000) }
    }
    func staker(_ o: ObjectReader) -> Staker {
      Staker(
        host: host(o),
        staker: o.value("staker", "which of its stakers, from 0", or: 0) { $0.integer(0...1_000_000) })
    }
    func asset(_ o: ObjectReader) -> String {
      o.needed("asset", "write the name of an asset", placeholder: "ETH") { $0.string() }
    }
    func amount(_ o: ObjectReader) -> Ether {
      o.needed("amount", "write an amount such as 17.3stETH", placeholder: .eth(1)) {
        $0.ether(Ether(wei: 1)...Ether.eth(1_000_000_000))
      }
    }
    func share(_ o: ObjectReader, _ range: ClosedRange<Share>) -> Share {
      o.needed("share", "write a share such as 33.33%", placeholder: .whole) { $0.wholeBips(range) }
    }
    let some = Share(wad: Share.bip)
    let kind: Kind? = o.exactlyOne(
      "event",
      [
        .init("deposit", "a staker brings more") { v in
          v.object { .deposit(staker($0), asset: asset($0), amount: amount($0)) }
        },
        .init("donate", "tokens appear in a strategy") { v in
          v.object { .donate(asset: asset($0), amount: amount($0)) }
        },
        .init("withdraw", "a staker queues a share of what it deposited") { v in
          v.object { .withdraw(staker($0), asset: asset($0), share: share($0, some ... .whole)) }
        },
        .init("redelegate", "a staker goes to another operator") { v in
          v.object { o in
            .redelegate(
              staker(o),
              to: o.needed("to", "write an operator's number", placeholder: 0) { $0.integer(0...10_000_000) })
          }
        },
        .init("allocate", "an operator changes a service's magnitude to this share of what it is") { v in
          v.object { o in
            .allocate(
              host: host(o),
              service: o.needed("service", "write a service's name", placeholder: "s") { $0.string() },
              share: share(o, .zero...Share.percent(1_000)))
          }
        },
        .init("beaconLoss", "validators lose a share of their balance") { v in
          v.object { .beaconLoss(staker($0), share: share($0, some ... .whole)) }
        },
      ])
    self.kind = kind ?? .donate(asset: "ETH", amount: .eth(1))
    let plan = self
    if kind != nil { o.afterwards("at") { plan.wrong(in: $0) } }
  }

  private func wrong(in scenario: Scenario) -> String? {
    func wrongHost(_ number: Int) -> String? {
      number < scenario.operators.count
        ? nil
        : "there is no operator \(number); operators are numbered 0 to \(scenario.operators.count - 1)"
    }
    func wrongAsset(_ name: String) -> String? {
      scenario.assets.contains { $0.name == name } ? nil : "there is no asset '\(clip(name))'"
    }
    switch kind {
    case .deposit(let who, let asset, let amount):
      if scenario.assets.contains(where: { $0.name == asset && $0.kind == .native }),
        amount.wei % 1_000_000_000 != 0
      {
        return "native ETH comes in whole gwei, not \(amount)"
      }
      return wrongHost(who.host) ?? wrongAsset(asset)
    case .withdraw(let who, let asset, _): return wrongHost(who.host) ?? wrongAsset(asset)
    case .donate(let asset, _):
      if scenario.assets.contains(where: { $0.name == asset && $0.kind == .native }) {
        return "nobody donates native ETH; '\(clip(asset))' has no strategy with tokens"
      }
      return wrongAsset(asset)
    case .redelegate(let who, let to): return wrongHost(who.host) ?? wrongHost(to)
    case .allocate(let host, let service, _):
      return wrongHost(host)
        ?? (scenario.services.contains { $0.name == service }
          ? nil : "there is no service '\(clip(service))'")
    case .beaconLoss(let who, _):
      return wrongHost(who.host)
        ?? (scenario.assets.contains { $0.kind == .native } ? nil : "nobody stakes native ETH")
    }
  }
}
