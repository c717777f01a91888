// The verifier of BLS certificates over BN254 for one operator set.
//
// Source: `BN254CertificateVerifier` of eigenlayer-contracts v1.12.0. Left out: who may update tables (the table updater
// alone) and the owner of the set. Weights are 128 bits wide, where the contract has 256.

import BN254
import Signatures

/// Tables by reference timestamp, and what was proven of them.
public struct BN254CertificateVerifier: Sendable {
  private struct Stored: Sendable {
    var table: BN254OperatorTable
    /// Non-signers proven at this timestamp, by index. They need no proof again, and what a later witness says of them is
    /// not read.
    var proven: [UInt32: BN254OperatorInfo] = [:]
  }
  private var tables: [UInt32: Stored] = [:]
  private var disabled: Set<UInt32> = []
  public private(set) var latestReferenceTimestamp: UInt32 = 0
  /// Seconds after its reference timestamp that a certificate is accepted; 0: for ever.
  public private(set) var maxStalenessPeriod: UInt32 = 0

  public init() {}

  /// The table of a reference timestamp.
  public func table(at timestamp: UInt32) -> BN254OperatorTable? { tables[timestamp]?.table }

  /// Whether a non-signer was proven at that timestamp.
  public func isProven(_ index: UInt32, at timestamp: UInt32) -> Bool {
    tables[timestamp]?.proven[index] != nil
  }

  // MARK: - Tables

  /// Enters the table of a new reference timestamp, and the staleness that certificates of every timestamp have from now
  /// on. Refused: `tableUpdateStale`.
  public mutating func updateOperatorTable(
    _ table: BN254OperatorTable, referenceTimestamp: UInt32, maxStalenessPeriod: UInt32
  ) throws(BN254CertificateError) {
    guard referenceTimestamp > latestReferenceTimestamp else {
      throw .tableUpdateStale(given: referenceTimestamp, latest: latestReferenceTimestamp)
    }
    tables[referenceTimestamp] = Stored(table: table)
    latestReferenceTimestamp = referenceTimestamp
    self.maxStalenessPeriod = maxStalenessPeriod
  }

  /// Disables or restores the global root of a timestamp: the updater's pauser may, and every certificate of that
  /// timestamp falls with it.
  public mutating func setRoot(at timestamp: UInt32, disabled isDisabled: Bool) {
    if isDisabled { disabled.insert(timestamp) } else { disabled.remove(timestamp) }
  }

  // MARK: - Certificates

  /// Stake that signed, by stake type.
  ///
  /// Effects: keeps the non-signers proven here, so that they need no proof again at this timestamp. Refused in this
  /// order: stale, unknown timestamp, disabled root; for each non-signer: order, index, proof; then the signature.
  /// Weights of non-signers are taken from the table's totals, so that only they need a proof. Cost: two pairings and a
  /// keccak for each level of each new proof.
  public mutating func verify(_ certificate: BN254Certificate, at now: UInt64)
    throws(BN254CertificateError) -> [UInt128]
  {
    let timestamp = certificate.referenceTimestamp
    if maxStalenessPeriod != 0 {
      let (until, overflow) = timestamp.addingReportingOverflow(maxStalenessPeriod)
      if overflow { throw .arithmeticOverflow }
      if now > UInt64(until) { throw .certificateStale(now: now, until: UInt64(until)) }
    }
    guard let stored = tables[timestamp] else { throw .referenceTimestampDoesNotExist(timestamp) }
    if disabled.contains(timestamp) { throw .rootDisabled(timestamp) }

    var signed = stored.table.totalWeights
    var nonSignerKeys = G1.infinity
    var fresh: [(UInt32, BN254OperatorInfo)] = []
    for (k, witness) in certificate.nonSigners.enumerated() {
      if k > 0 && witness.operatorIndex <= certificate.nonSigners[k - 1].operatorIndex {
        throw .nonSignerIndicesNotSorted(witness.operatorIndex)
      }
      guard UInt64(witness.operatorIndex) < stored.table.numOperators else {
        throw .invalidOperatorIndex(witness.operatorIndex, operators: stored.table.numOperators)
      }
      let info = try proven(witness, stored, &fresh)
      nonSignerKeys = nonSignerKeys + (try info.pubkey.onCurve())
      for (type, weight) in info.weights.enumerated() where type < signed.count {
        guard weight <= signed[type] else { throw .arithmeticOverflow }
        signed[type] -= weight
      }
    }
    let signers = try stored.table.aggregatePubkey.onCurve() + -nonSignerKeys
    guard try Self.isValid(certificate, signers: signers) else { throw .verificationFailed }
    for (index, info) in fresh { tables[timestamp]?.proven[index] = info }
    return signed
  }

  private func proven(
    _ witness: BN254NonSigner, _ stored: Stored, _ fresh: inout [(UInt32, BN254OperatorInfo)]
  ) throws(BN254CertificateError) -> BN254OperatorInfo {
    if let known = stored.proven[witness.operatorIndex] { return known }
    guard
      try BN254OperatorTree.includes(
        witness.info.leaf, at: witness.operatorIndex, proof: witness.proof,
        root: stored.table.operatorInfoTreeRoot)
    else { throw .verificationFailed }
    // A key of zero is how the contract sees that nothing is stored: such a key must be proven each time.
    if !witness.info.pubkey.x.isZero || !witness.info.pubkey.y.isZero {
      fresh.append((witness.operatorIndex, witness.info))
    }
    return witness.info
  }

  /// `BN254SignatureVerifier.verifySignature`: that `apk` is the same key as `signers`, and that the signature is that
  /// key's, folded into one check of two pairings by gamma = keccak256(digest, G1 key, G2 key, signature) mod r:
  /// e(signature + gamma * signers, -G2) * e(H(digest) + gamma * G1, apk) = 1.
  static func isValid(_ certificate: BN254Certificate, signers: G1) throws(BN254CertificateError) -> Bool {
    let digest = certificate.digest
    let (x, y) = certificate.apk
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

  /// Verifies, then tests stake against shares of the totals: true when for every stake type
  /// signed >= floor(total * bips / 10000). A threshold of 0 passes with nothing signed; one above 10000 can pass, since
  /// it is rounded down.
  public mutating func verifyProportion(
    _ certificate: BN254Certificate, thresholdsBips: [UInt16], at now: UInt64
  ) throws(BN254CertificateError) -> Bool {
    let before = self
    let signed = try verify(certificate, at: now)
    guard signed.count == thresholdsBips.count else {
      self = before
      throw .arrayLengthMismatch(given: thresholdsBips.count, needed: signed.count)
    }
    let totals = tables[certificate.referenceTimestamp]?.table.totalWeights ?? []
    for (k, bips) in thresholdsBips.enumerated() {
      // Totals of 128 bits times 16 bits fit the contract's 256.
      let product = totals[k].multipliedFullWidth(by: UInt128(bips))
      let (quotient, _) = UInt128(10_000).dividingFullWidth((product.high % 10_000, product.low))
      if product.high >= 10_000 || signed[k] < quotient { return false }
    }
    return true
  }

  /// Verifies, then tests stake against amounts: true when signed >= threshold for every stake type.
  public mutating func verifyNominal(
    _ certificate: BN254Certificate, thresholds: [UInt128], at now: UInt64
  ) throws(BN254CertificateError) -> Bool {
    let before = self
    let signed = try verify(certificate, at: now)
    guard signed.count == thresholds.count else {
      self = before
      throw .arrayLengthMismatch(given: thresholds.count, needed: signed.count)
    }
    return zip(signed, thresholds).allSatisfy { $0 >= $1 }
  }
}
