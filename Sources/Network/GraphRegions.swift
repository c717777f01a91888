// Where nodes stand: regions with weights, the one-way latency between them, and node classes. The built-in table is
// the one of libp2p's gossipsub interoperability tests.

public import Basics

/// Regions, latencies between them, node classes.
public struct RegionTable: Sendable, Equatable, Codable {
  public struct NodeClass: Sendable, Equatable, Codable {
    public var name: String
    /// Bits per second each way.
    public var bandwidth: UInt64
    /// Part of the nodes, in units of 10^-18.
    public var share: UInt64
    public init(name: String, bandwidth: UInt64, share: UInt64) {
      self.name = name
      self.bandwidth = bandwidth
      self.share = share
    }
  }

  public var names: [String]
  /// Relative number of nodes in each region.
  public var weights: [UInt64]
  /// One-way latency in nanoseconds, row: from, column: to; `names.count` squared values.
  public var latency: [UInt64]
  /// Empty: all nodes alike.
  public var classes: [NodeClass]

  public init(names: [String], weights: [UInt64], latency: [UInt64], classes: [NodeClass] = []) {
    precondition(weights.count == names.count)
    precondition(latency.count == names.count * names.count)
    self.names = names
    self.weights = weights
    self.latency = latency
    self.classes = classes
  }

  public func index(_ name: String) -> Int? { names.firstIndex(of: name) }

  /// One-way latency from one region to another.
  public func latency(from: Int, to: Int) -> TimeSpan {
    TimeSpan(nanoseconds: latency[from * names.count + to])
  }

  /// Regions of Ethereum nodes: node counts and latencies from libp2p/test-plans, gossipsub-interop
  /// (`network_graph.py`); asymmetric in one pair there. Copied in `topologies/data/ethereum_regions.yaml`.
  public static let ethereum: RegionTable = {
    let ms: [UInt64] = [
      2, 165, 110, 180, 150, 110, 220, 190,
      165, 2, 125, 60, 70, 110, 95, 140,
      110, 125, 4, 110, 140, 100, 175, 175,
      180, 60, 110, 5, 110, 150, 110, 145,
      150, 70, 140, 110, 2, 60, 130, 100,
      110, 110, 100, 150, 60, 2, 160, 100,
      220, 95, 175, 110, 130, 160, 7, 190,
      190, 140, 175, 145, 100, 100, 195, 7,
    ]
    return RegionTable(
      names: [
        "australia", "europe", "east_asia", "west_asia", "na_east", "na_west", "south_africa",
        "south_america",
      ],
      weights: [290, 5_599, 1_059, 161, 2_894, 1_240, 47, 36], latency: ms.map { $0 * 1_000_000 },
      classes: [
        NodeClass(name: "supernode", bandwidth: 1_024_000_000, share: 200_000_000_000_000_000),
        NodeClass(name: "fullnode", bandwidth: 50_000_000, share: 800_000_000_000_000_000),
      ])
  }()
}

extension Graph {
  /// Puts every node that has no region yet into one, by weight, and gives it a class, by share. Each node's draw is
  /// a function of the seed and its number alone.
  public mutating func settle(in table: RegionTable, seed: UInt64) {
    let random = HashRandom(seed: seed, .graph)
    let total = table.weights.reduce(0, +)
    guard total > 0 else { return }
    for v in nodes.indices {
      if nodes[v].region == nil {
        var rest = random.bits(1, UInt64(v)).multipliedFullWidth(by: total).high
        var k = 0
        while rest >= table.weights[k] {
          rest -= table.weights[k]
          k += 1
        }
        nodes[v].region = table.names[k]
      }
      if nodes[v].nodeClass == nil, !table.classes.isEmpty {
        var rest = random.bits(2, UInt64(v)).multipliedFullWidth(by: 1_000_000_000_000_000_000).high
        var k = 0
        while k < table.classes.count - 1, rest >= table.classes[k].share {
          rest -= table.classes[k].share
          k += 1
        }
        nodes[v].nodeClass = table.classes[k].name
        if nodes[v].uplink == nil { nodes[v].uplink = table.classes[k].bandwidth }
        if nodes[v].downlink == nil { nodes[v].downlink = table.classes[k].bandwidth }
      }
    }
  }
}
