// `avsim topology generate|inspect|convert`: graphs from a seed, their figures, and their formats.

public import ArgumentParser
import Foundation
import Network
public import Scenarios

struct TopologyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "topology", abstract: "Generates, inspects and converts topologies.",
    subcommands: [Generate.self, Inspect.self, Convert.self])

  /// Where a graph goes and in which format.
  struct Output: ParsableArguments {
    @Option(name: .shortAndLong, help: "File to write; standard output when absent.")
    var output: String?
    @Option(help: "yaml, gml, graphml or edge-list; follows from the file's name when absent, else yaml.")
    var format: TopologyFormat?

    func write(_ graph: Graph) throws {
      let chosen = format ?? output.flatMap { TopologyFormat(path: $0) } ?? .yaml
      let data = Data(TopologyFile.text(graph, chosen))
      guard let output else {
        try FileHandle.standardOutput.write(contentsOf: data)
        return
      }
      do { try data.write(to: URL(fileURLWithPath: output), options: .atomic) } catch {
        complain("\(output): cannot be written")
        throw ExitCode(74)
      }
    }
  }

  struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "generate", abstract: "Makes a graph from a seed.",
      discussion: "Generators: \(GraphGenerator.names.joined(separator: ", ")).")

    @Argument(help: "The generator.") var generator: String
    @Option(help: "How many nodes.") var nodes: Int = 300
    @Option(help: "random-regular, watts-strogatz: links of a node; erdos-renyi: mean.") var degree: String?
    @Option(help: "watts-strogatz: probability of rewiring a link, such as 10%.") var rewire: String?
    @Option(help: "barabasi-albert: links of a new node.") var links: String?
    @Option(help: "k-out, region-weighted, mainnet-like: nodes that a node dials.") var dials: String?
    @Option(help: "region-weighted: share dialled in the own region, such as 50%.") var local: String?
    @Option(help: "Puts nodes into regions: ethereum, none, or a region file.") var regions: String = "none"
    @Option(help: "Seed of every draw.") var seed: UInt64 = 1
    @OptionGroup var output: Output

    func run() throws {
      // The same reader as for `generate:` in files, so that both know the same keys and bounds.
      var options = [("generate", generator), ("nodes", "\(nodes)")]
      for (key, value) in [
        ("degree", degree), ("rewire", rewire), ("links", links), ("dials", dials), ("local", local),
      ] {
        if let value { options.append((key, value)) }
      }
      let made: (graph: Graph, repaired: Int)
      do throws(FileError) {
        made = try TopologyFile.generate(options, regions: regions == "none" ? nil : regions, seed: seed)
      } catch {
        for mistake in error.mistakes {
          complain(
            mistake.key.isEmpty || mistake.key == "generate"
              ? mistake.text : "--\(mistake.key): \(mistake.text)")
        }
        if case .content = error { throw ExitCode(64) }
        throw ExitCode(error.exitCode)
      }
      if made.repaired > 0 { complain("\(made.repaired) links were added or switched to connect the graph") }
      try output.write(made.graph)
    }
  }

  struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "inspect", abstract: "Prints the figures of a topology.")

    @Argument(help: "The topology file.") var file: String
    @Option(help: "The file's format; follows from its name when absent.") var format: TopologyFormat?
    @Option(help: "Seed of generated topologies and of samples.") var seed: UInt64 = 1
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      let reading = try diagnosing {
        try TopologyFile.graph(file, format: format, seed: seed)
      }
      let figures = GraphFigures(reading, seed: seed)
      print(json ? figures.json : figures.text)
    }
  }

  struct Convert: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "convert", abstract: "Writes a topology in another format.",
      discussion: "Edge lists hold names and latencies only; what they cannot hold is left out.")

    @Argument(help: "The topology file.") var file: String
    @Option(name: .customLong("from"), help: "The file's format; follows from its name when absent.")
    var source: TopologyFormat?
    @Option(help: "Seed of generated topologies.") var seed: UInt64 = 1
    @OptionGroup var output: Output

    func run() throws {
      let reading = try diagnosing {
        try TopologyFile.graph(file, format: source, seed: seed)
      }
      try output.write(reading.graph)
    }
  }
}

extension TopologyFormat: ExpressibleByArgument {}
