// What an included transaction does.

import AVS
import Basics
import Contracts

extension CoordinatorState {
  /// Runs one transaction and tells how it went. A refused one uses its gas and changes nothing else; but evidence with a
  /// forged signature may open a case against its sender.
  mutating func execute(
    _ pending: PendingTransaction, _ space: BlockSpace, at: Instant, block: BlockNumber,
    _ facts: inout [CoordinatorFact]
  ) {
    let transaction = pending.transaction
    var consequences: [CoordinatorFact] = []
    var refusal: TransactionRefusal?
    do throws(TransactionRefusal) {
      switch transaction.body {
      case .createTask(let record): try open(record, at: at)
      case .certificate(let certificate):
        try accept(certificate, pending.id, at: at, block: block, &consequences)
      case .evidence(let evidence):
        try examine(evidence, pending, at: at, block: block, &consequences)
      case .dispute(let id): try dispute(id, at: at, block: block, &consequences)
      case .veto(let id): try veto(id, by: transaction.sender, at: at, &consequences)
      case .join(let service, let task):
        try join(service, task, by: transaction.sender, at: at, &consequences)
      case .stake(let action): try perform(action, transaction.sender, at: at, block: block, &consequences)
      }
    } catch {
      refusal = error
    }
    var evidence: Evidence?
    if case .evidence(let brought) = transaction.body { evidence = brought }
    var submitted: Certificate?
    if case .certificate(let certificate) = transaction.body { submitted = certificate }
    facts.append(
      .included(
        InclusionFact(
          transaction: pending.id, kind: transaction.kind, sender: transaction.sender,
          submittedAt: pending.submittedAt, at: at, block: block, gas: pending.gas,
          feeWei: space.market.map {
            UInt128(pending.gas) * (UInt128($0.baseFee) + UInt128(space.tip(of: transaction) ?? 0))
          } ?? 0, evidence: evidence, certificate: submitted, refusal: refusal)))
    if case .certificate(let why) = refusal, case .certificate(let certificate) = transaction.body {
      facts.append(.certificateRefused(pending.id, certificate.service, certificate.task, why, at: at))
    }
    if case .evidence(let why) = refusal {
      facts.append(.evidenceRefused(pending.id, sender: transaction.sender, why, at: at))
    }
    facts += consequences
    if case .stake = transaction.body {
      checkStake(at: at, block: block, &facts)
    } else {
      for finding in conservation.checkTokens(ledger) { facts.append(.checkBroken(finding, at: at)) }
    }
  }

  // MARK: - Tasks and certificates

  mutating func open(_ record: TaskRecord, at: Instant) throws(TransactionRefusal) {
    let chain = configuration.chain
    guard record.service.index < services.count, record.referenceBlock >= chain.startBlock,
      record.referenceBlock <= chain.block(at: at), record.deadline >= record.dueAt
    else { throw .invalidTask(record.task) }
    var expiry = record.deadline + services[record.service.index].certificateWindow
    if configuration.plant == .lateCertificate { expiry = expiry + chain.blockTime * 3 }
    guard tasks.open(record, expiry: expiry) else { throw .invalidTask(record.task) }
    // A certificate in a block at the expiry itself still counts.
    agenda.add(.taskExpiry(record.task), at: expiry + TimeSpan(nanoseconds: 1))
    if let end = services[record.service.index].expect(record, expiry: expiry) {
      agenda.add(.livenessWindows(record.service), at: end)
    }
  }

  private mutating func accept(
    _ certificate: Certificate, _ id: TransactionID, at: Instant, block: BlockNumber,
    _ facts: inout [CoordinatorFact]
  ) throws(TransactionRefusal) {
    guard certificate.service.index < services.count else {
      throw .certificate(.unknownTask(certificate.task))
    }
    let index = certificate.service.index
    let checked = tasks.verify(
      certificate, stake: services[index].stake, quorumBips: services[index].quorumBips, at: at,
      plant: configuration.plant)
    let verdict: TaskBook.Verdict
    switch checked {
    case .failure(let why): throw .certificate(why)
    case .success(let good): verdict = good
    }
    if configuration.verifiesSignatures { try checkSignatures(certificate, signers: verdict.signers) }
    guard let record = tasks.record(certificate.task),
      let table = services[index].stake.table(at: record.referenceBlock)
    else { preconditionFailure("a verified certificate without task") }
    tasks.accept(certificate, at: at, block: block)
    keepSigners(of: record, at: at)
    enter(record, table, signers: certificate.signers, signed: verdict.signed, at: at, block: block, &facts)
    judgeLateness(
      record, table, signers: certificate.signers, signed: verdict.signed, at: at, block: block, &facts)
    facts.append(
      .certificateAccepted(
        CertificateFact(
          transaction: id, service: certificate.service, task: certificate.task, result: certificate.result,
          signedStake: verdict.signed, totalStake: verdict.total, signers: verdict.signers, at: at,
          block: block, signerBits: certificate.signers)))
  }

  /// Refuses a certificate with a bit behind which no signature of that member over this result stands. Changes nothing. Cost: a
  /// verification of the scheme a signer.
  private func checkSignatures(_ certificate: Certificate, signers: Int) throws(TransactionRefusal) {
    guard certificate.attestations.count == signers else {
      throw .certificate(
        .wrongAttestationCount(found: certificate.attestations.count, signers: signers))
    }
    let set = services[certificate.service.index].set
    let members = certificate.signers.indices.lazy.flatMap { word in
      (word * 64..<word * 64 + 64).lazy.filter { certificate.signers[word] >> UInt64($0 % 64) & 1 == 1 }
    }
    for (member, signed) in zip(members, certificate.attestations) {
      let attestation = signed.attestation
      guard attestation.service == certificate.service, attestation.task == certificate.task,
        attestation.result == certificate.result,
        attestation.operatorID == nodes[ledger.member(member, of: set).index], isValid(signed)
      else { throw .certificate(.invalidSignature(member)) }
    }
  }

  /// Keeps a certificate's signers for as long as a rule can ask for them, and drops those of old ones.
  private mutating func keepSigners(of record: TaskRecord, at: Instant) {
    let index = record.service.index
    guard let rule = services[index].rule(for: .wrongQuorum) ?? services[index].rule(for: .withholding) else {
      tasks.pruneSigners(record.task)
      return
    }
    signerRecords[index].tasks.append(record.task)
    while signerRecords[index].head < signerRecords[index].tasks.count {
      let oldest = signerRecords[index].tasks[signerRecords[index].head]
      guard let old = tasks.record(oldest), at - old.dueAt > rule.window else { break }
      tasks.pruneSigners(oldest)
      signerRecords[index].head += 1
    }
  }

  mutating func expire(
    _ task: TaskID, settledAt: Instant, at: Instant, block: BlockNumber, _ facts: inout [CoordinatorFact]
  ) {
    guard tasks.expire(task), let record = tasks.record(task) else { return }
    facts.append(.taskExpired(record.service, task, at: at))
    let table = services[record.service.index].stake.table(at: record.referenceBlock)
    enter(
      record, table ?? StakeTable(emptySince: record.referenceBlock), signers: nil, signed: 0,
      settledAt: settledAt, at: at, block: block, &facts)
  }

  /// Enters a task's outcome with the service's duty records and puts what follows on the agenda.
  private mutating func enter(
    _ task: TaskRecord, _ table: StakeTable, signers: [UInt64]?, signed: UInt128,
    settledAt: Instant? = nil, at: Instant, block: BlockNumber, _ facts: inout [CoordinatorFact]
  ) {
    let service = task.service
    // A block at the very end of an epoch may settle a task, which belongs to the next one, before it comes to the epoch.
    if let epoch = services[service.index].epoch,
      Instant.zero + configuration.rewardEpoch * (epoch + 1) <= settledAt ?? at
    {
      closeEpoch(service, at: at, block: block, &facts)
    }
    let entered = services[service.index].enter(
      task, table, signers: signers, signed: signed, at: at, settledAt: settledAt,
      epochLength: configuration.rewardEpoch)
    if entered.isWindowComplete { agenda.add(.livenessWindows(service), at: at) }
    if let end = entered.epochEnd { agenda.add(.epoch(service), at: end) }
  }

  // MARK: - Stake

  private mutating func perform(
    _ action: StakeAction, _ sender: NodeID, at: Instant, block: BlockNumber, _ facts: inout [CoordinatorFact]
  ) throws(TransactionRefusal) {
    switch action {
    case .register(let service):
      let (account, set) = try operatorAndSet(sender, service)
      try stake { (ledger) throws(RestakingError) in try ledger.register(account, in: set, at: block) }
      changedSets[set.index] = true
    case .deregister(let service):
      let (account, set) = try operatorAndSet(sender, service)
      try stake { (ledger) throws(RestakingError) in
        try ledger.deregister(account, from: set, by: account, at: block)
      }
      changedSets[set.index] = true
    case .allocate(let service, let strategy, let magnitude):
      let (account, set) = try operatorAndSet(sender, service)
      let change = AllocationChange(set: set, strategy: strategy, magnitude: magnitude)
      try stake { (ledger) throws(RestakingError) in
        try ledger.modifyAllocations(account, [change], at: block)
      }
      changedSets[set.index] = true
      let effect = ledger.allocation(account, set, strategy, at: block).effectBlock
      if effect > block { agenda.add(.stakeChange(set), at: configuration.chain.instant(of: effect)) }
    case .deposit, .delegate, .undelegate, .queueWithdrawal, .completeWithdrawal:
      try performStaker(action, at: at, block: block, &facts)
    }
  }

  private mutating func performStaker(
    _ action: StakeAction, at: Instant, block: BlockNumber, _ facts: inout [CoordinatorFact]
  ) throws(TransactionRefusal) {
    switch action {
    case .register, .deregister, .allocate: preconditionFailure("an operator's action")
    case .deposit(let staker, let strategy, let amount):
      try requirePerson(staker)
      do throws(RestakingError) { try deposit(staker, strategy, amount, at: block) } catch {
        throw .stake(error)
      }
      markChanged(ledger.accounts[staker.index].delegatedTo)
    case .delegate(let staker, let node):
      try requirePerson(staker)
      guard let target = account(of: node) else { throw .notAnOperator(node) }
      try stake { (ledger) throws(RestakingError) in try ledger.delegate(staker, to: target, at: block) }
      markChanged(target)
    case .undelegate(let staker):
      try requirePerson(staker)
      let before = ledger.accounts[staker.index].delegatedTo
      var queued: [WithdrawalID] = []
      try stake { (ledger) throws(RestakingError) in
        queued = try ledger.undelegate(staker, by: staker, at: block)
      }
      for id in queued { follow(id, at: at, &facts) }
      markChanged(before)
    case .queueWithdrawal(let staker, let strategy, let shares):
      try requirePerson(staker)
      guard strategy.index < ledger.strategies.count else { throw .stake(.invalidStrategy) }
      var queued: WithdrawalID?
      try stake { (ledger) throws(RestakingError) in
        queued = try ledger.queueWithdrawal(staker, [strategy], depositShares: [shares], at: block)
      }
      if let queued { follow(queued, at: at, &facts) }
      markChanged(ledger.accounts[staker.index].delegatedTo)
    case .completeWithdrawal(let staker, let id, let asTokens):
      try requirePerson(staker)
      try complete(id, by: staker, asTokens: asTokens, at: at, block: block, &facts)
    }
  }

  private func operatorAndSet(
    _ sender: NodeID, _ service: ServiceID
  ) throws(TransactionRefusal) -> (AccountID, OperatorSetID) {
    guard let account = account(of: sender) else { throw .notAnOperator(sender) }
    guard service.index < services.count else { throw .stake(.invalidOperatorSet) }
    return (account, services[service.index].set)
  }

  private func requirePerson(_ account: AccountID) throws(TransactionRefusal) {
    guard account.index < ledger.accounts.count else { throw .stake(.invalidCaller) }
  }

  private mutating func stake(
    _ body: (inout RestakingLedger) throws(RestakingError) -> Void
  ) throws(TransactionRefusal) {
    do throws(RestakingError) {
      try body(&ledger)
      conservation.recordOperation()
    } catch {
      throw .stake(error)
    }
  }

  // MARK: - Withdrawals

  mutating func follow(_ id: WithdrawalID, at: Instant, _ facts: inout [CoordinatorFact]) {
    let withdrawal = ledger.withdrawals[id.index]
    facts.append(.withdrawalQueued(id, withdrawal.staker, at: at))
    guard configuration.completesWithdrawals else { return }
    agenda.add(.withdrawal(id), at: configuration.chain.instant(of: ledger.completable(id)))
  }

  private mutating func complete(
    _ id: WithdrawalID, by staker: AccountID, asTokens: Bool, at: Instant, block: BlockNumber,
    _ facts: inout [CoordinatorFact]
  ) throws(TransactionRefusal) {
    var paid: [UInt128] = []
    try stake { (ledger) throws(RestakingError) in
      paid = try ledger.completeWithdrawal(id, by: staker, asTokens: asTokens, at: block)
    }
    for (strategy, amount) in zip(ledger.withdrawals[id.index].strategies, paid) {
      conservation.recordWithdrawal(amount, strategy)
    }
    if !asTokens { markChanged(ledger.accounts[staker.index].delegatedTo) }
    facts.append(.withdrawalCompleted(id, staker, at: at))
  }

  /// A staker completes its withdrawal as soon as it can.
  mutating func completeDue(
    _ id: WithdrawalID, at: Instant, block: BlockNumber, _ facts: inout [CoordinatorFact]
  ) -> UInt64 {
    guard ledger.withdrawals[id.index].isPending else { return 0 }
    let staker = ledger.withdrawals[id.index].staker
    do throws(TransactionRefusal) {
      try complete(
        id, by: staker, asTokens: !redelegated.contains(id), at: at, block: block, &facts)
    } catch {
      facts.append(
        .checkBroken(
          Finding(
            check: "withdrawal.completes", detail: "withdrawal \(id.rawValue) of \(staker.rawValue): \(error)"
          ),
          at: at))
    }
    checkStake(at: at, block: block, &facts)
    return configuration.gas.transaction + configuration.gas.completeWithdrawal
  }
}
