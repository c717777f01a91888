// How much signed stake is enough: the tests that the certificate verifiers of both curves share.

public import BigInt

/// Why a certificate, or its test against thresholds, is refused. Source: `IBaseCertificateVerifier`,
/// `IECDSACertificateVerifier`, `IBN254CertificateVerifier` of eigenlayer-contracts v1.12.0.
public enum CertificateError: String, Error, Sendable, Equatable {
  /// A table for a time not after the latest one's.
  case tableUpdateStale = "TableUpdateStale"
  /// Older than the set's maximum staleness.
  case certificateStale = "CertificateStale"
  /// There is no table of that time.
  case referenceTimestampDoesNotExist = "ReferenceTimestampDoesNotExist"
  /// The global root of that time has been disabled.
  case rootDisabled = "RootDisabled"
  /// Not a whole number of 65-byte signatures, or none.
  case invalidSignatureLength = "InvalidSignatureLength"
  /// No key made this signature, or its s is high, or its v is neither 27 nor 28.
  case invalidSignature = "InvalidSignature"
  /// Signers come in ascending order of their addresses.
  case signersNotOrdered = "SignersNotOrdered"
  /// A signer is not in the table; or the pairing does not hold.
  case verificationFailed = "VerificationFailed"
  /// The table has no operators.
  case operatorCountZero = "OperatorCountZero"
  /// As many thresholds are needed as there are kinds of stake.
  case arrayLengthMismatch = "ArrayLengthMismatch"
  /// Non-signers come in strictly ascending order of their indices.
  case nonSignerIndicesNotSorted = "NonSignerIndicesNotSorted"
  /// The table has no operator of that index.
  case invalidOperatorIndex = "InvalidOperatorIndex"
  /// The table has no tree.
  case emptyRoot = "EmptyRoot"
  /// A proof is not made of 32-byte words.
  case invalidProofLength = "InvalidProofLength"
  /// A proof is too short for its index.
  case invalidIndex = "InvalidIndex"
  /// A key or the signature is not on the curve: the precompile of EIP-196 refuses it.
  case pointAdditionFailed = "ECAddFailed"
  /// Checked arithmetic beyond its type.
  case arithmeticOverflow = "Panic(0x11)"

  /// The name under which the contract reverts.
  public var name: String { rawValue }
}

/// Signed and total stake, by kind of stake.
public struct SignedWeights: Sendable, Equatable {
  public var signed: [BigUInt]
  public var total: [BigUInt]
  public init(signed: [BigUInt], total: [BigUInt]) {
    self.signed = signed
    self.total = total
  }

  /// Whether signed >= floor(total * bips / 10000) for every kind of stake. The threshold rounds down, in favour of the
  /// certificate; a threshold of zero is always reached. Errors: arrayLengthMismatch, arithmeticOverflow.
  public func reach(proportions bips: [UInt16]) throws(CertificateError) -> Bool {
    guard signed.count == bips.count else { throw .arrayLengthMismatch }
    for (k, share) in bips.enumerated() {
      if total[k] * BigUInt(share) >= .wordLimit { throw .arithmeticOverflow }
      if signed[k] < mulDiv(total[k], BigUInt(share), 10_000, .stakeThreshold) { return false }
    }
    return true
  }

  /// Whether signed >= threshold for every kind of stake. Errors: arrayLengthMismatch.
  public func reach(nominal thresholds: [BigUInt]) throws(CertificateError) -> Bool {
    guard signed.count == thresholds.count else { throw .arrayLengthMismatch }
    return zip(signed, thresholds).allSatisfy { $0 >= $1 }
  }
}
