// A finished run on disk, as a driver would write it: 300 operators, 40 services, ten minutes, a partition and a crash wave,
// equivocators who are slashed, two honest operators who are too. Made up, the same each time.

import AVS
import Basics

@testable import Reporting

enum SampleRun {
  static let services = 40
  static let operators = 300

  /// Text that would end a script, open a tag or close an attribute, were it not escaped.
  static let hostile = "</script><img src=x onerror=console.error('broke-out')>\"'&<b>"

  static func manifest(name: String = "sample") -> RunManifest {
    RunManifest(
      name: name,
      scenario: [
        "name": JSONValue(name),
        "description":
          "A made-up run with everything that a report can show. Look for the two honest operators who lost stake.",
      ],
      seed: 7, engine: "simulator", version: "0.1.0",
      commandLine: ["avsim", "run", "topologies/sample.yaml"],
      startedAt: "2026-01-01T12:00:00Z")
  }

  /// Writes a whole run to `path`. With `ramp`, the offered rate rises past what gets certified.
  static func write(to path: String, name: String = "sample", ramp: Bool = false, extra: String = "") throws
    -> RunDirectory
  {
    var summary = Sample.summary
    summary.name = name
    let directory = try RunDirectory.create(at: path, manifest: manifest(name: name), summary: summary)
    let database = try RunDatabase(creatingAt: directory.databasePath)
    var stream = RandomStream(seed: 11)
    func unit() -> Double { Double(stream.next() >> 11) / Double(1 << 53) }
    func pick(_ n: Int) -> Int { Int(stream.next() % UInt64(n)) }

    let memberships = (0..<operators).map { _ in 1 + Int(19 * unit() * unit() * unit()) }
    try database.insert(
      (0..<operators).map { k in
        NodeRow(
          id: NodeID(k), name: k == 8 && !extra.isEmpty ? extra : "operator-\(k)",
          region: ["europe", "us-east", "asia"][k % 3], role: "operator",
          stakeWei: UInt128(32 + 40_000 * unit() * unit()) * Sample.ether, cores: 4, services: memberships[k])
      })
    try database.insert(
      (0..<services).map { k in
        ServiceRow(
          id: ServiceID(k), name: k == 1 && !extra.isEmpty ? extra : "service-\(k)", operators: 12 + pick(60),
          stakeWei: UInt128(50_000 + 900_000 * unit()) * Sample.ether, quorumBips: 6_700, window: .seconds(6))
      })

    var tasks: [TaskRow] = []
    var attestations: [AttestationRow] = []
    var load = [Int: (due: Int, late: Int, operators: Set<Int>)]()
    for k in 0..<2_000 {
      // A ramp: the rate of tasks rises with time, and from the middle on every other one is missed and the rest is late.
      let due = ramp ? 10 + 590 * (Double(k) / 2_000).squareRoot() : 10 + Double(k) * 0.295
      let isSaturated = ramp && k > 1_000
      let isMissed = pick(isSaturated ? 2 : 150) == 0
      let wait = 0.3 + 0.5 * unit() + 1.2 * unit() * unit() * unit()
      let quorum = isMissed ? nil : Sample.seconds(due + wait * (isSaturated ? 4 : 1))
      tasks.append(
        TaskRow(
          id: TaskID(k), service: ServiceID(k % services), due: Sample.seconds(due),
          deadline: Sample.seconds(due + 6), state: isMissed ? .missed : .certified, quorumAt: quorum,
          certificateAt: quorum.map { $0 + .seconds(13) }, signedBips: isMissed ? 5_100 : 9_200))
      for _ in 0..<6 {
        let one = pick(operators)
        let isLate = unit() < 0.002 + 0.0004 * Double(memberships[one] * memberships[one])
        load[memberships[one], default: (0, 0, [])].due += 1
        if isLate { load[memberships[one]]!.late += 1 }
        load[memberships[one]]!.operators.insert(one)
        attestations.append(
          AttestationRow(
            task: TaskID(k), operatorID: NodeID(one), publishedAt: Sample.seconds(due + 0.2),
            receivedAt: Sample.seconds(due + 0.4), onTime: !isLate, expected: 60, receivedBy: 60,
            cause: isLate ? [.overloaded, .overloaded, .partitioned, .crashed][pick(4)] : nil))
      }
    }
    try database.insert(tasks)
    try database.insert(attestations)
    try database.insert(
      tasks.filter { $0.state == .certified }.map { task in
        CertificateRow(
          task: task.id, service: task.service, aggregator: NodeID(0), signers: 5, signedBips: 9_200,
          quorumAt: task.quorumAt, submittedAt: task.quorumAt ?? task.due, includedAt: task.certificateAt,
          block: 1, outcome: "accepted")
      })
    summary.load.byOperatorServices = load.sorted { $0.key < $1.key }.map {
      .init(
        services: $0.key, operators: $0.value.operators.count,
        lateRatio: Double($0.value.late) / Double($0.value.due))
    }

    try database.insert(
      (1...600).map { k in
        var sample = SampleRow(at: Sample.seconds(Double(k)), interval: .seconds(1))
        sample.offered = ramp ? k * 4 : 660
        let share = (200..<260).contains(k) ? 0.55 : 0.98
        sample.published = Int(Double(sample.offered) * (0.985 + 0.01 * unit()))
        sample.certified =
          ramp
          ? min(sample.published, 1_500 + pick(40))
          : Int(Double(sample.published) * (share + 0.015 * unit()))
        sample.quorumP50 = .milliseconds(600)
        sample.quorumP99 = .milliseconds(ramp ? 900 + UInt64(max(0, k - 380)) * 60 : 1_500)
        return sample
      })
    try database.insert(
      (1...50).map {
        BlockRow(number: $0, at: Sample.seconds(Double($0) * 12), transactions: 40, gas: 9_000_000)
      })
    let faults: [FaultRow] = [
      .init(
        id: 0, kind: "partition", place: "europe | rest", at: Sample.seconds(200),
        healedAt: Sample.seconds(260)),
      .init(
        id: 1, kind: "crash", place: "10 % of operators", at: Sample.seconds(400),
        healedAt: Sample.seconds(415)),
      .init(id: 2, kind: "latency", place: "asia", at: Sample.seconds(405), healedAt: nil),
    ]
    try database.insert(faults)
    summary.faults = faults.map { .init(at: $0.at, healedAt: $0.healedAt, kind: $0.kind, place: $0.place) }

    var offences = Sample.offences
    var slashes = Sample.slashes
    for k in 0..<18 {
      let at = 60 + Double(k) * 20
      offences.append(
        OffenceRecord(
          operatorID: NodeID(20 + k), service: ServiceID(k % services),
          offenceClass: k % 3 == 0 ? .liveness : .equivocation,
          key: UInt64(k), at: Sample.seconds(at), violated: true, culpable: k % 3 != 0, observable: k != 4,
          evidenceAt: k == 4 ? nil : Sample.seconds(at + 0.5), dueWei: 64 * Sample.ether,
          cause: k % 3 == 0 ? "partitioned" : "equivocates to disjoint peers"))
      if k == 4 || k == 9 { continue }
      slashes.append(
        SlashRecord(
          operatorID: NodeID(20 + k), service: ServiceID(k % services),
          offenceClass: k == 7 ? .invalidResult : k % 3 == 0 ? .liveness : .equivocation, key: UInt64(k),
          requestedAt: Sample.seconds(at + 30), executedAt: Sample.seconds(at + 86_430), state: .executed,
          dueWei: 64 * Sample.ether, takenWei: (k == 5 ? 60 : 64) * Sample.ether,
          burnedWei: (k == 5 ? 60 : 64) * Sample.ether))
    }
    summary.slashing = SlashAccuracy(offences: offences, slashes: slashes)
    try database.replace(offences: offences, slashes: slashes, accuracy: summary.slashing)
    try database.replace(histogram: Sample.histogram(median: 80_000_000, count: 4_300), of: "propagation")
    try database.replace(histogram: Sample.histogram(median: 600_000_000, count: 1_993), of: "quorum")
    try database.replace(histogram: Sample.histogram(median: 14_000_000_000, count: 1_990), of: "certificate")
    try database.close()

    summary.virtualSeconds = 600
    summary.wallSeconds = 21.4
    summary.nodes = 310
    summary.operators = operators
    summary.services = services
    summary.tasks.issued = 2_000
    summary.tasks.certified = tasks.count { $0.state == .certified }
    summary.tasks.missed = tasks.count { $0.state == .missed }
    summary.attestations.due = attestations.count
    summary.attestations.certified = 11_674
    summary.attestations.perSecond = 19.79
    summary.stake.depositedWei = 4_612_338 * Sample.ether
    summary.stake.restakedWei = 4_411_204 * Sample.ether
    summary.stake.queuedWei = 12_480 * Sample.ether
    summary.stake.withdrawnWei = 187_000 * Sample.ether
    summary.stake.slashedWei = summary.slashing.amounts.taken
    try directory.write(summary)
    try directory.write(manifest(name: name), complete: true)
    return directory
  }
}
