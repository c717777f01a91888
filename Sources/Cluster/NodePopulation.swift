// The nodes of a run as the side of the chain sees them. They are in this process (`NodeHost`), or in others
// (`ProcessGroup`).

internal import AVS
internal import Basics
internal import Gossip
internal import Participants
internal import Runs

/// What the chain's side tells nodes, and asks of them.
protocol NodePopulation: AnyObject {
  // MARK: Life
  /// Opens every socket and shakes every hand.
  func connect(limit: TimeSpan) throws
  /// How far ahead instant zero has to be for every node to hear of it.
  var beginsAfter: TimeSpan { get }
  /// Instant zero of the run, on the monotonic clock.
  func begin(at epoch: UInt64)
  /// Traffic is over: nothing more is sent or heard, and all facts are told.
  func end()
  /// Gives everything back.
  func close()

  // MARK: What the chain tells
  /// A service announced a task; its operators hear of it after their RPC delay.
  func announce(_ task: TaskID)
  /// A certificate for `task` is on chain, and names this result.
  func certify(_ task: TaskID, result: Digest)
  /// That certificate is challenged where no contract can judge: holders take sides.
  func challenge(_ task: TaskID, result: Digest)
  /// A case was opened against this node.
  func accuse(_ node: NodeID)
  /// The same after the end of traffic: what holders say at once. Processes that have ended say nothing.
  func sides(_ task: TaskID, result: Digest, at: Instant) -> [Submission]
  /// After the end of traffic: transactions that a reorg took and whose senders had yet to see it, with the instants at which
  /// they send them again. Processes that have ended send nothing.
  func takeLate() -> [(submission: Submission, at: Instant)]
  /// The certificate for `task` is on chain no more.
  func uncertify(_ task: TaskID)
  /// A reorg undid a certificate or evidence, and nobody has it any more; its sender sees that after its RPC delay.
  func lose(_ submission: Submission)
  /// The stake of a service's members, by index, in wei.
  func setStake(_ service: ServiceID, _ stake: [UInt128])
  /// A fault comes into force. `live` is what others need to draw it again, for one that is not in the scenario.
  func begin(_ fault: Fault, live: LiveFault?)
  func end(_ fault: Fault)

  // MARK: What is counted
  /// Tells the fate of messages whose lifetime is over.
  func audit()
  /// Looks at every peer's score, for the last time when traffic has ended.
  func lookAtScores(at now: Instant, isLast: Bool)
  /// What was seen of scores since the last call.
  func takeScores() -> (changes: [ScoreChange], moves: [ScoreMoveNote])
  /// What was counted so far.
  var totals: PopulationTotals { get }
  /// What the routers counted so far.
  var counters: Counters { get }
  /// Busy CPU time and cores of all hosts.
  var load: (busyNanoseconds: UInt64, cores: Int) { get }
  /// Links that stand, and links that there are.
  var links: (up: Int, all: Int) { get }
  /// Peers beside the topology that have links, and those links. With several
  /// processes the most that one of them has.
  var guests: (peers: Int, links: Int) { get }
  /// Where nodes listen now, by id.
  var ports: [UInt16] { get }
  /// Frames that cost a peer its connection.
  var refusedFrames: UInt64 { get }
  /// What was refused, dropped and lost on the wire so far, by name; only what is not zero.
  var troubles: [String: UInt64] { get }
}

/// Who hears what nodes did, and takes their transactions.
protocol NodeAudience: AnyObject {
  func happened(_ fact: Fact)
  func submitted(_ submission: Submission)
  /// Every link of every node stands, for the first time or again.
  func everyLinkStands()
  /// A node came back and listens elsewhere.
  func moved(_ node: NodeID, port: UInt16)
  /// Something that the person who runs the cluster should know.
  func notice(_ text: String)
}
