// A place in a document of vectors: what is read there has the wanted shape, or the reader says where it has not.

public import BigInt
public import Signatures

/// A document does not have the documented shape.
public struct MalformedVector: Error, Sendable, Equatable, CustomStringConvertible {
  /// Path of keys and indices: `steps[3].args.amount`; for text that is no JSON, line and column.
  public var place: String
  /// What is wrong, and what is allowed.
  public var reason: String
  public var description: String { place.isEmpty ? reason : "\(place): \(reason)" }
}

/// A value and the path to it.
public struct VectorField: Sendable {
  public let value: JSONValue
  public let place: String

  public init(_ document: JSONValue) {
    value = document
    place = ""
  }
  private init(_ value: JSONValue, _ place: String) {
    self.value = value
    self.place = place
  }

  /// The member of that name; null when there is none.
  public subscript(key: String) -> VectorField {
    VectorField(value[key], place.isEmpty ? key : "\(place).\(key)")
  }

  public var isMissing: Bool { value == .null }
  /// Nil when it is missing.
  public var ifPresent: VectorField? { isMissing ? nil : self }

  func wrong(_ allowed: String) -> MalformedVector {
    MalformedVector(place: place, reason: isMissing ? "is missing; \(allowed)" : "is \(excerpt); \(allowed)")
  }

  private var excerpt: String {
    let text = value.description
    return text.count > 60 ? text.prefix(57) + "..." : text
  }

  public func text() throws(MalformedVector) -> String {
    guard let text = value.text else { throw wrong("a string belongs here") }
    return text
  }

  public func bool() throws(MalformedVector) -> Bool {
    guard case .bool(let flag) = value else { throw wrong("true or false belongs here") }
    return flag
  }

  public func items() throws(MalformedVector) -> [VectorField] {
    guard case .array(let items) = value else { throw wrong("an array belongs here") }
    return items.enumerated().map { VectorField($0.element, "\(place)[\($0.offset)]") }
  }

  /// Members by name, ascending.
  public func members() throws(MalformedVector) -> [(key: String, field: VectorField)] {
    guard case .object(let members) = value else { throw wrong("an object belongs here") }
    return members.keys.sorted().map { ($0, self[$0]) }
  }

  // MARK: - Numbers

  /// A non-negative integer of up to 256 bits, as a decimal string or a number.
  public func integer() throws(MalformedVector) -> BigUInt {
    let found: BigUInt? =
      switch value {
      case .string(let text):
        text.utf8.allSatisfy { $0 >= 48 && $0 <= 57 } && !text.isEmpty ? BigUInt(text) : nil
      case .integer(let number): BigUInt(exactly: number)
      default: nil
      }
    guard let found, found.bitWidth <= 256 else {
      throw wrong("a non-negative integer of at most 256 bits belongs here")
    }
    return found
  }

  /// An integer of at most `T`'s range.
  public func number<T: FixedWidthInteger & UnsignedInteger>(_: T.Type) throws(MalformedVector) -> T {
    // Short ones need no big integer.
    if let amount = value.amount, let short = T(exactly: amount) { return short }
    guard let number = T(exactly: try integer()) else { throw wrong("at most \(T.max) is allowed here") }
    return number
  }

  public func amount() throws(MalformedVector) -> UInt128 { try number(UInt128.self) }

  /// An amount of up to 256 bits, cut at 128: no balance reaches that, so it is refused for the same reasons.
  public func saturated() throws(MalformedVector) -> UInt128 {
    if let amount = value.amount { return amount }
    return UInt128(exactly: try integer()) ?? .max
  }

  // MARK: - Bytes

  /// `0x` and two hexadecimal digits a byte.
  public func bytes() throws(MalformedVector) -> [UInt8] {
    guard let text = value.text, text.hasPrefix("0x"), text.utf8.count % 2 == 0 else {
      throw wrong("0x and pairs of hexadecimal digits belong here")
    }
    var bytes: [UInt8] = []
    var high: UInt8?
    for character in text.dropFirst(2) {
      guard let digit = character.hexDigitValue else {
        throw wrong("0x and pairs of hexadecimal digits belong here")
      }
      if let first = high {
        bytes.append(first << 4 | UInt8(digit))
        high = nil
      } else {
        high = UInt8(digit)
      }
    }
    return bytes
  }

  public func hash() throws(MalformedVector) -> Hash256 {
    guard let hash = Hash256(bytes: try bytes()) else { throw wrong("32 bytes belong here") }
    return hash
  }

  public func address() throws(MalformedVector) -> Address {
    guard let address = Address(bytes: try bytes()) else { throw wrong("20 bytes belong here") }
    return address
  }
}
