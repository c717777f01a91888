// Parameters: the sets that are offered are valid, and every mistake is named with its numbers.

import Basics
import Gossip
import Testing

@Suite struct ParametersTests {
  @Test("All offered sets are valid") func offered() {
    for parameters in [Parameters(), .go, .rust, .specification] { #expect(parameters.violations.isEmpty) }
  }

  @Test("Degrees must be in order") func degrees() {
    var parameters = Parameters()
    parameters.degreeLow = 9
    #expect(parameters.violations == [.lowAboveDegree(low: 9, degree: 8)])
    parameters = Parameters()
    parameters.degreeHigh = 7
    #expect(parameters.violations == [.degreeAboveHigh(degree: 8, high: 7)])
  }

  @Test("D_out is below D_lo and at most D/2") func outbound() {
    var parameters = Parameters()
    parameters.degreeOutbound = 4
    #expect(parameters.violations.isEmpty)
    parameters.degreeOutbound = 5
    #expect(parameters.violations == [.outboundAboveHalf(outbound: 5, degree: 8)])
    parameters.degreeLow = 4
    parameters.degreeOutbound = 4
    #expect(parameters.violations == [.outboundNotBelowLow(outbound: 4, low: 4)])
  }

  @Test("Several mistakes are named in one go") func several() {
    var parameters = Parameters()
    parameters.degree = -1
    parameters.gossipFactor = .nan
    parameters.gossipWindows = 7
    parameters.seenLife = .seconds(4)
    parameters.pruneBackoff = .milliseconds(1500)
    parameters.heartbeatInterval = .seconds(3601)
    parameters.ihaveMessagesMaximum = 70_000
    let found = parameters.violations
    #expect(found.contains(.negative(parameter: "degree", value: -1)))
    #expect(found.contains { if case .gossipFactorOutside = $0 { true } else { false } })
    #expect(found.contains(.gossipWindowsAboveCache(gossip: 7, cache: 6)))
    #expect(found.contains(.seenLifeBelowCache(seenLife: .seconds(4), cache: .seconds(3601) * 6)))
    #expect(found.contains(.backoffNotWholeSeconds(parameter: "pruneBackoff", value: .milliseconds(1500))))
    let hour: UInt64 = 3_600_000_000_000
    #expect(
      found.contains(
        .outside(
          parameter: "heartbeatInterval", value: hour + 1_000_000_000, least: 1_000_000, most: hour)))
    #expect(
      found.contains(.outside(parameter: "ihaveMessagesMaximum", value: 70_000, least: 1, most: 65_535)))
  }

  @Test("A router refuses invalid parameters") func refuses() async {
    await #expect(processExitsWith: .failure) {
      var parameters = Parameters()
      parameters.degreeOutbound = 6
      let router = Router(
        parameters: parameters, topics: [], offsets: [0], neighbors: [], outbound: [], seed: 1)
      _ = router.nodeCount
    }
  }
}
