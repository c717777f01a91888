// A published table of vyzo's GossipSub simulator (gerbil-simsub), in the form of Tests/ExperimentsTests/nodes-500.json:
// parameters, and the printed counts when there are any.

public import Foundation

/// One table: what was run, and what was printed.
public struct SimsubTable: Codable, Sendable {
  public struct Overlay: Codable, Sendable, Equatable {
    public var D: Int
    public var Dlow: Int
    public var Dhigh: Int
    public var Dgossip: Int
    /// Seconds, all of these.
    public var heartbeat: Double
    public var initialHeartbeatDelay: Double
    public var gossipWindow: Int
    public var history: Int
  }

  public struct Extensions: Codable, Sendable, Equatable {
    public var gossipFactor: Double
    public var floodPublish: Bool
    public var px: Int
  }

  public struct Parameters: Codable, Sendable {
    /// Connections that each node opens.
    public var connect: Int
    /// Seconds.
    public var minLatency: Double
    public var maxLatency: Double
    /// Share of the latency.
    public var jitter: Double
    public var messages: Int
    public var sources: Int
    /// Seconds.
    public var interval: Double
    public var warmup: Double
    public var linger: Double
    public var overlay: Overlay
    public var v1_1: Extensions
  }

  public struct Counts: Codable, Sendable {
    public var publish: Double?
    public var deliver: Double?
    public var message: Double?
    public var connect: Double?
    public var iwant: Double?
    public var ihave: Double?
    public var prune: Double?
    public var graft: Double?
    public var histogram100ms: [Double]?
    public var histogram100ms_first: [Double]?
    public init() {}
  }

  public var source: String?
  public var nodes: Int
  public var parameters: Parameters
  public var gossipsub_v1_0: Counts?
  public var gossipsub_v1_1: Counts?

  /// Why a table cannot be run.
  public enum Mistake: Error, CustomStringConvertible {
    case unreadable(String)
    case outside(key: String, value: Double, allowed: String)

    public var description: String {
      switch self {
      case .unreadable(let reason): "not a table: \(reason)"
      case .outside(let key, let value, let allowed): "\(key) is \(value), allowed is \(allowed)"
      }
    }
  }

  /// Reads a table from its JSON.
  public init(json: Data) throws(Mistake) {
    do {
      self = try JSONDecoder().decode(Self.self, from: json)
    } catch let error as DecodingError {
      throw .unreadable(Self.explain(error))
    } catch {
      throw .unreadable("\(error)")
    }
    try check()
  }

  private static func explain(_ error: DecodingError) -> String {
    func path(_ context: DecodingError.Context) -> String {
      context.codingPath.map(\.stringValue).joined(separator: ".")
    }
    return switch error {
    case .keyNotFound(let key, let context):
      "key \(([path(context)] + [key.stringValue]).filter { !$0.isEmpty }.joined(separator: ".")) is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "\(path(context)): \(context.debugDescription)"
    case .dataCorrupted(let context): context.debugDescription
    @unknown default: "\(error)"
    }
  }

  private func check() throws(Mistake) {
    func need(_ holds: Bool, _ key: String, _ value: Double, _ allowed: String) throws(Mistake) {
      if !holds { throw .outside(key: key, value: value, allowed: allowed) }
    }
    let p = parameters
    try need((2...100_000).contains(nodes), "nodes", Double(nodes), "2 to 100000")
    try need((1..<nodes).contains(p.connect), "parameters.connect", Double(p.connect), "1 to \(nodes - 1)")
    try need(p.minLatency >= 0 && p.minLatency <= 10, "parameters.minLatency", p.minLatency, "0 to 10 s")
    try need(
      p.maxLatency >= p.minLatency && p.maxLatency <= 10, "parameters.maxLatency", p.maxLatency,
      "minLatency to 10 s")
    try need(p.jitter >= 0 && p.jitter <= 10, "parameters.jitter", p.jitter, "0 to 10")
    try need((1...1_000_000).contains(p.messages), "parameters.messages", Double(p.messages), "1 to 1000000")
    try need((1...nodes).contains(p.sources), "parameters.sources", Double(p.sources), "1 to \(nodes)")
    for (key, value) in [("interval", p.interval), ("overlay.heartbeat", p.overlay.heartbeat)] {
      try need(value >= 0.001 && value <= 3600, "parameters.\(key)", value, "0.001 to 3600 s")
    }
    for (key, value) in [
      ("warmup", p.warmup), ("linger", p.linger),
      ("overlay.initialHeartbeatDelay", p.overlay.initialHeartbeatDelay),
    ] {
      try need(value >= 0 && value <= 3600, "parameters.\(key)", value, "0 to 3600 s")
    }
    for (key, value) in [
      ("D", p.overlay.D), ("Dlow", p.overlay.Dlow), ("Dhigh", p.overlay.Dhigh),
      ("Dgossip", p.overlay.Dgossip),
    ] {
      try need((0...1000).contains(value), "parameters.overlay.\(key)", Double(value), "0 to 1000")
    }
    try need(
      p.overlay.Dlow >= 1 && p.overlay.Dlow <= p.overlay.D, "parameters.overlay.Dlow", Double(p.overlay.Dlow),
      "1 to D")
    try need(
      p.overlay.Dhigh >= p.overlay.D, "parameters.overlay.Dhigh", Double(p.overlay.Dhigh), "D and more")
    try need(
      (1...p.overlay.history).contains(p.overlay.gossipWindow), "parameters.overlay.gossipWindow",
      Double(p.overlay.gossipWindow), "1 to history")
    try need(
      (1...254).contains(p.overlay.history), "parameters.overlay.history", Double(p.overlay.history),
      "1 to 254")
    try need(
      (0...1).contains(p.v1_1.gossipFactor), "parameters.v1_1.gossipFactor", p.v1_1.gossipFactor, "0 to 1")
    try need((0...1000).contains(p.v1_1.px), "parameters.v1_1.px", Double(p.v1_1.px), "0 to 1000")
  }
}
