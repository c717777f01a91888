// Graphs for the command line: from options, from any topology file; and their figures as text and JSON.

public import Network

extension TopologyFile {
  /// A graph from the keys of `generate:` given as options.
  public static func generate(
    _ options: [(key: String, value: String)], regions: String?, seed: UInt64,
    files: any FileSource = DiskFiles()
  ) throws(FileError) -> (graph: Graph, repaired: Int) {
    let reading = Reading(sources: ["options"], directory: "", files: files)
    let entries = options.map {
      Tree.Entry(key: $0.key, place: Place(), value: Tree(place: Place(), content: .scalar($0.value)))
    }
    let root = ValueReader(
      tree: Tree(place: Place(), content: .mapping(entries)), path: "", reading: reading, sink: nil)
    let plan = root.object { TopologyPlan($0) } ?? nil
    guard reading.mistakes.isEmpty, case .generated(let generator, let nodes?)? = plan else {
      throw .content(reading.sorted())
    }
    var table: RegionTable?
    if let regions { table = try RegionTable.named(regions, files: files) }
    do throws(GeneratorError) {
      return try generator.generate(nodes: nodes, regions: table, seed: seed)
    } catch {
      throw .content([Mistake(file: "options", line: 0, column: 0, key: "nodes", text: "\(error)")])
    }
  }

  /// The graph of any topology file; a generator's is made, by default with the size of 300 nodes.
  public static func graph(
    _ path: String, format: TopologyFormat? = nil, seed: UInt64, files: any FileSource = DiskFiles()
  ) throws(FileError) -> GraphReading {
    switch try read(path, format: format, files: files) {
    case .graph(let reading): return reading
    case .generator(let generator, let nodes):
      do throws(GeneratorError) {
        return GraphReading(graph: try generator.generate(nodes: nodes ?? 300, seed: seed).graph)
      } catch {
        throw .content([Mistake(file: path, line: 0, column: 0, key: "generate", text: "\(error)")])
      }
    }
  }
}

/// The figures of `topology inspect`.
public struct GraphFigures: Sendable {
  let statistics: GraphStatistics
  let reading: GraphReading

  public init(_ reading: GraphReading, seed: UInt64) {
    self.reading = reading
    statistics = GraphStatistics(reading.graph, seed: seed)
  }

  /// A table for people.
  public var text: String {
    let s = statistics
    var rows: [(String, String)] = [
      ("nodes", "\(s.nodes)"), ("links", "\(s.links)"),
      ("degree", "min \(s.degreeMinimum), mean \(rounded(s.degreeMean)), max \(s.degreeMaximum)"),
      ("degree distribution", degreeText),
      (
        "components",
        s.components == 1 ? "1 (connected)" : "\(s.components), the largest of \(s.largestComponent) nodes"
      ),
      (
        "diameter", isExact ? "\(s.diameter)" : "at least \(s.diameter) (from \(s.pathSources) sampled nodes)"
      ),
      (
        "mean path",
        (s.meanPath.map { rounded($0) } ?? "-") + (isExact ? "" : " (from \(s.pathSources) sampled nodes)")
      ),
      (
        "clustering",
        rounded(s.clustering)
          + (s.clusteringNodes == s.nodes ? "" : " (over \(s.clusteringNodes) sampled nodes)")
      ),
    ]
    if !s.regions.isEmpty {
      rows.append(("regions", s.regions.map { "\($0.name) \($0.nodes)" }.joined(separator: ", ")))
    }
    if !s.classes.isEmpty {
      rows.append(("classes", s.classes.map { "\($0.name) \($0.nodes)" }.joined(separator: ", ")))
    }
    if reading.selfLoops > 0 { rows.append(("self-loops left out", "\(reading.selfLoops)")) }
    if reading.doubled > 0 { rows.append(("opposite directions merged", "\(reading.doubled)")) }
    if reading.weights > 0 { rows.append(("weights left out", "\(reading.weights)")) }
    let width = (rows.map(\.0.count).max() ?? 0) + 2
    return rows.map { $0.0 + String(repeating: " ", count: width - $0.0.count) + $0.1 }.joined(
      separator: "\n")
  }

  /// The same for programs; `exact` false marks figures from a sample.
  public var json: String {
    let s = statistics
    func tally(_ items: [(name: String, nodes: Int)]) -> JSONText {
      .object(items.map { JSONText.Member(key: $0.name, value: .integer($0.nodes)) })
    }
    let occurring = s.degrees.enumerated().filter { $0.element > 0 }
    return JSONText.object([
      "nodes": .integer(s.nodes), "links": .integer(s.links),
      "degree": .object([
        "min": .integer(s.degreeMinimum), "mean": .number("\(s.degreeMean)"),
        "max": .integer(s.degreeMaximum),
        "distribution": .object(
          occurring.map { JSONText.Member(key: "\($0.offset)", value: .integer($0.element)) }),
      ]),
      "components": .integer(s.components), "connected": .bool(s.components == 1),
      "largestComponent": .integer(s.largestComponent),
      "paths": .object([
        "diameter": .integer(s.diameter), "mean": s.meanPath.map { .number("\($0)") } ?? .null,
        "sources": .integer(s.pathSources), "exact": .bool(isExact),
      ]),
      "clustering": .object([
        "mean": .number("\(s.clustering)"), "nodes": .integer(s.clusteringNodes),
        "exact": .bool(s.clusteringNodes == s.nodes),
      ]),
      "regions": tally(s.regions), "classes": tally(s.classes), "selfLoops": .integer(reading.selfLoops),
      "merged": .integer(reading.doubled), "weights": .integer(reading.weights),
    ]).rendered()
  }

  private var isExact: Bool { statistics.pathSources == statistics.nodes }

  /// Three decimals.
  private func rounded(_ value: Double) -> String {
    let thousandths = Int(value * 1_000 + 0.5)
    let rest = String(1_000 + thousandths % 1_000).dropFirst()
    return "\(thousandths / 1_000).\(rest)"
  }

  /// At most a dozen ranges, so that a long tail stays readable.
  private var degreeText: String {
    let s = statistics
    let occurring = s.degrees.enumerated().filter { $0.element > 0 }
    if occurring.count <= 16 {
      return occurring.map { "\($0.offset): \($0.element)" }.joined(separator: ", ")
    }
    var parts: [String] = []
    var low = 1
    if s.degrees[0] > 0 { parts.append("0: \(s.degrees[0])") }
    while low < s.degrees.count {
      let high = min(low * 2 - 1, s.degrees.count - 1)
      let sum = s.degrees[low...high].reduce(0, +)
      if sum > 0 { parts.append(low == high ? "\(low): \(sum)" : "\(low)-\(high): \(sum)") }
      low *= 2
    }
    return parts.joined(separator: ", ")
  }
}
