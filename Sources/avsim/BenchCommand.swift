// `avsim bench flood`: the exact workload of Tests/Benchmarks/reference/WORKLOAD.md, one line of results.

public import ArgumentParser
public import Simulator

/// Measures avsim itself.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measures avsim itself on fixed workloads.",

    subcommands: [
      Flood.self, BenchGossipCommand.self, BenchClusterCommand.self, BenchSignaturesCommand.self,
      BenchLedgerCommand.self,
    ])

  struct Flood: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "flood",
      abstract: "Floods messages over a random regular graph on the simulator's engine.",
      discussion: """
        Prints one line: tool, N, D, M, lat, events, first, checksum, run_s, proc_cpu_s, events_per_s, peak_rss_kb. \
        The counts and the checksum are exact for every seed; scripts/bench-flood compares the speed with a C++ program.
        """)

    @Option(help: "Number of nodes.") var nodes = 1000
    @Option(help: "Links of each node, an even number.") var degree = 8
    @Option(help: "Number of messages, one every 10 ms.") var messages = 1000
    @Option(help: "const: one latency for each link; jit: one for each message and direction.")
    var latency: FloodBenchmark.Latency = .const
    @Option(help: "Seed of graph, latencies and publishers.") var seed: UInt64 = 1
    @Option(help: "Number of threads; the engine has one for now.") var threads = 1
    @Flag(help: "Put one fault without effect on one link.") var noopFault = false

    private var benchmark: FloodBenchmark {
      FloodBenchmark(
        nodes: nodes, degree: degree, messages: messages, latency: latency, seed: seed, noopFault: noopFault)
    }

    func validate() throws {
      if threads != 1 {
        throw ValidationError("--threads \(threads): the engine runs on one thread; allowed is 1")
      }
      do {
        try benchmark.validate()
      } catch {
        throw ValidationError("\(error)")
      }
    }

    func run() {
      let result = benchmark.run()
      let process = ProcessMeasures.current
      print(
        "tool=avsim N=\(nodes) D=\(degree) M=\(messages) lat=\(latency.rawValue) events=\(result.events)",
        "first=\(result.first) checksum=\(result.checksum) run_s=\(decimal(result.wallSeconds))",
        "proc_cpu_s=\(decimal(process.cpuSeconds))",
        "events_per_s=\(UInt64(Double(result.events) / result.wallSeconds))",
        "peak_rss_kb=\(process.peakResidentKilobytes)")
    }
  }
}

extension FloodBenchmark.Latency: ExpressibleByArgument {}

/// Three decimals.
private func decimal(_ seconds: Double) -> String {
  let thousandths = UInt64(seconds * 1000 + 0.5)
  let rest = String(thousandths % 1000)
  return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
}
