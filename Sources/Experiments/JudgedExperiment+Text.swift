// Tables of expected against got, for people and as JSON.

import Foundation

extension JudgedFigure {
  fileprivate var cells: [String] {
    let d = row.decimals
    let band: String
    switch row.judged {
    case .shown: band = "-"
    case .mean, .each:
      let (low, high) = (row.band.lowerBound, row.band.upperBound)
      if low == high {
        band = text(low, d)
      } else if low == -.infinity {
        band = "<= \(text(high, d))"
      } else if high == .infinity {
        band = ">= \(text(low, d))"
      } else {
        band = "\(text(low, d)) ... \(text(high, d))"
      }
    }
    let range = values.count > 1 ? "\(text(least, d)) ... \(text(most, d))" : ""
    let verdict = row.judged == .shown ? "" : (isInside ? "ok" : holds ? "exception" : "OUTSIDE")
    return [row.what, row.expected, text(mean, d), range, band, row.judged == .each ? "each" : "", verdict]
  }
}

extension JudgedExperiment {
  /// The experiment as a table.
  public var text: String {
    var lines = ["\(experiment.name): \(experiment.title)", "  \(experiment.source)"]
    for remark in experiment.remarks { lines.append("  note: \(remark)") }
    let head = ["", "published", "got, mean", "over seeds", "band", "", "verdict"]
    let table = [head] + rows.map(\.cells)
    var widths = [Int](repeating: 0, count: head.count)
    for row in table { for (k, cell) in row.enumerated() { widths[k] = max(widths[k], cell.count) } }
    for row in table {
      var line = "  "
      for (k, cell) in row.enumerated() {
        let pad = String(repeating: " ", count: widths[k] - cell.count)
        line += (k == 0 || k == row.count - 1 ? cell + pad : pad + cell) + "  "
      }
      while line.last == " " { line.removeLast() }
      lines.append(line)
    }
    var exceptions: [String] = []
    for row in rows where !row.isInside && row.holds {
      if let exception = row.row.exception, !exceptions.contains(exception) { exceptions.append(exception) }
    }
    for exception in exceptions { lines.append("  exception: \(exception)") }
    for row in rows where !row.holds { lines.append("  OUTSIDE: \(row.row.what): \(row.row.reason)") }
    let digests = zip(seeds, digests).prefix(3).map { "\($0):\(String($1, radix: 16))" }.joined(
      separator: " ")
    lines.append("  digests \(digests)\(seeds.count > 3 ? " ..." : "")")
    return lines.joined(separator: "\n") + "\n"
  }
}

/// The results as one JSON document: every row, and the counts of a given table in the form of its file.
public enum ReproductionJSON {
  struct Row: Encodable {
    var what: String
    var figure: String
    var published: String
    var mean: Double?
    var least: Double?
    var most: Double?
    var low: Double?
    var high: Double?
    var judged: String
    var holds: Bool
    var isInside: Bool
    var reason: String
    var exception: String?
  }

  struct Result: Encodable {
    var name: String
    var title: String
    var source: String
    var remarks: [String]
    var seeds: [UInt64]
    var digests: [String]
    var holds: Bool
    var rows: [Row]
  }

  struct Document: Encodable {
    var experiments: [Result]
    var table: SimsubTable?
    var notReproduced: [[String: String]]
  }

  /// All of it as text, keys sorted.
  public static func text(_ results: [JudgedExperiment], table: SimsubTable?) -> String {
    var filled = table
    if table != nil, let judged = results.first(where: { $0.experiment.name == "table" }) {
      filled?.source = "avsim, means over \(judged.seeds.count) seeds"
      filled?.gossipsub_v1_0 = counts(judged, "v1.0")
      filled?.gossipsub_v1_1 = counts(judged, "v1.1")
    }
    let document = Document(
      experiments: results.map(result), table: filled,
      notReproduced: Catalogue.omissions.map { ["what": $0.what, "reason": $0.reason] })
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(document) else {
      preconditionFailure("figures that JSON cannot hold")
    }
    return String(decoding: data, as: UTF8.self)
  }

  private static func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }

  private static func result(_ judged: JudgedExperiment) -> Result {
    Result(
      name: judged.experiment.name, title: judged.experiment.title, source: judged.experiment.source,
      remarks: judged.experiment.remarks, seeds: judged.seeds,
      digests: judged.digests.map { String($0, radix: 16) }, holds: judged.holds,
      rows: judged.rows.map { figure in
        Row(
          what: figure.row.what, figure: figure.row.name, published: figure.row.expected,
          mean: finite(figure.mean),
          least: finite(figure.least), most: finite(figure.most), low: finite(figure.row.band.lowerBound),
          high: finite(figure.row.band.upperBound), judged: "\(figure.row.judged)", holds: figure.holds,
          isInside: figure.isInside, reason: figure.row.reason, exception: figure.row.exception)
      })
  }

  /// Means over the seeds under the names of the file's counts.
  private static func counts(_ judged: JudgedExperiment, _ version: String) -> SimsubTable.Counts {
    func mean(_ name: String) -> Double? { finite(judged.means["\(version)/\(name)"] ?? .nan) }
    var counts = SimsubTable.Counts()
    counts.publish = mean("publish")
    counts.deliver = mean("deliver")
    counts.message = mean("message")
    counts.connect = mean("connect")
    counts.iwant = mean("iwant")
    counts.ihave = mean("ihave")
    counts.prune = mean("prune")
    counts.graft = mean("graft")
    counts.histogram100ms = (0..<8).map { mean("histogram\($0)") ?? 0 }
    while let last = counts.histogram100ms?.last, last == 0 { counts.histogram100ms?.removeLast() }
    return counts
  }
}
