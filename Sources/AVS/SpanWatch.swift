// Surround detection for many signers at once, in bounded memory: for each signer and source epoch the nearest and the farthest
// target among the votes around it, as distances of 16 bits, in a window that moves with the epochs.
//
// Source: min-max surround detection of Lighthouse's slasher (history of 4,096 epochs, 2 x 2 bytes a signer and epoch).
// Departure: the window moves vote by vote, not batch by batch. `VoteHistory` is the same without window and limits.

/// The spans voted by `signers`, over the last `history` epochs.
public struct SpanWatch: Sendable {
  /// Epochs that are remembered.
  public let history: Int
  public let signers: Int
  /// Distance from the epoch to the smallest target among votes with a source above it; `.max`: none.
  private var nearest: [UInt16]
  /// Distance from the epoch to the largest target among votes with a source below it; 0: none beyond it.
  private var farthest: [UInt16]
  /// The first epoch of the window.
  public private(set) var base: UInt32 = 0
  /// Votes that lay before the window, or were too long for it.
  public private(set) var outside: UInt64 = 0

  public init(signers: Int, history: Int) {
    precondition(history > 1 && history < 1 << 16, "a history of \(history) epochs")
    self.signers = signers
    self.history = history
    nearest = Array(repeating: .max, count: signers * history)
    farthest = Array(repeating: 0, count: signers * history)
  }

  /// Bytes of the tables.
  public var bytes: Int { (nearest.count + farthest.count) * MemoryLayout<UInt16>.stride }

  private func place(_ signer: Int, _ epoch: UInt32) -> Int { signer * history + Int(epoch) % history }

  /// What a vote is to those recorded before, by one lookup each way. Nil: it is no vote, or lies outside of the window.
  public func judge(_ signer: Int, source: UInt32, target: UInt32) -> Equivocation? {
    guard source < target, source >= base, target - source < UInt32(history) else { return nil }
    guard source < base + UInt32(history) else { return .notSlashable }
    let cell = place(signer, source)
    if nearest[cell] != .max, source + UInt32(nearest[cell]) < target { return .surrounds }
    if source + UInt32(farthest[cell]) > target { return .surrounded }
    return .notSlashable
  }

  /// The target of a recorded vote that the vote contradicts, as `judge` found it: of the nearest vote inside, or of the
  /// farthest around.
  public func contradictedTarget(_ signer: Int, source: UInt32, _ verdict: Equivocation) -> UInt32? {
    let cell = place(signer, source)
    switch verdict {
    case .surrounds: return source + UInt32(nearest[cell])
    case .surrounded: return source + UInt32(farthest[cell])
    case .notSlashable, .doubleVote: return nil
    }
  }

  /// Judges a vote and, when it contradicts none, records it. Cost: the epochs whose entries improve.
  public mutating func record(_ signer: Int, source: UInt32, target: UInt32) -> Equivocation? {
    advance(to: target)
    guard let verdict = judge(signer, source: source, target: target) else {
      outside += 1
      return nil
    }
    if verdict == .notSlashable { keep(signer, source: source, target: target) }
    return verdict
  }

  /// Records a vote inside the window, whatever it contradicts.
  public mutating func keep(_ signer: Int, source: UInt32, target: UInt32) {
    var epoch = source
    while epoch > base {
      epoch -= 1
      let cell = place(signer, epoch)
      let distance = UInt16(min(target - epoch, UInt32(UInt16.max) - 1))
      if nearest[cell] <= distance { break }
      nearest[cell] = distance
    }
    epoch = source + 1
    while epoch < target {
      let cell = place(signer, epoch)
      let distance = UInt16(target - epoch)
      if farthest[cell] >= distance { break }
      farthest[cell] = distance
      epoch += 1
    }
  }

  /// Moves the window so that `epoch` is in it, and forgets what falls out.
  private mutating func advance(to epoch: UInt32) {
    guard epoch >= base + UInt32(history) else { return }
    let newBase = epoch - UInt32(history) + 1
    let gone = min(Int(newBase - base), history)
    for step in 0..<gone {
      let column = (Int(base) + step) % history
      for signer in 0..<signers {
        nearest[signer * history + column] = .max
        farthest[signer * history + column] = 0
      }
    }
    base = newBase
  }
}
