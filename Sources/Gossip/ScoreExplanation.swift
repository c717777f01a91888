// Why a score is what it is: every component with its counter and its weighted part, how often what moved it, and the
// moves themselves as they happen. Moves of reward (first and near-first deliveries) are counted, not listed: there is
// one a message.

public import Basics

/// A component of the score (GossipSub v1.1, *The Score Function*), and the slow-peer term of rust and nim.
@frozen public enum ScoreComponent: UInt8, Sendable, Hashable, CaseIterable, Codable {
  case timeInMesh, firstDeliveries, meshDeliveries, meshFailure, invalid
  case application, colocation, behaviour, slowPeer

  /// The specification's letter.
  public var letter: String {
    switch self {
    case .timeInMesh: "P1"
    case .firstDeliveries: "P2"
    case .meshDeliveries: "P3"
    case .meshFailure: "P3b"
    case .invalid: "P4"
    case .application: "P5"
    case .colocation: "P6"
    case .behaviour: "P7"
    case .slowPeer: "slow"
    }
  }
}

/// What made a component move.
@frozen public enum ScoreCause: UInt8, Sendable, Hashable, CaseIterable, Codable {
  /// P4: the application rejected the message; its author fields were wrong; it came back to its author.
  case rejected, badAuthor, selfOrigin
  /// P3b: the peer left the mesh with a deficit.
  case leftInDeficit
  /// P7.
  case graftInBackoff, graftFlood, brokenPromise, extensionsMisuse, penalised
  /// Slow peer: RPCs dropped or expired in its queue.
  case queueDrops
  /// P5 and P6: said by the driver.
  case applicationScore, sharedAddress
  /// The score fell below, or rose above, the graylist threshold; the amount is the score.
  case graylisted, ungraylisted
}

/// One move of a peer's score by the books of one node.
public struct ScoreMove: Sendable, Hashable, BitwiseCopyable {
  public var at: Instant
  /// The owner's slot that leads to the peer.
  public var slot: UInt32
  /// The topic, or `noTopic`.
  public var topic: TopicID
  public var component: ScoreComponent
  public var cause: ScoreCause
  /// By how much the counter moved, unweighted; for (un)graylisting the score.
  public var amount: Double
  public static let noTopic = TopicID(UInt16.max)
}

/// A component's counter and what it adds to the score.
public struct ScorePart: Sendable, Hashable, Codable {
  /// P, as the specification defines it: quanta, messages, squared deficit, sum of squared deficits, squared counter, ...
  public var value: Double
  /// The counter behind it: nanoseconds for P1, messages or penalties for the others.
  public var counter: Double
  /// Value times weights; for a topic's parts the topic's weight is in it.
  public var weighted: Double
}

/// One topic's share of a score.
public struct TopicScore: Sendable, Hashable {
  public var topic: TopicID
  public var inMesh: Bool
  /// P3 counts: the peer has been in the mesh longer than the activation time.
  public var isActive: Bool
  public var timeInMesh, firstDeliveries, meshDeliveries, meshFailure, invalid: ScorePart
  /// Sum of the five.
  public var weighted: Double
}

/// A peer's score with its reasons.
public struct ScoreExplanation: Sendable, Hashable {
  public var score: Double
  /// Sum of the topics, before and after the cap.
  public var topicSum: Double
  public var topicSumCapped: Double
  public var application, colocation, behaviour, slowPeer: ScorePart
  public var topics: [TopicScore]
  /// Whether the books are those of a peer that is away.
  public var isKept: Bool
  /// How often what happened since scores are observed; empty when they are not.
  public var causes: [String: UInt32]

  /// The component that costs most, and in which topic; nil when nothing is negative.
  public var worst: (component: ScoreComponent, topic: TopicID?, weighted: Double)? {
    var found: (component: ScoreComponent, topic: TopicID?, weighted: Double)?
    func look(_ component: ScoreComponent, _ topic: TopicID?, _ part: ScorePart) {
      guard part.weighted < 0, part.weighted < found?.weighted ?? 0 else { return }
      found = (component, topic, part.weighted)
    }
    for topic in topics {
      look(.meshDeliveries, topic.topic, topic.meshDeliveries)
      look(.meshFailure, topic.topic, topic.meshFailure)
      look(.invalid, topic.topic, topic.invalid)
    }
    look(.application, nil, application)
    look(.colocation, nil, colocation)
    look(.behaviour, nil, behaviour)
    look(.slowPeer, nil, slowPeer)
    return found
  }
}

extension RouterState {
  /// Moves held at most, until somebody takes them.
  private static let movesMaximum = 1 << 20

  mutating func move(
    _ slot: UInt32, _ topic: TopicID, _ component: ScoreComponent, _ cause: ScoreCause, _ amount: Double,
    at instant: Instant
  ) {
    guard scores.observes else { return }
    switch cause {
    case .rejected, .badAuthor, .selfOrigin: scores.causes[slot].invalid &+= 1
    case .leftInDeficit: scores.causes[slot].failures &+= 1
    case .graftInBackoff: scores.causes[slot].graftsInBackoff &+= 1
    case .graftFlood: scores.causes[slot].graftFloods &+= 1
    case .brokenPromise: scores.causes[slot].brokenPromises &+= 1
    case .extensionsMisuse: scores.causes[slot].extensionsMisused &+= 1
    case .queueDrops: scores.causes[slot].slow &+= UInt32(amount)
    case .penalised, .applicationScore, .sharedAddress: scores.causes[slot].other &+= 1
    case .graylisted: scores.causes[slot].graylistings &+= 1
    case .ungraylisted: break
    }
    guard scores.moves.count < Self.movesMaximum else {
      scores.movesLost &+= 1
      return
    }
    scores.moves.append(
      ScoreMove(at: instant, slot: slot, topic: topic, component: component, cause: cause, amount: amount))
  }

  /// The score of the peer on `slot` by its owner's books, part by part. Cost: the topics of the router.
  func explain(_ slot: UInt32) -> ScoreExplanation? {
    guard scores.isOn else { return nil }
    let node = owner(slot)
    let local = Int(local(slot))
    let ledger = scores.ledgers[slot]
    let p = scores.parameters
    var topics: [TopicScore] = []
    var sum = 0.0
    for k in 0..<topicCount {
      let row = scores.rows[node * topicCount + k]
      guard row != Self.none else { continue }
      let book = scores.books[Int(row) + local]
      let credit = scores.credits[Int(row) + local]
      let meshCount = Double(credit.mesh)
      let t = scores.topics[k]
      let refreshed = scores.nodes[node].refreshed
      let time = meshTime(book, refreshed)
      let quanta = Self.quanta(time, t)
      let active = isActive(book, t, refreshed)
      let deficit = active ? max(0, t.meshDeliveriesThreshold - meshCount) : 0
      func part(_ value: Double, _ counter: Double, _ weight: Double) -> ScorePart {
        ScorePart(value: value, counter: counter, weighted: value * weight * t.weight)
      }
      let value = topicValue(Int(row) + local, t, refreshed) * t.weight
      sum += value
      topics.append(
        TopicScore(
          topic: TopicID(k), inMesh: book.grafted != 0, isActive: active,
          timeInMesh: part(quanta, Double(time), t.timeInMesh),
          firstDeliveries: part(Double(credit.first), Double(credit.first), t.firstDeliveries),
          meshDeliveries: part(deficit * deficit, meshCount, t.meshDeliveries),
          meshFailure: part(Double(book.failure), Double(book.failure), t.meshFailure),
          invalid: part(Double(book.invalid) * Double(book.invalid), Double(book.invalid), t.invalid),
          weighted: value))
    }
    let surplus = surplus(ledger)
    let behaviour = max(0, Double(ledger.behaviour) - p.behaviourThreshold)
    let slow = max(0, Double(ledger.slow) - p.slowPeerThreshold)
    func part(_ value: Double, _ counter: Double, _ weight: Double) -> ScorePart {
      ScorePart(value: value, counter: counter, weighted: value * weight)
    }
    var causes: [String: UInt32] = [:]
    if scores.observes {
      let c = scores.causes[slot]
      causes = [
        "firstDeliveries": c.first, "nearFirstDeliveries": c.nearFirst, "invalid": c.invalid,
        "meshFailures": c.failures, "graftsInBackoff": c.graftsInBackoff, "graftFloods": c.graftFloods,
        "brokenPromises": c.brokenPromises, "extensionsMisused": c.extensionsMisused, "queueDrops": c.slow,
        "other": c.other, "graylistings": c.graylistings,
      ]
    }
    return ScoreExplanation(
      score: total(slot, topicSum: sum), topicSum: sum, topicSumCapped: capped(sum),
      application: part(ledger.application, ledger.application, p.applicationWeight),
      colocation: part(surplus * surplus, Double(ledger.colocated), p.colocationWeight),
      behaviour: part(behaviour * behaviour, Double(ledger.behaviour), p.behaviourWeight),
      slowPeer: part(slow, Double(ledger.slow), p.slowPeerWeight), topics: topics,
      isKept: ledger.keptUntil != 0, causes: causes)
  }
}
