// What a service punishes, how it wants it proved, and what it costs: rules as data. Nothing here acts; `Court` reads it.

public import AVS
public import Basics

/// How an offence is brought before the contract.
public enum EvidenceKind: String, Sendable, CaseIterable, Codable {
  /// Two signed attestations that contradict each other (equivocation, surround). Objective.
  case twoAttestations = "two_attestations"
  /// One signed attestation against a fact that the chain can verify (invalid result; lazy copy: a canary's bait).
  /// Objective.
  case attestationAgainstFact = "attestation_against_fact"
  /// A certificate on chain against a fact that the chain can verify; its signers are accused (wrong quorum).
  case certificateAgainstFact = "certificate_against_fact"
  /// A certificate on chain that its challenger calls wrong, where the chain knows no fact (wrong quorum), or of whose task it
  /// says that who is not in it kept its attestation to itself (withholding): a bond is put at risk and the holders take
  /// sides. See `Fork`.
  case intersubjective
  /// The chain's own record of who signed which certificate (liveness over a window, late for each task). Nobody submits
  /// it.
  case chainRecord = "chain_record"
  /// Evidence that was refused because a signature in it does not verify (forged evidence) or because it shows nothing
  /// (griefing); its sender is accused.
  case refusedEvidence = "refused_evidence"
}

/// The share of the operator's allocation to the service that a case takes.
public enum Penalty: Sendable, Equatable {
  /// This share, WAD = all of it.
  case fixed(wad: UInt64)
  /// `maximum` times the measured severity: for liveness the share of duties missed, 1 for every other class.
  case proportional(maximumWad: UInt64)
  /// min(1, max(base, multiplier * s)): s is the share of the operator set's stake guilty of the same class within
  /// `window` before and after the offence. Shaped on Ethereum's correlation penalty (multiplier 3, about 36 days).
  case correlated(baseWad: UInt64, multiplier: UInt64, window: TimeSpan)
}

/// Where slashed stake goes.
public enum SlashRecipient: Sendable, Hashable {
  case burn
  /// To the named account. A redistributing operator set cannot contain native ETH.
  case redistribute(String)
}

/// One rule of one service.
public struct SlashingRule: Sendable, Equatable {
  /// Somebody who may cancel a case, and until when.
  public struct Veto: Sendable, Equatable {
    /// The participant that resolves; nobody else's veto counts.
    public var resolver: NodeID
    /// Length of the veto window, which follows the dispute window.
    public var window: TimeSpan
    /// A resolver of good will vetoes a case when cases of its class, together and within the veto window's length, accuse
    /// at least this share of the set's stake, in bips: so much at once is taken for a common cause. Nil: never.
    public var massBips: UInt64?
    /// Whether a resolver of good will looks at each case with what it has: the evidence and what is known by now, and the
    /// attestations that it heard. If not, it judges by mass alone.
    public var examines: Bool
    public init(resolver: NodeID, window: TimeSpan, massBips: UInt64? = nil, examines: Bool = true) {
      self.examines = examines
      self.resolver = resolver
      self.window = window
      self.massBips = massBips
    }
  }

  public var offence: OffenceClass
  public var evidence: EvidenceKind
  /// Evidence counts until this long after the task fell due, inclusive. Liveness: the length of the measured window.
  public var window: TimeSpan
  /// Liveness: the share of duties that may be missed, in bips; more is an offence. Zero elsewhere.
  public var thresholdBips: UInt64
  /// Liveness: a breach counts only if the operator is still in breach in a window that ends at least this long after
  /// the window in which the breach began. Zero: the first breach counts.
  public var grace: TimeSpan
  /// Liveness: misses count only if the others made progress. Only certified tasks count then, and only when the other
  /// operators together signed at least this share of their stake over the window, in bips. Nil: no guard; every task
  /// of the window counts, and one that was never certified counts as missed by all.
  public var guardShareBips: UInt64?
  public var penalty: Penalty
  /// Time for disputes after a case is opened.
  public var dispute: TimeSpan
  public var veto: Veto?
  /// Intersubjective evidence: when a fork is the only token. The dispute window is the time for taking sides.
  public var fork: ForkTerms?
  /// Where what this rule takes from the service's operator set goes; nil: where the service sends all of it.
  ///
  /// EigenLayer fixes one recipient for a set at its creation. A service with rules that differ has a contract of its own as
  /// that recipient, which passes each slash on by its id in the transaction that releases it, to an account or to the
  /// burn address. So a set in which one rule redistributes is a redistributing set, which admits no native ETH, even for its
  /// rules that burn. Vaults have a recipient of their own, whatever the rule.
  public var recipient: SlashRecipient?

  public init(
    offence: OffenceClass, evidence: EvidenceKind, window: TimeSpan, thresholdBips: UInt64 = 0,
    grace: TimeSpan = .zero,
    guardShareBips: UInt64? = nil, penalty: Penalty, dispute: TimeSpan = .zero, veto: Veto? = nil,
    fork: ForkTerms? = nil, recipient: SlashRecipient? = nil
  ) {
    self.recipient = recipient
    self.fork = fork
    self.offence = offence
    self.evidence = evidence
    self.window = window
    self.thresholdBips = thresholdBips
    self.grace = grace
    self.guardShareBips = guardShareBips
    self.penalty = penalty
    self.dispute = dispute
    self.veto = veto
  }

  /// The kind of evidence that proves `offence`; nil where nothing on chain can (the class is refused in a rule).
  public static func evidence(for offence: OffenceClass) -> EvidenceKind? {
    switch offence {
    case .equivocation, .surround: .twoAttestations
    case .invalidResult, .lazyCopy: .attestationAgainstFact
    case .wrongQuorum: .certificateAgainstFact
    case .liveness, .late: .chainRecord
    case .forgedEvidence, .griefing: .refusedEvidence
    case .withholding: .intersubjective
    case .vetoAbuse, .maliciousService: nil
    }
  }

  /// What is wrong with this rule; empty when nothing is. A key that would be ignored is a mistake too.
  public func validate() -> [String] {
    var mistakes: [String] = []
    guard let proof = Self.evidence(for: offence) else {
      return ["offence: \(offence.rawValue) leaves nothing that a contract can check; no rule can name it"]
    }
    if evidence == .intersubjective, offence == .wrongQuorum || offence == .withholding {
      mistakes += validateFork()
    } else if evidence != proof {
      mistakes.append(
        "evidence: \(offence.rawValue) is proved by \(proof.rawValue), not by \(evidence.rawValue)")
    }
    if evidence != .intersubjective, fork != nil {
      mistakes.append("fork: has a meaning with intersubjective evidence only")
    }
    if window == .zero { mistakes.append("window: 0s admits no evidence") }
    if offence != .liveness {
      if thresholdBips != 0 { mistakes.append("threshold: has a meaning for liveness only") }
      if grace != .zero { mistakes.append("grace: has a meaning for liveness only") }
      if guardShareBips != nil, offence != .late {
        mistakes.append("guard: has a meaning for liveness and late only")
      }
    } else {
      if thresholdBips >= 10_000 { mistakes.append("threshold: \(thresholdBips) bips can never be exceeded") }
    }
    if let share = guardShareBips, share > 10_000 { mistakes.append("guard: \(share) bips is above 10000") }
    let wad: UInt64 = 1_000_000_000_000_000_000
    switch penalty {
    case .fixed(let share), .proportional(let share):
      if share == 0 || share > wad { mistakes.append("penalty: \(share) is not in 1 ... 10^18") }
    case .correlated(let base, let multiplier, let window):
      if base > wad { mistakes.append("penalty: base \(base) is above 10^18") }
      if base == 0 && multiplier == 0 { mistakes.append("penalty: base and multiplier are both zero") }
      if window == .zero { mistakes.append("penalty: a correlation window of 0s sees only the case itself") }
    }
    if let veto, veto.window == .zero { mistakes.append("veto: a window of 0s admits no veto") }
    return mistakes
  }

  private func validateFork() -> [String] {
    var mistakes: [String] = []
    guard let fork else {
      return ["fork: intersubjective evidence needs the share that makes one token the only one"]
    }
    if fork.cohesionBips <= 5_000 || fork.cohesionBips > 10_000 {
      mistakes.append("fork: cohesion of \(fork.cohesionBips) bips is not above 5000 and at most 10000")
    }
    if dispute == .zero { mistakes.append("dispute: in 0s nobody can take a side") }
    if veto != nil { mistakes.append("veto: the holders decide, not a resolver") }
    guard case .fixed = penalty else {
      mistakes.append("penalty: a fork takes a fixed share")
      return mistakes
    }
    return mistakes
  }
}
