// The YAML form of a topology: nodes and links, or a generator.

import Basics
import Network

func durationText(_ nanoseconds: UInt64) -> String { TimeSpan(nanoseconds: nanoseconds).description }

extension TopologyContent {
  init?(_ o: ObjectReader) {
    _ = o.optional("kind", "the kind of this file") { $0.word(["topology"]) }
    if !o.has("kind"), !o.isRecording { o.mistake("kind", "is missing; write kind: topology") }
    if o.isRecording {
      _ = TopologyContent.graph(o)
      _ = o.optional("generate", "a generator's name, with its parameters beside it") {
        $0.word(GraphGenerator.names)
      }
      _ = o.optional("nodes", "beside 'generate': how many nodes") { $0.integer(1...10_000_000) }
      _ = GraphGenerator.read(o, "")
      return nil
    }
    if o.has("generate") {
      if case .list? = o.tree["links"]?.content {
        _ = o.optional("links", "") { _ in true }
        _ = o.optional("nodes", "") { _ in true }
        _ = o.optional("generate", "") { _ in true }
        o.mistake("links", "a list of links beside 'generate'; write one of them")
        return nil
      }
      guard case .generated(let generator, let nodes)? = TopologyPlan(o) else { return nil }
      self = .generator(generator, nodes: nodes)
      return
    }
    guard let reading = TopologyContent.graph(o) else { return nil }
    self = .graph(reading)
  }

  static func node(_ o: ObjectReader) -> Graph.Node {
    let words = "write a text of 1 to 256 bytes"
    let fits: (String) -> Bool = {
      !$0.isEmpty && $0.utf8.count <= GraphLimits.name && !$0.utf8.contains { $0 < 32 }
    }
    var node = Graph.Node(
      name: o.needed("id", "write the node's name", placeholder: "") { $0.string(words, accepts: fits) },
      region: o.optional("region", "where it stands") { $0.string(words, accepts: fits) },
      host: o.optional("host", "the machine that hosts it") { $0.string(words, accepts: fits) },
      nodeClass: o.optional("class", "its class, such as supernode") { $0.string(words, accepts: fits) },
      key: o.optional("key", "its public key, hexadecimal") { v in
        v.string("write 33 to 65 bytes in hexadecimal", pattern: "^[0-9a-fA-F]{64,130}$") { text in
          text.utf8.count % 2 == 0 && (64...130).contains(text.utf8.count)
            && text.utf8.allSatisfy { ($0 >= 48 && $0 <= 57) || ($0 | 32 >= 97 && $0 | 32 <= 102) }
        }
      })
    let rates = BitRate(bitsPerSecond: 1)...BitRate(bitsPerSecond: 1_000_000_000_000_000)
    node.uplink = o.optional("uplink", "upload rate") { $0.bandwidth(rates) }?.bitsPerSecond
    node.downlink = o.optional("downlink", "download rate") { $0.bandwidth(rates) }?.bitsPerSecond
    return node
  }

  /// A link's keys: ends by name, and what is known of it.
  private static func link(_ o: ObjectReader) -> (a: String, b: String, link: Graph.Link) {
    let a = o.needed("a", "write the name of a node", placeholder: "") {
      $0.string("write the name of a node")
    }
    let b = o.needed("b", "write the name of a node", placeholder: "") {
      $0.string("write the name of a node")
    }
    var link = Graph.Link(0, 0)
    link.latency =
      o.optional("latency", "one-way latency") { $0.duration(.zero ... .seconds(3_600)) }?.nanoseconds
    link.bandwidth =
      o.optional("bandwidth", "rate of each direction") {
        $0.bandwidth(BitRate(bitsPerSecond: 1)...BitRate(bitsPerSecond: 1_000_000_000_000_000))
      }?.bitsPerSecond
    link.loss = o.optional("loss", "probability that a message is lost") { $0.share() }?.wad
    return (a, b, link)
  }

  private static func graph(_ o: ObjectReader) -> GraphReading? {
    let nodes = o.needed("nodes", "write a list of nodes, or 'generate'", placeholder: [Graph.Node]()) { v in
      v.list(1...GraphLimits.nodes) { $0.object { node($0) } }
    }
    var numbers: [String: Int] = [:]
    for (k, node) in nodes.enumerated() where !node.name.isEmpty {
      if numbers.updateValue(k, forKey: node.name) != nil {
        o.mistake("nodes", "two nodes have the id '\(clip(node.name))'")
      }
    }
    var assembly = GraphAssembly()
    for node in nodes { assembly.add(node: node) }
    _ = o.list("links", "links between nodes", 0...GraphLimits.links) { item -> Bool? in
      item.object { l in
        let (a, b, read) = link(l)
        var link = read
        if l.isRecording { return true }
        for (name, key) in [(a, "a"), (b, "b")] where !name.isEmpty && numbers[name] == nil {
          let hint =
            nearest(name, in: Array(nodes.prefix(1_000).map(\.name))).map { "; did you mean '\($0)'?" } ?? ""
          l.mistake(key, "there is no node '\(clip(name))'\(hint)")
        }
        guard let from = numbers[a], let to = numbers[b] else { return true }
        link.a = UInt32(from)
        link.b = UInt32(to)
        if from == to {
          l.mistake("b", "links a node with itself; write two nodes")
        } else if let wrong = assembly.add(link: link, isDirected: false) {
          l.mistake(wrong)
        }
        return true
      }
    }
    return assembly.result
  }
}
