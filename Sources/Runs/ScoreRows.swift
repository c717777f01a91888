// From what the router tells of scores to rows of the run's database. Topics are numbered as services.

import Basics
public import Gossip
public import Reporting

extension ScoreRow {
  public init(_ change: ScoreChange) {
    let e = change.explanation
    func sum(_ part: (TopicScore) -> ScorePart) -> Double {
      e.topics.reduce(0) { $0 + part($1).weighted }
    }
    let worst = e.worst
    self.init(
      at: change.at, node: change.owner, peer: change.peer, standing: "\(change.standing)", score: e.score,
      worst: worst?.component.letter, worstService: worst?.topic.map { ServiceID($0.index) },
      parts: [
        sum(\.timeInMesh), sum(\.firstDeliveries), sum(\.meshDeliveries), sum(\.meshFailure), sum(\.invalid),
        e.application.weighted, e.colocation.weighted, e.behaviour.weighted, e.slowPeer.weighted,
      ], isFinal: change.isFinal)
  }
}

extension ScoreMoveRow {
  public init(_ note: ScoreMoveNote) {
    let move = note.move
    let isThreshold = move.cause == .graylisted || move.cause == .ungraylisted
    self.init(
      at: move.at, node: note.owner, peer: note.peer,
      service: move.topic == ScoreMove.noTopic ? nil : ServiceID(move.topic.index),
      component: isThreshold ? "threshold" : move.component.letter, cause: "\(move.cause)",
      amount: move.amount)
  }
}
