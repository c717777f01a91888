// The state of all hosted nodes in one value: the floor on which the participants' mechanisms stand. Handlers live in
// the files beside this one (Validation, Duties, Collecting, Watching), the face is Participants.swift.

import AVS
import Basics
public import Gossip
import Network
public import Signatures

/// The validators, aggregators and watchers hosted by one driver: all of them in the simulator, a process's own in a
/// cluster. Sans-IO: one input goes in, all its effects come out, instants never decrease.
public struct Participants: ~Copyable {
  public let deployment: Deployment
  public let schedule: TaskSchedule
  public let signer: Signer
  /// Gossip state of the hosted nodes. A driver with real frames decodes control RPCs into it.
  public package(set) var router: Router
  public internal(set) var measures = Measures()

  var store: AttestationStore
  var processors: Processors
  var jobs = JobTable()
  var availability: Availability
  var aggregation: Aggregation
  var watching: Watching
  var checkpoints: CheckpointWatch
  var conditions: NodeConditions
  /// Transactions that the chain undid.
  var resubmitting = Resubmitting()
  /// Who is a Sybil.
  let swarms: SwarmBook
  /// What adversaries among the hosted nodes remember.
  var memory = AdversaryMemory()
  /// What adversaries see before they act.
  var sights: Sights
  /// Messages whose lifetime has not ended, oldest first.
  var unaudited: AuditQueue
  /// By service and node: member index, aggregator ordinal, watcher ordinal; `UInt16.max` for none.
  let roles: Roles
  let slotOwner: Table<UInt32>
  let isHosted: [Bool]
  /// By node: what it does wrong.
  let misconduct: [[Misconduct]]
  /// By task: whether a certificate is known to be on chain.
  var certified: BitRows
  /// By duty: whether this operator has signed. On disk, so it survives a crash: clients' slashing protection.
  var hasSigned: BitRows
  /// By duty: whether this operator signed a wrong result on purpose. What it signed is on its disk.
  var hasLied: BitRows
  /// The planted defect `restart-forgets`: by duty, whether it was signed and forgotten. Empty without the defect.
  var forgotten: BitRows
  /// Binds signatures to this run.
  let domain: UInt64
  let computeDraws: HashRandom
  let adversaryDraws: HashRandom
  /// Whether messages get content ids from their bytes, which only a network with real frames needs.
  let indexesContents: Bool

  /// Prepares the nodes for which `hosting` is true; nil hosts all.
  ///
  /// - Throws: `SchemeUnavailable` when signatures shall be real and their library is not built in.
  public init(_ deployment: Deployment, hosting: [Bool]? = nil, indexesContents: Bool = false)
    throws(SchemeUnavailable)
  {
    let nodes = deployment.nodes.count
    let schedule = TaskSchedule(
      services: deployment.services, duration: deployment.duration, seed: deployment.seed)
    signer = try Signer(
      scheme: deployment.scheme, mode: deployment.mode, seed: deployment.seed, nodes: nodes)
    self.schedule = schedule
    isHosted = hosting ?? Array(repeating: true, count: nodes)
    let topics = deployment.services.map { Topic(nameBytes: $0.topicName.utf8.count) }
    router = Router(
      parameters: deployment.gossip, topics: topics, offsets: deployment.offsets,
      neighbors: deployment.neighbors, outbound: deployment.outbound, seed: deployment.seed,
      indexesContents: indexesContents)
    Self.arrangePeers(deployment, &router)
    store = AttestationStore(duties: schedule.dutyCount)
    processors = Processors(deployment.nodes, isBounded: deployment.plant != .queueUnbounded)
    availability = Availability(nodes: nodes)
    aggregation = Aggregation(
      deployment.services, schedule, keepsSignatures: deployment.mode == .real, plant: deployment.plant)
    watching = Watching(deployment.services, schedule)
    checkpoints = CheckpointWatch(deployment.services, schedule)
    conditions = NodeConditions(nodes: nodes, services: deployment.services.count)
    unaudited = AuditQueue()
    roles = Roles(deployment.services, nodes: nodes)
    swarms = SwarmBook(deployment.swarms, nodes: nodes)
    var owners = Table<UInt32>(capacity: deployment.neighbors.count)
    for node in 0..<nodes {
      owners.append(
        repeating: UInt32(node), count: Int(deployment.offsets[node + 1] - deployment.offsets[node]))
    }
    slotOwner = owners
    var misconduct: [[Misconduct]] = Array(repeating: [], count: nodes)
    for item in deployment.misconduct { misconduct[item.operatorID.index].append(item) }
    self.misconduct = misconduct
    sights = Sights(misconduct)
    certified = BitRows(rows: 1, columns: max(schedule.tasks.count, 1))
    hasSigned = BitRows(rows: 1, columns: max(schedule.dutyCount, 1))
    hasLied = BitRows(rows: 1, columns: max(schedule.dutyCount, 1))
    forgotten = BitRows(rows: 1, columns: deployment.plant == .restartForgets ? schedule.dutyCount + 1 : 1)
    domain = mix(deployment.seed ^ 0x6176_7369_6D00_0001)
    computeDraws = HashRandom(seed: deployment.seed, .computeTime)
    adversaryDraws = HashRandom(seed: deployment.seed, .adversary)
    self.indexesContents = indexesContents
    self.deployment = deployment
  }

  /// Tells the router what is agreed on before anybody connects: direct peers, signing policies, shared addresses.
  private static func arrangePeers(_ deployment: Deployment, _ router: inout Router) {
    for pair in deployment.direct {
      for slot in router.slots(of: pair.a) where router.neighbor(slot) == pair.b {
        router.setDirect(slot: slot, true)
        router.setDirect(slot: deployment.reverse[Int(slot)], true)
      }
    }
    for swarm in deployment.swarms { for node in swarm.nodes { router.setGreedy(NodeID(node)) } }
    for (node, policy) in deployment.signing.enumerated() { router.setSigning(NodeID(node), policy) }
    guard let score = deployment.gossip.score, score.colocationWeight != 0 else { return }
    var nodesOn: [Int: Int] = [:]
    for node in deployment.nodes { nodesOn[node.host, default: 0] += 1 }
    for (node, one) in deployment.nodes.enumerated() where nodesOn[one.host, default: 0] > 1 {
      router.setAddress(NodeID(node), AddressGroup(UInt32(one.host) + 1))
    }
  }

  func service(_ id: ServiceID) -> ServiceDeployment { deployment.services[id.index] }
  func topic(_ id: ServiceID) -> TopicID { TopicID(id.rawValue) }
  /// Whether what is published now counts in the measures.
  func isMeasured(_ at: Instant) -> Bool { at.nanoseconds >= deployment.warmup.nanoseconds }
}

/// Who is what in which service.
struct Roles: ~Copyable {
  private let nodes: Int
  private var members: Table<UInt16>
  private var aggregators: Table<UInt16>
  private var watchers: Table<UInt16>
  /// By node: the services whose topic it listens to, ascending.
  private(set) var topicsOf: [[ServiceID]]
  /// By node: the services it owes attestations to, ascending.
  private(set) var servicesOf: [[ServiceID]]
  /// By service: the nodes that listen to its topic, ascending.
  private(set) var subscribers: [[NodeID]]

  init(_ services: [ServiceDeployment], nodes: Int) {
    self.nodes = nodes
    members = Table(repeating: .max, count: services.count * nodes)
    aggregators = Table(repeating: .max, count: services.count * nodes)
    watchers = Table(repeating: .max, count: services.count * nodes)
    topicsOf = Array(repeating: [], count: nodes)
    servicesOf = Array(repeating: [], count: nodes)
    subscribers = []
    for (s, service) in services.enumerated() {
      for (k, node) in service.members.enumerated() { members[s * nodes + node.index] = UInt16(k) }
      for (k, node) in service.aggregators.enumerated() { aggregators[s * nodes + node.index] = UInt16(k) }
      for (k, node) in service.watchers.enumerated() { watchers[s * nodes + node.index] = UInt16(k) }
      var listening: [NodeID] = []
      for node in 0..<nodes {
        let cell = s * nodes + node
        if members[cell] != .max { servicesOf[node].append(ServiceID(s)) }
        if members[cell] != .max || aggregators[cell] != .max || watchers[cell] != .max {
          topicsOf[node].append(ServiceID(s))
          listening.append(NodeID(node))
        }
      }
      subscribers.append(listening)
    }
  }

  func member(_ service: ServiceID, _ node: NodeID) -> Int? { find(members, service, node) }
  func aggregator(_ service: ServiceID, _ node: NodeID) -> Int? { find(aggregators, service, node) }
  func watcher(_ service: ServiceID, _ node: NodeID) -> Int? { find(watchers, service, node) }

  private func find(_ table: borrowing Table<UInt16>, _ service: ServiceID, _ node: NodeID) -> Int? {
    guard node.index < nodes else { return nil }
    let value = table[service.index &* nodes &+ node.index]
    return value == .max ? nil : Int(value)
  }
}
