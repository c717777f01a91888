// What happened, as plain values. Participants append facts; the record (`Record`) and nobody else draws conclusions
// from them. In a cluster of several processes facts travel to the parent as they are.

public import Basics

/// Why an operator did not do its duty, known at the source.
public enum DutyMiss: UInt8, Sendable, CaseIterable {
  /// Chose not to.
  case silent = 1
  /// Was down when it should have worked.
  case crashed
  /// Its queue was full.
  case overloaded
  /// Finished only after the deadline.
  case late
  /// Its clock said that the deadline had passed, and it had not.
  case skewed
  /// Published after the deadline, by choice.
  case delayed
}

/// Why an operator signed what it should not have signed, known at the source. In `Fact.detail`.
public enum WrongCause: UInt8, Sendable, CaseIterable {
  /// It chose to.
  case intent = 0
  /// A second instance ran with its key.
  case keyDuplication
  /// Its software was wrong.
  case faultySoftware
}

/// One thing that a participant did or saw. Fields not named by a kind are zero.
public struct Fact: Sendable, BitwiseCopyable, Equatable {
  @frozen public enum Kind: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    /// `node` published its attestation for `task`. value: member index.
    case published
    /// `node` will not publish for `task`. value: member index; detail: DutyMiss.
    case missed
    /// An aggregator `node` holds the valid attestation of member `value` for `task` for the first time.
    case collected
    /// The aggregator `node` first holds a quorum for `task`. value: index of the result; detail: 1 when it is the truth.
    case quorum
    /// `node` signed two different payloads for `task`. value: member index; detail: WrongCause.
    case equivocated
    /// `node` signed a wrong result for `task`. value: member index; detail: WrongCause; extra: 1 for a canary's bait.
    case signedWrong
    /// The evidence against member `value` for `task` has reached the running honest watcher `node`. detail:
    /// AccusationKind.
    case evident
    /// The watcher `node` submitted evidence against member `value` for `task`. detail: as `evident`.
    case accused
    /// `node` put a message about `task` on the network. at: its instant of publication.
    case sent
    /// A message's life is over. at: its instant of publication; value: hosted subscribers that could be reached and
    /// were; extra: all hosted subscribers that received it.
    case delivered
    /// `node` went down / came back.
    case down
    case up
    /// `node` signed a checkpoint vote that encloses, or lies in, an older one of its own. value: member index.
    case surrounded
    /// `node` signed the result that came with `task` without computing. value: member index; detail: 1 for a canary.
    case copied
    /// `node` brought forged evidence, or (detail 1) evidence that shows nothing, before the chain. value: member index.
    case forged
    /// The aggregator `node` left member `value` out of its certificate for `task`, by intent.
    case omitted
    /// `node` sent its certificate or (detail 1) its evidence about `task` again, after a reorg had lost it.
    case resubmitted
    /// A heartbeat of the honest `node` in a network with Sybils. value: places in its meshes that Sybils have; extra: all.
    case meshed
    /// A valid attestation of member `value` for `task` has reached an honest running watcher, `node`, in time; told once a process.
    case heard
  }
  public var kind: Kind
  public var detail: UInt8
  public var node: NodeID
  public var task: TaskID
  public var at: Instant
  public var value: UInt64
  public var extra: UInt64

  public init(
    _ kind: Kind, node: NodeID, task: TaskID = TaskID(UInt32.max), at: Instant, value: UInt64 = 0,
    detail: UInt8 = 0, extra: UInt64 = 0
  ) {
    self.kind = kind
    self.detail = detail
    self.node = node
    self.task = task
    self.at = at
    self.value = value
    self.extra = extra
  }
}
