// A small made-up run: 12 operators, 3 services, a partition, an equivocator who is slashed, an honest operator who is too.

import AVS
import Basics

@testable import Reporting

enum Sample {
  static func seconds(_ s: Double) -> Instant { Instant(nanoseconds: UInt64(s * 1e9)) }
  static let ether: UInt128 = 1_000_000_000_000_000_000

  static let offences = [
    OffenceRecord(
      operatorID: NodeID(3), service: ServiceID(0), offenceClass: .equivocation, key: 17, at: seconds(42),
      violated: true, culpable: true, observable: true, evidenceAt: seconds(42.4), dueWei: 320 * ether,
      cause: "equivocates"),
    OffenceRecord(
      operatorID: NodeID(7), service: ServiceID(1), offenceClass: .liveness, key: 2, at: seconds(60),
      violated: true, culpable: false, observable: true, evidenceAt: seconds(61), dueWei: 3 * ether,
      cause: "crashed"),
    OffenceRecord(
      operatorID: NodeID(5), service: ServiceID(2), offenceClass: .invalidResult, key: 23, at: seconds(70),
      violated: true, culpable: true, observable: false, dueWei: 50 * ether, cause: "sent to one peer only"),
  ]
  static let slashes = [
    SlashRecord(
      operatorID: NodeID(3), service: ServiceID(0), offenceClass: .equivocation, key: 17,
      requestedAt: seconds(55), executedAt: seconds(86_455), state: .executed, dueWei: 320 * ether,
      takenWei: 320 * ether, burnedWei: 320 * ether),
    SlashRecord(
      operatorID: NodeID(8), service: ServiceID(1), offenceClass: .liveness, key: 2, requestedAt: seconds(72),
      executedAt: seconds(86_472), state: .executed, dueWei: 3 * ether, takenWei: 3 * ether,
      redistributedWei: 3 * ether),
    SlashRecord(
      operatorID: NodeID(7), service: ServiceID(1), offenceClass: .liveness, key: 2, requestedAt: seconds(72),
      executedAt: nil, state: .vetoed, dueWei: 3 * ether, takenWei: 0),
  ]

  static var summary: RunSummary {
    var s = RunSummary(name: "sample", engine: "simulator", seed: 7)
    s.complete = true
    s.virtualSeconds = 120
    s.wallSeconds = 1.25
    s.traceDigest = "9f3a00c4d2e17b55"
    s.nodes = 16
    s.operators = 12
    s.services = 3
    s.tasks.issued = 30
    s.tasks.certified = 28
    s.tasks.missed = 2
    s.attestations.due = 300
    s.attestations.signed = 290
    s.attestations.onTime = 281
    s.attestations.certified = 270
    s.attestations.firstDeliveries = 4_300
    s.attestations.expectedDeliveries = 4_350
    s.attestations.unreachableDeliveries = 150
    s.attestations.perSecond = 2.5
    s.latency.propagation = LatencySummary(histogram(median: 80_000_000, count: 4_300))
    s.latency.quorum = LatencySummary(histogram(median: 600_000_000, count: 28))
    s.latency.certificate = LatencySummary(histogram(median: 14_000_000_000, count: 28))
    s.gossip.messageCopies = 24_000
    s.gossip.duplicateRatio = 0.82
    s.gossip.bytesSent = 9_000_000
    s.gossip.bytesPerNodePerSecond = 4_687.5
    s.load.setUtilisation([0.1, 0.2, 0.9])
    s.load.lateAttestations = 9
    s.load.byOperatorServices = [
      .init(services: 1, operators: 6, lateRatio: 0.01), .init(services: 2, operators: 4, lateRatio: 0.03),
      .init(services: 3, operators: 2, lateRatio: 0.11),
    ]
    s.slashing = SlashAccuracy(offences: offences, slashes: slashes)
    s.stake.depositedWei = 38_400 * ether
    s.stake.restakedWei = 38_077 * ether
    s.stake.slashedWei = 323 * ether
    s.stake.conserved = true
    s.rewards.submittedWei = 100 * ether
    s.rewards.paidWei = 96 * ether
    s.rewards.dustWei = 17
    s.rewards.refundedWei = 4 * ether - 17
    s.rewards.operatorsWei = 10 * ether
    s.rewards.stakersWei = 60 * ether
    s.rewards.issuersWei = 6 * ether
    s.rewards.holdersWei = 20 * ether
    s.rewards.conserved = true
    s.issuers = [.init(name: "eETH", supply: 1_000 * ether, nav: 1.021, navStart: 1.03, lossRatio: 0.0087)]
    s.risk.hhi = 0.11
    s.risk.nakamoto33 = 3
    s.risk.nakamoto67 = 7
    s.faults = [
      .init(at: seconds(30), healedAt: seconds(50), kind: "partition", place: "europe | rest"),
      .init(at: seconds(58), healedAt: nil, kind: "crash", place: "operator-7"),
    ]
    s.expectations = [
      .init(expression: "slashing.classes.equivocation.precision == 1", value: JSONValue(1), holds: true),
      .init(expression: "slashing.micro.recall >= 0.9", value: JSONValue(1.0 / 3), holds: false),
    ]
    s.checks = [.init(name: "stake is conserved", holds: true, detail: "1,204 transactions")]
    return s
  }

  /// A distribution that looks like latency: hash-free, the same each time.
  static func histogram(median: UInt64, count: Int) -> Histogram {
    var h = Histogram()
    for k in 0..<count {
      let u = (Double(k) + 0.5) / Double(count)
      let spread = u < 0.5 ? 0.4 + 1.2 * u : 1 + 0.5 * (u - 0.5) / (1.02 - u)
      h.record(UInt64(Double(median) * spread))
    }
    return h
  }
}
