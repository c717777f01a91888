// The keys of summary.json, against the published list; and how numbers are written.

import AVS
import Basics
import Testing

@testable import Reporting

@Suite struct RunSummaryTests {
  /// The list of INTERFACE.md, written out. `<class>` stands for each of the twelve.
  static let published = """
    schema name engine seed complete virtualSeconds wallSeconds traceDigest
    nodes operators services
    tasks.issued tasks.certified tasks.missed tasks.wrong tasks.certifiedRatio
    attestations.due attestations.signed attestations.onTime attestations.certified
    attestations.firstDeliveries attestations.expectedDeliveries attestations.unreachableDeliveries
    attestations.deliveryRatio attestations.perSecond
    latency.propagation.count latency.propagation.p50 latency.propagation.p90 latency.propagation.p99
    latency.propagation.max latency.quorum.count latency.quorum.p50 latency.quorum.p90 latency.quorum.p99
    latency.quorum.max latency.certificate.count latency.certificate.p50 latency.certificate.p90
    latency.certificate.p99 latency.certificate.max
    gossip.messageCopies gossip.duplicateRatio gossip.ihave gossip.iwant gossip.graft gossip.prune
    gossip.idontwant gossip.invalid gossip.bytesSent gossip.bytesPerNodePerSecond
    load.cpuUtilisation.p50 load.cpuUtilisation.p99 load.cpuUtilisation.max load.queueDrops
    load.lateAttestations load.byOperatorServices.0.services load.byOperatorServices.0.operators
    load.byOperatorServices.0.lateRatio
    slashing.classes.<class>.offences slashing.classes.<class>.culpable slashing.classes.<class>.unobservable
    slashing.classes.<class>.truePositive slashing.classes.<class>.falsePositive
    slashing.classes.<class>.falseNegative slashing.classes.<class>.pending slashing.classes.<class>.vetoed
    slashing.classes.<class>.precision slashing.classes.<class>.recall slashing.classes.<class>.f1
    slashing.classes.<class>.intervals.precision slashing.classes.<class>.intervals.recall
    slashing.classes.<class>.timeToEvidence.p50 slashing.classes.<class>.timeToEvidence.p90
    slashing.classes.<class>.timeToEvidence.max slashing.classes.<class>.timeToSlash.p50
    slashing.classes.<class>.timeToSlash.p90 slashing.classes.<class>.timeToSlash.max
    slashing.micro.precision slashing.micro.recall slashing.micro.f1
    slashing.macro.precision slashing.macro.recall slashing.macro.f1
    slashing.culpable.precision slashing.culpable.recall slashing.culpable.f1
    slashing.confusion.classes slashing.confusion.matrix
    slashing.amounts.dueWei slashing.amounts.takenWei slashing.amounts.overSlashedWei
    slashing.amounts.underSlashedWei slashing.amounts.honestLossWei slashing.amounts.burnedWei
    slashing.amounts.redistributedWei
    stake.depositedWei stake.restakedWei stake.slashedWei stake.withdrawnWei stake.queuedWei stake.conserved
    rewards.submittedWei rewards.paidWei rewards.dustWei rewards.refundedWei rewards.byRole.operators
    rewards.byRole.stakers rewards.byRole.issuers rewards.byRole.holders rewards.conserved
    issuers.eETH.supply issuers.eETH.nav issuers.eETH.navStart issuers.eETH.lossRatio
    risk.gammaCertified risk.hhi risk.nakamoto33 risk.nakamoto67
    faults.0.at faults.0.kind faults.0.where
    expectations.0.expression expectations.0.value expectations.0.holds
    checks.0.name checks.0.holds checks.0.detail
    """

  @Test func everyPublishedKeyIsThere() {
    let json = Sample.summary.json
    for key in Self.published.split(whereSeparator: \.isWhitespace).map(String.init) {
      for name in key.contains("<class>") ? OffenceClass.allCases.map(\.rawValue) : [""] {
        let path = key.replacing("<class>", with: name)
        #expect(json.value(at: path) != nil, "\(path)")
      }
    }
  }

  @Test func undefinedIsNullNeverZero() {
    let empty = RunSummary(name: "empty", engine: "simulator", seed: 1).json
    for path in [
      "tasks.certifiedRatio", "attestations.deliveryRatio", "attestations.perSecond",
      "latency.quorum.p99", "gossip.duplicateRatio", "slashing.micro.precision", "slashing.macro.f1",
      "slashing.classes.late.intervals.recall", "slashing.classes.late.timeToSlash.p50", "risk.hhi",
      "stake.conserved", "traceDigest",
    ] {
      #expect(empty.value(at: path) == .null, "\(path)")
    }
  }

  @Test func amountsAreDecimalStringsBeyondSixtyFourBits() {
    var summary = RunSummary(name: "rich", engine: "simulator", seed: 1)
    summary.stake.depositedWei = 32_000_000_000_000_000_000_000
    #expect(summary.json.value(at: "stake.depositedWei") == "32000000000000000000000")
  }

  @Test func latenciesGoFromNanosecondsToMilliseconds() {
    var h = Histogram()
    for k in 1...100 as ClosedRange<UInt64> { h.record(k * 1_000_000) }
    let latency = LatencySummary(h)
    #expect(latency.count == 100)
    #expect(latency.max == 100)
    #expect(abs(latency.p50! - 50) < 50 * 0.016)
    #expect(abs(latency.p99! - 99) < 99 * 0.016)
  }

  @Test func twoRunsAgreeButForTheWallClock() {
    var again = Sample.summary
    again.wallSeconds += 1
    #expect(again.json != Sample.summary.json)
    #expect(again.json.withoutWallClock == Sample.summary.json.withoutWallClock)
    #expect(again.json.withoutWallClock.text() == Sample.summary.json.withoutWallClock.text())
  }

  @Test func anUnfinishedSummarySaysNothingThatItDoesNotKnow() {
    let json = Sample.summary.unfinishedJSON
    #expect(json["complete"] == .bool(false))
    #expect(json["name"] == Sample.summary.json["name"])
    let known: Set = ["schema", "name", "engine", "seed", "complete"]
    for leaf in json.leaves where !known.contains(leaf.path) { #expect(leaf.value == .null, "\(leaf.path)") }
  }

  @Test func namesWithDotsAreFound() {
    let json: JSONValue = ["issuers": ["wstETH.v2": ["nav": JSONValue(1.5)]], "list": .array(["a", "b"])]
    #expect(json.value(at: "issuers.wstETH.v2.nav") == .number(1.5))
    #expect(json.value(at: "list.1") == "b")
    #expect(json.value(at: "list.2") == nil)
    #expect(json.value(at: "issuers.none") == nil)
  }

  @Test func numbersAreWrittenOneWay() {
    #expect(JSONValue(1.0).text() == "1")
    #expect(JSONValue(0.1).text() == "0.1")
    #expect(JSONValue(-0.0).text() == "0")
    #expect(JSONValue(1e-7).text() == "1e-07")
    #expect(JSONValue(Double.nan).text() == "null")
    #expect(JSONValue(UInt64.max).text() == "18446744073709551615")
    #expect(JSONValue("a\"\\\n\u{1}").text() == #""a\"\\\n\u0001""#)
  }

  @Test func whatIsWrittenReadsBack() throws {
    let text = Sample.summary.json.text(pretty: true)
    let back = try JSONValue(parsing: Array(text.utf8))
    let leaves = Dictionary(uniqueKeysWithValues: back.leaves.map { ($0.path, $0.value) })
    for leaf in Sample.summary.json.leaves { #expect(leaves[leaf.path] == leaf.value, "\(leaf.path)") }
  }
}
