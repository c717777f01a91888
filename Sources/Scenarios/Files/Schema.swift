// JSON Schema (draft 2020-12) of the file kinds, written by the very code that reads them.

/// A kind of file.
public enum FileKind: String, CaseIterable, Sendable {
  case scenario, topology, sweep, attack

  /// The JSON Schema of this kind, indented, for editors. What it accepts is a superset of what `validate` accepts:
  /// sums, references between keys and the existence of files are beyond a schema.
  public var schema: String {
    let reading = Reading(sources: ["schema"], directory: "", files: MemoryFiles([:]))
    let recorder = ObjectReader(tree: .nothing, path: "", reading: reading, isRecording: true)
    switch self {
    case .scenario: _ = Scenario(recorder)
    case .topology: _ = TopologyContent(recorder)
    case .sweep: _ = SweepPlan(recorder)
    case .attack: _ = AttackPlan(recorder)
    }
    guard case .object(let members) = recorder.schema else { preconditionFailure("a schema is an object") }
    var head: [JSONText.Member] = [
      .init(key: "$schema", value: .string("https://json-schema.org/draft/2020-12/schema")),
      .init(key: "title", value: .string("avsim \(rawValue)")),
    ]
    if self == .topology {
      // `generate` takes the place of nodes and links.
      head.append(
        .init(
          key: "anyOf",
          value: .array([
            .object(["required": .array([.string("generate")])]),
            .object(["required": .array([.string("nodes")])]),
          ])))
      return JSONText.object(
        head + members.filter { $0.key != "required" } + [
          .init(key: "required", value: .array([.string("kind")]))
        ]
      ).rendered()
    }
    return JSONText.object(head + members).rendered()
  }
}

/// Checks files of any kind.
public enum Validation {
  /// Reads the file at `path` as what it says it is (`kind:`, or the end of its name for GML, GraphML and edge lists).
  /// Returns its kind; throws its mistakes.
  @discardableResult
  public static func check(_ path: String, files: any FileSource = DiskFiles()) throws(FileError) -> FileKind
  {
    if let format = TopologyFormat(path: path), format != .yaml {
      _ = try TopologyFile.read(path, files: files)
      return .topology
    }
    let bytes = try files.read(path, limit: Scenario.bytesMaximum)
    let (tree, _) = try YAMLText.reading(file: path, bytes: bytes)
    if case .scalar(let kind)? = tree["kind"]?.content {
      switch kind {
      case "topology":
        _ = try TopologyFile.content(path: path, bytes: bytes, format: .yaml, files: files)
        return .topology
      case "sweep":
        _ = try SweepPlan.parse(file: path, bytes: bytes, files: files)
        return .sweep
      case "attack":
        _ = try AttackPlan.parse(file: path, bytes: bytes, files: files)
        return .attack
      case "scenario": break
      default:
        let place = tree["kind"]!.place
        throw .content([
          Mistake(
            file: path, line: Int(place.line), column: Int(place.column), key: "kind",
            text: "'\(clip(kind))' is unknown; write scenario, topology, sweep or attack")
        ])
      }
    }
    if tree["kind"] == nil, tree["name"] == nil, tree["nodes"] != nil || tree["generate"] != nil {
      _ = try TopologyFile.content(path: path, bytes: bytes, format: .yaml, files: files)
      return .topology
    }
    _ = try Scenario.parse(file: path, bytes: bytes, files: files)
    return .scenario
  }
}
