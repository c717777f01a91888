// A small chain to tell stories with: some operators, some services, and a way to say what happens next.

import AVS
import Basics
import Contracts
import Participants
import Signatures

let ether: UInt128 = 1_000_000_000_000_000_000
let half: UInt64 = 500_000_000_000_000_000
let whole: UInt64 = 1_000_000_000_000_000_000

/// The true result of every task of the kit, and a false one.
let truth = Digest(7, 7, 7, 7)
let lie = Digest(6, 6, 6, 6)

/// A chain with its facts.
struct Story {
  var coordinator: Coordinator
  var facts: [CoordinatorFact] = []
  var nextTask: UInt32 = 0

  init(_ configuration: CoordinatorConfiguration) throws {
    coordinator = try Coordinator(configuration) {
      $0.signature.words[0] == UInt64($0.attestation.operatorID.rawValue) + 1
    }
  }

  mutating func run(to instant: Instant) { coordinator.advance(to: instant, facts: &facts) }

  /// Goes from event to event until nothing can change any more, or `limit`. Returns how many events there were.
  @discardableResult mutating func settle(until limit: Instant) -> Int {
    var events = 0
    while let next = coordinator.nextEvent, next <= limit {
      run(to: next)
      events += 1
    }
    run(to: limit)
    return events
  }

  /// A task that falls due now.
  mutating func task(_ service: Int, at: Instant, response: TimeSpan = .seconds(8)) throws -> TaskID {
    let id = TaskID(nextTask)
    nextTask += 1
    run(to: at)
    try coordinator.announce(
      TaskRecord(
        task: id, service: ServiceID(service), dueAt: at, deadline: at + response,
        referenceBlock: coordinator.headBlock, truth: truth), at: at)
    return id
  }

  /// Submits a certificate signed by these member indices.
  mutating func certify(_ service: Int, _ task: TaskID, signers: [Int], result: Digest = truth, at: Instant) {
    run(to: at)
    var words = [UInt64](repeating: 0, count: 4)
    for one in signers { words[one / 64] |= 1 << UInt64(one % 64) }
    coordinator.submit(
      Transaction(
        sender: NodeID(0),
        body: .certificate(
          Certificate(service: ServiceID(service), task: task, result: result, signers: words))),
      at: at)
  }

  mutating func send(_ body: Transaction.Body, from node: Int = 99, tip: UInt64 = 1, at: Instant) {
    run(to: at)
    coordinator.submit(Transaction(sender: NodeID(node), tip: tip, body: body), at: at)
  }

  /// A fault of the chain begins.
  mutating func begin(_ fault: ChainFault, id: UInt32, at: Instant, until: Instant? = nil) {
    coordinator.begin(fault, id: id, at: at, until: until, facts: &facts)
  }

  var slashes: [SlashFact] {
    facts.compactMap { if case .slashExecuted(let fact) = $0 { fact } else { nil } }
  }
  var opened: [CaseFact] { facts.compactMap { if case .caseOpened(let fact) = $0 { fact } else { nil } } }
  var broken: [CoordinatorFact] { facts.filter { if case .checkBroken = $0 { true } else { false } } }
  var accepted: [CertificateFact] {
    facts.compactMap { if case .certificateAccepted(let fact) = $0 { fact } else { nil } }
  }
  var refusals: [TransactionRefusal] {
    facts.compactMap { if case .included(let fact) = $0 { fact.refusal } else { nil } }
  }
  var epochs: [EpochFact] { facts.compactMap { if case .epochEnded(let fact) = $0 { fact } else { nil } } }
}

/// A signed attestation of the kit.
func attest(
  _ node: Int, _ service: Int, _ task: TaskID, _ result: Digest = truth, source: UInt32 = 0,
  target: UInt32 = 0,
  forged: Bool = false
) -> SignedAttestation {
  var signature = Signature()
  signature.words[0] = forged ? 0 : UInt64(node) + 1
  return SignedAttestation(
    attestation: Attestation(
      service: ServiceID(service), task: task, operatorID: NodeID(node), source: source, target: target,
      result: result,
      publishedAt: .zero), signature: signature)
}

func equivocationRule(
  penalty: Penalty = .fixed(wad: half), window: TimeSpan = .seconds(3_600), dispute: TimeSpan = .zero,
  veto: SlashingRule.Veto? = nil
) -> SlashingRule {
  SlashingRule(
    offence: .equivocation, evidence: .twoAttestations, window: window, penalty: penalty, dispute: dispute,
    veto: veto)
}

func livenessRule(
  window: TimeSpan = .seconds(600), thresholdBips: UInt64 = 5_000, grace: TimeSpan = .zero,
  guard share: UInt64? = 5_000
) -> SlashingRule {
  SlashingRule(
    offence: .liveness, evidence: .chainRecord, window: window, thresholdBips: thresholdBips, grace: grace,
    guardShareBips: share, penalty: .fixed(wad: 1_000_000_000_000_000))
}

/// `count` operators with 100 ETH of their own and 300 of two stakers, all in each of `services` services with equal
/// magnitudes. Two assets: a token and native ETH; the services count the token.
func network(
  operators count: Int = 4, services: Int = 1, rules: [SlashingRule] = [equivocationRule()],
  quorumBips: UInt64 = 6_700,
  rewards: RewardPolicy? = nil, finalityDepth: UInt64 = 0
) -> CoordinatorConfiguration {
  var configuration = CoordinatorConfiguration()
  configuration.chain.finalityDepth = finalityDepth
  configuration.assets = [
    AssetConfiguration(name: "stETH"), AssetConfiguration(name: "ETH", isNativeETH: true),
  ]
  for k in 0..<count {
    let stakers = [
      StakerConfiguration(name: "a", deposits: [AssetAmount(asset: StrategyID(0), amount: 200 * ether)]),
      StakerConfiguration(
        name: "b",
        deposits: [
          AssetAmount(asset: StrategyID(0), amount: 100 * ether),
          AssetAmount(asset: StrategyID(1), amount: 32 * ether),
        ]),
    ]
    configuration.operators.append(
      OperatorConfiguration(
        name: "op\(k)", node: NodeID(k), deposits: [AssetAmount(asset: StrategyID(0), amount: 100 * ether)],
        stakers: stakers))
  }
  for k in 0..<services {
    let magnitude = whole / UInt64(services)
    configuration.services.append(
      ServiceConfiguration(
        name: "service\(k)", assets: [StrategyID(0)], quorumBips: quorumBips, certificateWindow: .seconds(60),
        rules: rules, rewards: rewards,
        members: (0..<count).map { MemberConfiguration(node: NodeID($0), magnitudes: [magnitude]) }))
  }
  return configuration
}

func seconds(_ n: UInt64) -> Instant { Instant.zero + .seconds(n) }
