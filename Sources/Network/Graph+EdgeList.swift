// Edge lists: two names a line, then nothing, a weight, a latency with its unit, or networkx's `{}`. `#` and `%` begin
// comments; spaces, tabs, commas and semicolons part fields.

extension Graph {
  /// Reads an edge list. Names that are all numbers are put in order of number; others stay in order of appearance.
  /// Bare weights and networkx's dictionaries say nothing that a link has; they are left out and counted.
  public static func edgeList(_ bytes: [UInt8]) throws(GraphFormatError) -> GraphReading {
    let cursor = ByteCursor(bytes)
    try cursor.checkText()
    var names: [String: UInt32] = [:]
    var order: [String] = []
    var assembly = GraphAssembly()
    var lines: [(a: UInt32, b: UInt32, latency: UInt64?, place: Int)] = []
    var isNumeric = true
    func number(_ range: Range<Int>) throws(GraphFormatError) -> UInt32 {
      if range.count > GraphLimits.name {
        throw cursor.error(
          range.lowerBound, "", "a name of \(range.count) bytes; at most \(GraphLimits.name)")
      }
      let name = cursor.text(range)
      if let known = names[name] { return known }
      if cursor.integer(range) == nil { isNumeric = false }
      let next = UInt32(order.count)
      if order.count >= GraphLimits.nodes {
        throw cursor.error(range.lowerBound, "", "more than \(GraphLimits.nodes) nodes")
      }
      names[name] = next
      order.append(name)
      return next
    }
    var at = 0
    while at < bytes.count {
      var fields: [Range<Int>] = []
      let place = at
      var hasTail = false
      scan: while at < bytes.count, bytes[at] != 10 {
        switch bytes[at] {
        case 32, 9, 13, 44, 59: at += 1
        case 35, 37:
          while at < bytes.count, bytes[at] != 10 { at += 1 }
        case 123:
          hasTail = true
          while at < bytes.count, bytes[at] != 10 { at += 1 }
        default:
          let start = at
          while at < bytes.count, ![32, 9, 13, 44, 59, 10].contains(bytes[at]) { at += 1 }
          fields.append(start..<at)
          if fields.count > 4 { break scan }
        }
      }
      while at < bytes.count, bytes[at] != 10 { at += 1 }
      at += 1
      if fields.isEmpty, !hasTail { continue }
      guard fields.count >= 2 else {
        throw cursor.error(fields.first?.lowerBound ?? place, "", "one field; write two names a line")
      }
      guard fields.count <= 4 else {
        throw cursor.error(
          fields[4].lowerBound, "", "too many fields; write two names and at most a weight or a latency")
      }
      var latency: UInt64?
      if fields.count > 2 {
        // "10 ms" comes as two fields.
        let value = fields[2].lowerBound..<fields[fields.count - 1].upperBound
        if let time = cursor.quantity(value, GraphUnits.time) {
          guard time <= GraphUnits.latencyMaximum else {
            throw cursor.error(value.lowerBound, "latency", "is above an hour")
          }
          latency = time
        } else if fields.count == 3, isNumber(cursor, value) {
          assembly.note(weight: true)
        } else {
          throw cursor.error(
            value.lowerBound, "", "'\(cursor.clipped(value))' is neither a weight nor a latency such as 10ms")
        }
      }
      if hasTail { assembly.note(weight: true) }
      lines.append((try number(fields[0]), try number(fields[1]), latency, place))
      if lines.count > GraphLimits.links {
        throw cursor.error(place, "", "more than \(GraphLimits.links) links")
      }
    }
    guard !lines.isEmpty else { throw cursor.error(0, "", "holds no link; write two names a line") }
    var rank = (0..<UInt32(order.count)).map { $0 }
    if isNumeric {
      let sorted = order.indices.sorted { (Int64(order[$0]) ?? 0) < (Int64(order[$1]) ?? 0) }
      for (k, old) in sorted.enumerated() { rank[old] = UInt32(k) }
      order = sorted.map { order[$0] }
    }
    for name in order { assembly.add(node: Node(name: name)) }
    assembly.reserve(links: lines.count)
    for line in lines {
      let link = Link(Int(rank[Int(line.a)]), Int(rank[Int(line.b)]), latency: line.latency)
      if let wrong = assembly.add(link: link, isDirected: true) { throw cursor.error(line.place, "", wrong) }
    }
    return assembly.result
  }

  private static func isNumber(_ cursor: ByteCursor, _ range: Range<Int>) -> Bool {
    let unsigned = cursor.bytes[range.lowerBound] == 45 ? range.dropFirst() : range
    guard !unsigned.isEmpty else { return false }
    let text = cursor.text(unsigned.lowerBound..<unsigned.upperBound)
    return text.utf8.allSatisfy { ($0 >= 48 && $0 <= 57) || [46, 101, 69, 45, 43].contains($0) }
      && (Double(text)?.isFinite ?? false)
  }

  /// Writes an edge list; latencies in the third field. Regions, classes, bandwidth and loss do not fit and are lost,
  /// as are nodes without links.
  public func edgeListText() -> [UInt8] {
    var out: [UInt8] = []
    for link in links {
      out.append(contentsOf: nodes[Int(link.a)].name.utf8)
      out.append(32)
      out.append(contentsOf: nodes[Int(link.b)].name.utf8)
      if let latency = link.latency {
        out.append(32)
        out.append(contentsOf: GraphUnits.timeText(latency).utf8.filter { $0 != 32 })
      }
      out.append(10)
    }
    return out
  }
}
