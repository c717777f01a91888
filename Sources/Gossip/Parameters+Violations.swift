// What must hold of the router's parameters.

public import Basics

/// One thing wrong with a set of parameters. Numbers are in the parameter's unit, times in nanoseconds.
public enum ParameterViolation: Error, Hashable, Sendable {
  /// A value outside its own bounds.
  case outside(parameter: String, value: UInt64, least: UInt64, most: UInt64)
  /// A negative value.
  case negative(parameter: String, value: Int)
  /// The gossip factor is not within 0 ... 1.
  case gossipFactorOutside(Double)
  /// D_lo above D.
  case lowAboveDegree(low: Int, degree: Int)
  /// D above D_hi.
  case degreeAboveHigh(degree: Int, high: Int)
  /// D_out not below D_lo.
  case outboundNotBelowLow(outbound: Int, low: Int)
  /// D_out above D/2.
  case outboundAboveHalf(outbound: Int, degree: Int)
  /// Messages would be announced longer than they are served.
  case gossipWindowsAboveCache(gossip: Int, cache: Int)
  /// A message would be forgotten while it is still served.
  case seenLifeBelowCache(seenLife: TimeSpan, cache: TimeSpan)
  /// More peers of one choice than the mesh is to have.
  case aboveDegree(parameter: String, value: Int, degree: Int)
  /// Something that came with a later version is asked for.
  case notInVersion(parameter: String, version: ProtocolVersion, since: ProtocolVersion)
  /// The graft flood threshold reaches beyond the backoff it lies in.
  case graftFloodAboveBackoff(threshold: TimeSpan, backoff: TimeSpan)
  /// A table size that is no power of two.
  case notPowerOfTwo(parameter: String, value: Int)
  case score(ScoreViolation)
  /// A backoff that the wire, which has whole seconds, cannot carry.
  case backoffNotWholeSeconds(parameter: String, value: TimeSpan)
}

extension ParameterViolation: CustomStringConvertible {
  public var description: String {
    switch self {
    case .outside(let parameter, let value, let least, let most):
      "\(parameter) is \(value), allowed is \(least) ... \(most)"
    case .negative(let parameter, let value): "\(parameter) is \(value), below zero"
    case .gossipFactorOutside(let value): "gossipFactor is \(value), allowed is 0 ... 1"
    case .lowAboveDegree(let low, let degree): "degreeLow (D_lo) is \(low), above degree (D) \(degree)"
    case .degreeAboveHigh(let degree, let high): "degree (D) is \(degree), above degreeHigh (D_hi) \(high)"
    case .outboundNotBelowLow(let outbound, let low):
      "degreeOutbound (D_out) is \(outbound), must be below degreeLow (D_lo) \(low)"
    case .outboundAboveHalf(let outbound, let degree):
      "degreeOutbound (D_out) is \(outbound), must be at most half of degree (D) \(degree)"
    case .gossipWindowsAboveCache(let gossip, let cache):
      "gossipWindows is \(gossip), must be at most cacheWindows \(cache)"
    case .seenLifeBelowCache(let seenLife, let cache):
      "seenLife is \(seenLife), must be at least \(cache), the message cache's life"
    case .aboveDegree(let parameter, let value, let degree):
      "\(parameter) is \(value), must be at most degree (D) \(degree)"
    case .notInVersion(let parameter, let version, let since):
      "\(parameter) came with \(since.protocolID), version is \(version.protocolID)"
    case .graftFloodAboveBackoff(let threshold, let backoff):
      "graftFloodThreshold is \(threshold), must be at most pruneBackoff \(backoff)"
    case .notPowerOfTwo(let parameter, let value): "\(parameter) is \(value), must be a power of two"
    case .score(let violation): "\(violation)"
    case .backoffNotWholeSeconds(let parameter, let value): "\(parameter) is \(value), must be whole seconds"
    }
  }
}

extension Parameters {
  /// Everything that is wrong with these values; empty when a router can run with them.
  public var violations: [ParameterViolation] {
    var found: [ParameterViolation] = []
    func check(_ name: String, _ value: Int, _ bounds: ClosedRange<UInt64>) {
      guard value >= 0 else { return found.append(.negative(parameter: name, value: value)) }
      guard bounds.contains(UInt64(value)) else {
        let value = UInt64(value)
        return found.append(
          .outside(parameter: name, value: value, least: bounds.lowerBound, most: bounds.upperBound))
      }
    }
    func check(_ name: String, _ value: TimeSpan, _ least: TimeSpan, _ most: TimeSpan) {
      guard value < least || value > most else { return }
      let (value, least, most) = (value.nanoseconds, least.nanoseconds, most.nanoseconds)
      found.append(.outside(parameter: name, value: value, least: least, most: most))
    }
    let hour = TimeSpan.seconds(3600)
    let day = TimeSpan.seconds(86_400)
    check("degree", degree, 1...1000)
    check("degreeLow", degreeLow, 1...1000)
    check("degreeHigh", degreeHigh, 1...1000)
    check("degreeOutbound", degreeOutbound, 0...1000)
    check("degreeLazy", degreeLazy, 0...1000)
    check("backoffSlackHeartbeats", backoffSlackHeartbeats, 0...100)
    check("cacheWindows", cacheWindows, 1...255)
    check("gossipWindows", gossipWindows, 1...255)
    check("gossipDelayWindows", gossipDelayWindows, 0...254)
    check("ihaveMessagesMaximum", ihaveMessagesMaximum, 1...65_535)
    check("ihaveIdentifiersMaximum", ihaveIdentifiersMaximum, 1...65_535)
    check("retransmissionsMaximum", retransmissionsMaximum, 1...1000)
    check("seenBytesMaximum", seenBytesMaximum, 1 << 16...1 << 40)
    check("rpcBytesMaximum", rpcBytesMaximum, 512...1 << 26)
    check("controlPerLinkMaximum", controlPerLinkMaximum, 1...4096)
    check("cacheEntriesMaximum", cacheEntriesMaximum, 1...1 << 20)
    check("placeholdersMaximum", placeholdersMaximum, 1...1 << 24)
    check("degreeScore", degreeScore, 0...1000)
    check("opportunisticGraftTicks", opportunisticGraftTicks, 1...65_535)
    check("opportunisticGraftPeers", opportunisticGraftPeers, 0...1000)
    check("subscriptionsMaximum", subscriptionsMaximum, 1...65_535)
    check("prunePeers", prunePeers, 0...1000)
    check("peerRecordBytes", peerRecordBytes, 0...1024)
    check("dialsPendingMaximum", dialsPendingMaximum, 1...65_535)
    check("directConnectTicks", directConnectTicks, 1...65_535)
    check("idontwantBytes", idontwantBytes, 0...1 << 26)
    check("idontwantMessagesMaximum", idontwantMessagesMaximum, 1...65_535)
    check("idontwantIdentifiersMaximum", idontwantIdentifiersMaximum, 1...65_535)
    check("idontwantLifeHeartbeats", idontwantLifeHeartbeats, 1...255)
    check("partialLifeHeartbeats", partialLifeHeartbeats, 1...255)
    check("deliveryRecordsMaximum", deliveryRecordsMaximum, 8...65_536)
    check("graftFloodThreshold", graftFloodThreshold, .zero, hour)
    check("pruneBackoff", pruneBackoff, .zero, hour)
    check("unsubscribeBackoff", unsubscribeBackoff, .zero, hour)
    check("backoffMaximum", backoffMaximum, .seconds(1), day)
    check("heartbeatInterval", heartbeatInterval, .milliseconds(1), hour)
    check("heartbeatDelay", heartbeatDelay, .zero, hour)
    check("promiseLife", promiseLife, .milliseconds(1), hour)
    check("fanoutLife", fanoutLife, .milliseconds(1), day)
    check("seenLife", seenLife, .milliseconds(1), day)
    if !(0...1).contains(gossipFactor) { found.append(.gossipFactorOutside(gossipFactor)) }
    if score != nil, degreeScore > degree {
      found.append(.aboveDegree(parameter: "degreeScore (D_score)", value: degreeScore, degree: degree))
    }
    if score != nil, opportunisticGraftPeers > degree {
      found.append(
        .aboveDegree(
          parameter: "opportunisticGraftPeers", value: opportunisticGraftPeers, degree: degree))
    }
    if deliveryRecordsMaximum > 0, deliveryRecordsMaximum & (deliveryRecordsMaximum - 1) != 0 {
      found.append(.notPowerOfTwo(parameter: "deliveryRecordsMaximum", value: deliveryRecordsMaximum))
    }
    if score != nil, graftFloodThreshold > pruneBackoff {
      found.append(.graftFloodAboveBackoff(threshold: graftFloodThreshold, backoff: pruneBackoff))
    }
    if version < .v1_1 {
      for (name, isAsked) in [
        ("pruneBackoff", pruneBackoff > .zero), ("unsubscribeBackoff", unsubscribeBackoff > .zero),
        ("score", score != nil), ("peerExchange", peerExchange),
        ("degreeOutbound", degreeOutbound > 0),
      ] where isAsked {
        found.append(.notInVersion(parameter: name, version: version, since: .v1_1))
      }
    }
    if !extensions.isEmpty, version < .v1_3 {
      found.append(.notInVersion(parameter: "extensions", version: version, since: .v1_3))
    }
    if let score { found += score.violations.map { .score($0) } }
    if let queue { found += queue.violations }
    if degreeLow > degree { found.append(.lowAboveDegree(low: degreeLow, degree: degree)) }
    if degree > degreeHigh { found.append(.degreeAboveHigh(degree: degree, high: degreeHigh)) }
    if degreeOutbound >= degreeLow {
      found.append(.outboundNotBelowLow(outbound: degreeOutbound, low: degreeLow))
    }
    if degreeOutbound > degree / 2 {
      found.append(.outboundAboveHalf(outbound: degreeOutbound, degree: degree))
    }
    let announced = gossipWindows.addingReportingOverflow(gossipDelayWindows)
    if announced.overflow || announced.partialValue > cacheWindows {
      found.append(.gossipWindowsAboveCache(gossip: announced.partialValue, cache: cacheWindows))
    }
    if cacheWindows > 0 {
      let cache = heartbeatInterval * UInt64(cacheWindows)
      if seenLife < cache { found.append(.seenLifeBelowCache(seenLife: seenLife, cache: cache)) }
    }
    for (name, value) in [("pruneBackoff", pruneBackoff), ("unsubscribeBackoff", unsubscribeBackoff)]
    where value.nanoseconds % 1_000_000_000 != 0 {
      found.append(.backoffNotWholeSeconds(parameter: name, value: value))
    }
    return found
  }
}
