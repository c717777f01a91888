// A run whose offered rate rises: what was offered in each stretch of it, and what became of that, however much later. Blocks come
// every few seconds, so the instant of a certificate says little of when the work was done; the instant at which a task fell
// due says it.

import Basics
internal import GRDB

/// What fell due in one stretch of a run.
struct RampPoint {
  /// The stretch's end and length in seconds.
  var end: Double
  var seconds: Double
  /// Attestations that fell due in it, and those of them that a certificate counts.
  var offered = 0
  var certified = 0
  /// Of its tasks that reached their quorum, from the due instant; nil when none did.
  var quorumP99Milliseconds: Double?

  var offeredRate: Double { Double(offered) / seconds }
  var certifiedRate: Double { Double(certified) / seconds }
}

extension RunRecord {
  /// A task: when it fell due, when an aggregator held its quorum, what was owed for it, and what its certificate counts.
  private struct Offer {
    var due: Double
    var quorum: Double?
    var owed: Int
    var certified: Int
  }

  /// Equal stretches of the time in which tasks fall due, when their rate rose from the first to the last: of twelve stretches the
  /// last offers at least 1.5 times the first, and nearly every one more than the one before. Else empty.
  static func ramp(_ db: Database) throws -> [RampPoint] {
    let offers = try Row.fetchAll(
      db,
      sql: """
        SELECT due_ns, quorum_ns, (SELECT count(*) FROM attestations WHERE task = tasks.id),
          (SELECT max(signers) FROM certificates WHERE task = tasks.id AND outcome = 'accepted')
        FROM tasks ORDER BY due_ns
        """
    ).map { row in
      Offer(
        due: Double(row[0] as Int64) / 1e9, quorum: (row[1] as Int64?).map { Double($0) / 1e9 }, owed: row[2],
        certified: row[3] as Int? ?? 0)
    }
    let rises = stretches(offers, 12).map(\.offeredRate)
    guard rises.count == 12, let peak = rises.max(), peak >= 1.5 * rises[0], peak > 0,
      zip(rises, rises.dropFirst()).count(where: { $0 < $1 }) >= 9
    else { return [] }
    return stretches(offers, min(30, offers.count / 12))
  }

  private static func stretches(_ offers: [Offer], _ count: Int) -> [RampPoint] {
    guard count > 0, let first = offers.first?.due, let last = offers.last?.due, last > first else {
      return []
    }
    let length = (last - first) / Double(count)
    var points = (1...count).map { RampPoint(end: first + Double($0) * length, seconds: length) }
    var waits = Array(repeating: [Double](), count: count)
    for offer in offers {
      let k = min(count - 1, Int((offer.due - first) / length))
      points[k].offered += offer.owed
      points[k].certified += offer.certified
      if let quorum = offer.quorum { waits[k].append((quorum - offer.due) * 1e3) }
    }
    for k in points.indices where !waits[k].isEmpty {
      let sorted = waits[k].sorted()
      // Nearest rank.
      points[k].quorumP99Milliseconds = sorted[(sorted.count * 99 + 99) / 100 - 1]
    }
    return points
  }
}
