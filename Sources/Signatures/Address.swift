// Ethereum addresses, as numbers that hash, compare and print as the chain's do.

/// An Ethereum address: the last 20 bytes of a Keccak-256 hash. Ordered as the number that its bytes are.
@frozen public struct Address: Hashable, Sendable, BitwiseCopyable {
  public var high: UInt32
  public var middle: UInt64
  public var low: UInt64

  public init(high: UInt32, middle: UInt64, low: UInt64) {
    self.high = high
    self.middle = middle
    self.low = low
  }

  /// The address that a hash ends in.
  public init(_ hash: Hash256) {
    high = UInt32(truncatingIfNeeded: hash.w1)
    middle = hash.w2
    low = hash.w3
  }

  /// From 20 bytes; nil for another length.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 20, let hash = Hash256(bytes: [UInt8](repeating: 0, count: 12) + bytes) else {
      return nil
    }
    self.init(hash)
  }

  public static let zero = Address(high: 0, middle: 0, low: 0)

  /// The 32-byte word that the ABI makes of it: twelve zeros, then the 20 bytes.
  public var word: Hash256 { Hash256(0, UInt64(high), middle, low) }

  /// The 20 bytes.
  public var bytes: [UInt8] { Array(word.bytes.dropFirst(12)) }
}

extension Address: Comparable {
  public static func < (a: Self, b: Self) -> Bool {
    (a.high, a.middle, a.low) < (b.high, b.middle, b.low)
  }
}

extension Address: CustomStringConvertible {
  /// `0x` and 40 hexadecimal digits, in lower case.
  public var description: String { "0x" + hexadecimal(bytes) }
}

extension Hash256: CustomStringConvertible {
  /// `0x` and 64 hexadecimal digits, in lower case.
  public var description: String { "0x" + hexadecimal(bytes) }
}

/// Two lower-case digits a byte.
public func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  let digits: [Character] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f"]
  var text = ""
  for byte in bytes {
    text.append(digits[Int(byte >> 4)])
    text.append(digits[Int(byte & 15)])
  }
  return text
}
