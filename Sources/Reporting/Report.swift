// `report.html`: one file that tells a run from its folder. It works without a network, in any browser; without the chart
// library it still holds every table, and says which command brings the charts.

/// The report of one run.
public struct Report {
  private var record: RunRecord
  private var assets: ReportAssets?

  /// Reads the run in `directory`: `manifest.json`, `summary.json`, `run.sqlite`.
  ///
  /// - Throws: `RunDirectory.Refusal` when one is missing, or is not what a run writes.
  public init(of directory: RunDirectory, assets: ReportAssets?) throws(RunDirectory.Refusal) {
    record = try RunRecord(of: directory)
    self.assets = assets
  }

  /// Writes `report.html` of the run in `directory`.
  public static func write(
    for directory: RunDirectory, assets: ReportAssets? = ReportAssets.find()
  ) throws(RunDirectory.Refusal) {
    try directory.writeText(Report(of: directory, assets: assets).page, to: directory.reportPath)
  }

  /// The whole page.
  public var page: String {
    let name = record.summary["name"]?.string ?? ""
    let chartData = ReportChartData(record: record).json
    let sections = ReportSections(record: record, chartData: chartData, hasCharts: assets != nil)
    var page: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="generator" content="avsim">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
      <title>\(name) · avsim</title>
      <style>
      \(HTML(markup: text(PackageResources.report_css)))</style>
      </head>
      <body>
      \(sections.html)
      <script type="application/json" id="report-data">\(.embedded(chartData))</script>

      """
    if let assets {
      page += "<script>\(HTML(markup: assets.vega.replacing("</script", with: "<\\/script")))</script>\n"
    }
    page += """
      <script>
      \(HTML(markup: text(PackageResources.report_js)))</script>
      </body>
      </html>

      """
    return page.markup
  }

  private func text(_ resource: [UInt8]) -> String { String(decoding: resource, as: UTF8.self) }
}
