// Graphs from a seed. Every generator gives a simple graph (no loop, no double link); those that cannot promise a
// connected one are repaired by as few further links as there are surplus components.

/// A recipe for a graph.
public enum GraphGenerator: Sendable, Equatable, Codable {
  /// Every node has exactly `degree` links, drawn uniformly (pairing model, collisions resolved by switching).
  /// nodes x degree must be even; degree below the number of nodes.
  case randomRegular(degree: Int)
  /// Ring lattice of even `degree`, each link rewired with this probability (Watts, Strogatz 1998).
  case wattsStrogatz(degree: Int, rewire: Double)
  /// Each new node links to `links` others, by degree (Barabasi, Albert 1999).
  case barabasiAlbert(links: Int)
  /// Each pair linked with the probability that gives this mean degree (Erdos, Renyi 1959).
  case erdosRenyi(degree: Double)
  case ring
  case full
  /// Each node dials so many others; a pair that dials each other has one link.
  case kOut(dials: Int)
  /// Each node dials so many others, this share of them in its own region.
  case regionWeighted(dials: Int, local: Double)
  /// As `kOut`, with supernodes dialling four times as many: the heavy-tailed degrees of a real peer network.
  case mainnetLike(dials: Int)
}

/// Why a generator cannot give a graph of that size.
public enum GeneratorError: Error, Sendable, Equatable, CustomStringConvertible {
  /// nodes x degree is odd.
  case oddDegreeSum(nodes: Int, degree: Int)
  /// More links a node than other nodes, or fewer than the generator needs.
  case degree(Int, least: Int, most: Int)
  case probability(Double)
  /// More links than fit.
  case tooManyLinks(Int, most: Int)

  public var description: String {
    switch self {
    case .oddDegreeSum(let nodes, let degree):
      "\(nodes) nodes of degree \(degree) need an even number of link ends, and have \(nodes * degree)"
    case .degree(let degree, let least, let most): "degree \(degree) is outside \(least) to \(most)"
    case .probability(let p): "probability \(p) is outside 0 to 1"
    case .tooManyLinks(let links, let most): "\(links) links; at most \(most)"
    }
  }
}

extension GraphGenerator {
  /// Most links that a generated graph may have.
  public static let linksMaximum = 20_000_000

  /// Whether it can give a graph of `nodes` nodes.
  public func check(nodes n: Int) throws(GeneratorError) {
    if n <= 1 { return }
    func bound(_ degree: Int, _ least: Int, _ most: Int) throws(GeneratorError) {
      if degree < least || degree > most { throw .degree(degree, least: least, most: most) }
    }
    var links = n
    switch self {
    case .randomRegular(let degree):
      try bound(degree, 1, n - 1)
      if n * degree % 2 != 0 { throw .oddDegreeSum(nodes: n, degree: degree) }
      links = n * degree / 2
    case .wattsStrogatz(let degree, let rewire):
      try bound(degree, 2, n - 1)
      if degree % 2 != 0 { throw .oddDegreeSum(nodes: 1, degree: degree) }
      if !(rewire >= 0 && rewire <= 1) { throw .probability(rewire) }
      links = n * degree / 2
    case .barabasiAlbert(let count):
      try bound(count, 1, n - 1)
      links = n * count
    case .erdosRenyi(let degree):
      if !(degree >= 0 && degree <= Double(n - 1)) { throw .degree(Int(degree), least: 0, most: n - 1) }
      links = Int(degree * Double(n) / 2)
    case .ring: try bound(2, 1, max(n - 1, 2))
    case .full: links = n * (n - 1) / 2
    case .kOut(let dials), .mainnetLike(let dials):
      try bound(dials, 1, n - 1)
      links = n * dials
    case .regionWeighted(let dials, let local):
      try bound(dials, 1, n - 1)
      if !(local >= 0 && local <= 1) { throw .probability(local) }
      links = n * dials
    }
    if links > Self.linksMaximum { throw .tooManyLinks(links, most: Self.linksMaximum) }
  }

  /// The graph of `nodes` nodes, settled in `regions` if given, and how many links had to be added (or, in a regular
  /// graph, switched) to connect it. Same arguments, same graph.
  public func generate(nodes n: Int, regions: RegionTable? = nil, seed: UInt64) throws(GeneratorError)
    -> (graph: Graph, repaired: Int)
  {
    try check(nodes: n)
    var builder = GraphBuilder(count: n, seed: seed)
    if let regions { builder.graph.settle(in: regions, seed: seed) }
    if n <= 1 { return (builder.graph, 0) }
    switch self {
    case .randomRegular(let degree): builder.randomRegular(degree)
    case .wattsStrogatz(let degree, let rewire): builder.wattsStrogatz(degree, rewire)
    case .barabasiAlbert(let links): builder.barabasiAlbert(links)
    case .erdosRenyi(let degree): builder.erdosRenyi(degree)
    case .ring: for v in 0..<n where n > 1 { _ = builder.link(v, (v + 1) % n) }
    case .full: for a in 0..<n { for b in a + 1..<max(n, a + 1) { _ = builder.link(a, b) } }
    case .kOut(let dials): for v in 0..<n { builder.dial(v, dials) }
    case .regionWeighted(let dials, let local): builder.regionWeighted(dials, local)
    case .mainnetLike(let dials):
      for v in 0..<n {
        let isLarge = builder.graph.nodes[v].nodeClass == "supernode"
        builder.dial(v, min(isLarge ? dials * 4 : dials, n - 1))
      }
    }
    var repaired = 0
    if case .randomRegular(let degree) = self, degree >= 2 {
      repaired = builder.connectBySwitching()
    } else if case .randomRegular = self {
      // A perfect matching cannot be connected and keep its degree.
    } else {
      repaired = builder.connect()
    }
    return (builder.graph, repaired)
  }
}
