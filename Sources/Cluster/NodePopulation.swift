// The nodes of a run as the side of the chain sees them. They are in this process, or in others.

internal import Basics
internal import Gossip
internal import Participants

/// What the chain's side tells nodes, and asks of them.
protocol NodePopulation: AnyObject {
  /// A service announced a task; its operators hear of it after their RPC delay.
  func announce(_ task: TaskID)
  /// A certificate for `task` is on chain.
  func certify(_ task: TaskID)
  /// The stake of a service's members, by index, in wei.
  func setStake(_ service: ServiceID, _ stake: [UInt128])
  /// A fault comes into force; its end.
  func begin(_ fault: Fault)
  func end(_ fault: Fault)
  /// Tells the fate of messages whose lifetime is over.
  func audit()
  /// What the routers counted so far.
  var counters: Counters { get }
  /// Busy CPU time and cores of all hosts.
  var load: (busyNanoseconds: UInt64, cores: Int) { get }
}

/// Who hears what nodes did, and takes their transactions.
protocol NodeAudience: AnyObject {
  func happened(_ fact: Fact)
  func submitted(_ submission: Submission)
  /// Every link of every node stands, for the first time or again.
  func everyLinkStands()
  /// A node came back and listens elsewhere.
  func moved(_ node: NodeID, port: UInt16)
}
