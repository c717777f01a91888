// Base58 with Bitcoin's alphabet, in which peer ids are written.

/// Base58btc text of bytes, and back.
enum Base58 {
  private static let alphabet = Array("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".utf8)
  /// By character: its value, or 255.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 128)
    for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
    return values
  }()

  /// The text. Cost: quadratic in the length; meant for the few dozen bytes of an id.
  static func text(_ bytes: [UInt8]) -> String {
    var digits: [UInt8] = []
    for byte in bytes {
      var carry = Int(byte)
      for k in digits.indices {
        carry += Int(digits[k]) << 8
        digits[k] = UInt8(carry % 58)
        carry /= 58
      }
      while carry > 0 {
        digits.append(UInt8(carry % 58))
        carry /= 58
      }
    }
    let zeroes = bytes.prefix { $0 == 0 }.count
    let characters =
      Array(repeating: alphabet[0], count: zeroes) + digits.reversed().map { alphabet[Int($0)] }
    return String(decoding: characters, as: UTF8.self)
  }

  /// The bytes of a text of at most `most` characters; nil when it is longer or has a character outside the alphabet.
  static func bytes(_ text: String, most: Int) -> [UInt8]? {
    let characters = Array(text.utf8)
    guard characters.count <= most else { return nil }
    var bytes: [UInt8] = []
    for character in characters {
      guard character < 128, values[Int(character)] != 255 else { return nil }
      var carry = Int(values[Int(character)])
      for k in bytes.indices {
        carry += Int(bytes[k]) * 58
        bytes[k] = UInt8(truncatingIfNeeded: carry)
        carry >>= 8
      }
      while carry > 0 {
        bytes.append(UInt8(truncatingIfNeeded: carry))
        carry >>= 8
      }
    }
    let zeroes = characters.prefix { $0 == alphabet[0] }.count
    return Array(repeating: 0, count: zeroes) + bytes.reversed()
  }
}
