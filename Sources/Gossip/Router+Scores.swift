// Scores, seen and moved from outside.

public import Basics

extension Router {
  /// What the slot's owner thinks of the peer; zero without scoring. Cost: the topics of the router.
  public func score(slot: UInt32) -> Double { state.score(slot) }

  /// The score in its parts; nil without scoring. Cost: the topics of the router.
  public func explain(slot: UInt32) -> ScoreExplanation? { state.explain(slot) }

  /// Whether the owner drops what the peer sends for its score.
  public func isGraylisted(slot: UInt32) -> Bool { state.links[slot].flags.contains(.graylisted) }

  /// P5: the application's score of the peer, weighted by `applicationWeight`.
  public mutating func setApplicationScore(slot: UInt32, _ value: Double) {
    state.setApplicationScore(slot, value, at: latest)
  }

  /// P7: the application adds to the peer's behavioural penalty.
  public mutating func penalise(slot: UInt32, by count: Double) {
    precondition(count >= 0)
    state.penalise(slot, by: count, .penalised, at: latest)
  }

  /// P6: which address the peer has, wherever it is seen. `node` is of the id space of links. Cost: the slots of the router
  /// when the peer is connected somewhere; set addresses before connecting.
  public mutating func setAddress(_ node: NodeID, _ group: AddressGroup) {
    guard state.scores.isOn else { return }
    precondition(node.index < state.scores.addresses.count, "no link leads to node \(node.index)")
    guard state.scores.addresses[node.index] != group.rawValue else { return }
    state.scores.addresses[node.index] = group.rawValue
    for slot in 0..<UInt32(state.links.count)
    where state.peers[slot] == node.rawValue && state.isConnected(slot) {
      for other in state.slots(state.owner(slot)) where state.isConnected(other) {
        state.countColocated(other, at: latest)
      }
    }
  }

  /// The parameters of one topic from now on; counters stay. Requires scoring, and parameters without violations.
  public mutating func setTopicScore(_ topic: TopicID, _ parameters: TopicScoreParameters?) {
    precondition(state.scores.isOn, "the router was made without scoring")
    let violations = parameters?.violations(topic: topic.index) ?? []
    precondition(violations.isEmpty, "score parameters: \(violations)")
    state.scores.topics[topic.index] = ScoreState.Topic(parameters)
    for node in 0..<state.nodeCount where state.standing[state.cell(node, topic)] == .joined {
      state.openBooks(node, topic)
    }
    for slot in 0..<UInt32(state.links.count) { state.rescore(slot, at: latest) }
  }

  /// Decays the counters of the node's peers once, out of turn, and computes their scores.
  public mutating func refreshScores(_ node: NodeID, at instant: Instant) {
    advance(to: instant)
    guard state.scores.isOn else { return }
    state.refresh(node.index, at: instant)
  }

  /// Whether moves of scores are recorded and their causes counted: some nanoseconds a message, and 44 bytes a link.
  public var observesScores: Bool {
    get { state.scores.observes }
    set {
      guard state.scores.isOn else { return }
      state.scores.observes = newValue
      if newValue, state.scores.causes.count == 0 {
        state.scores.causes.append(repeating: ScoreState.Causes(), count: state.links.count)
      }
    }
  }

  /// What lowered scores, or put peers on and off the graylist, since `forgetScoreMoves`; at most a million.
  public var scoreMoves: [ScoreMove] { state.scores.moves.elements }
  public var scoreMoveCount: Int { state.scores.moves.count }
  public func scoreMove(_ index: Int) -> ScoreMove { state.scores.moves[index] }
  /// Moves that found no place.
  public var scoreMovesLost: UInt64 { state.scores.movesLost }
  public mutating func forgetScoreMoves() { state.scores.moves.removeAll() }
}
