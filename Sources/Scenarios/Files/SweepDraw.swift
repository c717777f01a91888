// Values that a sweep draws at random: so many points, each key of each by a law. A draw is a pure function of (seed, key,
// number of the point): more points leave the first as they were, so that what ran is known, and another key changes no value.

import Basics

/// The `draw:` of a sweep file.
public struct SweepDraw: Sendable, Equatable, Codable {
  /// Points.
  public var count: Int
  /// Of the draws, not of the runs.
  public var seed: UInt64
  public struct Value: Sendable, Equatable, Codable {
    public var key: String
    public var law: Law
  }
  public var values: [Value]

  public enum Law: Sendable, Equatable, Codable {
    /// Every value between the ends is as likely.
    case uniform(DrawRange)
    /// Every factor is as likely: as many below as above the ends' geometric mean.
    case logUniform(DrawRange)
    /// Each of these, as likely.
    case oneOf([String])
  }

  static let countMaximum = 100_000

  /// The points, in order.
  var points: [SweepPoint] {
    (0..<count).map { number in
      SweepPoint(
        values: values.map { value in
          var name: UInt64 = 0xCBF2_9CE4_8422_2325
          for byte in value.key.utf8 { name = (name ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
          let bits = HashRandom(seed: seed, .sampling).bits(name, UInt64(number))
          return SweepValue(key: value.key, value: value.law.text(bits))
        })
    }
  }
}

extension SweepDraw.Law {
  /// The value that a uniform hash stands for.
  func text(_ bits: UInt64) -> String {
    switch self {
    case .uniform(let range): range.text(range.low + (range.span - range.low) * unit(bits))
    case .logUniform(let range):
      range.text(range.low * PortableMath.exp(PortableMath.log(range.span / range.low) * unit(bits)))
    case .oneOf(let texts): texts[Int(scale(bits, UInt64(texts.count)))]
    }
  }

  /// What has to be possible for all draws to be: the ends, or every choice.
  var extremes: [String] {
    switch self {
    case .uniform(let range), .logUniform(let range): [range.minimum, range.maximum]
    case .oneOf(let texts): texts
    }
  }
}

/// Two ends of one kind of quantity, with what is drawn between them as a text in the unit of the lower one.
public struct DrawRange: Sendable, Equatable, Codable {
  /// As written.
  public var minimum: String
  public var maximum: String
  /// The lower end's unit; empty for plain numbers.
  var unit: String
  /// In that unit.
  var low: Double
  var high: Double
  /// Whole numbers only.
  var isWhole: Bool
  /// Most decimals that the unit can hold.
  var decimals: Int

  /// Where draws end: whole numbers are cut off, so that the last is as likely as the others.
  var span: Double { isWhole ? high + 1 : high }

  private static let kinds: [QuantityKind] = [.duration, .share, .size, .bandwidth, .frequency, .stake]

  /// Four significant digits, or the end that they would step over.
  func text(_ value: Double) -> String {
    if isWhole {
      let down = value.rounded(.down)
      return "\(Int64(min(max(down, low), high)))\(unit)"
    }
    if value <= low { return minimum }
    if value >= high { return maximum }
    var scaled = abs(value)
    var places = 0
    while scaled < 1_000, places < decimals {
      scaled *= 10
      places += 1
    }
    var coarse: UInt64 = 1
    while scaled >= 10_000 {
      scaled /= 10
      coarse *= 10
    }
    let digits = UInt128(UInt64(scaled + 0.5)) * UInt128(coarse)
    let text = decimalText(digits, decimals: places)
    let rounded = (Double(text) ?? 0) * (value < 0 ? -1 : 1)
    if rounded < low { return minimum }
    if rounded > high { return maximum }
    return (value < 0 && digits > 0 ? "-" : "") + text + unit
  }

  init(minimum: String, maximum: String) throws(QuantityError) {
    self.minimum = minimum
    self.maximum = maximum
    unit = ""
    decimals = 12
    isWhole = false
    if let low = Double(minimum), let high = Double(maximum), low.isFinite, high.isFinite {
      (self.low, self.high) = (low, high)
      isWhole = !minimum.contains(".") && !maximum.contains(".")
      guard abs(low) < 1e15, abs(high) < 1e15 else { throw QuantityError(reason: "is out of range") }
    } else {
      guard
        let kind = Self.kinds.first(where: {
          (try? $0.parse(minimum)) != nil && (try? $0.parse(maximum)) != nil
        })
      else {
        throw QuantityError(
          reason:
            "'\(clip(minimum))' and '\(clip(maximum))' are not two numbers, or two quantities of one kind")
      }
      let (least, most) = (try kind.parse(minimum), try kind.parse(maximum))
      let factor = kind.units.first { $0.0 == least.unit }?.1 ?? 1
      unit = least.unit
      low = Double(least.value) / Double(factor)
      high = Double(most.value) / Double(factor)
      decimals = 0
      var power: UInt128 = 10
      while decimals < 12, factor % power == 0 {
        decimals += 1
        power *= 10
      }
      isWhole = decimals == 0
    }
    guard low < high else {
      throw QuantityError(reason: "min, \(clip(minimum)), is not below max, \(clip(maximum))")
    }
  }
}

extension SweepDraw {
  init(_ o: ObjectReader) {
    count = o.needed("count", "write how many points are drawn", placeholder: 1) {
      $0.integer(1...Self.countMaximum)
    }
    seed = o.value("seed", "of the draws of values; every point runs with each of the sweep's seeds", or: 1) {
      $0.seed()
    }
    values = o.object(
      "values", "by key path: {uniform: {min, max}}, {logUniform: {min, max}} or {oneOf: [...]}"
    ) { v in
      v.others("how the value of this key path of the scenario is drawn") { key, value in
        Law.read(value).map { Value(key: key, law: $0) }
      }.map(\.1)
    }
    if values.isEmpty, !o.isRecording, o.reading.mistakes.isEmpty {
      o.mistake("values", "names nothing to draw; write {KEY.PATH: {uniform: {min, max}}}")
    }
  }
}

extension SweepDraw.Law {
  static func read(_ value: ValueReader) -> Self? {
    value.object { o in
      o.exactlyOne(
        "law",
        [
          .init("uniform", "every value between the ends is as likely") { v in
            range(v, isLogarithmic: false).map { .uniform($0) }
          },
          .init("logUniform", "every factor between the ends is as likely") { v in
            range(v, isLogarithmic: true).map { .logUniform($0) }
          },
          .init("oneOf", "each of these is as likely") { v in
            v.list(1...10_000) { $0.written() }.map { .oneOf($0) }
          },
        ])
    } ?? nil
  }

  private static func range(_ value: ValueReader, isLogarithmic: Bool) -> DrawRange? {
    value.object { o -> DrawRange? in
      let about = "a number, or a quantity with its unit, such as 5% or 250ms"
      let low = o.needed("min", "write \(about)", placeholder: "0") { $0.written() }
      let high = o.needed("max", "write \(about)", placeholder: "1") { $0.written() }
      guard !o.isRecording, o.has("min"), o.has("max") else { return nil }
      do throws(QuantityError) {
        let range = try DrawRange(minimum: low, maximum: high)
        if isLogarithmic, range.low <= 0 {
          o.mistake("min", "the logarithm of \(clip(low)) does not exist; write more than 0, or uniform")
          return nil
        }
        return range
      } catch {
        o.mistake("min", error.reason)
        return nil
      }
    } ?? nil
  }
}
