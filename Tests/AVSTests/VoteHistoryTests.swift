// Contradicting votes found from two targets an epoch, against looking at every pair.

import AVS
import Basics
import Signatures
import Testing

@Suite("Votes that contradict each other") struct VoteHistoryTests {
  @Test("the arrays find what looking at every stored vote finds", arguments: UInt64(0)..<60)
  func agreesWithPairs(seed: UInt64) throws {
    let random = HashRandom(seed: seed, .keys)
    var history = VoteHistory(length: 16)
    var stored: [VoteHistory.Vote] = []
    for k in 0..<40 as Range<UInt64> {
      let source = UInt32(random.bits(k, 0) % 14)
      let vote = VoteHistory.Vote(
        source: source, target: source + 1 + UInt32(random.bits(k, 1) % UInt64(15 - source)),
        digest: Digest(0, 0, 0, random.bits(k, 2) % 2))
      let found = history.record(vote)
      let verdict = try #require(found)
      let all = stored.map { VoteHistory.judge(older: $0, newer: vote) }
      if all.allSatisfy({ $0 == .notSlashable }) {
        #expect(verdict == .notSlashable)
        stored.append(vote)
      } else {
        #expect(all.contains(verdict) && verdict != .notSlashable)
      }
      for epoch in 0..<16 as Range<UInt32> {
        #expect(history.minTarget[Int(epoch)] == stored.filter { $0.source > epoch }.map(\.target).min())
        let around = stored.filter { $0.source < epoch && epoch < $0.target }.map(\.target).max()
        #expect(history.maxTarget[Int(epoch)] == around ?? 0)
      }
    }
  }

  @Test("what is no vote is not judged") func noVote() {
    var history = VoteHistory(length: 4)
    #expect(history.record(.init(source: 2, target: 2, digest: .zero)) == nil)
    #expect(history.record(.init(source: 2, target: 4, digest: .zero)) == nil)
  }
}
