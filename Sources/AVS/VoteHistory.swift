// Contradictions between one signer's votes, found as they arrive: for each epoch the nearest and the farthest target among
// the votes around it, so that a new vote is judged without looking at the old ones.
//
// Source: min-max surround detection of Prysm's and Lighthouse's slashers; Casper FFG's two conditions. Memory: two targets
// an epoch and the votes by target. A vote found slashable is not stored: it says nothing about later ones that the vote it
// contradicts does not say.

private import Basics

/// The votes of one signer in one service over epochs 0 ..< `length`.
public struct VoteHistory: Sendable {
  /// A vote from a source to a target, the source below the target.
  public struct Vote: Hashable, Sendable {
    public var source, target: UInt32
    public var digest: Digest
    public init(source: UInt32, target: UInt32, digest: Digest) {
      self.source = source
      self.target = target
      self.digest = digest
    }
  }

  /// Smallest target among stored votes with a source above the epoch; nil: none.
  public private(set) var minTarget: [UInt32?]
  /// Largest target among stored votes with a source below the epoch and a target above it; 0: none.
  public private(set) var maxTarget: [UInt32]
  /// The vote stored for each target.
  private var byTarget: [Vote?]

  /// - Parameter length: epochs that are remembered.
  public init(length: Int) {
    minTarget = Array(repeating: nil, count: length)
    maxTarget = Array(repeating: 0, count: length)
    byTarget = Array(repeating: nil, count: length)
  }

  /// Judges a vote against all that are stored, and stores it when it contradicts none. Nil: the vote is none (its target is
  /// not above its source) or lies outside the history. Cost: constant to judge; to store, the epochs whose entries improve.
  public mutating func record(_ vote: Vote) -> Equivocation? {
    let (source, target) = (Int(vote.source), Int(vote.target))
    guard source < target, target < byTarget.count else { return nil }
    if let same = byTarget[target] { return same == vote ? .notSlashable : .doubleVote }
    if let nearest = minTarget[source], nearest < vote.target { return .surrounds }
    if maxTarget[source] > vote.target { return .surrounded }
    byTarget[target] = vote
    for epoch in (0..<source).reversed() {
      if let nearest = minTarget[epoch], nearest <= vote.target { break }
      minTarget[epoch] = vote.target
    }
    for epoch in source + 1..<max(target, source + 1) {
      if maxTarget[epoch] >= vote.target { break }
      maxTarget[epoch] = vote.target
    }
    return .notSlashable
  }

  /// How two votes of one signer relate, looked at by themselves.
  public static func judge(older: Vote, newer: Vote) -> Equivocation {
    if older.target == newer.target { return older == newer ? .notSlashable : .doubleVote }
    if newer.source < older.source && older.target < newer.target { return .surrounds }
    if older.source < newer.source && newer.target < older.target { return .surrounded }
    return .notSlashable
  }
}
