// GraphML as networkx and Gephi write it: declared keys, nodes, edges, data. A plain subset of XML: no document type and
// so no entity but the five of XML and numbered characters, no external anything, no nested graphs or hyperedges.

extension Graph {
  /// Reads GraphML.
  public static func graphML(_ bytes: [UInt8]) throws(GraphFormatError) -> GraphReading {
    var reader = GraphMLReader(bytes)
    return try reader.read()
  }

  /// Writes GraphML that networkx reads.
  public func graphMLText() -> [UInt8] {
    var out: [UInt8] = []
    func put(_ text: String) { out.append(contentsOf: text.utf8) }
    func escaped(_ text: String) -> String {
      var result = ""
      for c in text.unicodeScalars {
        switch c {
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "&": result += "&amp;"
        case "\"": result += "&quot;"
        default: result.unicodeScalars.append(c)
        }
      }
      return result
    }
    put(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n"
    )
    let forNodes = ["region", "host", "class", "key", "host_bandwidth_up", "host_bandwidth_down"]
    let forLinks = ["latency", "bandwidth", "packet_loss"]
    for name in forNodes {
      put("  <key id=\"n_\(name)\" for=\"node\" attr.name=\"\(name)\" attr.type=\"string\"/>\n")
    }
    for name in forLinks {
      let type = name == "packet_loss" ? "double" : "string"
      put("  <key id=\"e_\(name)\" for=\"edge\" attr.name=\"\(name)\" attr.type=\"\(type)\"/>\n")
    }
    put("  <graph edgedefault=\"undirected\">\n")
    for node in nodes {
      let values = [
        node.region, node.host, node.nodeClass, node.key, node.uplink.map { GraphUnits.rateText($0) },
        node.downlink.map { GraphUnits.rateText($0) },
      ]
      put("    <node id=\"\(escaped(node.name))\"")
      element(zip(forNodes, values).map { ("n_" + $0, $1) }, "node")
    }
    for link in links {
      let values = [
        link.latency.map { GraphUnits.timeText($0) }, link.bandwidth.map { GraphUnits.rateText($0) },
        link.loss.map { GraphUnits.shareText($0) },
      ]
      put(
        "    <edge source=\"\(escaped(nodes[Int(link.a)].name))\" target=\"\(escaped(nodes[Int(link.b)].name))\""
      )
      element(zip(forLinks, values).map { ("e_" + $0, $1) }, "edge")
    }
    put("  </graph>\n</graphml>\n")
    return out

    func element(_ data: [(String, String?)], _ name: String) {
      let present = data.compactMap { key, value in value.map { (key, $0) } }
      if present.isEmpty { return put("/>\n") }
      put(">")
      for (key, value) in present { put("<data key=\"\(key)\">\(escaped(value))</data>") }
      put("</\(name)>\n")
    }
  }
}

private struct GraphMLReader {
  private var cursor: ByteCursor
  private var assembly = GraphAssembly()
  private var stack: [Range<Int>] = []
  /// Declared keys, by id.
  private var keys: [String: GraphAttribute] = [:]
  private var numbers: [String: UInt32] = [:]
  private var isDirected = false
  private var graphs = 0
  private var node: Graph.Node?
  private var edge: (source: String, target: String, link: Graph.Link, place: Int)?
  private var edges: [(source: String, target: String, link: Graph.Link, place: Int)] = []
  private var dataKey: GraphAttribute?

  init(_ bytes: [UInt8]) { cursor = ByteCursor(bytes) }

  /// Attributes of one tag; names and raw values.
  private typealias Attributes = [(name: Range<Int>, value: Range<Int>)]

  mutating func read() throws(GraphFormatError) -> GraphReading {
    try cursor.checkText()
    if cursor.bytes.starts(with: [0xEF, 0xBB, 0xBF]) { cursor.at = 3 }
    var isFirst = true
    while true {
      let start = cursor.at
      while cursor.at < cursor.bytes.count, cursor.bytes[cursor.at] != 60 { cursor.at += 1 }
      try text(start..<cursor.at)
      guard !cursor.isAtEnd else { break }
      if try special() { continue }
      try tag(isFirst)
      isFirst = false
    }
    if let open = stack.last {
      throw cursor.error(open.lowerBound, "", "<\(cursor.clipped(open))> is never closed")
    }
    guard graphs == 1 else { throw cursor.error(0, "", "holds no <graph>; write GraphML") }
    assembly.reserve(links: edges.count)
    for edge in edges {
      var link = edge.link
      for (name, isSource) in [(edge.source, true), (edge.target, false)] {
        guard let number = numbers[name] else {
          throw cursor.error(
            edge.place, isSource ? "source" : "target", "node '\(name.prefix(40))' does not exist")
        }
        if isSource { link.a = number } else { link.b = number }
      }
      if let wrong = assembly.add(link: link, isDirected: isDirected) {
        throw cursor.error(edge.place, "edge", wrong)
      }
    }
    return assembly.result
  }

  // MARK: XML

  /// Comments, processing instructions and CDATA. True when there was one.
  private mutating func special() throws(GraphFormatError) -> Bool {
    func starts(_ word: String) -> Bool { cursor.bytes[cursor.at...].starts(with: word.utf8) }
    let place = cursor.at
    if starts("<!--") {
      try skip(past: "-->", place, "the comment is never closed")
    } else if starts("<![CDATA[") {
      let begin = cursor.at + 9
      try skip(past: "]]>", place, "the CDATA section is never closed")
      try value(cursor.text(begin..<cursor.at - 3), begin..<cursor.at - 3)
    } else if starts("<?") {
      let begin = cursor.at
      try skip(past: "?>", place, "the processing instruction is never closed")
      let declaration = cursor.text(begin..<cursor.at).lowercased()
      if declaration.hasPrefix("<?xml "), declaration.contains("encoding="), !declaration.contains("utf-8"),
        !declaration.contains("us-ascii")
      {
        throw cursor.error(place, "", "the file declares another encoding than UTF-8; write it in UTF-8")
      }
    } else if starts("<!") {
      throw cursor.error(place, "", "document types and entities are not read; remove <!...>")
    } else {
      return false
    }
    return true
  }

  private mutating func skip(past word: String, _ place: Int, _ reason: String) throws(GraphFormatError) {
    let wanted = Array(word.utf8)
    while cursor.at + wanted.count <= cursor.bytes.count {
      if cursor.bytes[cursor.at] == wanted[0], cursor.equals(cursor.at..<cursor.at + wanted.count, wanted) {
        cursor.at += wanted.count
        return
      }
      cursor.at += 1
    }
    throw cursor.error(place, "", reason)
  }

  private mutating func tag(_ isFirst: Bool) throws(GraphFormatError) {
    let place = cursor.at
    cursor.at += 1
    let isClosing = cursor.current == 47
    if isClosing { cursor.at += 1 }
    let name = try word()
    if isClosing {
      skipSpace()
      guard cursor.current == 62 else { throw cursor.error(cursor.at, "", "'>' is wanted") }
      cursor.at += 1
      guard let open = stack.popLast(), cursor.text(open) == cursor.text(name) else {
        throw cursor.error(place, "", "</\(cursor.clipped(name))> closes nothing that is open")
      }
      return try end(name)
    }
    if stack.isEmpty, !isFirst {
      throw cursor.error(place, "", "a second root element <\(cursor.clipped(name))>")
    }
    var attributes: Attributes = []
    while true {
      skipSpace()
      if cursor.current == 62 {
        cursor.at += 1
        stack.append(name)
        if stack.count > 64 { throw cursor.error(place, "", "elements are nested deeper than 64") }
        return try begin(name, attributes, place)
      }
      if cursor.current == 47 {
        cursor.at += 1
        guard cursor.current == 62 else { throw cursor.error(cursor.at, "", "'>' is wanted") }
        cursor.at += 1
        try begin(name, attributes, place)
        return try end(name)
      }
      let key = try word()
      skipSpace()
      guard cursor.current == 61 else { throw cursor.error(cursor.at, "", "'=' is wanted") }
      cursor.at += 1
      skipSpace()
      let quote = cursor.current
      guard quote == 34 || quote == 39 else { throw cursor.error(cursor.at, "", "a quoted value is wanted") }
      cursor.at += 1
      let start = cursor.at
      while cursor.at < cursor.bytes.count, cursor.bytes[cursor.at] != quote { cursor.at += 1 }
      guard !cursor.isAtEnd else { throw cursor.error(start - 1, "", "the value is never closed") }
      if attributes.count >= 64 { throw cursor.error(place, "", "more than 64 attributes") }
      if attributes.contains(where: { cursor.text($0.name) == cursor.text(key) }) {
        throw cursor.error(key.lowerBound, cursor.clipped(key), "is given twice")
      }
      attributes.append((key, start..<cursor.at))
      cursor.at += 1
    }
  }

  private mutating func skipSpace() {
    while [32, 9, 10, 13].contains(cursor.current) { cursor.at += 1 }
  }

  /// A name; a namespace before it is left out.
  private mutating func word() throws(GraphFormatError) -> Range<Int> {
    var start = cursor.at
    while cursor.at < cursor.bytes.count {
      let c = cursor.bytes[cursor.at]
      guard c > 32, c != 61, c != 62, c != 47, c != 60, c != 34, c != 39 else { break }
      if c == 58 { start = cursor.at + 1 }
      cursor.at += 1
    }
    guard cursor.at > start else { throw cursor.error(cursor.at, "", "a name is wanted") }
    return start..<cursor.at
  }

  // MARK: GraphML

  private func find(_ name: String, _ attributes: Attributes) -> Range<Int>? {
    attributes.first { cursor.text($0.name) == name }?.value
  }

  private func string(_ range: Range<Int>) throws(GraphFormatError) -> String {
    guard range.count <= GraphLimits.name else {
      throw cursor.error(range.lowerBound, "", "a text of \(range.count) bytes; at most \(GraphLimits.name)")
    }
    let text = cursor.text(range)
    return text.utf8.contains(38) ? unescaped(text) : text
  }

  private mutating func begin(_ name: Range<Int>, _ attributes: Attributes, _ place: Int)
    throws(GraphFormatError)
  {
    switch cursor.text(name) {
    case "key":
      guard let id = find("id", attributes) else { throw cursor.error(place, "key", "has no id") }
      let name =
        try find("attr.name", attributes).map { (range) throws(GraphFormatError) in try string(range) } ?? ""
      if let known = GraphAttribute.allCases.first(where: { $0.names.contains(name) }) {
        keys[try string(id)] = known
      }
    case "graph":
      graphs += 1
      if graphs > 1 { throw cursor.error(place, "graph", "a second or nested graph; one a file") }
      isDirected = find("edgedefault", attributes).map { cursor.text($0) } == "directed"
    case "node":
      guard let id = find("id", attributes) else { throw cursor.error(place, "node", "has no id") }
      let name = try string(id)
      if numbers.updateValue(UInt32(numbers.count), forKey: name) != nil {
        throw cursor.error(place, "node", "'\(name.prefix(40))' is given twice")
      }
      if numbers.count > GraphLimits.nodes {
        throw cursor.error(place, "node", "more than \(GraphLimits.nodes) nodes")
      }
      node = Graph.Node(name: name)
    case "edge":
      guard let source = find("source", attributes), let target = find("target", attributes) else {
        throw cursor.error(place, "edge", "has no source or no target")
      }
      if edges.count >= GraphLimits.links {
        throw cursor.error(place, "edge", "more than \(GraphLimits.links) links")
      }
      edge = (try string(source), try string(target), Graph.Link(0, 0), place)
    case "data":
      dataKey = try find("key", attributes).flatMap { (range) throws(GraphFormatError) in
        keys[try string(range)]
      }
    case "hyperedge": throw cursor.error(place, "hyperedge", "hyperedges are not modelled; write edges")
    default: break
    }
  }

  private mutating func end(_ name: Range<Int>) throws(GraphFormatError) {
    switch cursor.text(name) {
    case "node":
      if let node { assembly.add(node: node) }
      node = nil
    case "edge":
      if let edge { edges.append(edge) }
      edge = nil
    case "data": dataKey = nil
    default: break
    }
  }

  private mutating func text(_ range: Range<Int>) throws(GraphFormatError) {
    guard dataKey != nil else {
      if stack.isEmpty, cursor.bytes[range].contains(where: { ![32, 9, 10, 13].contains($0) }) {
        throw cursor.error(range.lowerBound, "", "text outside of an element; write GraphML")
      }
      return
    }
    var inner = range
    while let first = inner.first, [32, 9, 10, 13].contains(cursor.bytes[first]) { inner = inner.dropFirst() }
    while let last = inner.last, [32, 9, 10, 13].contains(cursor.bytes[last]) { inner = inner.dropLast() }
    if !inner.isEmpty { try value(try string(inner), inner) }
  }

  private mutating func value(_ text: String, _ range: Range<Int>) throws(GraphFormatError) {
    guard let key = dataKey else { return }
    if edge != nil {
      if key == .weight { assembly.note(weight: true) } else { try cursor.apply(key, range, to: &edge!.link) }
    } else if node != nil {
      try cursor.apply(key, range, text, to: &node!)
    }
  }
}
