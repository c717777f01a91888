// `avsim reproduce`: published experiments as tables of expected against got.

import ArgumentParser
import Experiments
import Foundation
import Synchronization

struct ReproduceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reproduce",
    abstract: "Runs published gossip experiments and compares what was published with what we get.",
    discussion: """
      Without a name: every experiment but the long ones (the attacks), then what cannot be reproduced and why. Every row \
      shows the published figure, the band in which a faithful simulator must land, our mean and range over the seeds, and \
      the verdict. Exit code 1 when a row lies outside its band.
      """)

  @Argument(help: "Experiments, or 'all'; see --list.") var names: [String] = []
  @Option(help: "Number of seeds: 1, 2, ...") var seeds = 10
  @Option(help: "First seed.") var seed: UInt64 = 1
  @Option(
    help: ArgumentHelp(
      "A table of the form that simsub printed: its parameters are run, its counts are compared.",
      valueName: "file"))
  var table: String?
  @Option(help: "Runs side by side; default: one a processor.") var jobs: Int?
  @Flag(help: "Print JSON on stdout.") var json = false
  @Flag(help: "No progress.") var quiet = false
  @Flag(help: "List the experiments, and what cannot be reproduced.") var list = false

  func validate() throws {
    if !(1...1000).contains(seeds) { throw ValidationError("--seeds \(seeds): allowed is 1 to 1000") }
    if let jobs, !(1...256).contains(jobs) { throw ValidationError("--jobs \(jobs): allowed is 1 to 256") }
    let known = Set(Catalogue.experiments.map(\.name) + ["all"])
    for name in names where !known.contains(name) {
      throw ValidationError(
        "no experiment '\(name)'; there are \(Catalogue.experiments.map(\.name).joined(separator: ", "))")
    }
  }

  func run() throws {
    if list { return printList() }
    var chosen = Catalogue.experiments.filter { experiment in
      if names.isEmpty { return table == nil && !experiment.isLong }
      return names.contains("all") || names.contains(experiment.name)
    }
    let given = try table.map(readTable)
    if let given { chosen.insert(given.experiment(named: "table"), at: 0) }
    let outcome = Mutex([JudgedExperiment]())
    let meter = ReproductionMeter(isQuiet: quiet)
    let printsText = !json
    Reproduction.run(
      chosen, seeds: (0..<UInt64(seeds)).map { seed + $0 },
      jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount
    ) { done, all, what in
      meter.show(done, all, what)
    } complete: { judged in
      if printsText {
        meter.clear()
        print(judged.text)
      }
      outcome.withLock { $0.append(judged) }
    }
    meter.clear()
    let results = outcome.withLock { $0 }
    if json {
      print(ReproductionJSON.text(results, table: given))
    } else {
      if names.isEmpty && table == nil { print(Catalogue.omissionsText) }
      let rows = results.flatMap(\.rows).filter { $0.row.judged != .shown }
      let inside = rows.filter(\.isInside).count
      let exceptions = rows.filter { !$0.isInside && $0.holds }.count
      print(
        "\(inside) of \(rows.count) figures in their bands, \(exceptions) exceptions with a reason; "
          + "\(results.count) experiments, \(seeds) seeds")
    }
    if !results.allSatisfy(\.holds) { throw ExitCode(1) }
  }

  private func readTable(_ path: String) throws -> SimsubTable {
    guard FileManager.default.fileExists(atPath: path) else {
      FileHandle.standardError.write(Data("\(path): no such file\n".utf8))
      throw ExitCode(66)
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      FileHandle.standardError.write(Data("\(path): cannot be read\n".utf8))
      throw ExitCode(74)
    }
    do {
      return try SimsubTable(json: data)
    } catch {
      FileHandle.standardError.write(Data("\(path): \(error)\n".utf8))
      throw ExitCode(65)
    }
  }

  private func printList() {
    for experiment in Catalogue.experiments {
      print(
        "\(experiment.name)\(experiment.isLong ? " (long)" : ""): \(experiment.title). \(experiment.source).")
    }
    print(Catalogue.omissionsText)
  }
}

/// Progress on stderr: a line that is written over on a terminal, else one now and then.
private struct ReproductionMeter: Sendable {
  let isQuiet: Bool
  let isTerminal = isatty(STDERR_FILENO) == 1

  func show(_ done: Int, _ all: Int, _ what: String) {
    if isQuiet { return }
    if isTerminal {
      write("\r\u{1B}[K\(done)/\(all) \(what)")
    } else if done == all || done % max(1, all / 20) == 0 {
      write("\(done)/\(all) \(what)\n")
    }
  }

  func clear() { if !isQuiet && isTerminal { write("\r\u{1B}[K") } }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
