// What Solidity's `abi.encode` makes of values, for hashes that must equal the contracts'.
//
// Source: "Contract ABI Specification", formal specification of the encoding. Only what the modelled contracts hash is
// here: static words, byte strings, and arrays and tuples made of them.

public import BigInt
public import Signatures

/// A value with a place in the ABI.
public indirect enum ABIValue: Sendable, Equatable {
  /// Anything that fills one word: addresses, integers, hashes.
  case word(Hash256)
  /// `bytes` and `string`: length, then the bytes padded to whole words.
  case bytes([UInt8])
  /// An array of unknown length: its count, then its items as a tuple.
  case array([ABIValue])
  case tuple([ABIValue])

  public static func address(_ address: Address) -> ABIValue { .word(address.word) }
  public static func integer(_ value: BigUInt) -> ABIValue { .word(Hash256(value)) }
  public static func integer(_ value: UInt64) -> ABIValue { .word(Hash256(0, 0, 0, value)) }

  /// Whether the value's place holds an offset to it.
  private var isDynamic: Bool {
    switch self {
    case .word: false
    case .bytes, .array: true
    case .tuple(let items): items.contains(where: \.isDynamic)
    }
  }

  /// Bytes in its place.
  private var headBytes: Int {
    switch self {
    case .word, .bytes, .array: 32
    case .tuple(let items): isDynamic ? 32 : items.reduce(0) { $0 + $1.headBytes }
    }
  }

  private func append(to encoded: inout [UInt8]) {
    switch self {
    case .word(let word): encoded += word.bytes
    case .bytes(let bytes):
      ABIValue.integer(UInt64(bytes.count)).append(to: &encoded)
      encoded += bytes
      encoded += [UInt8](repeating: 0, count: (32 - bytes.count % 32) % 32)
    case .array(let items):
      ABIValue.integer(UInt64(items.count)).append(to: &encoded)
      encoded += abiEncode(items)
    case .tuple(let items): encoded += abiEncode(items)
    }
  }

  fileprivate static func encode(_ values: [ABIValue]) -> [UInt8] {
    var head: [UInt8] = []
    var tail: [UInt8] = []
    let headBytes = values.reduce(0) { $0 + $1.headBytes }
    for value in values {
      if value.isDynamic {
        ABIValue.integer(UInt64(headBytes + tail.count)).append(to: &head)
        value.append(to: &tail)
      } else {
        value.append(to: &head)
      }
    }
    return head + tail
  }
}

/// `abi.encode(values...)`.
public func abiEncode(_ values: [ABIValue]) -> [UInt8] { ABIValue.encode(values) }

extension BigUInt {
  /// One more than the largest `uint256`.
  public static let wordLimit = BigUInt(1) << 256
}

extension Hash256 {
  /// The word of a `uint256`. Traps above 256 bits.
  public init(_ value: BigUInt) {
    let words = value.words
    precondition(words.count <= 4, "\(value) does not fit a word")
    func word(_ k: Int) -> UInt64 { k < words.count ? UInt64(words[k]) : 0 }
    self.init(word(3), word(2), word(1), word(0))
  }

  public init(_ value: UInt128) {
    self.init(0, 0, UInt64(truncatingIfNeeded: value >> 64), UInt64(truncatingIfNeeded: value))
  }
}
