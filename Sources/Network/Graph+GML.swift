// GML as Shadow and networkx write it. Nodes: id, label, region, host, class, key, host_bandwidth_up and _down. Edges:
// source, target, latency "10 ms", bandwidth "10 Mbit", packet_loss 0.01. Other attributes are skipped; self-loops are
// left out and counted; a directed file must say the same of both directions.

extension Graph {
  /// Reads GML. About 30 ns a byte of work for the densest files; no string is made but for node names.
  public static func gml(_ bytes: [UInt8]) throws(GraphFormatError) -> GraphReading {
    var reader = GMLReader(bytes)
    return try reader.read()
  }

  /// Writes GML that Shadow and networkx read.
  public func gmlText() -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(64 * (nodes.count + links.count))
    func put(_ text: String) { out.append(contentsOf: text.utf8) }
    func quoted(_ text: String) -> String {
      var escaped = ""
      for c in text.unicodeScalars {
        switch c {
        case "\"": escaped += "&quot;"
        case "&": escaped += "&amp;"
        // GML is ASCII; networkx reads and writes the rest as numbered characters.
        default: if c.isASCII { escaped.unicodeScalars.append(c) } else { escaped += "&#\(c.value);" }
        }
      }
      return "\"\(escaped)\""
    }
    put("graph [\n  directed 0\n")
    for (k, node) in nodes.enumerated() {
      put("  node [\n    id \(k)\n    label \(quoted(node.name))\n")
      if let region = node.region { put("    region \(quoted(region))\n") }
      if let host = node.host { put("    host \(quoted(host))\n") }
      if let nodeClass = node.nodeClass { put("    class \(quoted(nodeClass))\n") }
      if let key = node.key { put("    key \(quoted(key))\n") }
      if let uplink = node.uplink { put("    host_bandwidth_up \"\(GraphUnits.rateText(uplink))\"\n") }
      if let downlink = node.downlink {
        put("    host_bandwidth_down \"\(GraphUnits.rateText(downlink))\"\n")
      }
      put("  ]\n")
    }
    for link in links {
      put("  edge [\n    source \(link.a)\n    target \(link.b)\n")
      if let latency = link.latency { put("    latency \"\(GraphUnits.timeText(latency))\"\n") }
      if let bandwidth = link.bandwidth { put("    bandwidth \"\(GraphUnits.rateText(bandwidth))\"\n") }
      if let loss = link.loss { put("    packet_loss \(GraphUnits.shareText(loss))\n") }
      put("  ]\n")
    }
    put("]\n")
    return out
  }
}

private struct GMLReader {
  var cursor: ByteCursor
  var assembly = GraphAssembly()
  /// File ids of nodes in order, and their numbers when they are not simply 0, 1, 2, ...
  private var ids: [Int64] = []
  private var numbers: [Int64: UInt32] = [:]
  private var edges: [Edge] = []

  struct Edge {
    var source: Int64
    var target: Int64
    var link: Graph.Link
    var place: Int
  }

  init(_ bytes: [UInt8]) { cursor = ByteCursor(bytes) }

  mutating func read() throws(GraphFormatError) -> GraphReading {
    try cursor.checkText()
    var found = false
    while let key = try key() {
      if cursor.equals(key, Self.graph) {
        if found { throw cursor.error(key.lowerBound, "graph", "a second graph; one a file") }
        found = true
        try graph(key.lowerBound)
      } else {
        try skipValue(key)
      }
    }
    guard found else { throw cursor.error(0, "", "holds no 'graph [ ... ]'; write GML") }
    return assembly.result
  }

  private static let graph = Array("graph".utf8)
  private static let node = Array("node".utf8)
  private static let edge = Array("edge".utf8)
  private static let directed = Array("directed".utf8)
  private static let id = Array("id".utf8)
  private static let source = Array("source".utf8)
  private static let target = Array("target".utf8)

  private mutating func graph(_ place: Int) throws(GraphFormatError) {
    try open("graph")
    var isDirected = false
    while true {
      guard let key = try key() else {
        if try close(place, "graph") { break }
        continue
      }
      if cursor.equals(key, Self.node) {
        try node(key.lowerBound)
      } else if cursor.equals(key, Self.edge) {
        try edge(key.lowerBound)
      } else if cursor.equals(key, Self.directed) {
        let value = try scalar(key)
        guard let flag = cursor.integer(value), flag == 0 || flag == 1 else {
          throw cursor.error(value.lowerBound, "directed", "'\(cursor.clipped(value))' is neither 0 nor 1")
        }
        isDirected = flag == 1
      } else {
        try skipValue(key)
      }
    }
    let isDense = !ids.enumerated().contains { $0.element != Int64($0.offset) }
    if !isDense {
      numbers.reserveCapacity(ids.count)
      for (k, id) in ids.enumerated() { numbers[id] = UInt32(k) }
    }
    assembly.reserve(links: edges.count)
    let count = ids.count
    func number(_ id: Int64, _ place: Int, _ key: String) throws(GraphFormatError) -> Int {
      if isDense, id >= 0, id < count { return Int(id) }
      if !isDense, let known = numbers[id] { return Int(known) }
      throw cursor.error(place, key, "node \(id) does not exist")
    }
    for edge in edges {
      var link = edge.link
      link.a = UInt32(try number(edge.source, edge.place, "source"))
      link.b = UInt32(try number(edge.target, edge.place, "target"))
      if let wrong = assembly.add(link: link, isDirected: isDirected) {
        throw cursor.error(edge.place, "edge", wrong)
      }
    }
  }

  private mutating func node(_ place: Int) throws(GraphFormatError) {
    try open("node")
    var id: Int64?
    var node = Graph.Node(name: "")
    while true {
      guard let key = try key() else {
        if try close(place, "node") { break }
        continue
      }
      if cursor.equals(key, Self.id) {
        let value = try scalar(key)
        guard let number = cursor.integer(value) else {
          throw cursor.error(value.lowerBound, "id", "'\(cursor.clipped(value))' is not a whole number")
        }
        id = number
      } else if let attribute = attribute(key) {
        let value = try scalar(key)
        let text = try name(value)
        if attribute == .label {
          node.name = text
        } else {
          try cursor.apply(attribute, value, text, to: &node)
        }
      } else {
        try skipValue(key)
      }
    }
    guard let id else { throw cursor.error(place, "node", "has no id; write id NUMBER") }
    if ids.last.map({ $0 >= id }) ?? false {
      // Out of order: look for a second node of this id only then.
      if numbers.isEmpty { for (k, old) in ids.enumerated() { numbers[old] = UInt32(k) } }
    }
    if !numbers.isEmpty || id != Int64(ids.count) {
      if numbers.isEmpty { for (k, old) in ids.enumerated() { numbers[old] = UInt32(k) } }
      if numbers.updateValue(UInt32(ids.count), forKey: id) != nil {
        throw cursor.error(place, "id", "node \(id) is given twice")
      }
    }
    if node.name.isEmpty { node.name = "\(id)" }
    ids.append(id)
    if ids.count > GraphLimits.nodes {
      throw cursor.error(place, "node", "more than \(GraphLimits.nodes) nodes")
    }
    assembly.add(node: node)
  }

  private mutating func edge(_ place: Int) throws(GraphFormatError) {
    try open("edge")
    var source: Int64?
    var target: Int64?
    var link = Graph.Link(0, 0)
    while true {
      guard let key = try key() else {
        if try close(place, "edge") { break }
        continue
      }
      let isSource = cursor.equals(key, Self.source)
      if isSource || cursor.equals(key, Self.target) {
        let value = try scalar(key)
        guard let number = cursor.integer(value) else {
          throw cursor.error(
            value.lowerBound, isSource ? "source" : "target",
            "'\(cursor.clipped(value))' is not a whole number")
        }
        if isSource { source = number } else { target = number }
      } else if let attribute = attribute(key) {
        let value = try scalar(key)
        if attribute == .weight {
          assembly.note(weight: true)
        } else {
          try cursor.apply(attribute, value, to: &link)
        }
      } else {
        try skipValue(key)
      }
    }
    guard let source else { throw cursor.error(place, "edge", "has no source; write source NUMBER") }
    guard let target else { throw cursor.error(place, "edge", "has no target; write target NUMBER") }
    edges.append(Edge(source: source, target: target, link: link, place: place))
    if edges.count > GraphLimits.links {
      throw cursor.error(place, "edge", "more than \(GraphLimits.links) links")
    }
  }

  // MARK: Tokens

  private func attribute(_ key: Range<Int>) -> GraphAttribute? {
    for (name, attribute) in GraphAttribute.table where cursor.equals(key, name) { return attribute }
    return nil
  }

  private mutating func skipSpace() {
    while cursor.at < cursor.bytes.count {
      let c = cursor.bytes[cursor.at]
      if c == 32 || c == 10 || c == 13 || c == 9 {
        cursor.at += 1
      } else if c == 35 {
        while cursor.at < cursor.bytes.count, cursor.bytes[cursor.at] != 10 { cursor.at += 1 }
      } else {
        return
      }
    }
  }

  /// The next key; nil at a closing bracket or at the end.
  private mutating func key() throws(GraphFormatError) -> Range<Int>? {
    skipSpace()
    let start = cursor.at
    guard start < cursor.bytes.count, cursor.bytes[start] != 93 else { return nil }
    while cursor.at < cursor.bytes.count {
      let c = cursor.bytes[cursor.at]
      guard (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || (c >= 48 && c <= 57) || c == 95 else { break }
      cursor.at += 1
    }
    guard cursor.at > start, !(cursor.bytes[start] >= 48 && cursor.bytes[start] <= 57) else {
      throw cursor.error(start, "", "a key is wanted, such as node or edge")
    }
    return start..<cursor.at
  }

  private mutating func open(_ what: String) throws(GraphFormatError) {
    skipSpace()
    guard cursor.current == 91 else { throw cursor.error(cursor.at, what, "'[' is wanted") }
    cursor.at += 1
  }

  /// True at the closing bracket, which is passed. Throws at the end of the file.
  private mutating func close(_ place: Int, _ what: String) throws(GraphFormatError) -> Bool {
    guard cursor.current == 93 else { throw cursor.error(place, what, "is never closed; ']' is missing") }
    cursor.at += 1
    return true
  }

  /// The bytes of a number, or those inside the quotes of a string.
  private mutating func scalar(_ key: Range<Int>) throws(GraphFormatError) -> Range<Int> {
    skipSpace()
    let start = cursor.at
    if cursor.current == 34 {
      cursor.at += 1
      while cursor.at < cursor.bytes.count, cursor.bytes[cursor.at] != 34 { cursor.at += 1 }
      guard cursor.at < cursor.bytes.count else {
        throw cursor.error(start, cursor.clipped(key), "the text is never closed; '\"' is missing")
      }
      cursor.at += 1
      return start + 1..<cursor.at - 1
    }
    while cursor.at < cursor.bytes.count {
      let c = cursor.bytes[cursor.at]
      if c <= 32 || c == 93 || c == 91 || c == 34 { break }
      cursor.at += 1
    }
    guard cursor.at > start else { throw cursor.error(start, cursor.clipped(key), "a value is wanted") }
    return start..<cursor.at
  }

  /// A value of any kind, nested lists included.
  private mutating func skipValue(_ key: Range<Int>) throws(GraphFormatError) {
    skipSpace()
    guard cursor.current == 91 else {
      _ = try scalar(key)
      return
    }
    let place = cursor.at
    var depth = 0
    repeat {
      skipSpace()
      switch cursor.current {
      case 91:
        depth += 1
        if depth > 64 {
          throw cursor.error(cursor.at, cursor.clipped(key), "lists are nested deeper than 64")
        }
        cursor.at += 1
      case 93:
        depth -= 1
        cursor.at += 1
      default:
        if cursor.isAtEnd {
          throw cursor.error(place, cursor.clipped(key), "is never closed; ']' is missing")
        }
        _ = try scalar(key)
      }
    } while depth > 0
  }

  /// A name with networkx's character references resolved.
  private func name(_ value: Range<Int>) throws(GraphFormatError) -> String {
    guard value.count <= GraphLimits.name else {
      throw cursor.error(value.lowerBound, "", "a text of \(value.count) bytes; at most \(GraphLimits.name)")
    }
    let text = cursor.text(value)
    return text.utf8.contains(38) ? unescaped(text) : text
  }
}

/// `&amp;`, `&quot;`, `&lt;`, `&gt;`, `&apos;`, `&#38;`, `&#x26;`; anything else stays.
func unescaped(_ text: String) -> String {
  var out = ""
  var rest = Substring(text)
  while let mark = rest.firstIndex(of: "&") {
    out += rest[..<mark]
    rest = rest[mark...]
    guard let end = rest.prefix(12).firstIndex(of: ";") else {
      out += "&"
      rest = rest.dropFirst()
      continue
    }
    let name = rest[rest.index(after: mark)..<end]
    let known: [Substring: String] = ["amp": "&", "quot": "\"", "lt": "<", "gt": ">", "apos": "'"]
    var scalar: Unicode.Scalar?
    if name.hasPrefix("#x") || name.hasPrefix("#X") {
      scalar = UInt32(name.dropFirst(2), radix: 16).flatMap { Unicode.Scalar($0) }
    } else if name.hasPrefix("#") {
      scalar = UInt32(name.dropFirst()).flatMap { Unicode.Scalar($0) }
    }
    if let replacement = known[name] {
      out += replacement
    } else if let scalar, scalar.value >= 32 {
      out.unicodeScalars.append(scalar)
    } else {
      out += rest[...end]
    }
    rest = rest[rest.index(after: end)...]
  }
  return out + rest
}
