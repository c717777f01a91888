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
      let value = try QuantityKind.duration.parse(text).value
      self.init(nanoseconds: try narrow(value, text))
    }
  }
}

extension TimeSpan: Codable {}

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
