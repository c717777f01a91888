// A certificate as the chain sees it, and a task as the chain knows it.

public import AVS
public import Basics

/// What the chain knows about a task.
public struct TaskRecord: Sendable, Equatable, BitwiseCopyable {
  public var task: TaskID
  public var service: ServiceID
  /// When the task fell due, by its schedule.
  public var dueAt: Instant
  /// End of the response window: attestations count until then. Certificates may arrive for the service's
  /// `certificateWindow` longer.
  public var deadline: Instant
  /// Stake and membership are those at the end of this block.
  public var referenceBlock: BlockNumber
  /// The task's true result where a contract can verify it (a root on the same chain, re-execution); nil where it cannot.
  public var truth: Digest?
  /// Of a canary: the wrong result that it was given out with, committed to beforehand. Who signs it did not compute.
  public var bait: Digest?

  public init(
    task: TaskID, service: ServiceID, dueAt: Instant, deadline: Instant, referenceBlock: BlockNumber,
    truth: Digest? = nil, bait: Digest? = nil
  ) {
    self.bait = bait
    self.task = task
    self.service = service
    self.dueAt = dueAt
    self.deadline = deadline
    self.referenceBlock = referenceBlock
    self.truth = truth
  }
}

/// The claim that a quorum attested `result`.
public struct Certificate: Sendable, Equatable {
  public var service: ServiceID
  public var task: TaskID
  public var result: Digest
  /// Bit k of word w: the member with index 64 w + k of the service's operator set signed.
  public var signers: [UInt64]
  /// Stake that the aggregator says signed. The chain counts it again and refuses a wrong figure.
  public var signedStake: UInt128?
  /// What each signer signed, in order of the members: the proof, where signatures are real. Where they are modelled, and only
  /// their gas and time are charged, it is empty.
  public var attestations: [SignedAttestation]

  public init(
    service: ServiceID, task: TaskID, result: Digest, signers: [UInt64], signedStake: UInt128? = nil,
    attestations: [SignedAttestation] = []
  ) {
    self.attestations = attestations
    self.service = service
    self.task = task
    self.result = result
    self.signers = signers
    self.signedStake = signedStake
  }
}

/// Why a certificate was refused. Refused certificates change nothing.
public enum CertificateRefusal: Error, Sendable, Equatable {
  /// The chain knows no such task of that service.
  case unknownTask(TaskID)
  /// The task has an accepted certificate.
  case alreadyCertified(TaskID)
  /// Included at `at`, accepted until `expiry`.
  case late(at: Instant, expiry: Instant)
  /// The stake table of the task's reference block is not kept any more, or the block has not happened yet.
  case staleReference(BlockNumber)
  /// A bit is set beyond the operator set's members, or for one without stake at the reference block.
  case unknownSigner(Int)
  /// The aggregator's sum is not the chain's.
  case wrongSignedStake(claimed: UInt128, counted: UInt128)
  /// There is not one attestation for each signer.
  case wrongAttestationCount(found: Int, signers: Int)
  /// The attestation that goes with this signer's bit is another's, is about something else, or is not signed by it.
  case invalidSignature(Int)
  /// Not enough stake signed.
  case belowQuorum(signed: UInt128, total: UInt128, quorumBips: UInt64)
}
