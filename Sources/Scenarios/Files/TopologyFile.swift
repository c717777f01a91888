// Topology files: our YAML, GML, GraphML and edge lists, told apart by name and content.

public import Network

/// How a topology is written.
public enum TopologyFormat: String, CaseIterable, Sendable {
  case yaml, gml, graphml
  case edges = "edge-list"

  /// By the end of a file's name; nil when it says nothing.
  public init?(path: String) {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    switch name.split(separator: ".").dropFirst().last?.lowercased() {
    case "yaml", "yml", "json": self = .yaml
    case "gml": self = .gml
    case "graphml", "xml": self = .graphml
    case "edges", "edgelist", "edge-list", "el", "txt", "csv", "tsv": self = .edges
    default: return nil
    }
  }

  /// By the first bytes that are no space: `<` begins GraphML, `graph [` GML, two words a line an edge list.
  init(content: [UInt8]) {
    let head = content.prefix(4_096).drop { $0 <= 32 }
    if head.first == 60 || head.starts(with: [0xEF, 0xBB, 0xBF, 60]) {
      self = .graphml
    } else if head.starts(with: Array("graph".utf8)) || head.starts(with: Array("Creator".utf8)) {
      self = .gml
    } else if head.contains(58) {
      self = .yaml
    } else {
      self = .edges
    }
  }
}

/// A topology file's content.
public enum TopologyContent: Sendable {
  /// Nodes and links, with what the format said beyond them.
  case graph(GraphReading)
  case generator(GraphGenerator, nodes: Int?)
}

/// Topology files.
public enum TopologyFile {
  /// GML of 100,000 nodes and half a million links has some 60 MB.
  public static let bytesMaximum = 768 << 20

  /// Reads the topology at `path`.
  public static func read(_ path: String, format: TopologyFormat? = nil, files: any FileSource = DiskFiles())
    throws(FileError) -> TopologyContent
  {
    let limit = format ?? TopologyFormat(path: path) == .yaml ? Scenario.bytesMaximum : bytesMaximum
    return try content(path: path, bytes: try files.read(path, limit: limit), format: format, files: files)
  }

  /// The same for bytes in memory.
  static func content(path: String, bytes: [UInt8], format: TopologyFormat? = nil, files: any FileSource)
    throws(FileError) -> TopologyContent
  {
    do throws(GraphFormatError) {
      switch format ?? TopologyFormat(path: path) ?? TopologyFormat(content: bytes) {
      case .gml: return .graph(try Graph.gml(bytes))
      case .graphml: return .graph(try Graph.graphML(bytes))
      case .edges: return .graph(try Graph.edgeList(bytes))
      case .yaml: break
      }
    } catch {
      throw .content([
        Mistake(file: path, line: error.line, column: error.column, key: error.key, text: error.reason)
      ])
    }
    let (tree, mistakes) = try YAMLText.reading(file: path, bytes: bytes)
    let reading = Reading(sources: [path], directory: directoryPart(path), files: files)
    for mistake in mistakes { reading.keep(mistake) }
    let root = ValueReader(tree: tree, path: "", reading: reading, sink: nil)
    let content = root.object { TopologyContent($0) } ?? nil
    guard reading.mistakes.isEmpty, let content else { throw .content(reading.sorted()) }
    return content
  }

  /// As a scenario's topology.
  static func plan(path: String, bytes: [UInt8], files: any FileSource) throws(FileError) -> TopologyPlan {
    switch try content(path: path, bytes: bytes, files: files) {
    case .graph(let reading): .graph(reading.graph, file: path)
    case .generator(let generator, let nodes): .generated(generator, nodes: nodes)
    }
  }

  /// The graph as a file of this format.
  public static func text(_ graph: Graph, _ format: TopologyFormat) -> [UInt8] {
    switch format {
    case .gml: graph.gmlText()
    case .graphml: graph.graphMLText()
    case .edges: graph.edgeListText()
    case .yaml: yaml(graph)
    }
  }

  private static func yaml(_ graph: Graph) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(48 * (graph.nodes.count + graph.links.count))
    func put(_ text: String) { out.append(contentsOf: text.utf8) }
    put("kind: topology\nnodes:\n")
    for node in graph.nodes {
      put("  - {id: \(quoted(node.name))")
      if let region = node.region { put(", region: \(quoted(region))") }
      if let host = node.host { put(", host: \(quoted(host))") }
      if let nodeClass = node.nodeClass { put(", class: \(quoted(nodeClass))") }
      if let key = node.key { put(", key: \(quoted(key))") }
      if let uplink = node.uplink { put(", uplink: \(BitRate(bitsPerSecond: uplink))") }
      if let downlink = node.downlink { put(", downlink: \(BitRate(bitsPerSecond: downlink))") }
      put("}\n")
    }
    put(graph.links.isEmpty ? "links: []\n" : "links:\n")
    for link in graph.links {
      put("  - {a: \(quoted(graph.nodes[Int(link.a)].name)), b: \(quoted(graph.nodes[Int(link.b)].name))")
      if let latency = link.latency { put(", latency: \(durationText(latency))") }
      if let bandwidth = link.bandwidth { put(", bandwidth: \(BitRate(bitsPerSecond: bandwidth))") }
      if let loss = link.loss { put(", loss: \(Share(wad: loss))") }
      put("}\n")
    }
    return out
  }

  /// A name as YAML reads it back: plain when it is a plain word, else in double quotes.
  private static func quoted(_ name: String) -> String {
    if isName(name), !["null", "true", "false", "yes", "no", "on", "off"].contains(name.lowercased()) {
      return name
    }
    var out = "\""
    for scalar in name.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      default:
        if scalar.value < 32 || scalar.value == 127 {
          out += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
        } else {
          out.unicodeScalars.append(scalar)
        }
      }
    }
    return out + "\""
  }
}
