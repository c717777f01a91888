// Runs experiments over several seeds, side by side on the cores, and judges them. Simulations share nothing, so their
// digests do not depend on how many run at once.

import Dispatch
import Synchronization

/// What became of one row.
public struct JudgedFigure: Sendable {
  public var row: ExpectedFigure
  /// By seed; NaN when a run did not give the figure.
  public var values: [Double]

  public var mean: Double { values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count) }
  public var least: Double { values.min() ?? .nan }
  public var most: Double { values.max() ?? .nan }

  /// Inside the band, or outside for a known reason.
  public var holds: Bool { isInside || row.exception != nil && !mean.isNaN }

  public var isInside: Bool {
    switch row.judged {
    case .mean: row.band.contains(mean)
    case .each: !values.isEmpty && values.allSatisfy(row.band.contains)
    case .shown: true
    }
  }
}

/// What became of one experiment.
public struct JudgedExperiment: Sendable {
  public var experiment: Experiment
  public var seeds: [UInt64]
  /// By seed.
  public var digests: [UInt64]
  public var rows: [JudgedFigure]
  /// Every figure of the runs, rows or not: means over the seeds.
  public var means: [String: Double]
  public var holds: Bool { rows.allSatisfy(\.holds) }
}

/// Runs experiments.
public enum Reproduction {
  private struct Job {
    var experiment: Int
    var seed: Int
    var part: Int
  }

  /// Runs every part of every experiment for every seed, `jobs` at a time, and hands over each experiment when it is
  /// complete, in the given order. `progress` hears of every finished run; both are called from one thread at a time.
  public static func run(
    _ experiments: [Experiment], seeds: [UInt64], jobs: Int,
    progress: @escaping @Sendable (_ done: Int, _ of: Int, _ what: String) -> Void,
    complete: @escaping @Sendable (JudgedExperiment) -> Void
  ) {
    var queue: [Job] = []
    for (index, experiment) in experiments.enumerated() {
      for seed in seeds.indices {
        for part in experiment.parts.indices { queue.append(Job(experiment: index, seed: seed, part: part)) }
      }
    }
    let waiting = queue
    let desk = Mutex(Desk(experiments, seeds))
    DispatchQueue.concurrentPerform(iterations: min(max(jobs, 1), max(waiting.count, 1))) { _ in
      while let index = desk.withLock({ $0.take(below: waiting.count) }) {
        let job = waiting[index]
        let experiment = experiments[job.experiment]
        let part = experiment.parts[job.part]
        let figures = part.measure(seeds[job.seed])
        desk.withLock { desk in
          desk.file(figures, job.experiment, job.seed, job.part)
          progress(desk.done, waiting.count, "\(experiment.name) \(part.name) seed \(seeds[job.seed])")
          while let judged = desk.next() { complete(judged) }
        }
      }
    }
  }

  /// Where the runs' figures come together.
  private struct Desk {
    let experiments: [Experiment]
    let seeds: [UInt64]
    var taken = 0
    var done = 0
    /// By experiment, seed, part.
    var figures: [[[Figures?]]]
    /// The first experiment that was not handed over.
    var open = 0

    init(_ experiments: [Experiment], _ seeds: [UInt64]) {
      self.experiments = experiments
      self.seeds = seeds
      figures = experiments.map { experiment in
        seeds.map { _ in experiment.parts.map { _ in nil } }
      }
    }

    mutating func take(below count: Int) -> Int? {
      guard taken < count else { return nil }
      taken += 1
      return taken - 1
    }

    mutating func file(_ result: Figures, _ experiment: Int, _ seed: Int, _ part: Int) {
      figures[experiment][seed][part] = result
      done += 1
    }

    mutating func next() -> JudgedExperiment? {
      guard open < experiments.count else { return nil }
      guard figures[open].allSatisfy({ $0.allSatisfy { $0 != nil } }) else { return nil }
      defer {
        figures[open] = []
        open += 1
      }
      return judge(experiments[open], figures[open])
    }

    private func judge(_ experiment: Experiment, _ runs: [[Figures?]]) -> JudgedExperiment {
      let merged = runs.map { run in
        var all = Figures()
        for (part, figures) in zip(experiment.parts, run) {
          guard let figures else { continue }
          all.merge(figures, under: part.name)
          all.digest = all.digest &* 0x9E37_79B9_7F4A_7C15 &+ figures.digest
        }
        experiment.derive(&all)
        return all
      }
      return JudgedExperiment(
        experiment: experiment, seeds: seeds, digests: merged.map(\.digest),
        rows: experiment.rows.map { row in
          JudgedFigure(row: row, values: merged.map { $0[row.name] ?? .nan })
        },
        means: Figures.means(merged))
    }
  }
}
