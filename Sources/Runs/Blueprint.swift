// A scenario turned into what participants, chain and links start from: names into ids, draws made, laws into samplers.
// Both engines build from the same blueprint, so what differs between them is physics alone.

public import AVS
public import Basics
public import Contracts
import Gossip
public import Network
public import Participants
import Reporting
public import Scenarios
import Signatures

/// Everything that decides a run.
public struct Blueprint: Sendable {
  public var name: String
  /// `simulator` or `cluster`.
  public var engine: String
  public var deployment: Deployment
  public var chain: CoordinatorConfiguration
  /// The links' ends and conditions, and each node's upload rate.
  public var edges: [LinkEdge]
  public var conditions: [LinkConditions]
  public var uplinks: [Bandwidth?]
  /// How many of the edges are there from the start; the others wait for somebody to dial (peer exchange).
  public var openEdges: Int
  public var faults: [Fault]
  public var faultPlaces: [String]
  public var expectations: [Scenarios.Expectation]
  /// After traffic the chain goes on for at most this long.
  public var settle: TimeSpan
  public var sampleEvery: TimeSpan
  /// Whether every change and every move of peers' scores is recorded.
  public var observesScores: Bool
  /// What the process needs that hosts all nodes; nil: carrying frames takes no time. For the simulator alone.
  public var processCosts: ProcessCosts?
  /// What links of the cluster engine speak.
  public var wire: WirePlan
  public var regions: [String]
  /// By node.
  public var roles: [String]

  /// A defect put in on purpose, in all places that know how; nil: none. See `PlantedDefect`.
  public var plant: PlantedDefect? {
    get { deployment.plant }
    set {
      deployment.plant = newValue
      chain.plant = newValue
    }
  }

  /// Traffic ends here: the last response window is over, and what was published last has had its lifetime.
  public var trafficEnd: Instant {
    let window = deployment.services.map(\.responseWindow).max() ?? .zero
    let lifetime = deployment.gossip.heartbeatInterval * UInt64(deployment.gossip.cacheWindows)
    return .zero + deployment.duration + max(window, lifetime) + .seconds(2)
  }

  /// Traffic is carried on by this much at a time: a broken checker ends a run at the end of a slice, so that everybody
  /// who runs the same blueprint ends at the same event.
  public var slice: TimeSpan {
    max(TimeSpan(nanoseconds: trafficEnd.nanoseconds / 1_000), .milliseconds(10))
  }

  /// log2 of the nanoseconds of an event bucket, from the traffic expected: some hundred to some thousand events each.
  public var bucketBits: Int {
    var copies = 0.0
    for service in deployment.services {
      let tasks = max(Double(deployment.duration.nanoseconds) / 12e9, 1)
      copies += Double(service.members.count * service.members.count * deployment.gossip.degree) * tasks
    }
    let perSecond = copies / max(deployment.duration.seconds, 1e-3)
    var bits = 20
    while bits > 14, perSecond * Double(1 << bits) / 1e9 > 500 { bits -= 1 }
    return bits
  }

  /// The links, with their latencies drawn.
  public func makeLinks() -> LinkTable {
    LinkTable(
      nodes: deployment.nodes.count, edges: edges, conditions: conditions, uplinks: uplinks,
      seed: deployment.seed)
  }

  /// A task as the chain hears of it.
  public func taskRecord(_ id: TaskID, _ task: ScheduledTask) -> TaskRecord {
    TaskRecord(
      task: id, service: task.service, dueAt: task.due, deadline: task.deadline,
      referenceBlock: chain.chain.block(at: task.due), truth: task.truth,
      bait: task.isCanary ? task.wrongResult(variant: TaskSchedule.baitVariant) : nil)
  }
}
