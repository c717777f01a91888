import Basics
import Libp2p
import Testing

/// What came out of a stream that was fed in pieces.
struct Cut {
  var frames: [[UInt8]] = []
  var outcome = FrameOutcome.open
}

func copy(_ span: Span<UInt8>) -> [UInt8] { span.indices.map { span[$0] } }

func cut(_ bytes: [UInt8], pieces: [Int], maximum: Int = 1 << 20) -> Cut {
  var stream = FrameStream(frameBytesMaximum: maximum)
  var result = Cut()
  var position = 0
  for piece in pieces {
    let end = min(position + piece, bytes.count)
    let part = Array(bytes[position..<end])
    result.outcome = stream.feed(part.span) {
      result.frames.append(copy($0))
      return true
    }
    position = end
    if result.outcome != .open { break }
  }
  return result
}

func framed(_ frames: [[UInt8]]) -> [UInt8] {
  frames.flatMap { frame in
    [UInt8](capacity: frame.count + 10) { $0.append(frame: frame.span) }
  }
}

@Suite struct FrameStreamTests {
  let frames: [[UInt8]] = [
    [], [1], Array(repeating: 2, count: 127), Array(repeating: 3, count: 128), [4, 5],
    Array(repeating: 6, count: 20_000), [],
  ]

  @Test func framesInOneRead() {
    #expect(cut(framed(frames), pieces: [.max / 2]).frames == frames)
  }

  @Test func oneByteAtATime() {
    let bytes = framed(frames)
    let result = cut(bytes, pieces: Array(repeating: 1, count: bytes.count))
    #expect(result.frames == frames)
    #expect(result.outcome == .open)
  }

  @Test(arguments: 0..<200 as Range<UInt64>) func anyCutGivesTheSameFrames(seed: UInt64) {
    var random = RandomStream(seed: seed)
    let frames = (0..<30).map { _ in
      (0..<random.below(random.below(8) == 0 ? 5_000 : 200)).map { _ in UInt8(random.below(256)) }
    }
    let bytes = framed(frames)
    var pieces: [Int] = []
    var total = 0
    while total < bytes.count {
      pieces.append(1 + random.below(1 + random.below(900)))
      total += pieces.last ?? 0
    }
    #expect(cut(bytes, pieces: pieces).frames == frames)
  }

  @Test func aLengthAboveTheBoundEndsTheStreamForGood() {
    for pieces in [[.max / 2], Array(repeating: 1, count: 400)] {
      let result = cut(framed([[1], Array(repeating: 0, count: 300), [2]]), pieces: pieces, maximum: 299)
      #expect(result.frames == [[1]])
      #expect(result.outcome == .failed(.tooLong(length: 300, maximum: 299)))
    }
    var stream = FrameStream(frameBytesMaximum: 2)
    let long: [UInt8] = [3]
    let good: [UInt8] = [1, 1]
    var count = 0
    let first = stream.feed(long.span) { _ in true }
    let second = stream.feed(good.span) { _ in
      count += 1
      return true
    }
    #expect(first == .failed(.tooLong(length: 3, maximum: 2)))
    #expect(second == first)
    #expect(count == 0)
  }

  @Test(
    arguments: [
      [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
      [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
      [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
    ] as [[UInt8]])
  func hugeLengthsNeitherTrapNorReserve(bytes: [UInt8]) {
    for pieces in [[.max / 2], Array(repeating: 1, count: bytes.count)] {
      let result = cut(bytes, pieces: pieces)
      guard case .failed(.tooLong(let length, maximum: 1 << 20)) = result.outcome else {
        Issue.record("\(result.outcome)")
        continue
      }
      #expect(length >= 1 << 62)
    }
  }

  @Test(
    arguments: [
      [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02],
      [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
    ] as [[UInt8]])
  func aLengthOfTooManyBitsIsMalformed(bytes: [UInt8]) {
    for pieces in [[.max / 2], Array(repeating: 1, count: bytes.count)] {
      #expect(cut(bytes, pieces: pieces).outcome == .failed(.lengthMalformed))
    }
  }

  @Test func aPromisedLengthReservesNothing() {
    var stream = FrameStream(frameBytesMaximum: 1 << 30)
    // 2^29 bytes promised, three come.
    let bytes: [UInt8] = [0x80, 0x80, 0x80, 0x80, 0x02, 1, 2, 3]
    let outcome = stream.feed(bytes.span) { _ in true }
    #expect(outcome == .open)
    #expect(stream.pendingBytes == 3)
  }

  @Test func theReceiverCanStopAndGoOn() {
    var stream = FrameStream(frameBytesMaximum: 10)
    let bytes = framed([[1], [2], [3]])
    let first = stream.feed(bytes.span) { $0[0] < 2 }
    #expect(first == .stopped(consumed: 4))
    var rest: [UInt8] = []
    let second = stream.feed(bytes.span.extracting(4...)) {
      rest.append($0[0])
      return true
    }
    #expect(second == .open)
    #expect(rest == [3])
  }
}
