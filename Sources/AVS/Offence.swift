// What an operator or another role can do wrong. The closed list of INTERFACE.md; what each costs is a rule of the
// service (Contracts/Slashing), not code.

/// A class of misbehaviour. Raw values are the names in scenario files, `summary.json` and `run.sqlite`.
public enum OffenceClass: String, CaseIterable, Sendable, Codable {
  /// Two different payloads signed for one (service, task).
  case equivocation
  /// Source and target epochs of two checkpoint votes nest strictly.
  case surround
  /// The signed result contradicts a verifiable fact.
  case invalidResult = "invalid_result"
  /// The certified result differs from the truth; its signers are guilty.
  case wrongQuorum = "wrong_quorum"
  /// Signed without doing the work.
  case lazyCopy = "lazy_copy"
  /// Received and did not sign or forward, by choice.
  case withholding
  /// Attested after the deadline.
  case late
  /// Missed too many attestations within the rule's window.
  case liveness
  /// Accused somebody with evidence that does not verify.
  case forgedEvidence = "forged_evidence"
  /// Frivolous challenges.
  case griefing
  /// A resolver cancelled a valid slash.
  case vetoAbuse = "veto_abuse"
  /// A service slashed without cause.
  case maliciousService = "malicious_service"
}

/// How two votes of one operator for one service relate, judged from their content alone.
///
/// Source: Casper FFG's two conditions; Lighthouse `slasher/src/lib.rs` for the shape of the verdict.
public enum Equivocation: Sendable, Equatable {
  case notSlashable
  /// Same task, different content.
  case doubleVote
  /// The newer vote's span strictly encloses the older one's.
  case surrounds
  /// The newer vote's span lies strictly inside the older one's.
  case surrounded

  /// Judges `newer` against `older`. Votes of different operators or services are never slashable together.
  public static func judge(older: Attestation, newer: Attestation) -> Equivocation {
    guard older.operatorID == newer.operatorID, older.service == newer.service else { return .notSlashable }
    if older.task == newer.task {
      return older.content == newer.content ? .notSlashable : .doubleVote
    }
    guard older.target != 0, newer.target != 0 else { return .notSlashable }
    if newer.source < older.source && older.target < newer.target { return .surrounds }
    if older.source < newer.source && newer.target < older.target { return .surrounded }
    return .notSlashable
  }
}
