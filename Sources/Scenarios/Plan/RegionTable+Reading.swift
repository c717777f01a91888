// `regions:` of a scenario: the built-in table, a file of its form, or the table itself.

import Basics
public import Network

extension RegionTable {
  static func read(_ value: ValueReader) -> RegionTable? {
    if value.isRecording { _ = value.object { RegionTable(rows: $0) } }
    return readForms(value)
  }

  private static func readForms(_ value: ValueReader) -> RegionTable? {
    value.forms(
      scalar: { v in
        if v.isRecording {
          return v.word(["ethereum"]).map { _ in .ethereum } ?? v.string().map { _ in .ethereum }
        }
        if case .scalar("ethereum") = v.tree.content { return .ethereum }
        return v.file("a region table, or the word ethereum", limit: tableBytes) {
          (path, bytes) throws(FileError) in
          try parse(path, bytes, v.reading.files)
        }
      },
      mapping: { $0.has("names") ? RegionTable(rows: $0) : RegionTable(columns: $0) },
      expected: "ethereum, a file, or {names, weights, latency}")
  }

  private static let tableBytes = 16 << 20

  /// The table `name`: `ethereum`, or a file in the form of `topologies/data/ethereum_regions.yaml`.
  public static func named(_ name: String, files: any FileSource = DiskFiles()) throws(FileError)
    -> RegionTable
  {
    name == "ethereum" ? .ethereum : try parse(name, try files.read(name, limit: tableBytes), files)
  }

  private static func parse(_ path: String, _ bytes: [UInt8], _ files: any FileSource) throws(FileError)
    -> RegionTable
  {
    let reading = Reading(sources: [path], directory: directoryPart(path), files: files)
    let tree = try YAMLText.tree(file: path, bytes: bytes)
    let root = ValueReader(tree: tree, path: "", reading: reading, sink: nil)
    let table = root.object { $0.has("names") ? RegionTable(rows: $0) : RegionTable(columns: $0) }
    guard reading.mistakes.isEmpty, let table else { throw .content(reading.sorted()) }
    return table
  }

  /// `{names, weights, latency}`: latencies as durations, a row from each region.
  private init(rows o: ObjectReader) {
    let names = o.needed("names", "write a list of regions", placeholder: [String]()) { v in
      v.list(1...1_000) { $0.string("write a region's name") }
    }
    if Set(names).count != names.count { o.mistake("names", "a region is listed twice") }
    let weights = o.optional("weights", "relative number of nodes in each; absent: all alike") { v in
      v.list(names.count...max(names.count, 1)) { $0.integer(0...1_000_000_000) }
    }
    if let weights, weights.allSatisfy({ $0 == 0 }) { o.mistake("weights", "give no weight to any region") }
    let rows = o.needed("latency", "write a row of durations for each region", placeholder: [[TimeSpan]]()) {
      v in
      v.list(names.count...max(names.count, 1)) { row in
        row.list(names.count...max(names.count, 1)) { $0.duration(.zero ... .seconds(60)) }
      }
    }
    let flat = rows.flatMap { $0 }.map(\.nanoseconds)
    let square = names.count * names.count
    self.init(
      names: names,
      weights: weights?.count == names.count ? weights!.map { UInt64($0) } : names.map { _ in 1 },
      latency: flat.count == square ? flat : [UInt64](repeating: 0, count: square))
  }

  /// `{regions, latencyMilliseconds, nodeClasses}`, the form of `topologies/data/ethereum_regions.yaml`.
  private init(columns o: ObjectReader) {
    let regions = o.needed("regions", "write {NAME: WEIGHT, ...}", placeholder: [(String, Int)]()) { v in
      v.object { o in
        o.others("relative number of nodes in the region") { _, weight in weight.integer(0...1_000_000_000) }
      }
    }
    let names = regions.map(\.0)
    if o.has("regions"), names.isEmpty || regions.allSatisfy({ $0.1 == 0 }) {
      o.mistake("regions", "give no weight to any region; write {NAME: WEIGHT, ...}")
    }
    if names.count > 1_000 { o.mistake("regions", "\(names.count) regions; at most 1000") }
    let latency = o.needed(
      "latencyMilliseconds", "write {columns: [NAMES], NAME: [NUMBERS], ...}", placeholder: [UInt64]()
    ) { v in
      v.object { Self.matrix($0, names) }
    }
    let classes = o.optional("nodeClasses", "{NAME: {bandwidth: Mbit/s, share: fraction}}") { v in
      v.object { o in
        o.others("a class of nodes") { name, value in
          value.object { c in
            NodeClass(
              name: name,
              bandwidth: UInt64(
                c.needed("bandwidth", "write Mbit/s", placeholder: 1) { $0.integer(1...1_000_000) })
                * 1_000_000,
              share: c.needed("share", "write a fraction from 0 to 1", placeholder: Share.zero) { v in
                v.scalar(
                  Allowed(
                    text: "write a fraction from 0 to 1",
                    schema: .object([
                      "type": .string("number"), "minimum": .integer(0), "maximum": .integer(1),
                    ]))
                ) {
                  (text) throws(QuantityError) in try fraction(text)
                }
              }.wad)
          }
        }
      }
    }
    let square = names.count * names.count
    self.init(
      names: names, weights: regions.map { UInt64($0.1) },
      latency: latency.count == square ? latency : [UInt64](repeating: 0, count: square),
      classes: (classes ?? []).map(\.1))
    let sum = self.classes.reduce(UInt64(0)) { $0 &+ $1.share }
    if !self.classes.isEmpty, sum != Share.one {
      o.mistake("nodeClasses", "the shares add up to \(Share(wad: sum)); they must add up to 100%")
    }
  }

  private static func matrix(_ o: ObjectReader, _ names: [String]) -> [UInt64] {
    let columns =
      o.optional("columns", "order of the columns; absent: the regions' order") { v in v.list { $0.string() }
      } ?? names
    if columns != names, Set(columns) != Set(names) || columns.count != names.count {
      o.mistake("columns", "must name every region once: \(names.joined(separator: ", "))")
      return []
    }
    var rows: [String: [UInt64]] = [:]
    let found = o.others("one-way latencies from this region, milliseconds") { name, value -> [UInt64]? in
      guard value.isRecording || names.contains(name) else {
        value.mistake("is no region; regions: \(names.joined(separator: ", "))")
        return nil
      }
      return value.list(columns.count...max(columns.count, 1)) {
        $0.number(0...60_000).map { UInt64(($0 * 1_000_000).rounded()) }
      }
    }
    for (name, row) in found { rows[name] = row }
    var result: [UInt64] = []
    for from in names {
      guard let row = rows[from] else {
        if !found.contains(where: { $0.0 == from }), !o.has(from) {
          o.mistake("the row of '\(from)' is missing")
        }
        return []
      }
      guard row.count == columns.count else { return [] }
      for to in names { result.append(row[columns.firstIndex(of: to)!]) }
    }
    return result
  }
}
