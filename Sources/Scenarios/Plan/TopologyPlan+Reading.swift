// `topology:` of a scenario, `generate:` of a topology file.

import Basics
public import Network

extension TopologyPlan {
  static func read(_ value: ValueReader) -> TopologyPlan? {
    value.forms(
      scalar: { v in
        v.file("a topology file", limit: TopologyFile.bytesMaximum) { (path, bytes) throws(FileError) in
          try TopologyFile.plan(path: path, bytes: bytes, files: v.reading.files)
        }
      },
      mapping: { TopologyPlan($0) }, expected: "a topology file, or {generate: NAME, nodes: COUNT, ...}")
  }

  /// Keys of a generator: `{generate: random-regular, nodes: 300, degree: 20}`.
  init?(_ o: ObjectReader) {
    let name = o.needed("generate", "write \(alternatives(GraphGenerator.names))", placeholder: "") {
      $0.word(GraphGenerator.names)
    }
    let nodes = o.optional("nodes", "how many nodes; absent: as many as take part") {
      $0.integer(1...10_000_000)
    }
    let generator = GraphGenerator.read(o, name)
    guard let generator else { return nil }
    self = .generated(generator, nodes: nodes)
    guard let nodes else { return }
    do throws(GeneratorError) { try generator.check(nodes: nodes) } catch {
      o.mistake("generate", "\(error)")
    }
  }
}

extension GraphGenerator {
  /// The generators' names in files and on the command line.
  public static let names = [
    "random-regular", "watts-strogatz", "barabasi-albert", "erdos-renyi", "ring", "full", "k-out",
    "region-weighted",
    "mainnet-like",
  ]

  public var name: String {
    switch self {
    case .randomRegular: "random-regular"
    case .wattsStrogatz: "watts-strogatz"
    case .barabasiAlbert: "barabasi-albert"
    case .erdosRenyi: "erdos-renyi"
    case .ring: "ring"
    case .full: "full"
    case .kOut: "k-out"
    case .regionWeighted: "region-weighted"
    case .mainnetLike: "mainnet-like"
    }
  }

  /// The generator `name` with its own keys; keys of other generators are mistakes.
  static func read(_ o: ObjectReader, _ name: String) -> GraphGenerator? {
    let range = 1...1_000_000
    let uses: [String: [String]] = [
      "random-regular": ["degree"], "watts-strogatz": ["degree", "rewire"], "barabasi-albert": ["links"],
      "erdos-renyi": ["degree"], "k-out": ["dials"], "region-weighted": ["dials", "local"],
      "mainnet-like": ["dials"],
    ]
    let degree = o.optional("degree", "random-regular, watts-strogatz: links of a node; erdos-renyi: mean") {
      v in
      name == "erdos-renyi" ? v.number(0...1_000_000) : v.integer(range).map { Double($0) }
    }
    let rewire = o.value("rewire", "watts-strogatz: probability of rewiring a link", or: Share.percent(10)) {
      $0.share()
    }
    let links = o.value("links", "barabasi-albert: links of a new node", or: 4) { $0.integer(range) }
    let dials = o.value("dials", "k-out, region-weighted, mainnet-like: nodes that a node dials", or: 10) {
      $0.integer(range)
    }
    let local = o.value("local", "region-weighted: share dialled in the own region", or: Share.percent(50)) {
      $0.share()
    }
    if o.isRecording || name.isEmpty { return nil }
    for key in ["degree", "rewire", "links", "dials", "local"]
    where o.has(key) && !(uses[name] ?? []).contains(key) {
      o.mistake(
        key,
        "is no parameter of \(name)\(uses[name].map { "; it takes \(alternatives($0))" } ?? ", which takes none")"
      )
    }
    switch name {
    case "random-regular": return .randomRegular(degree: Int(degree ?? 20))
    case "watts-strogatz": return .wattsStrogatz(degree: Int(degree ?? 20), rewire: rewire.fraction)
    case "barabasi-albert": return .barabasiAlbert(links: links)
    case "erdos-renyi": return .erdosRenyi(degree: degree ?? 20)
    case "ring": return .ring
    case "full": return .full
    case "k-out": return .kOut(dials: dials)
    case "region-weighted": return .regionWeighted(dials: dials, local: local.fraction)
    case "mainnet-like": return .mainnetLike(dials: dials)
    default: return nil
    }
  }
}
