// The calls of the `rewards` family, read from their arguments and made on the coordinator.

import BigInt
import Contracts
import Signatures

extension RewardsReplay {
  mutating func perform(_ step: VectorField) throws(MalformedVector) -> CallResult {
    do {
      return CallResult(values: try call(step))
    } catch let error as RewardsError {
      return .failed(error.name)
    } catch let error as MalformedVector {
      throw error
    } catch {
      preconditionFailure("an unexpected error: \(error)")
    }
  }

  private mutating func call(_ step: VectorField) throws -> [String: JSONValue] {
    let (op, args) = (try step["op"].text(), step["args"])
    if op == "checkClaim" {
      try coordinator.checkClaim(try claim(args["claim"]), at: now)
      return ["valid": .bool(true)]
    }
    let caller = try account(args["by"])
    if op.hasPrefix("create") { return try submit(op, args, caller) }
    switch op {
    case "submitRoot":
      try coordinator.submitRoot(
        try args["root"].hash(),
        calculationEnd: try args["rewardsCalculationEndTimestamp"].number(UInt32.self),
        by: caller, at: now)
    case "disableRoot":
      try coordinator.disableRoot(try args["rootIndex"].number(UInt32.self), by: caller, at: now)
    case "processClaim":
      try coordinator.processClaim(
        try claim(args["claim"]), to: try account(args["recipient"]), by: caller, at: now)
    case "setClaimerFor": coordinator.setClaimer(try account(args["claimer"]), by: caller)
    case "setClaimerForEarner":
      try coordinator.setClaimer(
        try account(args["claimer"]), for: try account(args["earner"]), by: caller, permissions, ledger)
    case "setOptInForProtocolFee":
      try coordinator.setOptInForProtocolFee(
        try account(args["submitter"]), try args["value"].bool(), by: caller, permissions)
    case "setOperatorAVSSplit":
      try coordinator.setAVSSplit(
        try bips(args), of: try account(args["operator"]), for: try account(args["avs"]), by: caller, at: now,
        permissions)
    case "setOperatorPISplit":
      try coordinator.setProgrammaticSplit(
        try bips(args), of: try account(args["operator"]), by: caller, at: now, permissions)
    case "setOperatorSetSplit":
      try coordinator.setOperatorSetSplit(
        try bips(args), of: try account(args["operator"]), for: try set(args["set"]), by: caller, at: now,
        permissions, ledger)
    default: try configure(op, step, caller)
    }
    return [:]
  }

  private func bips(_ args: VectorField) throws(MalformedVector) -> UInt16 {
    try args["split"].number(UInt16.self)
  }

  /// The owner's calls.
  private mutating func configure(_ op: String, _ step: VectorField, _ caller: AccountID) throws {
    let args = step["args"]
    switch op {
    case "setActivationDelay":
      try coordinator.setActivationDelay(try args["delay"].number(UInt32.self), by: caller)
    case "setDefaultOperatorSplit": try coordinator.setDefaultSplit(try bips(args), by: caller)
    case "setFeeRecipient": try coordinator.setFeeRecipient(try account(args["feeRecipient"]), by: caller)
    case "setRewardsUpdater": try coordinator.setUpdater(try account(args["updater"]), by: caller)
    case "setRewardsForAllSubmitter":
      try coordinator.setForAllSubmitter(
        try account(args["submitter"]), try args["value"].bool(), by: caller)
    default: throw step["op"].wrong("the README of the vectors lists the operations")
    }
  }

  // MARK: - Submissions

  private mutating func submit(
    _ op: String, _ args: VectorField, _ caller: AccountID
  ) throws -> [String: JSONValue] {
    let submission = try submission(args["submission"])
    let receipt: SubmissionReceipt
    switch op {
    case "createAVSRewardsSubmission":
      receipt = try coordinator.submitForAVS(submission, by: caller, at: now)
    case "createRewardsForAllSubmission", "createRewardsForAllEarners":
      receipt = try coordinator.submitForAll(
        submission, earnersOnly: op == "createRewardsForAllEarners", by: caller, at: now)
    case "createOperatorDirectedAVSRewardsSubmission":
      receipt = try coordinator.submitDirected(
        submission, avs: try account(args["avs"]), by: caller, at: now, permissions)
    case "createOperatorDirectedOperatorSetRewardsSubmission":
      receipt = try coordinator.submitDirected(
        submission, set: try set(args["set"]), avs: try avs(of: args["set"]), by: caller, at: now,
        permissions,
        ledger)
    case "createUniqueStakeRewardsSubmission", "createTotalStakeRewardsSubmission":
      receipt = try coordinator.submitByStake(
        submission, unique: op == "createUniqueStakeRewardsSubmission", for: try set(args["set"]),
        avs: try avs(of: args["set"]), by: caller, at: now, permissions, ledger)
    default: throw MalformedVector(place: args.place, reason: "there is no operation \(op)")
    }
    var created: [String: JSONValue] = [
      "event": .string(receipt.kind.event), "hash": .string(receipt.hash.description),
    ]
    if receipt.operatorAmounts.isEmpty {
      created["amountAfterFee"] = .amount(receipt.amount)
    } else {
      created["operatorAmountsAfterFee"] = .array(receipt.operatorAmounts.map { .amount($0) })
    }
    return ["created": .array([.object(created)])]
  }

  private func submission(_ field: VectorField) throws(MalformedVector) -> RewardSubmission {
    var weights: [StrategyMultiplier] = []
    for one in try field["strategiesAndMultipliers"].items() {
      weights.append(
        StrategyMultiplier(
          strategy: try strategy(one["strategy"]), multiplier: try one["multiplier"].amount()))
    }
    var amount: RewardSubmission.Amount
    if let listed = field["operatorRewards"].ifPresent {
      var rewards: [OperatorReward] = []
      for one in try listed.items() {
        rewards.append(
          OperatorReward(account: try account(one["operator"]), amount: try one["amount"].integer()))
      }
      amount = .operators(rewards, description: try field["description"].text())
    } else {
      amount = .pool(try field["amount"].integer())
    }
    return RewardSubmission(
      strategies: weights, token: try token(field["token"]), amount: amount,
      start: try field["startTimestamp"].number(UInt32.self),
      duration: try field["duration"].number(UInt32.self))
  }

  // MARK: - Claims

  private func claim(_ field: VectorField) throws(MalformedVector) -> RewardClaim {
    var indices: [UInt32] = []
    var proofs: [[UInt8]] = []
    var leaves: [RewardClaim.TokenLeaf] = []
    for one in try field["tokenIndices"].items() { indices.append(try one.number(UInt32.self)) }
    for one in try field["tokenTreeProofs"].items() { proofs.append(try one.bytes()) }
    for one in try field["tokenLeaves"].items() {
      leaves.append(
        RewardClaim.TokenLeaf(
          token: try token(one["token"]), cumulativeEarnings: try one["cumulativeEarnings"].integer()))
    }
    return RewardClaim(
      rootIndex: try field["rootIndex"].number(UInt32.self),
      earnerIndex: try field["earnerIndex"].number(UInt32.self),
      earnerProof: try field["earnerTreeProof"].bytes(), earner: try account(field["earnerLeaf"]["earner"]),
      earnerTokenRoot: try field["earnerLeaf"]["earnerTokenRoot"].hash(), tokenIndices: indices,
      tokenProofs: proofs, tokenLeaves: leaves)
  }
}
