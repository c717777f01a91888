// What a transaction costs in block space. Every figure says where it comes from (`Figure.basis`): the execution layer's own
// prices are exact; *counted* figures multiply them by the operations in the sources of deployed contracts (`GasCount`, and the
// counts themselves in `GasSchedule+Counts`), and are rounded; *measured* ones are published gas reports; *modelled* ones are
// counted for contracts that every service writes for itself, from what ours keeps.
//
// eigenlayer-contracts publishes the gas of whole integration tests (.gas-snapshot), not of single calls, so its calls are
// counted, at the state of its repository in May 2026. symbioticfi/core publishes calls (snapshots/gas.txt, August 2026): VetoSlasher
// executeSlash 285,654 in the median and 348,957 at most, Slasher slash 270,689, vetoSlash 19,545 and 27,563, Vault withdraw
// 264,111, claim 70,726 at most.
//
// Prices: transaction 21,000 and ecrecover 3,000 (Yellow Paper, appendices G and E), calldata 16 a byte (EIP-2028), first
// read of a storage word 2,100 (EIP-2929), writing a fresh word 22,100 (EIP-2200 with EIP-2929), BN254 addition 150,
// multiplication 6,000, pairing 45,000 + 34,000 a pair (EIP-1108), BLS12-381 addition 375 in G1 and 600 in G2, map to G2 23,800,
// pairing 37,700 + 32,600 a pair (EIP-2537).

/// Gas by kind of transaction.
public struct GasSchedule: Sendable, Equatable {
  /// Every transaction. Yellow Paper, appendix G: G_transaction.
  public var transaction: UInt64 = 21_000
  /// Checking one certificate apart from its signers: the check of the aggregate (a pairing of two pairs is 113,000 on BN254)
  /// or the EIP-712 digest, and the record of the task, two fresh words.
  public var certificate: UInt64 = 150_000
  /// Each signer of a certificate. ECDSA: ecrecover 3,000 and 65 bytes of calldata 1,040. For aggregate schemes zero.
  public var certificatePerSigner: UInt64 = 4_000
  /// Each non-signer of a certificate, for aggregate schemes.
  public var certificatePerNonSigner: UInt64 = 0
  /// Evidence: two signature checks and a case record (`Counts.evidence`, 114,622 with ECDSA, rounded up). The neighbour that
  /// was measured, Symbiotic's requestSlash, reads the stake of a whole vault besides: 212,700.
  public var evidence: UInt64 = 120_000
  /// Opening a task (`Counts.createTask`, 95,136, rounded down). The example services keep a hash and a counter instead of a
  /// record, which would be 47,220.
  public var createTask: UInt64 = 90_000
  /// One figure for all that `StakeAction` says, where a scenario wants one; nil: each its own, see `gas(of:)`.
  public var stakeAction: UInt64?
  /// Having a case examined again: the signatures once more (`Counts.dispute`, 47,192 with ECDSA).
  public var dispute: UInt64 = 50_000
  /// Taking sides in a challenge: one or two fresh words (`Counts.join`, 47,418; 66,228), in the middle.
  public var join: UInt64 = 60_000
  /// Cancelling a case. Symbiotic's vetoSlash, measured: 27,563 at most.
  public var veto: UInt64 = 28_000
  /// Executing a due case, `slashOperator` for one strategy (`Counts.slash`): 288,173 while other slashes of the set wait to be
  /// cleared, 398,723 as the set's first. Symbiotic's executeSlash, measured: 285,654 in the median.
  public var slash: UInt64 = 300_000
  /// Burning or redistributing what a slash took (`Counts.clearSlash`, 94,152).
  public var clearSlash: UInt64 = 95_000
  /// Asking a vault for a withdrawal, and claiming it. Symbiotic's Vault, measured: 264,111; 70,726 at most.
  public var vaultWithdrawal: UInt64 = 264_000
  public var vaultClaim: UInt64 = 71_000

  public init() {}

  /// The figures, for descriptions.
  public enum Figure: String, CaseIterable, Sendable {
    case transaction, certificate, perSigner, perNonSigner, evidence, createTask, stakeAction, caseAction,
      slash
  }

  /// Where a figure comes from.
  public enum Basis: String, Sendable {
    /// The execution layer's own price.
    case price
    /// Prices times operations counted in the deployed contract's source.
    case counted
    /// Prices times the operations of a contract that is each service's own, as modelled here; and a published gas report of a
    /// contract that does the like.
    case modelled
  }

  /// Kinds of certificate by the signature that operators use.
  public enum Signers: Sendable, CaseIterable {
    /// `ECDSACertificateVerifier`: one recovery a signer.
    case ecdsa
    /// `BN254CertificateVerifier`: a pairing, and for each non-signer its merkle proof of ten levels (calldata and hashing
    /// about 6,000), its key and weights as calldata (2,000), and its entry in the cache, four fresh words (88,400).
    case bn254
    /// As if that verifier had been written for EIP-2537: keys of four words instead of two make six fresh words.
    case bls12381
    /// No precompile checks Ed25519 on chain; as if EIP-665 (2,000 a check; stagnant) had been adopted, with 96 bytes of
    /// calldata and the key's read.
    case ed25519
  }

  public init(_ signers: Signers) {
    // Evidence and disputes of the aggregate schemes: two pairings of two pairs and two hashes to the curve instead of two
    // recoveries.
    switch signers {
    case .ecdsa: break
    case .bn254:
      // 113,000 pairing, two multiplications, hashing to G1 some 10,000, task record 44,200.
      certificate = 180_000
      certificatePerSigner = 0
      certificatePerNonSigner = 96_000
      evidence = 355_000
      dispute = 287_000
    case .bls12381:
      // 102,900 pairing, two maps to G2 and their sum 48,200, task record 44,200.
      certificate = 195_000
      certificatePerSigner = 0
      certificatePerNonSigner = 142_000
      evidence = 411_000
      dispute = 343_000
    case .ed25519:
      certificatePerSigner = 5_600
    }
  }
}

extension GasSchedule.Figure {
  public var basis: GasSchedule.Basis {
    switch self {
    case .transaction: .price
    case .certificate, .perSigner, .perNonSigner, .stakeAction, .slash: .counted
    case .evidence, .createTask, .caseAction: .modelled
    }
  }

  /// What the figure is made of, in short.
  public var derivation: String {
    switch self {
    case .transaction: "Yellow Paper, appendix G"
    case .certificate: "the aggregate's pairing or the EIP-712 digest, and a task record of two fresh words"
    case .perSigner: "ecdsa: ecrecover and 65 bytes of calldata; none for aggregates"
    case .perNonSigner:
      "bn254: merkle proof of ten levels, key and weights as calldata, four fresh words of cache"
    case .evidence:
      "two signature checks, nine words read, a record of three fresh words: 114,622 with ecdsa"
    case .createTask: "a record of three fresh words and a counter: 95,136; a hash alone would be 47,220"
    case .stakeAction:
      "by action: deposit 130,000, delegate 100,000, queue 420,000, complete 150,000, undelegate 440,000, "
        + "register 190,000, deregister 90,000, allocate 210,000"
    case .caseAction:
      "veto 28,000 (Symbiotic's vetoSlash, measured), dispute 47,192 with ecdsa, taking sides 47,418 to 66,228"
    case .slash:
      "slashOperator for one strategy: 288,173 to 398,723; Symbiotic's executeSlash, measured: 285,654"
    }
  }
}
