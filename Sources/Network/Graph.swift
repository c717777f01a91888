// Who can talk to whom: nodes with what is known of each, and undirected links. A plain value, made by a generator or
// read from a file, the input of both engines. It promises dense node ids in order and at most one link a pair; it
// does not promise connectivity (ask `components`).

/// Nodes and undirected links.
public struct Graph: Sendable, Equatable, Codable {
  /// What a topology says of a node.
  public struct Node: Sendable, Equatable, Codable {
    /// The id in the file, or the number as text.
    public var name: String
    public var region: String?
    /// Machine that hosts it (cluster over several hosts).
    public var host: String?
    /// Node class, `supernode` for instance.
    public var nodeClass: String?
    /// Public key in hexadecimal; the cluster accepts a peer of this name with this key only.
    public var key: String?
    /// Upload and download rate in bits per second.
    public var uplink: UInt64?
    public var downlink: UInt64?

    public init(
      name: String, region: String? = nil, host: String? = nil, nodeClass: String? = nil, key: String? = nil
    ) {
      self.name = name
      self.region = region
      self.host = host
      self.nodeClass = nodeClass
      self.key = key
    }
  }

  /// An undirected link with what is known of it; nil: the scenario decides.
  public struct Link: Sendable, Equatable, Codable {
    public var a: UInt32
    public var b: UInt32
    /// One-way latency in nanoseconds.
    public var latency: UInt64?
    /// Bits per second, each direction.
    public var bandwidth: UInt64?
    /// Probability of losing a message, in units of 10^-18.
    public var loss: UInt64?

    public init(_ a: Int, _ b: Int, latency: UInt64? = nil, bandwidth: UInt64? = nil, loss: UInt64? = nil) {
      self.a = UInt32(truncatingIfNeeded: a)
      self.b = UInt32(truncatingIfNeeded: b)
      self.latency = latency
      self.bandwidth = bandwidth
      self.loss = loss
    }

    /// The pair in order, as one number: equal for equal pairs.
    public var pair: UInt64 { Graph.pair(a, b) }
  }

  public var nodes: [Node]
  public var links: [Link]

  public init(nodes: [Node] = [], links: [Link] = []) {
    self.nodes = nodes
    self.links = links
  }

  /// `count` nodes named by number, without links.
  public init(count: Int) {
    self.init(nodes: (0..<count).map { Node(name: "\($0)") })
  }

  @inlinable public static func pair(_ a: UInt32, _ b: UInt32) -> UInt64 {
    UInt64(min(a, b)) << 32 | UInt64(max(a, b))
  }
}

/// Neighbours of every node in two flat arrays; rows in order of the graph's links.
public struct Adjacency: Sendable {
  /// Row of node v: `targets[offsets[v] ..< offsets[v + 1]]`.
  public let offsets: [Int]
  public let targets: [UInt32]
  /// The link behind each target.
  public let links: [UInt32]

  public init(_ graph: Graph) {
    var offsets = [Int](repeating: 0, count: graph.nodes.count + 1)
    for link in graph.links {
      offsets[Int(link.a) + 1] += 1
      offsets[Int(link.b) + 1] += 1
    }
    for v in 0..<graph.nodes.count { offsets[v + 1] += offsets[v] }
    var next = offsets
    var targets = [UInt32](repeating: 0, count: 2 * graph.links.count)
    var links = targets
    for (k, link) in graph.links.enumerated() {
      for (from, to) in [(link.a, link.b), (link.b, link.a)] {
        let place = next[Int(from)]
        targets[place] = to
        links[place] = UInt32(truncatingIfNeeded: k)
        next[Int(from)] = place + 1
      }
    }
    self.offsets = offsets
    self.targets = targets
    self.links = links
  }

  public var count: Int { offsets.count - 1 }
  public func degree(_ node: Int) -> Int { offsets[node + 1] - offsets[node] }
  public subscript(node: Int) -> ArraySlice<UInt32> { targets[offsets[node]..<offsets[node + 1]] }
}

/// Disjoint sets by union with path halving.
struct DisjointSets {
  private var parent: [UInt32]
  private(set) var count: Int

  init(count: Int) {
    parent = (0..<UInt32(count)).map { $0 }
    self.count = count
  }

  mutating func root(_ node: UInt32) -> UInt32 {
    var v = node
    while parent[Int(v)] != v {
      parent[Int(v)] = parent[Int(parent[Int(v)])]
      v = parent[Int(v)]
    }
    return v
  }

  /// True when they were apart. The smaller number becomes the root, so the result does not depend on history.
  mutating func join(_ a: UInt32, _ b: UInt32) -> Bool {
    let x = root(a)
    let y = root(b)
    if x == y { return false }
    parent[Int(max(x, y))] = min(x, y)
    count -= 1
    return true
  }
}

extension Graph {
  /// Component number of every node; components are numbered by their first node.
  public func components() -> (count: Int, of: [Int]) {
    var sets = DisjointSets(count: nodes.count)
    for link in links { _ = sets.join(link.a, link.b) }
    var number = [Int](repeating: -1, count: nodes.count)
    var result = [Int](repeating: 0, count: nodes.count)
    var count = 0
    for v in nodes.indices {
      let root = Int(sets.root(UInt32(v)))
      if number[root] < 0 {
        number[root] = count
        count += 1
      }
      result[v] = number[root]
    }
    return (count, result)
  }

  public var isConnected: Bool { nodes.count <= 1 || components().count == 1 }
}
