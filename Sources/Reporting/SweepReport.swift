// `sweep.html`: the curves of a sweep with their intervals, one chart a measure, and the table behind them. One file that
// works without a network, like a run's report.

/// An average at one point of a sweep.
public struct SweepCurvePoint: Sendable {
  /// Keys and values of the point, in the order of the sweep's axes.
  public var values: [(key: String, value: String)]
  public var measure: String
  public var runs: Int
  public var mean: Double
  /// Ends of the 95 % interval; nil where there is none.
  public var low: Double?
  public var high: Double?

  public init(
    values: [(key: String, value: String)], measure: String, runs: Int, mean: Double, low: Double?,
    high: Double?
  ) {
    self.values = values
    self.measure = measure
    self.runs = runs
    self.mean = mean
    self.low = low
    self.high = high
  }
}

/// The report of one sweep.
public struct SweepReport {
  private let name: String
  private let description: String
  private let points: [SweepCurvePoint]
  /// The points were drawn: each key gets a chart of its own, of points without lines.
  private let isDrawn: Bool
  private let assets: ReportAssets?

  public init(
    name: String, description: String, points: [SweepCurvePoint], isDrawn: Bool = false,
    assets: ReportAssets? = ReportAssets.find()
  ) {
    self.name = name
    self.description = description
    self.points = points
    self.isDrawn = isDrawn
    self.assets = assets
  }

  /// The whole page. The first axis is drawn from left to right; the others, together, tell the lines apart. Of points that were
  /// drawn, every axis has its turn.
  public var page: String {
    let measures = points.map(\.measure).uniqued
    var page: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="generator" content="avsim">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
      <title>\(name) · avsim sweep</title>
      <style>
      \(HTML(markup: text(PackageResources.report_css)))</style>
      </head>
      <body>
      <main>
      <h1>\(name)</h1>
      <p>\(description)</p>
      <p>Averages over seeds. Bands are 95 % intervals: Student's t over the seeds, and Wilson's over all counts for \
      precision and recall. A flat band of no width means that all seeds gave the same value.</p>

      """
    let axes = isDrawn ? points.flatMap { $0.values.map(\.key) }.uniqued : [points.first?.values.first?.key]
    for (k, measure) in measures.enumerated() {
      page += "<section class=\"card\"><h2>\(measure)</h2>"
      for a in axes.indices { page += "<div id=\"curve-\(k)-\(a)\"></div>" }
      page += "\(table(measure).html)</section>\n"
    }
    page += """
      </main>
      <script type="application/json" id="sweep-data">\(.embedded(data(measures, axes)))</script>

      """
    if let assets {
      page += "<script>\(HTML(markup: assets.vega.replacing("</script", with: "<\\/script")))</script>\n"
    }
    page += "<script>\n\(HTML(markup: text(PackageResources.sweep_js)))</script>\n</body>\n</html>\n"
    return page.markup
  }

  private func table(_ measure: String) -> HTMLTable {
    let rows = points.filter { $0.measure == measure }
    let keys = rows.flatMap { $0.values.map(\.key) }.uniqued
    var table = HTMLTable(
      columns: keys.map { .text($0) } + [.number("mean"), .number("low"), .number("high"), .number("runs")])
    table.rows = rows.map { row in
      keys.map { key in .word(row.values.first { $0.key == key }?.value ?? "") }
        + [
          .number(Self.figure(row.mean), row.mean), .number(Self.figure(row.low), row.low),
          .number(Self.figure(row.high), row.high), .number("\(row.runs)", Double(row.runs)),
        ]
    }
    return table
  }

  /// Five significant digits at most.
  private static func figure(_ value: Double?) -> String {
    guard let value else { return "–" }
    if value == 0 { return "0" }
    if abs(value) >= 1e6 || abs(value) < 1e-3 { return "\(value)" }
    return "\(Double(Int(value * 10_000 + (value < 0 ? -0.5 : 0.5))) / 10_000)"
  }

  private func data(_ measures: [String], _ axes: [String?]) -> JSONValue {
    var charts: [JSONValue] = []
    for (k, measure) in measures.enumerated() {
      for (a, axis) in axes.enumerated() { charts.append(chart("curve-\(k)-\(a)", measure, axis)) }
    }
    return ["charts": .array(charts)]
  }

  /// The data of one chart: a measure against a key.
  private func chart(_ id: String, _ measure: String, _ axis: String?) -> JSONValue {
    let rows = points.filter { $0.measure == measure }
    let texts = rows.map { row in row.values.first { $0.key == axis }?.value ?? "" }
    let isNumeric = !texts.contains { Self.number($0) == nil }
    return [
      "id": JSONValue(id), "axis": JSONValue(axis ?? "point"), "numeric": JSONValue(isNumeric),
      "drawn": JSONValue(isDrawn),
      "points": .array(
        zip(rows, texts).map { row, text in
          [
            "x": isNumeric ? JSONValue(Self.number(text)) : JSONValue(text),
            "line": JSONValue(
              isDrawn
                ? ""
                : row.values.filter { $0.key != axis }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            ),
            "mean": JSONValue(row.mean), "low": JSONValue(row.low ?? row.mean),
            "high": JSONValue(row.high ?? row.mean), "runs": JSONValue(row.runs),
          ]
        }),
    ]
  }

  /// A quantity as a number on an axis: shares in percent, times in seconds, others as they are; nil for words.
  static func number(_ text: String) -> Double? {
    let units: [(String, Double)] = [
      ("%", 1), ("ETH", 1), ("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9), ("s", 1), ("m", 60), ("h", 3_600),
      ("d", 86_400), ("/s", 1),
    ]
    if let plain = Double(text) { return plain }
    for (unit, factor) in units where text.hasSuffix(unit) {
      if let value = Double(text.dropLast(unit.count)) { return value * factor }
    }
    return nil
  }

  private func text(_ resource: [UInt8]) -> String { String(decoding: resource, as: UTF8.self) }
}

extension Array where Element: Equatable {
  /// Each element once, in the order of first appearance.
  fileprivate var uniqued: [Element] { reduce(into: []) { if !$0.contains($1) { $0.append($1) } } }
}
