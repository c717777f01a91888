// Kinds of holders who choose between issuers, and how the tail of losses counts.

import Basics

/// How what is lost in the worst epochs counts beside what is lost on average.
public struct TailPlan: Sendable, Equatable, Codable {
  public var level: Share
  public var aversion: Double

  init(level: Share = .percent(95), aversion: Double = 1) {
    self.level = level
    self.aversion = aversion
  }

  /// `expected`, or `{shortfall: {level, aversion}}`.
  static func read(_ value: ValueReader) -> TailPlan?? {
    value.forms(
      scalar: { v in v.word(["expected"]).map { _ in nil } },
      mapping: { o in
        o.exactlyOne(
          "risk measure",
          [
            .init("shortfall", "expected loss, and the mean of the worst epochs beside it (CVaR)") { v in
              v.object { TailPlan($0, aversion: 1) }
            }
          ]
        ).map { .some($0) }
      }, expected: "expected, or {shortfall: {level: SHARE, aversion: NUMBER}}")
  }

  init(_ o: ObjectReader, aversion: Double) {
    level = o.value("level", "the tail is what is beyond (whole bips)", or: .percent(95)) {
      $0.wholeBips(.zero...Share(wad: Share.one - Share.bip))
    }
    self.aversion = o.value("aversion", "what a unit of shortfall costs of yield", or: aversion) {
      $0.number(0...1_000)
    }
  }
}

/// One kind of holder.
public struct HolderKindPlan: Sendable, Equatable, Codable {
  public var name: String
  public var share: Share
  public var tail: TailPlan
  public var shortfall, yield: Share?
  public var gain, attention: Share
  public var assets, avoids: [String]

  init(_ o: ObjectReader) {
    name = o.needed("name", "write a name", placeholder: "cautious") {
      $0.string(
        "write letters, digits, '.', '_' or '-'", pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$",
        accepts: isName)
    }
    share = o.needed("share", "write the share of the holders of this kind", placeholder: .percent(10)) {
      $0.share(Share(wad: 1) ... .whole)
    }
    tail = TailPlan(o, aversion: 0)
    shortfall = o.optional("shortfall", "most that it bears to lose in the worst epochs, of its worth") {
      $0.share()
    }
    yield = o.optional("yield", "least that it wants in a year after expected losses") {
      $0.share(.zero ... .percent(1_000))
    }
    gain = o.value("gain", "how much better a year another issuer must be for it to move", or: .zero) {
      $0.share(.zero ... .percent(1_000))
    }
    attention = o.value("attention", "of them, those who look in an epoch", or: .whole) {
      $0.share(Share(wad: 1) ... .whole)
    }
    assets = o.value("assets", "assets that it holds; absent: any", or: []) { v in
      v.list(1...1_000) { $0.string() }
    }
    avoids = o.value("avoids", "services that may not be able to slash what it has", or: []) { v in
      v.list(1...65_535) { $0.string() }
    }
    let plan = self
    o.afterwards("assets") { scenario in
      guard let wrong = plan.assets.first(where: { name in !scenario.assets.contains { $0.name == name } })
      else { return nil }
      return
        "there is no asset '\(clip(wrong))'; assets: \(scenario.assets.map(\.name).joined(separator: ", "))"
    }
    o.afterwards("avoids") { scenario in
      guard
        let wrong = plan.avoids.first(where: { name in !scenario.services.contains { $0.name == name } })
      else { return nil }
      return "there is no service '\(clip(wrong))'"
    }
  }
}

/// EIGEN that the protocol mints, divided by gauges.
public struct EmissionPlan: Sendable, Equatable, Codable {
  public struct Gauge: Sendable, Equatable, Codable {
    public var asset: String
    public var weight: Share
  }
  /// EIGEN.
  public var weekly: Double
  public var operators: Share
  public var gauges: [Gauge]

  init(_ o: ObjectReader) {
    weekly = o.value(
      "weekly", "EIGEN minted in a week; 1287420.514 in the programme's first year", or: 1_287_420.514
    ) {
      $0.number(0...1e12)
    }
    operators = o.value("operators", "to operators, before stakers (whole bips)", or: .percent(10)) {
      $0.wholeBips(.zero ... .whole)
    }
    gauges = o.list("gauges", "of each asset; together 100 %") { item in
      item.object { g in
        Gauge(
          asset: g.needed("asset", "write an asset's name", placeholder: "ETH") { $0.string() },
          weight: g.needed("weight", "write a share (whole bips)", placeholder: .whole) {
            $0.wholeBips(.zero ... .whole)
          })
      }
    }
    let plan = self
    if !o.isRecording {
      let sum = gauges.reduce(UInt64(0)) { $0 + UInt64($1.weight.bips) }
      if sum != 10_000 {
        o.mistake("gauges", "the weights add up to \(sum) bips; they must add up to 10000")
      }
      for (k, one) in gauges.enumerated() where gauges[..<k].contains(where: { $0.asset == one.asset }) {
        o.mistake("gauges", "asset '\(clip(one.asset))' is listed twice")
      }
    }
    o.afterwards("gauges") { scenario in
      guard
        let wrong = plan.gauges.first(where: { one in !scenario.assets.contains { $0.name == one.asset } })
      else { return nil }
      return
        "there is no asset '\(clip(wrong.asset))'; assets: \(scenario.assets.map(\.name).joined(separator: ", "))"
    }
  }
}
