// What is brought before the contract, and why it may be turned away.

public import AVS
public import Basics

/// Proof of an offence, as submitted. Everything the contract believes about it, it checks itself.
public enum Evidence: Sendable, Equatable {
  /// Two attestations of one operator that contradict each other. Their order does not matter.
  case pair(SignedAttestation, SignedAttestation)
  /// One attestation whose result contradicts the task's verifiable fact.
  case single(SignedAttestation)
  /// The accepted certificate of this task names a result that contradicts the fact.
  case certificate(ServiceID, TaskID)
}

/// Why evidence was refused. Refused evidence changes nothing.
public enum EvidenceRefusal: Error, Sendable, Equatable {
  /// The service has no rule for what the evidence shows.
  case noRule(OffenceClass)
  /// The two attestations do not contradict each other, or are not by one operator for one service.
  case noOffence
  /// The attestation's result is the true one.
  case resultIsTrue
  /// The chain knows no such task of that service.
  case unknownTask(TaskID)
  /// The chain has no verifiable fact about that task.
  case noVerifiableFact(TaskID)
  /// A signature does not verify: nobody is accused but the sender.
  case invalidSignature
  /// The operator was not a member of the operator set at the task's reference block.
  case notMember(NodeID)
  /// The task fell due too long ago: `age` exceeds the rule's `window`.
  case outsideWindow(age: TimeSpan, window: TimeSpan)
  /// The operator can no longer be slashed by the service.
  case operatorNotSlashable(NodeID)
  /// There is a case for the same operator, service, class and task already.
  case duplicate(CaseID)
  /// No certificate of that task was accepted.
  case noCertificate(TaskID)
  /// The sender cannot put up the bond that the service asks of challengers, in wei.
  case bondMissing(have: UInt128, need: UInt128)
  /// The record of the certificate's signers is older than the rules' windows and was dropped.
  case recordPruned(TaskID)
}

extension EvidenceRefusal {
  /// Whether the evidence was worth nothing from the start, so that its bond is lost. Evidence that came too late, or second, or
  /// against somebody out of reach, was brought in good faith.
  public var isFrivolous: Bool {
    switch self {
    case .noOffence, .resultIsTrue, .invalidSignature, .notMember, .unknownTask, .noRule: true
    case .noVerifiableFact, .outsideWindow, .operatorNotSlashable, .duplicate, .noCertificate, .recordPruned,
      .bondMissing:
      false
    }
  }
}

extension EvidenceRefusal: CustomStringConvertible {
  /// In words, for tables.
  public var description: String {
    switch self {
    case .noRule(let offence): "no rule of the service punishes \(offence.rawValue)"
    case .noOffence: "the attestations do not contradict each other"
    case .resultIsTrue: "the result is the true one"
    case .unknownTask(let task): "the service has no task \(task.rawValue)"
    case .noVerifiableFact(let task): "nothing is known on chain about task \(task.rawValue)"
    case .invalidSignature: "a signature does not verify"
    case .notMember(let node): "node \(node.rawValue) had no stake in the service then"
    case .outsideWindow(let age, let window): "too late: after \(age), the window is \(window)"
    case .operatorNotSlashable(let node): "node \(node.rawValue) cannot be slashed any more"
    case .duplicate(let id): "the same as case \(id.rawValue)"
    case .noCertificate(let task): "task \(task.rawValue) has no certificate"
    case .bondMissing(let have, let need): "the sender has \(have) wei left for a bond of \(need) wei"
    case .recordPruned(let task): "the signers of task \(task.rawValue) are not kept any more"
    }
  }
}

/// A slashing case. Dense over the whole run, in order of opening.
@frozen public struct CaseID: Hashable, Comparable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  @inlinable public init(_ rawValue: UInt32) { self.rawValue = rawValue }
  @inlinable public init(_ index: Int) { rawValue = UInt32(truncatingIfNeeded: index) }
  @inlinable public var index: Int { Int(rawValue) }
  @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// What a case is about: with the operator, the service and the class, the key under which there can be one case only.
public enum CaseSubject: Hashable, Sendable {
  /// The task (for a surround pair: the later of the two).
  case task(TaskID)
  /// The n-th liveness window since the start of the run.
  case window(UInt32)
}
