// Quantities in manifests: the text that scenario files write, so that a manifest reads like its scenario.

public import Basics

/// A quantity that reads back exactly what it writes.
protocol QuantityText: Codable, CustomStringConvertible {
  init(text: String) throws(QuantityError)
}

extension QuantityText {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    do {
      try self.init(text: text)
    } catch {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: error.reason)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

private func narrow(_ value: UInt128, _ text: String) throws(QuantityError) -> UInt64 {
  guard let small = UInt64(exactly: value) else {
    throw QuantityError(reason: "'\(clip(text))' is out of range")
  }
  return small
}

extension TimeSpan: QuantityText {
  init(text: String) throws(QuantityError) {
    if text == "forever" {
      self = .forever
    } else {
      var sum: UInt128 = 0
      for part in Self.parts(text) {
        sum += UInt128(try narrow(try QuantityKind.duration.parse(part).value, text))
      }
      self.init(nanoseconds: try narrow(sum, text))
    }
  }
}

extension TimeSpan: Codable {
  /// `1h30m` as `1h` and `30m`: a text is cut after each unit that another number follows, when the units fall.
  /// Anything else comes back whole, for `parse` to judge.
  private static func parts(_ text: String) -> [String] {
    let units = ["d", "h", "m", "s", "ms", "us", "ns"]
    var parts: [String] = []
    var part = ""
    for c in text {
      if c.isASCII, c.isNumber, part.last?.isLetter == true {
        parts.append(part)
        part = ""
      }
      part.append(c)
    }
    parts.append(part)
    let order = parts.map { part in units.firstIndex(of: String(part.drop { !$0.isLetter })) }
    guard parts.count > 1, parts.count < 8, order.allSatisfy({ $0 != nil }),
      zip(order, order.dropFirst()).allSatisfy({ $0! < $1! })
    else { return [text] }
    return parts
  }
}

extension ByteCount: QuantityText {
  init(text: String) throws(QuantityError) {
    self.init(try narrow(try QuantityKind.size.parse(text).value, text))
  }
}

extension BitRate: QuantityText {
  init(text: String) throws(QuantityError) {
    self.init(bitsPerSecond: try narrow(try QuantityKind.bandwidth.parse(text).value, text))
  }
}

extension Frequency: QuantityText {
  init(text: String) throws(QuantityError) {
    let value = try QuantityKind.frequency.parse(text).value
    // Whole microhertz: 3,600 base units each; 1/h is 277.78 of them and is taken to the nearest.
    self.init(microhertz: try narrow((value + 1_800) / 3_600, text))
  }
}

extension Ether: QuantityText {
  init(text: String) throws(QuantityError) { self.init(wei: try QuantityKind.stake.parse(text).value) }
}

extension Share: QuantityText {
  init(text: String) throws(QuantityError) {
    self.init(wad: try narrow(try QuantityKind.share.parse(text).value, text))
  }
}
