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
    case .dispute, .veto, .join: return transaction + caseAction
    case .stake: return transaction + stakeAction
    }
  }
}
