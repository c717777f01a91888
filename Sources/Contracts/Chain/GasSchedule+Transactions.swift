// The gas of a whole transaction.

extension GasSchedule {
  /// Gas that `body` uses; `members` is the size of the operator set of a certificate.
  public func gas(of body: Transaction.Body, members: Int = 0) -> UInt64 {
    switch body {
    case .createTask: return transaction + createTask
    case .certificate(let certificate):
      let signers = certificate.signers.reduce(0) { $0 + $1.nonzeroBitCount }
      let absent = max(members - signers, 0)
      return transaction + self.certificate + certificatePerSigner * UInt64(signers)
        + certificatePerNonSigner * UInt64(absent)
    case .evidence: return transaction + evidence
    case .dispute: return transaction + dispute
    case .veto: return transaction + veto
    case .join: return transaction + join
    case .stake(let action): return transaction + gas(of: action)
    }
  }

  /// Gas of what `action` does, without the transaction's own: its count in `GasSchedule.Counts`, rounded to 10,000; or the one
  /// figure that the scenario wants for all.
  public func gas(of action: StakeAction) -> UInt64 {
    if let stakeAction { return stakeAction }
    switch action {
    case .register: return 190_000
    case .deregister: return 90_000
    case .allocate: return 210_000
    case .deposit: return 130_000
    case .delegate: return 100_000
    case .undelegate: return 440_000
    case .queueWithdrawal: return 420_000
    case .completeWithdrawal: return completeWithdrawal
    }
  }

  /// Gas of completing a withdrawal as tokens, which whoever waits for it does without being told.
  public var completeWithdrawal: UInt64 { stakeAction ?? 150_000 }
}
