// Quantities with units, as scenario files write them: `250ms`, `2KiB`, `20Mbit/s`, `32ETH`, `66.7%`. Exact decimal
// arithmetic: a value that its unit cannot hold exactly (a tenth of a nanosecond) is refused, never rounded.

import Basics

/// Bytes: `256B`, `2KiB`, `1MB`.
public struct ByteCount: Hashable, Comparable, Sendable {
  public var bytes: UInt64
  public init(_ bytes: UInt64) { self.bytes = bytes }
  public static func < (a: Self, b: Self) -> Bool { a.bytes < b.bytes }
}

/// Bits per second: `20Mbit/s`, `1Gbit/s`, `100kB/s`.
public struct BitRate: Hashable, Comparable, Sendable {
  public var bitsPerSecond: UInt64
  public init(bitsPerSecond: UInt64) { self.bitsPerSecond = bitsPerSecond }
  public static func < (a: Self, b: Self) -> Bool { a.bitsPerSecond < b.bitsPerSecond }
}

/// Events per second, in millionths of an event: `5/s`, `30/m`, `2.5/h`.
public struct Frequency: Hashable, Comparable, Sendable {
  /// Events in a million seconds.
  public var microhertz: UInt64
  public init(microhertz: UInt64) { self.microhertz = microhertz }
  public static func perSecond(_ n: UInt64) -> Self { Self(microhertz: n * 1_000_000) }
  public static func < (a: Self, b: Self) -> Bool { a.microhertz < b.microhertz }
  public var perSecond: Double { Double(microhertz) / 1e6 }
}

/// An amount of ETH (or of a token with 18 decimals), in wei.
public struct Ether: Hashable, Comparable, Sendable {
  public var wei: UInt128
  public init(wei: UInt128) { self.wei = wei }
  public static func eth(_ n: UInt64) -> Self { Self(wei: UInt128(n) * 1_000_000_000_000_000_000) }
  public static let zero = Ether(wei: 0)
  public static func < (a: Self, b: Self) -> Bool { a.wei < b.wei }
}

/// A part of a whole, `67%`, in units of 10^-18 (EigenLayer's WAD), so that thresholds are exact integers.
public struct Share: Hashable, Comparable, Sendable {
  public static let one: UInt64 = 1_000_000_000_000_000_000
  /// One ten-thousandth.
  public static let bip: UInt64 = one / 10_000
  public var wad: UInt64
  public init(wad: UInt64) { self.wad = wad }
  public static func percent(_ n: UInt64) -> Self { Self(wad: n * (one / 100)) }
  public static let zero = Share(wad: 0)
  public static let whole = Share(wad: one)
  public static func < (a: Self, b: Self) -> Bool { a.wad < b.wad }

  public var fraction: Double { Double(wad) / 1e18 }
  /// Ten-thousandths, rounded down: EigenLayer's `bips`.
  public var bips: Int { Int(wad / (Self.one / 10_000)) }
  /// The 64-bit number below which a uniform 64-bit hash falls with this probability; `.max` for the whole.
  public var threshold: UInt64 {
    wad >= Self.one ? .max : UInt64(truncatingIfNeeded: mulDiv(UInt128(wad), 1 << 64, UInt128(Self.one)))
  }
  /// This share of `n`, rounded half up.
  public func of(_ n: Int) -> Int {
    Int(mulDiv(UInt128(n), UInt128(wad), UInt128(Self.one)) * 1) + roundsUp(n)
  }

  private func roundsUp(_ n: Int) -> Int {
    let rest = (UInt128(n) * UInt128(wad)) % UInt128(Self.one)
    return rest * 2 >= UInt128(Self.one) ? 1 : 0
  }
}

/// Why a text is no quantity of the wanted kind.
struct QuantityError: Error, Equatable {
  /// What is wrong, as half a sentence; what is allowed follows from the kind.
  var reason: String
}

/// A kind of quantity: its units and how many base units each holds.
struct QuantityKind: Sendable {
  var noun: String
  /// Unit name, multiplier to the base unit.
  var units: [(String, UInt128)]
  var examples: String

  static let duration = QuantityKind(
    noun: "duration",
    units: [
      ("ns", 1), ("us", 1_000), ("µs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
      ("h", 3_600_000_000_000), ("d", 86_400_000_000_000),
    ], examples: "250ms, 12s, 3m, 2h, 14d")
  static let size = QuantityKind(
    noun: "size",
    units: [
      ("B", 1), ("kB", 1_000), ("KB", 1_000), ("KiB", 1 << 10), ("MB", 1_000_000), ("MiB", 1 << 20),
      ("GB", 1_000_000_000), ("GiB", 1 << 30),
    ], examples: "256B, 2KiB, 1MB")
  static let bandwidth = QuantityKind(
    noun: "bandwidth",
    units: [
      ("bit/s", 1), ("kbit/s", 1_000), ("Kbit/s", 1_000), ("Mbit/s", 1_000_000), ("Gbit/s", 1_000_000_000),
      ("B/s", 8), ("kB/s", 8_000), ("KB/s", 8_000), ("KiB/s", 8 << 10), ("MB/s", 8_000_000),
      ("MiB/s", 8 << 20),
      ("GB/s", 8_000_000_000),
    ], examples: "20Mbit/s, 1Gbit/s, 500kB/s")
  /// Base unit: an event in 3.6 * 10^9 seconds, so that hours and minutes come out whole.
  static let frequency = QuantityKind(
    noun: "rate", units: [("/s", 3_600_000_000), ("/m", 60_000_000), ("/h", 1_000_000)],
    examples: "5/s, 30/m, 100/h")
  static let stake = QuantityKind(
    noun: "stake",
    units: [
      ("wei", 1), ("gwei", 1_000_000_000), ("ETH", 1_000_000_000_000_000_000),
      ("stETH", 1_000_000_000_000_000_000), ("rETH", 1_000_000_000_000_000_000),
      ("cbETH", 1_000_000_000_000_000_000),
    ], examples: "32ETH, 1000stETH, 5gwei")
  static let share = QuantityKind(
    noun: "share", units: [("%", UInt128(Share.one / 100))], examples: "67%, 0.1%")

  /// The quantity in base units, and its unit's name.
  func parse(_ text: String) throws(QuantityError) -> (value: UInt128, unit: String) {
    let bytes = Array(text.utf8)
    var i = 0
    let negative = bytes.first == UInt8(ascii: "-")
    if negative || bytes.first == UInt8(ascii: "+") { i = 1 }
    var mantissa: UInt128 = 0
    var digits = 0
    var decimals = 0
    var dot = false
    while i < bytes.count {
      let c = bytes[i]
      if c >= 48 && c <= 57 {
        if digits >= 30 { throw QuantityError(reason: "'\(clip(text))' has too many digits") }
        mantissa = mantissa * 10 + UInt128(c - 48)
        digits += 1
        if dot { decimals += 1 }
      } else if c == UInt8(ascii: "_") && digits > 0 && !dot {
        // Digit groups: 4_500_000ETH.
      } else if c == UInt8(ascii: ".") && !dot && digits > 0 {
        dot = true
      } else {
        break
      }
      i += 1
    }
    guard digits > 0, !(dot && decimals == 0) else {
      throw QuantityError(reason: "'\(clip(text))' is not a \(noun)")
    }
    while i < bytes.count && bytes[i] == 32 { i += 1 }
    let unit = String(decoding: bytes[i...], as: UTF8.self)
    if unit.isEmpty {
      throw QuantityError(reason: "'\(clip(text))' has no unit")
    }
    guard let factor = units.first(where: { $0.0 == unit })?.1 else {
      throw QuantityError(reason: "'\(clip(unit))' is not a unit of a \(noun)")
    }
    if negative && mantissa > 0 { throw QuantityError(reason: "'\(clip(text))' is negative") }
    var scale: UInt128 = 1
    for _ in 0..<decimals { scale *= 10 }
    let (product, overflow) = mantissa.multipliedReportingOverflow(by: factor)
    if overflow { throw QuantityError(reason: "'\(clip(text))' is out of range") }
    guard product % scale == 0 else {
      throw QuantityError(reason: "'\(clip(text))' is finer than a \(noun) can be")
    }
    return (product / scale, unit)
  }

  /// "units ns, us, ...: 250ms, 12s".
  var allowed: String { "write a \(noun) such as \(examples)" }

  /// A regular expression of what `parse` accepts, for the JSON Schema.
  var pattern: String {
    if noun == "duration" {
      let parts = ["d", "h", "m", "s", "ms", "[uµ]s", "ns"].map { "([0-9][0-9_]*(\\.[0-9]+)? *\($0))?" }
      return "^[+]?(?=[0-9])" + parts.joined() + "$"
    }
    let names = units.map { $0.0 }.sorted { $0.count > $1.count }
    return "^[+]?[0-9][0-9_]*(\\.[0-9]+)? *(" + names.joined(separator: "|") + ")$"
  }
}

/// At most 40 characters of a text from a file, without control characters, for a message.
func clip(_ text: String) -> String {
  var out = ""
  for scalar in text.unicodeScalars.prefix(41) {
    if out.unicodeScalars.count == 40 { return out + "..." }
    out.unicodeScalars.append(scalar.value < 32 || scalar.value == 127 ? "?" : scalar)
  }
  return out
}

// MARK: - Written form

/// Decimal text of `value / 10^decimals` without trailing zeros.
func decimalText(_ value: UInt128, decimals: Int) -> String {
  var scale: UInt128 = 1
  for _ in 0..<decimals { scale *= 10 }
  let rest = value % scale
  if rest == 0 { return "\(value / scale)" }
  var fraction = String(rest)
  fraction = String(repeating: "0", count: decimals - fraction.count) + fraction
  while fraction.hasSuffix("0") { fraction.removeLast() }
  return "\(value / scale).\(fraction)"
}

extension ByteCount: CustomStringConvertible {
  public var description: String {
    for (unit, size) in [("GiB", UInt64(1) << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
    where bytes >= size && bytes % size == 0 {
      return "\(bytes / size)\(unit)"
    }
    return "\(bytes)B"
  }
}

extension BitRate: CustomStringConvertible {
  public var description: String {
    for (unit, size) in [("Gbit/s", UInt64(1_000_000_000)), ("Mbit/s", 1_000_000), ("kbit/s", 1_000)]
    where bitsPerSecond >= size && bitsPerSecond % size == 0 {
      return "\(bitsPerSecond / size)\(unit)"
    }
    return "\(bitsPerSecond)bit/s"
  }
}

extension Frequency: CustomStringConvertible {
  public var description: String { decimalText(UInt128(microhertz), decimals: 6) + "/s" }
}

extension Ether: CustomStringConvertible {
  public var description: String { decimalText(wei, decimals: 18) + "ETH" }
}

extension Share: CustomStringConvertible {
  public var description: String { decimalText(UInt128(wad), decimals: 16) + "%" }
}
