// Bytes of graph files: a cursor that knows its line and column, and quantities as Shadow writes them ("10 ms",
// "1 Gbit"). No string is made for a token that is only looked at. Everything a file may do wrong is an error value.

/// What is wrong with a graph file, and where.
public struct GraphFormatError: Error, Sendable, Equatable, CustomStringConvertible {
  public var line: Int
  public var column: Int
  /// The key or element, empty when none is to blame.
  public var key: String
  /// What is wrong and what is allowed.
  public var reason: String

  public init(line: Int, column: Int, key: String = "", reason: String) {
    self.line = line
    self.column = column
    self.key = key
    self.reason = reason
  }

  public var description: String { "\(line):\(column): \(key.isEmpty ? "" : key + ": ")\(reason)" }
}

/// A graph as a file gave it, with what the graph cannot hold.
public struct GraphReading: Sendable, Equatable {
  public var graph: Graph
  /// Links from a node to itself, left out.
  public var selfLoops = 0
  /// Links of a directed file that the opposite direction had already given.
  public var doubled = 0
  /// Bare weights, which say nothing about latency, left out.
  public var weights = 0

  public init(graph: Graph) { self.graph = graph }
}

/// Bounds on what a graph file may hold.
public enum GraphLimits {
  public static let nodes = 10_000_000
  public static let links = 50_000_000
  /// Longest name, in bytes.
  public static let name = 256
}

/// A place in a file's bytes.
struct ByteCursor {
  let bytes: [UInt8]
  var at = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { at >= bytes.count }
  /// The byte at the cursor; zero at the end.
  var current: UInt8 { at < bytes.count ? bytes[at] : 0 }

  /// The error `reason` at byte `index`. Line and column are counted only now.
  func error(_ index: Int, _ key: String = "", _ reason: String) -> GraphFormatError {
    let end = min(index, bytes.count)
    var line = 1
    var start = 0
    for k in 0..<end where bytes[k] == 10 {
      line += 1
      start = k + 1
    }
    let column = String(decoding: bytes[start..<end], as: UTF8.self).unicodeScalars.count + 1
    return GraphFormatError(line: line, column: column, key: key, reason: reason)
  }

  /// Refuses what is no text before anything is parsed. One pass.
  func checkText() throws(GraphFormatError) {
    var k = 0
    let n = bytes.count
    while k < n {
      let c = bytes[k]
      if c < 0x80 {
        if c == 0 { throw error(k, "", "holds a NUL byte; write plain text") }
        k += 1
        continue
      }
      let length = c >= 0xC2 && c < 0xE0 ? 2 : c >= 0xE0 && c < 0xF0 ? 3 : c >= 0xF0 && c < 0xF5 ? 4 : 0
      guard length > 0, k + length <= n, String(validating: bytes[k..<k + length], as: UTF8.self) != nil
      else {
        throw error(k, "", "is not valid UTF-8; write the file in UTF-8")
      }
      k += length
    }
  }

  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  /// A short form of a token for a message.
  func clipped(_ range: Range<Int>) -> String {
    let kept = text(range.lowerBound..<min(range.upperBound, range.lowerBound + 40))
    return range.count > 40 ? kept + "..." : kept
  }

  /// Whether the bytes of `range` are exactly `word`.
  func equals(_ range: Range<Int>, _ word: [UInt8]) -> Bool {
    guard range.count == word.count else { return false }
    for k in 0..<word.count where bytes[range.lowerBound + k] != word[k] { return false }
    return true
  }

  /// A whole number that fills `range`.
  func integer(_ range: Range<Int>) -> Int64? {
    var k = range.lowerBound
    let negative = k < range.upperBound && bytes[k] == 45
    if negative { k += 1 }
    guard k < range.upperBound else { return nil }
    var value: Int64 = 0
    while k < range.upperBound {
      let c = bytes[k]
      guard c >= 48, c <= 57 else { return nil }
      let (shifted, over) = value.multipliedReportingOverflow(by: 10)
      let (sum, more) = shifted.addingReportingOverflow(Int64(c - 48))
      if over || more { return nil }
      value = sum
      k += 1
    }
    return negative ? -value : value
  }

  /// A decimal number at the start of `range` as `mantissa / 10^decimals`, and where it ends. No exponent.
  func decimal(_ range: Range<Int>) -> (mantissa: UInt64, decimals: Int, end: Int)? {
    var k = range.lowerBound
    var mantissa: UInt64 = 0
    var decimals = 0
    var digits = 0
    var dot = false
    while k < range.upperBound {
      let c = bytes[k]
      if c >= 48 && c <= 57 {
        // Nineteen digits are more than any quantity here needs; later decimals are cut off.
        if digits < 18 {
          mantissa = mantissa * 10 + UInt64(c - 48)
          if dot { decimals += 1 }
          if mantissa > 0 { digits += 1 }
        } else if !dot {
          return nil
        }
      } else if c == 46, !dot {
        dot = true
      } else {
        break
      }
      k += 1
    }
    guard k > range.lowerBound, bytes[range.lowerBound] != 46 else { return nil }
    return (mantissa, decimals, k)
  }

  /// A quantity with one of `units`, in base units, rounded down.
  func quantity(_ range: Range<Int>, _ units: [(name: [UInt8], factor: UInt64)]) -> UInt64? {
    guard let (mantissa, decimals, end) = decimal(range) else { return nil }
    var k = end
    while k < range.upperBound, bytes[k] == 32 { k += 1 }
    guard let unit = units.first(where: { equals(k..<range.upperBound, $0.name) }) else { return nil }
    let (high, low) = mantissa.multipliedFullWidth(by: unit.factor)
    var scale: UInt64 = 1
    for _ in 0..<decimals { scale *= 10 }
    guard high < scale else { return nil }
    return scale.dividingFullWidth((high, low)).quotient
  }

  /// A probability without unit, in units of 10^-18.
  func probability(_ range: Range<Int>) -> UInt64? {
    var k = range.lowerBound
    var exponent = 0
    guard let (mantissa, decimals, end) = decimal(range) else { return nil }
    k = end
    if k < range.upperBound, bytes[k] == 101 || bytes[k] == 69 {
      guard let value = integer(k + 1..<range.upperBound), value <= 0, value > -40 else { return nil }
      exponent = Int(-value)
      k = range.upperBound
    }
    guard k == range.upperBound else { return nil }
    var value = mantissa
    var places = 18 - decimals - exponent
    while places < 0 {
      value /= 10
      places += 1
    }
    for _ in 0..<places {
      let (product, over) = value.multipliedReportingOverflow(by: 10)
      if over { return nil }
      value = product
    }
    return value <= 1_000_000_000_000_000_000 ? value : nil
  }
}

/// Units of graph files.
enum GraphUnits {
  private static func table(_ units: [(String, UInt64)]) -> [(name: [UInt8], factor: UInt64)] {
    units.map { (Array($0.0.utf8), $0.1) }
  }

  /// Nanoseconds.
  static let time = table([
    ("ms", 1_000_000), ("us", 1_000), ("\u{B5}s", 1_000), ("\u{3BC}s", 1_000), ("ns", 1),
    ("s", 1_000_000_000),
    ("sec", 1_000_000_000), ("millisecond", 1_000_000), ("milliseconds", 1_000_000),
    ("second", 1_000_000_000),
    ("seconds", 1_000_000_000),
  ])
  /// Bits per second: Shadow leaves "per second" out, our YAML writes it.
  static let rate = table([
    ("bit", 1), ("Kbit", 1_000), ("kbit", 1_000), ("Mbit", 1_000_000), ("Gbit", 1_000_000_000),
    ("Kibit", 1 << 10),
    ("Mibit", 1 << 20), ("Gibit", 1 << 30), ("bit/s", 1), ("kbit/s", 1_000), ("Kbit/s", 1_000),
    ("Mbit/s", 1_000_000), ("Gbit/s", 1_000_000_000), ("B/s", 8), ("kB/s", 8_000), ("KB/s", 8_000),
    ("MB/s", 8_000_000), ("GB/s", 8_000_000_000), ("KiB/s", 8 << 10), ("MiB/s", 8 << 20),
  ])

  /// Longest latency of a link: an hour.
  static let latencyMaximum: UInt64 = 3_600_000_000_000
  /// Fastest link: 10^15 bit/s.
  static let rateMaximum: UInt64 = 1_000_000_000_000_000

  static func timeText(_ nanoseconds: UInt64) -> String {
    for (name, size) in [("s", UInt64(1_000_000_000)), ("ms", 1_000_000), ("us", 1_000)]
    where nanoseconds >= size && nanoseconds % size == 0 { return "\(nanoseconds / size) \(name)" }
    return "\(nanoseconds) ns"
  }

  static func rateText(_ bits: UInt64) -> String {
    for (name, size) in [("Gbit", UInt64(1_000_000_000)), ("Mbit", 1_000_000), ("Kbit", 1_000)]
    where bits >= size && bits % size == 0 { return "\(bits / size) \(name)" }
    return "\(bits) bit"
  }

  /// A share of one as a decimal fraction.
  static func shareText(_ wad: UInt64) -> String {
    if wad == 0 { return "0.0" }
    let one: UInt64 = 1_000_000_000_000_000_000
    var rest = String(wad % one)
    rest = String(repeating: "0", count: 18 - rest.count) + rest
    while rest.hasSuffix("0"), rest.count > 1 { rest.removeLast() }
    return "\(wad / one).\(rest)"
  }
}

/// Attributes of nodes and links that this project knows, whatever the format.
enum GraphAttribute: CaseIterable {
  case label, region, host, nodeClass, key, uplink, downlink
  case latency, bandwidth, loss, jitter, weight

  var names: [String] {
    switch self {
    case .label: ["label"]
    case .region: ["region"]
    case .host: ["host"]
    case .nodeClass: ["class"]
    case .key: ["key"]
    case .uplink: ["host_bandwidth_up", "bandwidth_up"]
    case .downlink: ["host_bandwidth_down", "bandwidth_down"]
    case .latency: ["latency"]
    case .bandwidth: ["bandwidth"]
    case .loss: ["packet_loss", "loss"]
    case .jitter: ["jitter"]
    case .weight: ["weight"]
    }
  }

  static let table: [(name: [UInt8], attribute: GraphAttribute)] =
    allCases.flatMap { attribute in attribute.names.map { (Array($0.utf8), attribute) } }
}

/// Gathers nodes and links by name or number and makes a graph of them.
package struct GraphAssembly {
  package private(set) var result = GraphReading(graph: Graph())
  private var seen: [UInt64: UInt32] = [:]

  package init() {}

  package mutating func reserve(links: Int) { seen.reserveCapacity(links) }

  package mutating func add(node: Graph.Node) { result.graph.nodes.append(node) }

  package mutating func note(weight: Bool) { if weight { result.weights += 1 } }

  /// Adds a link between dense numbers. A second link of a pair is an error, unless the file is directed and says the
  /// same of both directions.
  package mutating func add(link: Graph.Link, isDirected: Bool) -> String? {
    if link.a == link.b {
      result.selfLoops += 1
      return nil
    }
    if let old = seen.updateValue(UInt32(result.graph.links.count), forKey: link.pair) {
      seen[link.pair] = old
      let first = result.graph.links[Int(old)]
      let isOpposite = first.a == link.b
      guard isDirected, isOpposite else { return "the link is given twice" }
      guard first.latency == link.latency, first.bandwidth == link.bandwidth, first.loss == link.loss else {
        return "the two directions of the link differ; only symmetric links are modelled"
      }
      result.doubled += 1
      return nil
    }
    result.graph.links.append(link)
    return nil
  }
}

extension ByteCursor {
  /// Sets what `attribute` says on a node; false when it is a link's.
  func apply(_ attribute: GraphAttribute, _ value: Range<Int>, _ text: String, to node: inout Graph.Node)
    throws(GraphFormatError)
  {
    switch attribute {
    case .label, .latency, .bandwidth, .loss, .jitter, .weight: break
    case .region: node.region = text
    case .host: node.host = text
    case .nodeClass: node.nodeClass = text
    case .key: node.key = text
    case .uplink: node.uplink = try rate(value, "host_bandwidth_up")
    case .downlink: node.downlink = try rate(value, "host_bandwidth_down")
    }
  }

  /// Sets what `attribute` says on a link.
  func apply(_ attribute: GraphAttribute, _ value: Range<Int>, to link: inout Graph.Link)
    throws(GraphFormatError)
  {
    switch attribute {
    case .latency:
      guard let latency = quantity(value, GraphUnits.time), latency <= GraphUnits.latencyMaximum else {
        throw error(
          value.lowerBound, "latency",
          "'\(clipped(value))' is not a latency; write \"10 ms\", at most an hour")
      }
      link.latency = latency
    case .bandwidth: link.bandwidth = try rate(value, "bandwidth")
    case .loss:
      guard let loss = probability(value) else {
        throw error(
          value.lowerBound, "packet_loss",
          "'\(clipped(value))' is not a probability; write a number from 0 to 1")
      }
      link.loss = loss
    case .jitter:
      guard quantity(value, GraphUnits.time) == 0 || probability(value) == 0 else {
        throw error(
          value.lowerBound, "jitter",
          "jitter of a single link is not modelled; write 0, and network.links.jitter in the scenario")
      }
    case .label, .region, .host, .nodeClass, .key, .uplink, .downlink, .weight: break
    }
  }

  func rate(_ value: Range<Int>, _ key: String) throws(GraphFormatError) -> UInt64 {
    guard let rate = quantity(value, GraphUnits.rate), rate > 0, rate <= GraphUnits.rateMaximum else {
      throw error(value.lowerBound, key, "'\(clipped(value))' is not a bandwidth; write \"10 Mbit\"")
    }
    return rate
  }
}
