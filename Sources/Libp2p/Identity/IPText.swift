// Numeric IP addresses as text (RFC 791, RFC 4291, RFC 5952), without the system's resolver.

/// IPv4 and IPv6 addresses, text to bytes and back.
enum IPText {
  /// Four decimal numbers without leading zeroes.
  static func ip4(_ text: String) -> [UInt8]? {
    let words = text.split(separator: ".", omittingEmptySubsequences: false)
    guard words.count == 4 else { return nil }
    var bytes: [UInt8] = []
    for word in words {
      guard word.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
        word.count == 1 || word.first != "0", let byte = UInt8(word)
      else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  /// Eight groups of hexadecimal digits, one run of zero groups shortened to `::`, the last two perhaps as IPv4.
  static func ip6(_ text: String) -> [UInt8]? {
    guard text.utf8.count <= 45 else { return nil }
    let halves = text.split(separator: "::", omittingEmptySubsequences: false)
    guard halves.count <= 2, let front = groups(halves[0], mayEndInIP4: halves.count == 1) else { return nil }
    guard halves.count == 2 else { return front.count == 16 ? front : nil }
    guard let back = groups(halves[1], mayEndInIP4: true), front.count + back.count <= 14 else { return nil }
    return front + Array(repeating: 0, count: 16 - front.count - back.count) + back
  }

  private static func groups(_ text: Substring, mayEndInIP4: Bool) -> [UInt8]? {
    guard !text.isEmpty else { return [] }
    var bytes: [UInt8] = []
    let words = text.split(separator: ":", omittingEmptySubsequences: false)
    for (index, word) in words.enumerated() {
      if mayEndInIP4, index == words.count - 1, let tail = ip4(String(word)) {
        bytes += tail
        continue
      }
      guard (1...4).contains(word.count), word.allSatisfy(\.isHexDigit), let group = UInt16(word, radix: 16)
      else { return nil }
      bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
    }
    return bytes
  }

  /// RFC 5952's form of 16 bytes: lower case, the first longest run of zero groups shortened.
  static func text(_ bytes: [UInt8]) -> String {
    precondition(bytes.count == 16, "an IPv6 address has 16 bytes")
    let groups = (0..<8).map { UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]) }
    var best = 0..<0
    var start = 0
    while start < 8 {
      var end = start
      while end < 8, groups[end] == 0 { end += 1 }
      if end - start > max(best.count, 1) { best = start..<end }
      start = end + 1
    }
    let words = groups.map { String($0, radix: 16) }
    if best.isEmpty { return words.joined(separator: ":") }
    return words[..<best.lowerBound].joined(separator: ":") + "::"
      + words[best.upperBound...].joined(separator: ":")
  }
}
