// Spans in a moving window, against looking at every pair.

import AVS
import Basics
import Testing

@Suite("Spans in bounded memory") struct SpanWatchTests {
  @Test("finds what looking at every pair in the window finds", arguments: UInt64(0)..<40)
  func agreesWithPairs(seed: UInt64) {
    let random = HashRandom(seed: seed, .keys)
    var watch = SpanWatch(signers: 3, history: 24)
    var stored: [[(source: UInt32, target: UInt32)]] = [[], [], []]
    for k in 0..<120 as Range<UInt64> {
      let signer = Int(random.bits(k, 0) % 3)
      // Targets drift upward, so that the window moves.
      let source = UInt32(k / 4 + random.bits(k, 1) % 10)
      let target = source + 1 + UInt32(random.bits(k, 2) % 8)
      let found = watch.record(signer, source: source, target: target)
      guard let found else { continue }
      let all = stored[signer].filter { $0.source >= watch.base }
      let surrounds = all.contains { source < $0.source && $0.target < target }
      let surrounded = all.contains { $0.source < source && target < $0.target }
      switch found {
      case .surrounds: #expect(surrounds)
      case .surrounded: #expect(surrounded)
      default:
        #expect(!surrounds && !surrounded, "seed \(seed), vote \(k)")
        stored[signer].append((source, target))
      }
    }
  }

  @Test("names the vote that is contradicted") func namesTheVote() {
    var watch = SpanWatch(signers: 1, history: 64)
    #expect(watch.record(0, source: 10, target: 11) == .notSlashable)
    #expect(watch.record(0, source: 20, target: 26) == .notSlashable)
    #expect(watch.record(0, source: 9, target: 12) == .surrounds)
    #expect(watch.contradictedTarget(0, source: 9, .surrounds) == 11)
    #expect(watch.record(0, source: 22, target: 23) == .surrounded)
    #expect(watch.contradictedTarget(0, source: 22, .surrounded) == 26)
  }

  @Test("takes four bytes a signer and epoch, and forgets what left the window") func isBounded() {
    var watch = SpanWatch(signers: 100, history: 4_096)
    #expect(watch.bytes == 100 * 4_096 * 4)
    _ = watch.record(7, source: 5, target: 6)
    _ = watch.record(7, source: 9_000, target: 9_001)
    #expect(watch.base == 9_001 - 4_095)
    #expect(watch.record(7, source: 4, target: 7) == nil)
    #expect(watch.outside == 1)
  }
}
