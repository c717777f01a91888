// Which process hosts which node, on which host and at which address: a function of the scenario, so that every process
// of a cluster finds the same.

internal import Basics
internal import Network
internal import Scenarios

/// Where the nodes of a cluster run.
struct Placement {
  /// By node.
  let processOf: [Int]
  /// By node: where it listens.
  let addresses: [String]
  /// By process: its host; nil: this machine, at the loopback interface.
  let hosts: [ClusterPlan.Host?]

  var processes: Int { hosts.count }
  /// Whether nodes run in processes of their own, under a parent.
  let isSupervised: Bool

  /// Nodes are dealt out in blocks: over `processes`, or over each host's processes those that the topology puts there.
  init(_ scenario: Scenario, processes: Int) {
    let nodes = scenario.nodeCountWithSybils
    let plan = scenario.cluster.hosts
    isSupervised = processes > 1 || !plan.isEmpty
    guard !plan.isEmpty, case .graph(let graph, _) = scenario.network.topology else {
      processOf = (0..<nodes).map { $0 * processes / nodes }
      addresses = Array(repeating: "127.0.0.1", count: nodes)
      hosts = Array(repeating: nil, count: processes)
      return
    }
    var processOf = Array(repeating: 0, count: nodes)
    var addresses = Array(repeating: "", count: nodes)
    var hosts: [ClusterPlan.Host?] = []
    for host in plan {
      let mine = graph.nodes.indices.filter { graph.nodes[$0].host == host.name }
      for (k, node) in mine.enumerated() {
        processOf[node] = hosts.count + k * host.processes / mine.count
        addresses[node] = host.address
      }
      // A host without nodes needs no process, and more processes than nodes would stand idle.
      let used = min(host.processes, mine.count)
      if used < host.processes {
        for (k, node) in mine.enumerated() { processOf[node] = hosts.count + k }
      }
      hosts += Array(repeating: host, count: used)
    }
    // Sybils are in no topology file: the first process has them.
    for sybil in graph.nodes.count..<max(nodes, graph.nodes.count) {
      addresses[sybil] = hosts.first??.address ?? "127.0.0.1"
    }
    self.processOf = processOf
    self.addresses = addresses
    self.hosts = hosts
  }

  func nodes(of process: Int) -> [Int] { processOf.indices.filter { processOf[$0] == process } }

  /// What starts process `k`, which dials the control socket at `socket`.
  func command(_ k: Int, executable: String, socket: String) -> (executable: String, arguments: [String]) {
    guard let host = hosts[k], !host.start.isEmpty else {
      return (executable, ["cluster", "process", socket, "\(k)"])
    }
    let there = (host.socket ?? socket).replacing("{process}", with: "\(k)")
    let words = host.start.map {
      $0.replacing("{process}", with: "\(k)").replacing("{socket}", with: socket)
    }
    let own = [host.program ?? executable, "cluster", "process", there, "\(k)"]
    return (words[0], Array(words.dropFirst()) + own)
  }

  /// Whether process `k` may count time from another beginning than this one.
  func isElsewhere(_ k: Int) -> Bool { !(hosts[k]?.start.isEmpty ?? true) }
}
