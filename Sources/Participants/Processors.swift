// CPU time. Each host has cores with one queue before them, first come first served; a job that finds the queue full is
// dropped, and that is counted. Completion is known on admission, since nothing overtakes.

import Basics

/// Cores and queues of all hosts.
struct Processors: ~Copyable {
  private var hostOf: Table<UInt32>
  private var slowness: Table<UInt64>
  private var firstCore: Table<UInt32>
  fileprivate var freeAt: Table<UInt64>
  fileprivate var busy: Table<UInt64>
  private var pending: Table<UInt32>
  /// What is enforced, and what the deployment says; the same but for a planted defect.
  private var bound: Table<UInt32>
  private var stated: Table<UInt32>
  /// Jobs refused because the queue was full.
  private(set) var drops: UInt64 = 0

  init(_ nodes: [NodeDeployment], isBounded: Bool = true) {
    let hosts = (nodes.map(\.host).max() ?? -1) + 1
    var cores = Array(repeating: 1, count: hosts)
    bound = Table(repeating: 1, count: hosts)
    for node in nodes {
      cores[node.host] = max(cores[node.host], node.cores)
      bound[node.host] = max(bound[node.host], UInt32(clamping: node.queueBound))
    }
    hostOf = Table(nodes.map { UInt32($0.host) })
    slowness = Table(nodes.map(\.slownessPermille))
    firstCore = Table(capacity: hosts + 1)
    var sum: UInt32 = 0
    for count in cores {
      firstCore.append(sum)
      sum += UInt32(count)
    }
    firstCore.append(sum)
    freeAt = Table(repeating: 0, count: Int(sum))
    busy = Table(repeating: 0, count: hosts)
    pending = Table(repeating: 0, count: hosts)
    stated = Table(repeating: 1, count: hosts)
    for host in 0..<hosts {
      stated[host] = bound[host]
      if !isBounded { bound[host] = .max }
    }
  }

  /// Takes a job of `cost` (at nominal speed) for `node`. Returns its completion, or nil when the queue is full; then
  /// nothing changed but the count of drops. Cost: linear in the host's cores.
  mutating func admit(_ node: NodeID, at now: Instant, cost: TimeSpan) -> Instant? {
    let host = hostOf[node.index]
    guard pending[host] < bound[host] else {
      drops += 1
      return nil
    }
    pending[host] += 1
    return Instant(nanoseconds: occupy(host, node, now, cost))
  }

  /// Work that has no completion of its own, such as taking a duplicate off the wire: later jobs wait for it.
  mutating func spend(_ node: NodeID, at now: Instant, cost: TimeSpan) {
    guard cost.nanoseconds > 0 else { return }
    _ = occupy(hostOf[node.index], node, now, cost)
  }

  private mutating func occupy(_ host: UInt32, _ node: NodeID, _ now: Instant, _ cost: TimeSpan) -> UInt64 {
    var best = firstCore[host]
    let end = firstCore[host + 1]
    var core = best + 1
    while core < end {
      if freeAt[core] < freeAt[best] { best = core }
      core += 1
    }
    let time = cost.nanoseconds &* slowness[node.index] / 1_000
    let done = max(now.nanoseconds, freeAt[best]) &+ time
    freeAt[best] = done
    busy[host] &+= time
    return done
  }

  /// A job of `node` ended, by completion or because the node crashed with it.
  mutating func finish(_ node: NodeID) {
    let host = hostOf[node.index]
    assert(pending[host] > 0, "a job ended that was never admitted")
    pending[host] &-= 1
  }

  /// The first host whose queue is longer than its bound, with both; nil: there is none.
  func overfull() -> (host: Int, pending: Int, bound: Int)? {
    for host in 0..<pending.count where pending[host] > stated[host] {
      return (host, Int(pending[host]), Int(stated[host]))
    }
    return nil
  }

  /// Changes the speed of `node` for jobs admitted from now on.
  mutating func setSlowness(_ node: NodeID, permille: UInt64) { slowness[node.index] = permille }

  /// Nanoseconds that the cores of the host of `node` have been busy up to `now`, and how many cores there are.
  func load(_ node: NodeID, at now: Instant) -> (busyNanoseconds: UInt64, cores: Int) {
    load(host: hostOf[node.index], at: now)
  }

  /// Work that was admitted and lies ahead is not busy time yet. It lies at the end of each core's time without a gap.
  fileprivate func load(host: UInt32, at now: Instant) -> (busyNanoseconds: UInt64, cores: Int) {
    var ahead: UInt64 = 0
    for core in firstCore[host]..<firstCore[host + 1] where freeAt[core] > now.nanoseconds {
      ahead += freeAt[core] - now.nanoseconds
    }
    return (busy[host] - min(ahead, busy[host]), Int(firstCore[host + 1] - firstCore[host]))
  }
}

extension Processors {
  /// The same for all hosts together.
  func total(at now: Instant) -> (busyNanoseconds: UInt64, cores: Int) {
    var sum: (busyNanoseconds: UInt64, cores: Int) = (0, 0)
    for host in 0..<busy.count {
      let load = load(host: UInt32(host), at: now)
      sum.busyNanoseconds += load.busyNanoseconds
      sum.cores += load.cores
    }
    return sum
  }
}
