// What an operator signs, as a plain value; and its form on the wire.

public import Basics
public import Signatures

/// 32 bytes: the hash of a result.
public typealias Digest = Hash256

/// One operator's statement about one task.
public struct Attestation: Hashable, Sendable, BitwiseCopyable {
  public var service: ServiceID
  public var task: TaskID
  /// The operator, by its node.
  public var operatorID: NodeID
  /// Checkpoint services: the epochs voted from and to. Both zero elsewhere.
  public var source: UInt32
  public var target: UInt32
  /// What the operator says the task's result is.
  public var result: Digest
  /// When the operator published it, by its own clock. Measured from, never trusted for a verdict.
  public var publishedAt: Instant

  public init(
    service: ServiceID, task: TaskID, operatorID: NodeID, source: UInt32 = 0, target: UInt32 = 0,
    result: Digest,
    publishedAt: Instant
  ) {
    self.service = service
    self.task = task
    self.operatorID = operatorID
    self.source = source
    self.target = target
    self.result = result
    self.publishedAt = publishedAt
  }

  /// What two attestations must share not to contradict each other.
  public struct Content: Hashable, Sendable {
    public var source, target: UInt32
    public var result: Digest
  }
  public var content: Content { Content(source: source, target: target, result: result) }
}

/// An attestation with its operator's signature over the wire form of everything before it.
public struct SignedAttestation: Hashable, Sendable, BitwiseCopyable {
  public var attestation: Attestation
  public var signature: Signature
  public init(attestation: Attestation, signature: Signature) {
    self.attestation = attestation
    self.signature = signature
  }
}
