// What must hold of score parameters (go-libp2p-pubsub `score_params.go`, *validate*; v1.1, *Peer scoring parameters*).

internal import Basics

/// One thing wrong with score parameters.
public enum ScoreViolation: Error, Hashable, Sendable {
  /// A number outside its bounds, infinite, or none. `topic` is nil for what belongs to no topic, -1 for `otherTopics`.
  case outside(parameter: String, topic: Int?, value: Double, least: Double, most: Double)
  /// A decay that is not above 0 and below 1: the counter would stay for ever or not at all.
  case decayOutside(parameter: String, topic: Int?, value: Double)
  /// A time outside its bounds, in nanoseconds.
  case spanOutside(parameter: String, topic: Int?, value: UInt64, least: UInt64, most: UInt64)
  /// The counter of P3 could never reach the threshold: every peer would be in deficit for ever.
  case capBelowThreshold(topic: Int, cap: Double, threshold: Double)
  /// A threshold above the one that must be weaker.
  case thresholdsOutOfOrder(lower: String, value: Double, upper: String, limit: Double)
}

extension ScoreViolation: CustomStringConvertible {
  private func place(_ parameter: String, _ topic: Int?) -> String {
    guard let topic else { return "score.\(parameter)" }
    return topic < 0 ? "score.otherTopics.\(parameter)" : "score.topics[\(topic)].\(parameter)"
  }

  /// The parameter it is about, with its place.
  public var parameter: String {
    switch self {
    case .outside(let parameter, let topic, _, _, _), .decayOutside(let parameter, let topic, _),
      .spanOutside(let parameter, let topic, _, _, _):
      place(parameter, topic)
    case .capBelowThreshold(let topic, _, _): place("meshDeliveriesCap", topic)
    case .thresholdsOutOfOrder(let lower, _, _, _): "score.thresholds.\(lower)"
    }
  }

  public var description: String {
    switch self {
    case .outside(_, _, let value, let least, let most):
      "\(parameter) is \(value), allowed is \(least) ... \(most)"
    case .decayOutside(_, _, let value): "\(parameter) is \(value), must be above 0 and below 1"
    case .spanOutside(_, _, let value, let least, let most):
      "\(parameter) is \(value) ns, allowed is \(least) ... \(most)"
    case .capBelowThreshold(_, let cap, let threshold):
      "\(parameter) is \(cap), must be at least meshDeliveriesThreshold \(threshold)"
    case .thresholdsOutOfOrder(_, let value, let upper, let limit):
      "\(parameter) is \(value), must be at most \(upper), \(limit)"
    }
  }
}

extension TopicScoreParameters {
  /// Everything wrong with the parameters of topic number `topic`.
  func violations(topic: Int) -> [ScoreViolation] {
    var found: [ScoreViolation] = []
    func check(_ parameter: String, _ value: Double, _ least: Double, _ most: Double) {
      if value >= least && value <= most { return }
      found.append(.outside(parameter: parameter, topic: topic, value: value, least: least, most: most))
    }
    func decay(_ parameter: String, _ value: Double) {
      if value > 0 && value < 1 { return }
      found.append(.decayOutside(parameter: parameter, topic: topic, value: value))
    }
    func check(_ parameter: String, _ value: TimeSpan, _ least: TimeSpan, _ most: TimeSpan) {
      if value >= least && value <= most { return }
      found.append(
        .spanOutside(
          parameter: parameter, topic: topic, value: value.nanoseconds, least: least.nanoseconds,
          most: most.nanoseconds))
    }
    let small = 1e-9
    let day = TimeSpan.seconds(86_400)
    check("weight", weight, 0, 1e6)
    check("timeInMeshWeight", timeInMeshWeight, 0, 1e6)
    check("timeInMeshQuantum", timeInMeshQuantum, .milliseconds(1), day)
    check("timeInMeshCap", timeInMeshCap, small, 1e9)
    check("firstDeliveriesWeight", firstDeliveriesWeight, 0, 1e6)
    decay("firstDeliveriesDecay", firstDeliveriesDecay)
    check("firstDeliveriesCap", firstDeliveriesCap, small, 1e9)
    check("meshDeliveriesWeight", meshDeliveriesWeight, -1e6, 0)
    decay("meshDeliveriesDecay", meshDeliveriesDecay)
    check("meshDeliveriesThreshold", meshDeliveriesThreshold, small, 1e9)
    check("meshDeliveriesCap", meshDeliveriesCap, small, 1e9)
    check("meshDeliveriesWindow", meshDeliveriesWindow, .zero, .seconds(60))
    check("meshDeliveriesActivation", meshDeliveriesActivation, .seconds(1), day)
    check("meshFailureWeight", meshFailureWeight, -1e6, 0)
    decay("meshFailureDecay", meshFailureDecay)
    check("invalidWeight", invalidWeight, -1e6, 0)
    decay("invalidDecay", invalidDecay)
    if meshDeliveriesCap < meshDeliveriesThreshold {
      found.append(
        .capBelowThreshold(topic: topic, cap: meshDeliveriesCap, threshold: meshDeliveriesThreshold))
    }
    return found
  }
}

extension ScoreParameters {
  /// Everything that is wrong with these values; empty when a router can run with them.
  public var violations: [ScoreViolation] {
    var found: [ScoreViolation] = []
    func check(_ parameter: String, _ value: Double, _ least: Double, _ most: Double) {
      if value >= least && value <= most { return }
      found.append(.outside(parameter: parameter, topic: nil, value: value, least: least, most: most))
    }
    func decay(_ parameter: String, _ value: Double) {
      if value > 0 && value < 1 { return }
      found.append(.decayOutside(parameter: parameter, topic: nil, value: value))
    }
    func check(_ parameter: String, _ value: TimeSpan, _ least: TimeSpan, _ most: TimeSpan) {
      if value >= least && value <= most { return }
      found.append(
        .spanOutside(
          parameter: parameter, topic: nil, value: value.nanoseconds, least: least.nanoseconds,
          most: most.nanoseconds))
    }
    func order(_ lower: String, _ value: Double, _ upper: String, _ limit: Double) {
      if value <= limit { return }
      found.append(.thresholdsOutOfOrder(lower: lower, value: value, upper: upper, limit: limit))
    }
    for (k, topic) in topics.enumerated() {
      if let topic { found += topic.violations(topic: k) }
    }
    if let otherTopics { found += otherTopics.violations(topic: -1) }
    check("topicScoreCap", topicScoreCap, 0, 1e12)
    check("applicationWeight", applicationWeight, 0, 1e6)
    check("colocationWeight", colocationWeight, -1e6, 0)
    check("colocationThreshold", Double(colocationThreshold), 1, 1e6)
    check("behaviourWeight", behaviourWeight, -1e6, 0)
    check("behaviourThreshold", behaviourThreshold, 0, 1e6)
    decay("behaviourDecay", behaviourDecay)
    check("slowPeerWeight", slowPeerWeight, -1e6, 0)
    check("slowPeerThreshold", slowPeerThreshold, 0, 1e6)
    decay("slowPeerDecay", slowPeerDecay)
    check("decayInterval", decayInterval, .seconds(1), .seconds(3600))
    decay("decayToZero", decayToZero)
    check("retention", retention, .zero, .seconds(86_400))
    check("thresholds.gossip", thresholds.gossip, -1e12, 0)
    check("thresholds.publish", thresholds.publish, -1e12, 0)
    check("thresholds.graylist", thresholds.graylist, -1e12, 0)
    check("thresholds.acceptPeerExchange", thresholds.acceptPeerExchange, 0, 1e12)
    check("thresholds.opportunisticGraft", thresholds.opportunisticGraft, 0, 1e12)
    order("publish", thresholds.publish, "gossip", thresholds.gossip)
    order("graylist", thresholds.graylist, "publish", thresholds.publish)
    return found
  }
}
