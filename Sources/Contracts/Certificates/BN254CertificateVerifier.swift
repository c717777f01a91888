// The verifier of BLS certificates over BN254 for one operator set.
//
// Source: `BN254CertificateVerifier` of eigenlayer-contracts v1.12.0. Left out: who may update tables (the table updater
// alone) and the owner of the set.

import BN254
import BigInt
import Signatures

/// Tables by reference timestamp, and what was proven of them.
///
/// An operation that throws has changed nothing.
public struct BN254CertificateVerifier: Sendable {
  private struct Stored: Sendable {
    var table: BN254OperatorTable
    /// Non-signers proven at this timestamp, by index. They need no proof again, and what a later witness says of them is
    /// not read.
    var proven: [UInt32: BN254OperatorInfo] = [:]
  }
  private var tables: [UInt32: Stored] = [:]
  private var disabled: Set<UInt32> = []
  /// The newest table's time; zero before the first.
  public private(set) var latestReferenceTimestamp: UInt32 = 0
  /// Seconds; zero: certificates never grow stale.
  public private(set) var stalenessMaximum: UInt32 = 0

  public init() {}

  /// The table of a reference timestamp.
  public func table(at timestamp: UInt32) -> BN254OperatorTable? { tables[timestamp]?.table }

  /// Whether a non-signer was proven at that timestamp.
  public func isProven(_ index: UInt32, at timestamp: UInt32) -> Bool {
    tables[timestamp]?.proven[index] != nil
  }

  // MARK: - Tables

  /// Enters the table of a new reference timestamp, and the staleness that certificates of every timestamp have from now
  /// on. Errors: tableUpdateStale.
  /// Effects: certificates of that timestamp can be verified, nothing is proven there yet. Requires: the caller is the table updater.
  /// Rounding: none.
  public mutating func updateTable(
    _ table: BN254OperatorTable, referenceTimestamp: UInt32, stalenessMaximum: UInt32
  ) throws(CertificateError) {
    guard referenceTimestamp > latestReferenceTimestamp else { throw .tableUpdateStale }
    tables[referenceTimestamp] = Stored(table: table)
    latestReferenceTimestamp = referenceTimestamp
    self.stalenessMaximum = stalenessMaximum
  }

  /// Disables or restores the global root of a timestamp: the updater's pauser may, and every certificate of that
  /// timestamp falls with it.
  /// Effects: while it is disabled `verify` refuses that timestamp with rootDisabled; tables and proofs stay. Errors: none.
  public mutating func setRootDisabled(_ isDisabled: Bool, referenceTimestamp: UInt32) {
    if isDisabled { disabled.insert(referenceTimestamp) } else { disabled.remove(referenceTimestamp) }
  }

  // MARK: - Certificates

  /// Signed and total stake, by kind of stake: the totals less the non-signers' weights, so that only they need a proof.
  ///
  /// Effects: keeps the non-signers proven here, so that they need no proof again at this timestamp. Errors, in this order:
  /// certificateStale, referenceTimestampDoesNotExist, rootDisabled; for each non-signer nonSignerIndicesNotSorted,
  /// invalidOperatorIndex, what its proof lacks, pointAdditionFailed, arithmeticOverflow; then verificationFailed for the
  /// signature. Cost: two pairings, and a hash for each level of each new proof.
  public mutating func verify(_ certificate: BN254Certificate, at now: UInt64)
    throws(CertificateError) -> SignedWeights
  {
    let timestamp = certificate.referenceTimestamp
    if stalenessMaximum != 0 {
      let (until, overflow) = timestamp.addingReportingOverflow(stalenessMaximum)
      if overflow { throw .arithmeticOverflow }
      if now > UInt64(until) { throw .certificateStale }
    }
    guard let stored = tables[timestamp] else { throw .referenceTimestampDoesNotExist }
    if disabled.contains(timestamp) { throw .rootDisabled }

    var signed = stored.table.totalWeights
    var nonSignerKeys = G1.infinity
    var fresh: [(UInt32, BN254OperatorInfo)] = []
    for (k, witness) in certificate.nonSigners.enumerated() {
      if k > 0 && witness.operatorIndex <= certificate.nonSigners[k - 1].operatorIndex {
        throw .nonSignerIndicesNotSorted
      }
      guard BigUInt(witness.operatorIndex) < stored.table.numOperators else { throw .invalidOperatorIndex }
      let info = try proven(witness, stored, &fresh)
      nonSignerKeys = nonSignerKeys + (try info.pubkey.onCurve())
      for (kind, weight) in info.weights.enumerated() where kind < signed.count {
        guard weight <= signed[kind] else { throw .arithmeticOverflow }
        signed[kind] -= weight
      }
    }
    let signers = try stored.table.aggregatePubkey.onCurve() + -nonSignerKeys
    guard try Self.isValid(certificate, signers: signers) else { throw .verificationFailed }
    for (index, info) in fresh { tables[timestamp]?.proven[index] = info }
    return SignedWeights(signed: signed, total: stored.table.totalWeights)
  }

  private func proven(
    _ witness: BN254NonSigner, _ stored: Stored, _ fresh: inout [(UInt32, BN254OperatorInfo)]
  ) throws(CertificateError) -> BN254OperatorInfo {
    if let known = stored.proven[witness.operatorIndex] { return known }
    guard try stored.table.proves(witness) else { throw .verificationFailed }
    // A key of zero is how the contract sees that nothing is stored: such a key must be proven each time.
    if !witness.info.pubkey.x.isZero || !witness.info.pubkey.y.isZero {
      fresh.append((witness.operatorIndex, witness.info))
    }
    return witness.info
  }

  /// `BN254SignatureVerifier.verifySignature`: that `apk` is the same key as `signers`, and that the signature is that
  /// key's, folded into one check of two pairings by gamma = keccak256(digest, G1 key, G2 key, signature) mod r:
  /// e(signature + gamma * signers, -G2) * e(H(digest) + gamma * G1, apk) = 1.
  static func isValid(_ certificate: BN254Certificate, signers: G1) throws(CertificateError) -> Bool {
    let digest = certificate.digest
    let (x, y) = (certificate.apk.x, certificate.apk.y)
    // Imaginary parts come first, as on the wire of EIP-197.
    let words = [
      signers.x, signers.y, x.c1, x.c0, y.c1, y.c0, certificate.signature.x, certificate.signature.y,
    ]
    let gamma = Word256(keccak256(digest.bytes + words.flatMap(\.bytes))).reducedToScalar
    let left = try certificate.signature.onCurve() + signers.multiplied(by: gamma)
    let right = G1(hashing: Word256(digest)) + G1.generator.multiplied(by: gamma)
    // The precompile refuses what is no point of the group: the pairing does not succeed.
    guard let apk = try? G2(x: x, y: y) else { return false }
    return pairingProductIsOne([(left, -G2.generator), (right, apk)])
  }
}
