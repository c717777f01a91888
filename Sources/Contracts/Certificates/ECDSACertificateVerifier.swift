// Stake-weighted certificates of concatenated ECDSA signatures. ECDSACertificateVerifier of eigenlayer-contracts v1.12.0.
// Who may update tables is outside: the operator table updater is trusted here.

public import BigInt
public import Signatures

/// A certificate: signatures over a message hash, weighed by the table of `referenceTimestamp`.
public struct ECDSACertificate: Sendable, Equatable {
  public var referenceTimestamp: UInt32
  public var messageHash: Hash256
  /// 65 bytes each, ascending by signer.
  public var signatures: [UInt8]
  public init(referenceTimestamp: UInt32, messageHash: Hash256, signatures: [UInt8]) {
    self.referenceTimestamp = referenceTimestamp
    self.messageHash = messageHash
    self.signatures = signatures
  }
}

/// The verifier of one operator set.
///
/// One value, one owner; `now` never decreases. An operation that throws has changed nothing.
public struct ECDSACertificateVerifier: Sendable {
  /// An operator in a table.
  public struct Member: Sendable, Equatable {
    public var signer: Address
    /// By kind of stake. uint256 each.
    public var weights: [BigUInt]
    public init(signer: Address, weights: [BigUInt]) {
      self.signer = signer
      self.weights = weights
    }
  }

  /// What a good certificate proves.
  public struct Verdict: Sendable, Equatable {
    public var weights: SignedWeights
    public var signers: [Address]
  }

  private var tables: [UInt32: [Member]] = [:]
  private var disabled: Set<UInt32> = []
  /// The newest table's time; zero before the first.
  public private(set) var latestReferenceTimestamp: UInt32 = 0
  /// Seconds; zero: certificates never grow stale.
  public private(set) var stalenessMaximum: UInt32 = 0
  public let domainSeparator: Hash256
  private let recovery: ECDSARecovery

  /// `version` is the first character of the contract's semantic version; the domain has no chain id, so that one
  /// certificate serves on many chains.
  public init(contract: Address, version: Character, recovery: ECDSARecovery) {
    self.recovery = recovery
    domainSeparator = keccak256(
      abiEncode([
        .word(keccak256("EIP712Domain(string name,string version,address verifyingContract)".utf8)),
        .word(keccak256("EigenLayer".utf8)), .word(keccak256(String(version).utf8)), .address(contract),
      ]))
  }

  /// Enters the table of a reference time, with the set's staleness bound. Effects: certificates of that time can be verified, and
  /// the bound holds for all from now on. Errors: tableUpdateStale.
  /// Requires: the caller is the table updater. Rounding: none.
  public mutating func updateTable(
    _ members: [Member], referenceTimestamp: UInt32, stalenessMaximum: UInt32
  ) throws(CertificateError) {
    guard referenceTimestamp > latestReferenceTimestamp else { throw .tableUpdateStale }
    tables[referenceTimestamp] = members
    latestReferenceTimestamp = referenceTimestamp
    self.stalenessMaximum = stalenessMaximum
  }

  /// Disables the global root of a reference time, or takes that back. Effects: while it is disabled every certificate of that
  /// time is refused with rootDisabled. Errors: none.
  public mutating func setRootDisabled(_ isDisabled: Bool, referenceTimestamp: UInt32) {
    if isDisabled { disabled.insert(referenceTimestamp) } else { disabled.remove(referenceTimestamp) }
  }

  /// What signers sign: EIP-712's hash of (reference timestamp, message hash).
  public func digest(referenceTimestamp: UInt32, messageHash: Hash256) -> Hash256 {
    let content = keccak256(
      abiEncode([
        .word(keccak256("ECDSACertificate(uint32 referenceTimestamp,bytes32 messageHash)".utf8)),
        .integer(UInt64(referenceTimestamp)), .word(messageHash),
      ]))
    return keccak256(prefix: [0x19, 0x01], domainSeparator, content)
  }

  /// Total stake by kind. Kinds are those of the first operator; a longer row's other weights do not count.
  /// Errors: operatorCountZero, arithmeticOverflow.
  public func totalWeights(referenceTimestamp: UInt32) throws(CertificateError) -> [BigUInt] {
    guard let members = tables[referenceTimestamp], let first = members.first else {
      throw .operatorCountZero
    }
    var total = [BigUInt](repeating: 0, count: first.weights.count)
    for member in members { try Self.add(member.weights, to: &total) }
    return total
  }

  private static func add(_ weights: [BigUInt], to sum: inout [BigUInt]) throws(CertificateError) {
    for (k, weight) in weights.enumerated() where k < sum.count {
      sum[k] += weight
      if sum[k] >= .wordLimit { throw .arithmeticOverflow }
    }
  }

  /// Weighs a certificate. One signature that is not an operator's spoils it all.
  ///
  /// Errors, in order: certificateStale, referenceTimestampDoesNotExist, rootDisabled, invalidSignatureLength; signature by
  /// signature invalidSignature, signersNotOrdered; operatorCountZero, verificationFailed.
  public func verify(_ certificate: ECDSACertificate, at now: UInt64) throws(CertificateError) -> Verdict {
    let reference = certificate.referenceTimestamp
    if stalenessMaximum != 0 {
      let (end, overflow) = reference.addingReportingOverflow(stalenessMaximum)
      if overflow { throw .arithmeticOverflow }
      guard now <= UInt64(end) else { throw .certificateStale }
    }
    guard let members = tables[reference] else { throw .referenceTimestampDoesNotExist }
    if disabled.contains(reference) { throw .rootDisabled }
    let signers = try signers(of: certificate)
    let total = try totalWeights(referenceTimestamp: reference)
    var signed = [BigUInt](repeating: 0, count: total.count)
    for signer in signers {
      guard let member = members.first(where: { $0.signer == signer }) else { throw .verificationFailed }
      try Self.add(member.weights, to: &signed)
    }
    return Verdict(weights: SignedWeights(signed: signed, total: total), signers: signers)
  }

  private func signers(of certificate: ECDSACertificate) throws(CertificateError) -> [Address] {
    let bytes = certificate.signatures
    guard !bytes.isEmpty, bytes.count % 65 == 0 else { throw .invalidSignatureLength }
    let digest = digest(
      referenceTimestamp: certificate.referenceTimestamp, messageHash: certificate.messageHash)
    var signers: [Address] = []
    for start in stride(from: 0, to: bytes.count, by: 65) {
      guard let signer = recovery.signer(of: digest, signature: Array(bytes[start..<start + 65])) else {
        throw .invalidSignature
      }
      if let last = signers.last, signer <= last { throw .signersNotOrdered }
      signers.append(signer)
    }
    return signers
  }
}
