// Who changed in whose eyes, and why: looks at every peer's score at instants of the driver's choice and keeps those whose
// standing changed since the last look, with the score in its parts; and the moves of counters that the router told in
// between (`ScoreMove`). What comes of time alone, time in mesh or a deficit of deliveries, is no move: a look sees it.
//
// A look costs one score a link, and an explanation for each that is not good or was not. Not observed: only the last look
// happens, and keeps who is graylisted then.

public import Basics

/// What a peer may do by its score (GossipSub v1.1, *Score thresholds*).
@frozen public enum ScoreStanding: UInt8, Sendable, Hashable, CaseIterable, Codable {
  /// Zero or more.
  case good
  /// Below zero: in no mesh.
  case negative
  /// Below the gossip threshold: no IHAVE, no IWANT.
  case gossipless
  /// Below the publish threshold: own messages are not sent to it.
  case publishless
  /// Below the graylist threshold: not heard.
  case graylisted

  init(_ score: Double, _ limits: ScoreThresholds) {
    if score < limits.graylist {
      self = .graylisted
    } else if score < limits.publish {
      self = .publishless
    } else if score < limits.gossip {
      self = .gossipless
    } else {
      self = score < 0 ? .negative : .good
    }
  }
}

/// A peer whose standing changed, or whose worst component did.
public struct ScoreChange: Sendable, Hashable {
  public var at: Instant
  /// Whose opinion it is, and whom it is about.
  public var owner: NodeID
  public var peer: NodeID
  public var standing: ScoreStanding
  public var explanation: ScoreExplanation
  /// Whether it is how things stood at the end, not a change that somebody watched.
  public var isFinal: Bool
}

/// A move of a score with the names of both ends.
public struct ScoreMoveNote: Sendable, Hashable {
  public var owner: NodeID
  public var peer: NodeID
  public var move: ScoreMove
}

/// Changes and moves since they were last taken.
public struct ScoreWatch: ~Copyable {
  /// Graylisted peers that the last look keeps of a run that is not observed, at most.
  public static var finalMaximum: Int { 10_000 }

  public let isObserved: Bool
  public private(set) var changes: [ScoreChange] = []
  public private(set) var moves: [ScoreMoveNote] = []
  /// By slot, at the last look: the standing, and above it the worst component.
  private var last = Table<UInt8>()

  public init(isObserved: Bool) { self.isObserved = isObserved }

  /// Looks at the peers of `nodes`, in order. Every peer was good before the first look. No effect without scoring.
  public mutating func look(
    at router: inout Router, nodes: Range<Int>, _ instant: Instant, isLast: Bool = false
  ) {
    guard isObserved || isLast, nodes.count > 0, let limits = router.parameters.score?.thresholds else {
      return
    }
    let end = Int(router.slots(of: NodeID(nodes.upperBound - 1)).upperBound)
    if last.count < end { last.append(repeating: 0, count: end - last.count) }
    for node in nodes {
      for slot in router.slots(of: NodeID(node)) {
        let score = router.score(slot: slot)
        let standing = ScoreStanding(score, limits)
        if isObserved {
          if standing == .good && last[slot] == 0 { continue }
        } else if standing != .graylisted || changes.count >= Self.finalMaximum {
          continue
        }
        guard let explanation = router.explain(slot: slot) else { continue }
        let worst = standing == .good ? 0 : explanation.worst.map { $0.component.rawValue + 1 } ?? 0
        let now = standing.rawValue | worst << 3
        if now == last[slot] { continue }
        last[slot] = now
        changes.append(
          ScoreChange(
            at: instant, owner: NodeID(node), peer: router.neighbor(slot), standing: standing,
            explanation: explanation, isFinal: !isObserved))
      }
    }
    takeMoves(of: &router)
  }

  /// Takes the router's moves; called often enough, the router's list does not fill.
  public mutating func takeMoves(of router: inout Router) {
    guard isObserved, router.scoreMoveCount > 0 else { return }
    for k in 0..<router.scoreMoveCount {
      let move = router.scoreMove(k)
      moves.append(
        ScoreMoveNote(owner: router.owner(of: move.slot), peer: router.neighbor(move.slot), move: move))
    }
    router.forgetScoreMoves()
  }

  /// Hands out what was gathered.
  public mutating func take() -> (changes: [ScoreChange], moves: [ScoreMoveNote]) {
    defer { (changes, moves) = ([], []) }
    return (changes, moves)
  }
}
