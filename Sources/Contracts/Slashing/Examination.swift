// Evidence before the contract: what it proves, or why it is turned away. Reads the chain, changes nothing.

public import AVS
public import Basics

/// Somebody is said to have done something, and the contract has convinced itself of it.
public struct Accusation: Sendable, Equatable {
  public var service: ServiceID
  public var operatorNode: NodeID
  /// The operator's index in the service's operator set.
  public var member: Int
  public var offence: OffenceClass
  public var subject: CaseSubject
  /// When it happened: the task's due instant, the end of the liveness window.
  public var offenceAt: Instant
  /// How bad it is, a WAD: 10^18 except for liveness, where it is the share of duties missed.
  public var severityWad: UInt64 = 1_000_000_000_000_000_000
  /// The operator's weight in the operator set when it happened, and the set's.
  public var stake: UInt128
  public var totalStake: UInt128
  public var accuser: NodeID?
  public var evidence: Evidence?

  public init(
    service: ServiceID, operatorNode: NodeID, member: Int, offence: OffenceClass, subject: CaseSubject,
    offenceAt: Instant, stake: UInt128, totalStake: UInt128, accuser: NodeID? = nil, evidence: Evidence? = nil
  ) {
    self.service = service
    self.operatorNode = operatorNode
    self.member = member
    self.offence = offence
    self.subject = subject
    self.offenceAt = offenceAt
    self.stake = stake
    self.totalStake = totalStake
    self.accuser = accuser
    self.evidence = evidence
  }
}

/// The chain as an examiner sees it, at one block.
public struct Examination: Sendable {
  public var tasks: TaskBook
  public var services: [ServiceBook]
  public var ledger: RestakingLedger
  /// Account by node index; nil for nodes that are no operators.
  public var accounts: [AccountID?]
  public var isValid: @Sendable (SignedAttestation) -> Bool
  public var at: Instant
  public var block: BlockNumber
  /// A defect put in on purpose; nil: none.
  public var plant: PlantedDefect?

  public init(
    tasks: TaskBook, services: [ServiceBook], ledger: RestakingLedger, accounts: [AccountID?],
    isValid: @escaping @Sendable (SignedAttestation) -> Bool, at: Instant, block: BlockNumber,
    plant: PlantedDefect? = nil
  ) {
    self.plant = plant
    self.tasks = tasks
    self.services = services
    self.ledger = ledger
    self.accounts = accounts
    self.isValid = isValid
    self.at = at
    self.block = block
  }

  /// Examines evidence, in this order: does it show an offence; has the service a rule for it; are the tasks known; was
  /// the operator a member with stake at the reference block; is it inside the rule's window (age <= window); do the
  /// signatures verify; can the operator still be slashed. (That there is no case yet is for the court.)
  /// Changes nothing, whatever the answer. Errors, by kind of evidence: noOffence, noRule, unknownTask, noVerifiableFact, resultIsTrue,
  /// noCertificate, recordPruned, notMember, outsideWindow, invalidSignature, operatorNotSlashable.
  public func examine(_ evidence: Evidence, accuser: NodeID?) -> Result<[Accusation], EvidenceRefusal> {
    do throws(EvidenceRefusal) {
      var accusations: [Accusation]
      switch evidence {
      case .pair(let a, let b): accusations = [try pair(a, b)]
      case .single(let one): accusations = [try single(one)]
      case .certificate(let service, let task): accusations = try certificate(service, task)
      }
      for k in accusations.indices {
        accusations[k].accuser = accuser
        accusations[k].evidence = evidence
      }
      return .success(accusations)
    } catch {
      return .failure(error)
    }
  }

  /// Whether evidence that was accepted still shows what it showed, by what the chain knows now.
  public func stands(_ evidence: Evidence) -> Bool {
    switch evidence {
    case .pair(let a, let b):
      return Equivocation.judge(older: a.attestation, newer: b.attestation) != .notSlashable && isValid(a)
        && isValid(b)
    case .single(let one):
      guard let truth = tasks.record(one.attestation.task)?.truth else { return false }
      return truth != one.attestation.result && isValid(one)
    case .certificate(let service, let task):
      if services[service.index].rules.contains(where: { $0.evidence == .intersubjective }) { return true }
      guard let truth = tasks.record(task)?.truth, let record = tasks.certificate(task) else { return false }
      return truth != record.result
    }
  }

  /// The service that evidence speaks of; nil: there is no such service.
  public func service(of evidence: Evidence) -> ServiceID? {
    let id =
      switch evidence {
      case .pair(let a, _): a.attestation.service
      case .single(let one): one.attestation.service
      case .certificate(let service, _): service
      }
    return id.index < services.count ? id : nil
  }

  /// The tasks that evidence speaks of.
  public func tasks(of evidence: Evidence) -> [TaskID] {
    switch evidence {
    case .pair(let a, let b): [a.attestation.task, b.attestation.task]
    case .single(let one): [one.attestation.task]
    case .certificate(_, let task): [task]
    }
  }

  // MARK: - Kinds

  private func pair(_ a: SignedAttestation, _ b: SignedAttestation) throws(EvidenceRefusal) -> Accusation {
    let offence: OffenceClass
    switch Equivocation.judge(older: a.attestation, newer: b.attestation) {
    case .notSlashable: throw .noOffence
    case .doubleVote: offence = .equivocation
    case .surrounds, .surrounded: offence = .surround
    }
    let service = a.attestation.service
    let rule = try rule(service, offence)
    let first = try record(a.attestation.task, of: service)
    let second = try record(b.attestation.task, of: service)
    // The offence is committed with the later of the two.
    let later = (first.dueAt, first.task) < (second.dueAt, second.task) ? second : first
    let accusation = try accuse(a.attestation.operatorID, offence, later, rule)
    guard isValid(a), isValid(b) else { throw .invalidSignature }
    try requireSlashable(accusation)
    return accusation
  }

  private func single(_ one: SignedAttestation) throws(EvidenceRefusal) -> Accusation {
    let service = one.attestation.service
    // A canary's own answer was copied, where the service punishes that; else it is a wrong result like any other.
    let isBait = tasks.record(one.attestation.task)?.bait == one.attestation.result
    let isCopied =
      isBait && service.index < services.count && services[service.index].rule(for: .lazyCopy) != nil
    let offence: OffenceClass = isCopied ? .lazyCopy : .invalidResult
    let rule = try rule(service, offence)
    let record = try record(one.attestation.task, of: service)
    guard let truth = record.truth else { throw .noVerifiableFact(record.task) }
    guard truth != one.attestation.result else { throw .resultIsTrue }
    let accusation = try accuse(one.attestation.operatorID, offence, record, rule)
    guard isValid(one) else { throw .invalidSignature }
    try requireSlashable(accusation)
    return accusation
  }

  /// Whoever had stake and is not in the certificate is said to have kept its attestation to itself. No contract can tell who
  /// did: the holders do.
  private func withheld(
    _ service: ServiceID, _ task: TaskID, _ rule: SlashingRule
  ) throws(EvidenceRefusal) -> [Accusation] {
    let record = try record(task, of: service)
    guard let certificate = tasks.certificate(task) else { throw .noCertificate(task) }
    try requireWindow(record, rule)
    if certificate.signers.isEmpty { throw .recordPruned(task) }
    guard let table = services[service.index].stake.table(at: record.referenceBlock) else {
      throw .recordPruned(task)
    }
    var accusations: [Accusation] = []
    for member in table.weights.indices where table.weight(of: member) > 0 {
      let signed =
        member >> 6 < certificate.signers.count
        && certificate.signers[member >> 6] >> UInt64(member & 63) & 1 == 1
      guard !signed, let node = node(of: member, in: service) else { continue }
      let accusation = try accuse(node, .withholding, record, rule)
      if isSlashable(accusation) { accusations.append(accusation) }
    }
    if accusations.isEmpty { throw .noOffence }
    return accusations
  }

  private func certificate(_ service: ServiceID, _ task: TaskID) throws(EvidenceRefusal) -> [Accusation] {
    if service.index < services.count, let rule = services[service.index].rule(for: .withholding) {
      return try withheld(service, task, rule)
    }
    let rule = try rule(service, .wrongQuorum)
    let record = try record(task, of: service)
    guard let certificate = tasks.certificate(task) else { throw .noCertificate(task) }
    // Where the rule says that no contract can judge, none does: whoever challenges speaks for itself.
    if rule.evidence != .intersubjective {
      guard let truth = record.truth else { throw .noVerifiableFact(task) }
      guard truth != certificate.result else { throw .resultIsTrue }
    }
    try requireWindow(record, rule)
    if certificate.signers.isEmpty { throw .recordPruned(task) }
    var accusations: [Accusation] = []
    for (w, word) in certificate.signers.enumerated() {
      for bit in 0..<64 where word >> UInt64(bit) & 1 == 1 {
        guard let node = node(of: w * 64 + bit, in: service) else { continue }
        let accusation = try accuse(node, .wrongQuorum, record, rule)
        if isSlashable(accusation) { accusations.append(accusation) }
      }
    }
    if accusations.isEmpty, let node = node(of: firstBit(certificate.signers), in: service) {
      throw .operatorNotSlashable(node)
    }
    return accusations
  }

  // MARK: - Parts

  private func rule(_ service: ServiceID, _ offence: OffenceClass) throws(EvidenceRefusal) -> SlashingRule {
    guard service.index < services.count, let rule = services[service.index].rule(for: offence) else {
      throw .noRule(offence)
    }
    return rule
  }

  private func record(_ task: TaskID, of service: ServiceID) throws(EvidenceRefusal) -> TaskRecord {
    guard let record = tasks.record(task), record.service == service else { throw .unknownTask(task) }
    return record
  }

  private func requireWindow(_ record: TaskRecord, _ rule: SlashingRule) throws(EvidenceRefusal) {
    let age = at - record.dueAt
    if age > rule.window, plant != .staleEvidence { throw .outsideWindow(age: age, window: rule.window) }
  }

  private func accuse(
    _ node: NodeID, _ offence: OffenceClass, _ record: TaskRecord, _ rule: SlashingRule
  ) throws(EvidenceRefusal) -> Accusation {
    let book = services[record.service.index]
    guard node.index < accounts.count, let account = accounts[node.index],
      let member = ledger.memberIndex(account, in: book.set),
      let table = book.stake.table(at: record.referenceBlock), table.weight(of: member) > 0
    else { throw .notMember(node) }
    try requireWindow(record, rule)
    return Accusation(
      service: record.service, operatorNode: node, member: member, offence: offence,
      subject: .task(record.task),
      offenceAt: record.dueAt, stake: table.weight(of: member), totalStake: table.total)
  }

  /// Whether the service could slash the accused in this block.
  public func isSlashable(_ accusation: Accusation) -> Bool {
    guard let account = accounts[accusation.operatorNode.index] else { return false }
    return ledger.isSlashable(account, by: services[accusation.service.index].set, at: block)
  }

  private func requireSlashable(_ accusation: Accusation) throws(EvidenceRefusal) {
    if !isSlashable(accusation) { throw .operatorNotSlashable(accusation.operatorNode) }
  }

  private func firstBit(_ words: [UInt64]) -> Int {
    for (w, word) in words.enumerated() where word != 0 { return w * 64 + word.trailingZeroBitCount }
    return 0
  }

  private func node(of member: Int, in service: ServiceID) -> NodeID? {
    let set = services[service.index].set
    guard member < ledger.memberCount(of: set) else { return nil }
    let account = ledger.member(member, of: set)
    return accounts.firstIndex { $0 == account }.map { NodeID($0) }
  }
}
