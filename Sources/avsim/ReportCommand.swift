// `avsim report` and `avsim compare`: what came out of runs, from their folders alone.

import ArgumentParser
import Foundation
import Reporting

/// Writes `report.html` again.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Writes report.html of runs, from what their folders hold.",
    discussion: """
      Reads manifest.json, summary.json and run.sqlite of each folder; a run that was killed or still goes on is told as far as it \
      came. Prints the path of each report. Charts appear when the chart library is there: scripts/fetch-report-assets.
      """)

  @Argument(help: "Folders of runs.") var rundir: [String]

  func run() throws {
    let assets = ReportAssets.find()
    if assets == nil {
      tell(
        "the chart library is missing, reports hold tables only; to have charts: scripts/fetch-report-assets")
    }
    var worst: RunDirectory.Refusal?
    for path in rundir {
      let directory = RunDirectory(path: path)
      do {
        try Report.write(for: directory, assets: assets)
        print(directory.reportPath)
      } catch {
        tell("\(error)")
        worst = worst ?? error
      }
    }
    if let worst { throw ExitCode(worst.exitCode) }
  }
}

/// Tells two runs apart.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "The measures in which two runs differ.",
    discussion: """
      Compares every key of the two summaries but the wall-clock ones; then the distributions of latency by their \
      Kolmogorov-Smirnov distance, which tasks ended alike, and who was slashed. Exit code 0 when no key differs by more than the \
      tolerance and no distance is above --distance, 1 when some do.
      """)

  @Argument(help: "Folder of the first run.") var a: String
  @Argument(help: "Folder of the second run.") var b: String
  @Option(help: "Relative difference up to which numbers count as equal, as a share or in percent: 0.01, 1%.")
  var tolerance = Tolerance(share: 0)
  @Option(
    help: "Kolmogorov-Smirnov distance above which distributions of latency count as different; absent: any.")
  var distance: Double?

  func validate() throws {
    if let distance, !(0...1).contains(distance) { throw ValidationError("--distance is from 0 to 1") }
  }

  func run() throws {
    let comparison: RunComparison
    let agreement: RunAgreement
    do {
      let (first, second) = (RunDirectory(path: a), RunDirectory(path: b))
      comparison = RunComparison(
        try first.readSummary(), try second.readSummary(), tolerance: tolerance.share)
      agreement = try RunAgreement(first, second)
    } catch {
      tell("\(error)")
      throw ExitCode(error.exitCode)
    }
    print(comparison.table(names: (a, b), isColoured: isatty(STDOUT_FILENO) == 1), terminator: "")
    print(agreement.table, terminator: "")
    let isFar = agreement.distributions.contains { $0.distance > distance ?? 1 }
    if !comparison.differences.isEmpty || isFar { throw ExitCode(1) }
  }

  /// A share of 0 or more.
  struct Tolerance: ExpressibleByArgument, CustomStringConvertible {
    var share: Double
    init(share: Double) { self.share = share }
    init?(argument: String) {
      let isPercent = argument.hasSuffix("%")
      guard let value = Double(isPercent ? String(argument.dropLast()) : argument), value >= 0, value.isFinite
      else {
        return nil
      }
      share = isPercent ? value / 100 : value
    }
    var description: String { "\(share)" }
    var defaultValueDescription: String { description }
  }
}

extension RunDirectory.Refusal {
  /// As sysexits has them: 65 wrong content, 66 missing, 74 input or output; 64 for a folder that may not be written.
  var exitCode: Int32 {
    switch self {
    case .holdsFinishedRun, .isNotARun: 64
    case .unreadable: 65
    case .missing: 66
    case .system: 74
    }
  }
}

private func tell(_ message: String) { FileHandle.standardError.write(Data("avsim: \(message)\n".utf8)) }
