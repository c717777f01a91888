// Tallies and their places: what is over is over, and a place that another task has by now counts nothing of the one before.

import Basics
import Network
import Testing

@testable import Participants

@Suite struct AggregationTests {
  private static let service = ServiceDeployment(
    name: "s", members: [NodeID(0), NodeID(1), NodeID(2)], aggregators: [NodeID(0)], watchers: [],
    quorumBips: 6_700, responseWindow: .milliseconds(500), aggregationGrace: .zero, backupDelay: .zero,
    compute: .constant(.milliseconds(1)), attestationBytes: 128,
    arrival: .periodic(every: .seconds(1), phase: .zero), punishes: [])

  private let schedule = TaskSchedule(services: [Self.service], duration: .seconds(3), seed: 1)

  @Test func aPlaceIsAnothersAndTheLateCountForNobody() throws {
    var aggregation = Aggregation([Self.service], schedule)
    aggregation.setStake(ServiceID(0), [1, 1, 1])
    let opened = aggregation.tally(TaskID(0), ordinal: 0, aggregator: NodeID(0))
    let first = try #require(opened).index
    aggregation[first].wakeUps = 1
    aggregation[first].closed = true
    // Closed and not yet free, say because a turn to submit is still to come.
    let whileClosed = aggregation.tally(TaskID(0), ordinal: 0, aggregator: NodeID(0))
    #expect(whileClosed == nil)
    aggregation.woke(first)

    let other = aggregation.tally(TaskID(1), ordinal: 0, aggregator: NodeID(0))
    let second = try #require(other).index
    #expect(second == first, "the place is used again")
    aggregation[second].wakeUps = 1
    // What comes late for the first task finds neither its own place nor that of the second.
    let late = aggregation.tally(TaskID(0), ordinal: 0, aggregator: NodeID(0))
    #expect(late == nil)
    let open = [0, 1].map { aggregation.open(TaskID($0), ordinal: 0) }
    #expect(open == [nil, second])
  }
}
