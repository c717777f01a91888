// Checks the signatures of attestations for whoever must not trust a participant: the contracts.

public import AVS
import Basics
import Signatures

/// Knows every operator's key.
public struct AttestationVerifier: Sendable {
  private let signer: Signer
  private let domain: UInt64
  private let mode: SignatureMode

  init(signer: Signer, domain: UInt64, mode: SignatureMode) {
    self.signer = signer
    self.domain = domain
    self.mode = mode
  }

  /// Whether the attestation is signed by the operator that it names.
  public func isValid(_ signed: SignedAttestation) -> Bool {
    let digest = signed.attestation.signingDigest(domain: domain, mode: mode)
    return signer.isValid(signed.signature, of: digest, by: signed.attestation.operatorID)
  }
}
