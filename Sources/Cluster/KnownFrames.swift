// Most frames are copies of one that came before, over another link: with a mesh of eight, seven of eight. A frame whose
// bytes were read lately is recognised by them, and neither parsed nor hashed with SHA-256 again. That changes nothing but
// the time it takes: the comparison is of all bytes, and what is not found is read as if nothing were known.

internal import Basics
internal import Gossip

/// Frames that hold one message and nothing else, and which message that is.
struct KnownFrames: ~Copyable {
  /// Places: as many frames are known at most.
  static let places = 8_192
  /// Longer frames are not kept.
  static let frameBytesMaximum = 4_096

  struct Entry: BitwiseCopyable {
    var hash: UInt64
    var message: MessageHandle
  }

  private let entries = Table(
    repeating: Entry(hash: 0, message: MessageHandle(rawValue: .max)), count: places)
  private var frames: [[UInt8]] = Array(repeating: [], count: places)
  /// Drawn at the start, so that nobody outside can make frames meet in one place.
  private let seed: UInt64
  private(set) var found: UInt64 = 0

  init() { seed = SystemRandomNumberGenerator().drawn }

  /// The hash by which a frame is looked up.
  func hash(_ frame: Span<UInt8>) -> UInt64 {
    let bytes = unsafe frame.bytes
    var state = seed ^ UInt64(bytes.byteCount)
    var position = 0
    while position &+ 8 <= bytes.byteCount {
      let word = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)
      let product = (state ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
      state = product.high ^ product.low
      position &+= 8
    }
    while position < bytes.byteCount {
      state = (state ^ UInt64(frame[position])) &* 0x0000_0100_0000_01B3
      position &+= 1
    }
    return mix(state)
  }

  /// The message of a frame with exactly these bytes; it may have been forgotten since.
  mutating func message(_ frame: Span<UInt8>, hash: UInt64) -> MessageHandle? {
    let place = Int(truncatingIfNeeded: hash) & (Self.places - 1)
    guard entries[place].hash == hash else { return nil }
    let kept = frames[place]
    guard unsafe Self.isEqual(kept.span.bytes, frame.bytes) else { return nil }
    found &+= 1
    return entries[place].message
  }

  mutating func remember(_ frame: Span<UInt8>, hash: UInt64, _ message: MessageHandle) {
    guard frame.count <= Self.frameBytesMaximum else { return }
    let place = Int(truncatingIfNeeded: hash) & (Self.places - 1)
    entries[place] = Entry(hash: hash, message: message)
    frames[place].removeAll(keepingCapacity: true)
    frames[place].append(addingCapacity: frame.count) { $0.append(bytes: frame) }
  }

  private static func isEqual(_ a: RawSpan, _ b: RawSpan) -> Bool {
    guard a.byteCount == b.byteCount else { return false }
    var position = 0
    while position &+ 8 <= a.byteCount {
      let x = unsafe a.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)
      let y = unsafe b.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)
      if x != y { return false }
      position &+= 8
    }
    while position < a.byteCount {
      let x = unsafe a.unsafeLoad(fromByteOffset: position, as: UInt8.self)
      let y = unsafe b.unsafeLoad(fromByteOffset: position, as: UInt8.self)
      if x != y { return false }
      position &+= 1
    }
    return true
  }
}

extension SystemRandomNumberGenerator {
  fileprivate var drawn: UInt64 {
    var copy = self
    return copy.next()
  }
}
