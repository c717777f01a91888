// `cluster:` of a scenario: processes, hosts, and what happens when a process dies.

public import Basics
import Network

/// What only the cluster engine needs to know.
public struct ClusterPlan: Sendable, Equatable, Codable {
  /// A machine, or a network of its own on this one, that runs processes of the cluster.
  public struct Host: Sendable, Equatable, Codable {
    /// As nodes name it in the topology file.
    public var name: String
    /// Where its nodes listen, and other hosts' nodes reach them.
    public var address: String
    /// Words before the program's own command: what brings it to the host. Empty: this machine.
    public var start: [String]
    /// The program there; nil: where it is here.
    public var program: String?
    /// The control socket there; nil: where it is here.
    public var socket: String?
    /// Processes that share the host's nodes.
    public var processes: Int
  }

  /// Processes that share the nodes; the coordinator gets one more when there are several.
  public var processes: Int
  /// So long after its end a process that died is started again, its nodes without state; nil: it is not.
  public var restart: TimeSpan?
  /// Peers with keys of their own that may be connected beside the topology's nodes; nil: none.
  public var guests: Int?
  /// Empty: everything on the loopback interface of this machine.
  public var hosts: [Host]

  init(_ o: ObjectReader) {
    processes = o.value("processes", "processes that share the nodes", or: 1) { $0.integer(1...256) }
    restart = o.optional("restart", "a process that dies starts again so long afterwards; absent: never") {
      $0.duration(.milliseconds(1) ... .seconds(86_400))
    }
    guests = o.optional(
      "guests", "foreign libp2p peers that may be connected at once beside the nodes; absent: none"
    ) { $0.integer(1...64) }
    hosts = o.list(
      "hosts", "where nodes run that the topology file puts on a host; absent: all on the loopback interface",
      0...256
    ) { item -> Host? in item.object { Host($0) } }
    if !hosts.isEmpty, o.has("processes") {
      o.mistake("processes", "beside 'hosts'; write how many processes each host has there")
    }
    for (k, host) in hosts.enumerated() where !host.name.isEmpty {
      if hosts[..<k].contains(where: { $0.name == host.name }) {
        o.mistake("hosts", "two hosts have the name '\(host.name)'")
      }
    }
    if guests != nil {
      o.afterwards("guests") { scenario in
        if scenario.network.wire == .frames {
          return "foreign peers speak libp2p; write network.wire: libp2p"
        }
        return scenario.observe.scores
          ? "observe.scores knows nodes of the topology alone; remove one of them" : nil
      }
    }
    let known = hosts.map(\.name)
    if !known.isEmpty { o.afterwards("hosts") { $0.misplacedNode(on: known) } }
  }
}

extension Scenario {
  /// Why nodes cannot be put on these hosts; nil when they can.
  fileprivate func misplacedNode(on hosts: [String]) -> String? {
    guard case .graph(let graph, _) = network.topology else {
      return "the topology is generated; write a topology file whose nodes have a 'host'"
    }
    for node in graph.nodes {
      guard let host = node.host else { return "node '\(clip(node.name))' of the topology has no 'host'" }
      if !hosts.contains(host) {
        return
          "node '\(clip(node.name))' is on host '\(clip(host))'; known are \(hosts.joined(separator: ", "))"
      }
    }
    return nil
  }
}

extension ClusterPlan.Host {
  init(_ o: ObjectReader) {
    let isText: (String) -> Bool = { (1...256).contains($0.utf8.count) && !$0.utf8.contains { $0 < 32 } }
    let words = "write a text of 1 to 256 bytes"
    name = o.needed("name", "write the name that nodes of the topology file have as 'host'", placeholder: "")
    {
      $0.string(words, accepts: isText)
    }
    address = o.needed("address", "write the IP address at which its nodes listen", placeholder: "127.0.0.1")
    {
      $0.string("write an IPv4 address such as 10.0.0.1", accepts: Self.isAddress)
    }
    start =
      o.optional(
        "start",
        "words that bring a command to the host, such as [ip, netns, exec, NAME]; {socket}, {process}: filled in"
      ) { v in v.list(1...64) { $0.string(words, accepts: isText) } } ?? []
    program = o.optional("program", "the program's path on the host; absent: as here") {
      $0.string(words, accepts: isText)
    }
    socket = o.optional(
      "socket", "the control socket's path on the host, {process} filled in; absent: as here"
    ) {
      $0.string("write a path of 1 to 107 bytes") { (1...107).contains($0.utf8.count) }
    }
    processes = o.value("processes", "processes that share the host's nodes", or: 1) { $0.integer(1...256) }
  }

  private static func isAddress(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        (1...3).contains(part.utf8.count) && part.utf8.allSatisfy { (48...57).contains($0) }
          && (Int(part) ?? 256) <= 255
      }
  }
}
