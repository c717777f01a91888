// What the chain knows about tasks and their certificates.

public import AVS
public import Basics

/// Where a task stands.
public enum TaskState: Sendable, Equatable {
  case open
  case certified
  /// No certificate came in time.
  case expired
}

/// An accepted certificate, as recorded on chain.
public struct CertificateRecord: Sendable, Equatable {
  public var result: Digest
  /// Emptied when no rule can ask for them any more.
  public var signers: [UInt64]
  public var at: Instant
  public var block: BlockNumber
}

/// The tasks of a run by id.
public struct TaskBook: Sendable {
  struct Entry: Sendable {
    var record: TaskRecord
    var expiry: Instant
    var state = TaskState.open
    var certificate: CertificateRecord?
  }
  private var entries: [Entry?] = []
  public private(set) var openCount = 0

  public init() {}

  /// Enters a task whose certificate may come until `expiry`. False: the id is taken.
  /// Effects: the task is open. Changes nothing when it answers false.
  public mutating func open(_ record: TaskRecord, expiry: Instant) -> Bool {
    while entries.count <= record.task.index { entries.append(nil) }
    guard entries[record.task.index] == nil else { return false }
    entries[record.task.index] = Entry(record: record, expiry: expiry)
    openCount += 1
    return true
  }

  private func entry(_ task: TaskID) -> Entry? { task.index < entries.count ? entries[task.index] : nil }

  public func record(_ task: TaskID) -> TaskRecord? { entry(task)?.record }
  /// The tasks of a service, in order of their ids. Cost: the number of all tasks.
  public func records(of service: ServiceID) -> [TaskRecord] {
    entries.compactMap { $0?.record.service == service ? $0?.record : nil }
  }
  public func state(_ task: TaskID) -> TaskState? { entry(task)?.state }
  public func certificate(_ task: TaskID) -> CertificateRecord? { entry(task)?.certificate }

  /// Marks an open task as expired. False: it is not open.
  /// Effects: no certificate is accepted for it any more. Changes nothing when it answers false.
  public mutating func expire(_ task: TaskID) -> Bool {
    guard let found = entry(task), found.state == .open else { return false }
    entries[task.index]?.state = .expired
    openCount -= 1
    return true
  }

  /// The fact about a task changed (it was not final), or became known.
  /// Effects: evidence is examined against the new fact from now on; cases that are open stay open until somebody looks. A task that
  /// is not known is left alone.
  public mutating func revise(_ task: TaskID, truth: Digest?) {
    guard entry(task) != nil else { return }
    entries[task.index]?.record.truth = truth
  }

  /// Drops the signers of a certificate that nobody can be accused for any more.
  /// Effects: the certificate stays, without them.
  public mutating func pruneSigners(_ task: TaskID) { entries[task.index]?.certificate?.signers = [] }

  // MARK: - Certificates

  /// What a good certificate proves.
  public struct Verdict: Sendable, Equatable {
    public var signed: UInt128
    public var total: UInt128
    public var signers: Int
  }

  /// Checks a certificate against stake at the task's reference block.
  ///
  /// Signed stake is counted here from the signers' bits; a quorum is reached when
  /// signed >= floor(total * quorum / 10000), as in the contracts' certificate verifiers; a set without stake certifies
  /// nothing. Changes nothing. `plant` is a defect put in on purpose.
  /// Requires: `at` is the block's instant. Errors, in order: unknownTask, alreadyCertified, late, staleReference, unknownSigner,
  /// wrongSignedStake, belowQuorum. Rounding: the threshold down, as the verifiers' (`Rounding.stakeThreshold`).
  public func verify(
    _ certificate: Certificate, stake: borrowing StakeHistory, quorumBips: UInt64, at: Instant,
    plant: PlantedDefect? = nil
  ) -> Result<Verdict, CertificateRefusal> {
    guard let found = entry(certificate.task), found.record.service == certificate.service else {
      return .failure(.unknownTask(certificate.task))
    }
    if found.state == .certified { return .failure(.alreadyCertified(certificate.task)) }
    guard found.state == .open, at <= found.expiry else {
      return .failure(.late(at: at, expiry: found.expiry))
    }
    let weighed = plant == .quorumAtHead ? stake.latest : stake.table(at: found.record.referenceBlock)
    guard let table = weighed else {
      return .failure(.staleReference(found.record.referenceBlock))
    }
    var verdict = Verdict(signed: 0, total: table.total, signers: 0)
    for (w, word) in certificate.signers.enumerated() {
      var bits = word
      while bits != 0 {
        let index = w * 64 + bits.trailingZeroBitCount
        bits &= bits - 1
        let weight = table.weight(of: index)
        if weight == 0 { return .failure(.unknownSigner(index)) }
        verdict.signed += weight
        verdict.signers += 1
      }
    }
    if let claimed = certificate.signedStake, claimed != verdict.signed {
      return .failure(.wrongSignedStake(claimed: claimed, counted: verdict.signed))
    }
    if table.total == 0 || verdict.signed < mulDiv(table.total, UInt128(quorumBips), 10_000, .stakeThreshold)
    {
      return .failure(.belowQuorum(signed: verdict.signed, total: table.total, quorumBips: quorumBips))
    }
    return .success(verdict)
  }

  /// Records an accepted certificate.
  /// Effects: the task is certified. Requires: it is open, and `verify` accepted this certificate.
  public mutating func accept(_ certificate: Certificate, at: Instant, block: BlockNumber) {
    precondition(entry(certificate.task)?.state == .open)
    entries[certificate.task.index]?.state = .certified
    entries[certificate.task.index]?.certificate = CertificateRecord(
      result: certificate.result, signers: certificate.signers, at: at, block: block)
    openCount -= 1
  }
}
