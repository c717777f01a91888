// Reads JSON (RFC 8259). Our own, because the system's decoder does not say on Linux where a text ceases to be JSON.

/// A cursor over the bytes of a document.
struct JSONText {
  private let bytes: [UInt8]
  private var position = 0
  /// Nesting of arrays and objects; deeper documents are refused.
  private static let depthMaximum = 256

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  static func parse(_ bytes: [UInt8]) throws(MalformedVector) -> JSONValue {
    var text = JSONText(bytes)
    let value = try text.value(depth: 0)
    text.skipSpace()
    if text.position < bytes.count { throw text.wrong("the document is over") }
    return value
  }

  private func wrong(_ wanted: String) -> MalformedVector {
    let before = bytes[..<position]
    let line = before.count { $0 == 10 } + 1
    let column = before.count - (before.lastIndex(of: 10).map { $0 + 1 } ?? 0) + 1
    let found = position < bytes.count ? "'\(Character(UnicodeScalar(bytes[position])))'" : "the end"
    return MalformedVector(place: "\(line):\(column)", reason: "is not JSON: found \(found) where \(wanted)")
  }

  private mutating func skipSpace() {
    while position < bytes.count, [32, 9, 10, 13].contains(bytes[position]) { position += 1 }
  }

  /// The next byte after spaces, or zero at the end.
  private mutating func peek() -> UInt8 {
    skipSpace()
    return position < bytes.count ? bytes[position] : 0
  }

  private mutating func take(_ byte: Character, _ wanted: String) throws(MalformedVector) {
    guard peek() == byte.asciiValue else { throw wrong(wanted) }
    position += 1
  }

  private mutating func value(depth: Int) throws(MalformedVector) -> JSONValue {
    if depth > Self.depthMaximum { throw wrong("at most \(Self.depthMaximum) levels are allowed") }
    switch peek() {
    case UInt8(ascii: "{"): return try object(depth)
    case UInt8(ascii: "["): return try array(depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ text: String, _ value: JSONValue) throws(MalformedVector) -> JSONValue {
    guard bytes[position...].starts(with: text.utf8) else { throw wrong("a value belongs") }
    position += text.utf8.count
    return value
  }

  private mutating func object(_ depth: Int) throws(MalformedVector) -> JSONValue {
    position += 1
    var members: [String: JSONValue] = [:]
    if peek() == UInt8(ascii: "}") {
      position += 1
      return .object(members)
    }
    while true {
      guard peek() == UInt8(ascii: "\"") else { throw wrong("a key belongs") }
      let key = try string()
      try take(":", "a colon belongs")
      members[key] = try value(depth: depth + 1)
      if peek() == UInt8(ascii: ",") {
        position += 1
      } else {
        try take("}", "a comma or the end of the object belongs")
        return .object(members)
      }
    }
  }

  private mutating func array(_ depth: Int) throws(MalformedVector) -> JSONValue {
    position += 1
    var items: [JSONValue] = []
    if peek() == UInt8(ascii: "]") {
      position += 1
      return .array(items)
    }
    while true {
      items.append(try value(depth: depth + 1))
      if peek() == UInt8(ascii: ",") {
        position += 1
      } else {
        try take("]", "a comma or the end of the array belongs")
        return .array(items)
      }
    }
  }

  private mutating func string() throws(MalformedVector) -> String {
    position += 1
    var content: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: content, as: UTF8.self) else { throw wrong("UTF-8 belongs") }
        position += 1
        return text
      case UInt8(ascii: "\\"): content += try escape()
      case 0..<32: throw wrong("no control character is allowed")
      default:
        content.append(byte)
        position += 1
      }
    }
    throw wrong("the end of a string belongs")
  }

  /// The bytes of an escape sequence.
  private mutating func escape() throws(MalformedVector) -> [UInt8] {
    position += 1
    guard position < bytes.count else { throw wrong("an escape sequence belongs") }
    let byte = bytes[position]
    let plain: [UInt8: UInt8] = [
      UInt8(ascii: "\""): 34, UInt8(ascii: "\\"): 92, UInt8(ascii: "/"): 47, UInt8(ascii: "b"): 8,
      UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
    ]
    if let one = plain[byte] {
      position += 1
      return [one]
    }
    guard byte == UInt8(ascii: "u") else { throw wrong("an escape sequence belongs") }
    var unit = try codeUnit()
    if (0xD800..<0xDC00).contains(unit) {
      guard bytes[position...].starts(with: "\\u".utf8) else { throw wrong("a second surrogate belongs") }
      position += 1
      let low = try codeUnit()
      guard (0xDC00..<0xE000).contains(low) else { throw wrong("a second surrogate belongs") }
      unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = UnicodeScalar(unit) else { throw wrong("no lone surrogate is allowed") }
    return Array(String(Character(scalar)).utf8)
  }

  /// Four hexadecimal digits after the `u` at the cursor.
  private mutating func codeUnit() throws(MalformedVector) -> UInt32 {
    position += 1
    let digits = bytes[position...].prefix(4)
    guard digits.count == 4, let text = String(validating: digits, as: UTF8.self),
      text.allSatisfy(\.isHexDigit), let unit = UInt32(text, radix: 16)
    else { throw wrong("four hexadecimal digits belong") }
    position += 4
    return unit
  }

  private mutating func number() throws(MalformedVector) -> JSONValue {
    let start = position
    func isDigit(_ k: Int) -> Bool { k < bytes.count && bytes[k] >= 48 && bytes[k] <= 57 }
    func byte(_ k: Int) -> UInt8 { k < bytes.count ? bytes[k] : 0 }
    var end = position
    if byte(end) == UInt8(ascii: "-") { end += 1 }
    guard isDigit(end) else { throw wrong("a value belongs") }
    if byte(end) == 48, isDigit(end + 1) { throw wrong("no leading zero is allowed") }
    while isDigit(end) { end += 1 }
    var isInteger = true
    if byte(end) == UInt8(ascii: "."), isDigit(end + 1) {
      isInteger = false
      end += 1
      while isDigit(end) { end += 1 }
    }
    if byte(end) | 32 == UInt8(ascii: "e") {
      let signed = byte(end + 1) == UInt8(ascii: "+") || byte(end + 1) == UInt8(ascii: "-")
      if isDigit(end + (signed ? 2 : 1)) {
        isInteger = false
        end += signed ? 2 : 1
        while isDigit(end) { end += 1 }
      }
    }
    position = end
    let text = String(decoding: bytes[start..<end], as: UTF8.self)
    if isInteger, let integer = Int64(text) { return .integer(integer) }
    guard let number = Double(text) else { throw wrong("a number belongs") }
    return .number(number)
  }
}
