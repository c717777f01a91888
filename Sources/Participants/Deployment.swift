// Everything that participants of a run are told before it starts, with names already turned into dense ids. Scenario
// files compile into this; both engines start from it.

public import AVS
public import Basics
public import Gossip
public import Network
public import Signatures

/// The network, who is in it, and what they serve.
public struct Deployment: Sendable {
  /// Seeds every hash draw of the run.
  public var seed: UInt64
  /// By `NodeID`.
  public var nodes: [NodeDeployment]
  /// By `ServiceID`.
  public var services: [ServiceDeployment]
  /// Directed link slots in CSR form: node u owns `offsets[u] ..< offsets[u + 1]`.
  public var offsets: [UInt32]
  /// The node at the other end of each slot.
  public var neighbors: [NodeID]
  /// The slot of the opposite direction, at the other end.
  public var reverse: [UInt32]
  /// Whether the owner of the slot dialed the connection.
  public var outbound: [Bool]
  /// GossipSub's parameters, the same at every node.
  public var gossip: Parameters
  /// Direct peers; each pair has a link.
  public var direct: [DirectPair] = []
  /// By node: its signing policy; empty when all have that of `gossip`.
  public var signing: [SigningPolicy] = []
  public var scheme: SignatureScheme
  public var mode: SignatureMode
  public var costs: SignatureCosts
  /// The same for the author's signature of a message, where the signing policy has one: libp2p's Ed25519.
  public var authorCosts = SignatureCosts.standard(.ed25519)
  /// CPU time of taking one gossip message off the wire, duplicates included.
  public var receiveCost: TimeSpan
  /// Time between a node and the chain, one way, drawn per (node, call).
  public var rpcDelay: LatencyLaw
  /// Between a transaction's arrival at the pool and the earliest block that may hold it, drawn per transaction.
  public var inclusionDelay: LatencyLaw
  /// Attestation traffic lasts until here.
  public var duration: TimeSpan
  /// What is due or published before this is not measured.
  public var warmup: TimeSpan
  public var misconduct: [Misconduct]
  /// Sybils beside the network's own nodes, whose numbers come first.
  public var swarms: [Swarm] = []
  /// Whether nodes send again what a reorg undid and nobody kept.
  public var resubmits = true
  /// A defect put in on purpose, to be found by checkers; nil: none.
  public var plant: PlantedDefect?

  public init(
    seed: UInt64, nodes: [NodeDeployment], services: [ServiceDeployment], offsets: [UInt32],
    neighbors: [NodeID], reverse: [UInt32], outbound: [Bool], gossip: Parameters, scheme: SignatureScheme,
    mode: SignatureMode, costs: SignatureCosts, receiveCost: TimeSpan, rpcDelay: LatencyLaw,
    inclusionDelay: LatencyLaw,
    duration: TimeSpan,
    warmup: TimeSpan, misconduct: [Misconduct]
  ) {
    self.seed = seed
    self.nodes = nodes
    self.services = services
    self.offsets = offsets
    self.neighbors = neighbors
    self.reverse = reverse
    self.outbound = outbound
    self.gossip = gossip
    self.scheme = scheme
    self.mode = mode
    self.costs = costs
    self.receiveCost = receiveCost
    self.rpcDelay = rpcDelay
    self.inclusionDelay = inclusionDelay
    self.duration = duration
    self.warmup = warmup
    self.misconduct = misconduct
  }
}

/// One participant.
public struct NodeDeployment: Sendable {
  public var name: String
  /// Index into the scenario's regions.
  public var region: Int
  /// The machine it runs on; nodes of one host share its cores.
  public var host: Int
  /// Cores of that host.
  public var cores: Int
  /// Time factor of this node's work in thousandths: 1,000 is nominal, 2,000 twice as slow.
  public var slownessPermille: UInt64
  /// Jobs that may wait or run on the host before further ones are dropped.
  public var queueBound: Int
  /// As a watcher: sends the evidence that it finds. One that does not looks away.
  public var accuses: Bool

  public init(
    name: String, region: Int, host: Int, cores: Int, slownessPermille: UInt64 = 1_000, queueBound: Int,
    accuses: Bool = true
  ) {
    self.name = name
    self.region = region
    self.host = host
    self.cores = cores
    self.slownessPermille = slownessPermille
    self.queueBound = queueBound
    self.accuses = accuses
  }
}

/// One service as its participants know it.
public struct ServiceDeployment: Sendable {
  public var name: String
  /// The operator set, by member index. Each member owes one attestation for each task.
  public var members: [NodeID]
  /// Nodes that tally attestations and submit certificates, in order of precedence for task 0.
  public var aggregators: [NodeID]
  /// Nodes that look for offences in what they hear.
  public var watchers: [NodeID]
  /// Share of stake that certifies a result, in units of 1/10,000.
  public var quorumBips: UInt64
  /// Attestations and certificates count until this long after a task's due instant.
  public var responseWindow: TimeSpan
  /// How long an aggregator waits for stragglers once it holds a quorum.
  public var aggregationGrace: TimeSpan
  /// How long the next aggregator in line waits before it submits in the place of the one before it.
  public var backupDelay: TimeSpan
  /// Time to compute one result on one core at nominal speed.
  public var compute: LatencyLaw
  /// Bytes of one attestation as published.
  public var attestationBytes: Int
  public var arrival: TaskArrival
  /// What would fall due before this does not.
  public var startsAt: Instant = .zero
  /// Non-nil for checkpoint services: seconds of an epoch; votes carry source and target.
  public var checkpointEpoch: TimeSpan?
  /// Chance of 65,536 that a task is a canary: it comes with a result that is known to be wrong.
  public var canaryChance: UInt32
  /// The classes that its rules punish, as far as they ask for evidence: watchers bring no other.
  public var punishes: [OffenceClass]

  public init(
    name: String, members: [NodeID], aggregators: [NodeID], watchers: [NodeID], quorumBips: UInt64,
    responseWindow: TimeSpan, aggregationGrace: TimeSpan, backupDelay: TimeSpan, compute: LatencyLaw,
    attestationBytes: Int, arrival: TaskArrival, checkpointEpoch: TimeSpan? = nil, canaryChance: UInt32 = 0,
    punishes: [OffenceClass] = OffenceClass.allCases
  ) {
    self.canaryChance = canaryChance
    self.punishes = punishes
    self.name = name
    self.members = members
    self.aggregators = aggregators
    self.watchers = watchers
    self.quorumBips = quorumBips
    self.responseWindow = responseWindow
    self.aggregationGrace = aggregationGrace
    self.backupDelay = backupDelay
    self.compute = compute
    self.attestationBytes = attestationBytes
    self.arrival = arrival
    self.checkpointEpoch = checkpointEpoch
  }

  /// The topic on which its attestations travel.
  public var topicName: String { "/avs/\(name)/attestation/0/v1" }
}
