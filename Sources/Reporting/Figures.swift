// Numbers for people: few digits, a unit, never more certain than they are. One way throughout the terminal and the report.

import Foundation

/// Formats of figures. Where nothing is known, all give a dash.
enum Figures {
  static let unknown = "–"

  /// `1,234,567`.
  static func count(_ value: Double?) -> String {
    guard let value, value.isFinite else { return unknown }
    if abs(value) >= 1e15 { return significant(value, 3) }
    return grouped(String(Int64(value.rounded())))
  }

  /// The same for amounts that no `Double` holds.
  static func count(_ value: UInt128) -> String { grouped(String(value)) }

  /// A count in at most 12 columns: `1,234,567,890`, then `12,345.7 M`.
  static func compactCount(_ value: Double?) -> String {
    let text = count(value)
    guard text.count > 12, let value else { return text }
    return value < 1e12 ? significant(value / 1e6, 6) + " M" : significant(value / 1e12, 4) + " T"
  }

  /// `invalid_result` as `invalid result`.
  static func words(_ name: String) -> String { name.replacing("_", with: " ") }

  /// `99.65 %`. Cut off, not rounded: what is below 100 % never reads as 100 %. Above zero never reads as zero.
  static func percent(_ share: Double?) -> String {
    guard let share, share.isFinite else { return unknown }
    let hundredths = (share * 10_000 + 1e-9).rounded(.down)
    if hundredths == 0 && share > 0 { return "< 0.01 %" }
    return trimmed(fixed(hundredths / 100, 2)) + " %"
  }

  /// Milliseconds as `0.42 ms`, `82 ms`, `1.24 s`, `3 min 20 s`, `2.1 d`.
  static func milliseconds(_ value: Double?) -> String { seconds(value.map { $0 / 1_000 }) }

  /// Seconds in the unit that suits them.
  static func seconds(_ value: Double?) -> String {
    guard let value, value.isFinite else { return unknown }
    let size = abs(value)
    if size == 0 { return "0 s" }
    if size < 0.001 { return significant(value * 1e6, 3) + " µs" }
    if size < 0.9995 { return significant(value * 1_000, 3) + " ms" }
    if size < 120 { return significant(value, 3) + " s" }
    if size < 7_200 {
      let whole = Int(size.rounded())
      let tail = whole % 60 == 0 ? "" : " \(whole % 60) s"
      return (value < 0 ? "-" : "") + "\(whole / 60) min\(tail)"
    }
    if size < 172_800 { return significant(value / 3_600, 3) + " h" }
    return significant(value / 86_400, 3) + " d"
  }

  /// `12.3/s`, `4,560/s`.
  static func rate(_ perSecond: Double?) -> String {
    guard let perSecond, perSecond.isFinite else { return unknown }
    return significant(perSecond, 3) + "/s"
  }

  /// `1.5 MB`, decimal units.
  static func bytes(_ value: Double?) -> String {
    guard let value, value.isFinite else { return unknown }
    var scaled = value
    for unit in ["B", "kB", "MB", "GB", "TB"] {
      if abs(scaled) < 999.5 { return significant(scaled, 3) + " " + unit }
      scaled /= 1_000
    }
    return significant(scaled, 3) + " PB"
  }

  /// Wei as `32 ETH`, `0.0012 ETH`, `15 gwei`, `17 wei`: the unit in which there is something before the point.
  static func wei(_ amount: UInt128?) -> String {
    guard let amount else { return unknown }
    if amount == 0 { return "0 ETH" }
    let value = Double(amount)
    if value >= 1e14 {
      let ether = value / 1e18
      return (ether >= 100 ? grouped(trimmed(fixed(ether, ether >= 10_000 ? 0 : 1))) : significant(ether, 4))
        + " ETH"
    }
    if value >= 1e7 { return significant(value / 1e9, 4) + " gwei" }
    return grouped(String(amount)) + " wei"
  }

  /// Tokens of 18 decimals, without a unit.
  static func tokens(_ amount: UInt128?) -> String {
    guard let amount else { return unknown }
    return significant(Double(amount) / 1e18, 6)
  }

  /// Five decimals: `1.02103`.
  static func precise(_ value: Double?) -> String {
    guard let value, value.isFinite else { return unknown }
    return fixed(value, 5)
  }

  /// `0.983`. Cut off, not rounded: what is below one never reads as one.
  static func ratio(_ value: Double?) -> String {
    guard let value, value.isFinite else { return unknown }
    return trimmed(fixed((value * 1_000 + 1e-9).rounded(.down) / 1_000, 3))
  }

  /// `digits` significant digits, grouped by thousands, without trailing zeros.
  static func significant(_ value: Double, _ digits: Int) -> String {
    guard value != 0 else { return "0" }
    let exponent = Int(log10(abs(value)).rounded(.down))
    return grouped(trimmed(fixed(value, max(0, digits - 1 - exponent))))
  }

  private static func fixed(_ value: Double, _ decimals: Int) -> String {
    String(format: "%.\(min(decimals, 18))f", value)
  }

  private static func trimmed(_ text: String) -> String {
    guard text.contains(".") else { return text }
    var text = Substring(text)
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return String(text)
  }

  private static func grouped(_ text: String) -> String {
    let parts = text.split(separator: ".", maxSplits: 1)
    let sign = parts[0].hasPrefix("-") ? "-" : ""
    let digits = parts[0].dropFirst(sign.count)
    var out = ""
    for (k, digit) in digits.enumerated() {
      if k > 0 && (digits.count - k) % 3 == 0 { out += "," }
      out.append(digit)
    }
    let whole = sign + out
    return parts.count == 2 ? whole + "." + parts[1] : whole
  }
}

extension JSONValue {
  /// An amount of wei or shares, if this is a decimal string.
  var amount: UInt128? { string.flatMap { UInt128($0) } }
}
