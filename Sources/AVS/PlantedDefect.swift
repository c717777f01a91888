// Deliberate defects, one at a time, behind a switch of the configuration that is off: what the checkers must find, so
// that they are known to look. A switch is asked only where something rare happens (a certificate, a case, a restart),
// never on the path of a message. No scenario file can name one; `--plant NAME` and tests can.

/// What is wrong on purpose.
public enum PlantedDefect: String, CaseIterable, Sendable, Codable {
  /// The liveness rule does not ask whether the others made progress.
  case unguardedLiveness = "unguarded-liveness"
  /// The first breach of the liveness rule counts, whatever its grace.
  case graceIgnored = "grace-ignored"
  /// A task that falls due at the beginning of a liveness window is counted in the window before it.
  case windowOffByOne = "window-off-by-one"
  /// Duties are charged to members that have no stake at the reference block.
  case nonMembersCounted = "nonmembers-counted"
  /// A case is known by operator and class alone: evidence about another task is taken for a duplicate.
  case evidenceUnbound = "evidence-unbound"
  /// A case that ended is forgotten, so that a second watcher's evidence opens it again: slashed twice.
  case caseReopened = "case-reopened"
  /// Cases are executed without waiting for the dispute window.
  case disputeSkipped = "dispute-skipped"
  /// Evidence is accepted however old it is.
  case staleEvidence = "stale-evidence"
  /// The signers of a certificate are weighed at the newest block instead of the reference block.
  case quorumAtHead = "quorum-at-head"
  /// Certificates are accepted for three blocks longer than the service says.
  case lateCertificate = "late-certificate"
  /// The slashed magnitude is rounded down, towards the operator.
  case roundingForOperator = "rounding-for-operator"
  /// Slashed stake is neither burned nor paid out.
  case slashUnburned = "slash-unburned"
  /// Slashed stake goes to the service that slashed instead of the recipient that its rule names.
  case slashMisdirected = "slash-misdirected"
  /// Members are paid for duties whether or not they fulfilled them.
  case absentRewarded = "absent-rewarded"
  /// An operator that lost its state forgets what it signed, and signs another result after its restart.
  case restartForgets = "restart-forgets"
  /// An aggregator tallies an attestation as often as it hears it.
  case talliedTwice = "tallied-twice"
  /// A certificate names every member as a signer.
  case absentSigners = "absent-signers"
  /// A restarted node joins none of its topics.
  case restartJoinsNothing = "restart-joins-nothing"
  /// A node's queue of work has no bound.
  case queueUnbounded = "queue-unbounded"
  /// The peers of a node that ends do not notice, and keep it in their meshes.
  case restartUnheard = "restart-unheard"
}
