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
    /// `node` signed two different payloads for `task`, by intent. value: member index.
    case equivocated
    /// `node` signed a wrong result for `task`, by intent. value: member index.
    case signedWrong
    /// Both halves, or the wrong result, of member `value` for `task` have reached the running honest watcher `node`.
    /// detail: 0 equivocation, 1 invalid result.
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
