// The stake graph looked at once, on graphs whose answers are published or can be worked out by hand.

import Basics
import Contracts
import Economy
import Testing

private let ether: UInt128 = 1_000_000_000_000_000_000

private func service(_ profit: UInt128, quorum: UInt64 = 10_000) -> ServiceTerms {
  ServiceTerms(profit: profit * ether, quorumBips: quorum)
}

/// Stakes and who serves what, all stake behind each; allocations are equal parts.
private func graph(_ services: [ServiceTerms], _ stakes: [UInt128], _ served: [[Int]]) -> StakeGraph {
  var members = services.map { _ in [(operatorIndex: Int, weight: UInt128)]() }
  for (number, list) in served.enumerated() {
    for one in list {
      members[one].append((number, stakes[number] * ether / UInt128(max(list.count, 1))))
    }
  }
  return StakeGraph(services, stakes: stakes.map { $0 * ether }, members: members)
}

@Suite struct StakeAnalysisTests {
  /// Durvasula and Roughgarden, Theorem 2: no slack, and a shock of one percent loses everything.
  @Test func withoutSlackAnyShockCanLoseEverything() throws {
    let analysis = StakeAnalysis(graph([service(100)], [1, 99], [[0], [0]]), isShared: true, shocks: [0.01])
    #expect(analysis.isSecure == true)
    #expect(analysis.gammaCertified == 0)
    #expect(analysis.shocks[0].isExact)
    #expect((analysis.shocks[0].loss - 1).magnitude < 1e-9)
    #expect(analysis.shocks[0].bound == nil)
  }

  /// Theorem 3's construction with a slack of a tenth: the loss comes near the bound and stays below.
  @Test func theBoundIsTight() throws {
    let analysis = StakeAnalysis(
      graph([service(1_090)], [110, 1_089, 108_801], [[0], [0], []]), isShared: true, shocks: [0.001])
    let gamma = try #require(analysis.gammaExact)
    #expect((gamma - 0.1).magnitude < 1e-9)
    let shock = analysis.shocks[0]
    let bound = try #require(shock.bound)
    #expect((shock.loss - 0.0109).magnitude < 1e-9)
    #expect((bound - 0.011).magnitude < 1e-9)
  }

  /// Eight operators behind three services of half their stake each: alone each is safe, together they are not; set apart, less so.
  @Test func sharedStakeIsCountedTwice() throws {
    let three = graph(
      Array(repeating: service(30, quorum: 5_000), count: 3), Array(repeating: 10, count: 8),
      Array(repeating: [0, 1, 2], count: 8))
    let shared = StakeAnalysis(three, isShared: true, shocks: [])
    let attack = try #require(shared.attack)
    #expect(shared.isSecure == false)
    #expect((attack.netProfit / 1e18 - 50).magnitude < 1e-9)
    #expect(attack.services.count == 3)
    #expect(three.gauge(at: .zero).leverage.map { ($0 - 1).magnitude < 1e-9 } == true)
  }

  /// What greed finds is never above what is there, and where the certificate promises security greed finds nothing.
  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func greedFindsNoMoreThanThereIs(seed: UInt64) throws {
    var stream = RandomStream(seed: seed)
    func draw(_ bound: UInt64) -> UInt128 { UInt128(scale(stream.next(), bound)) }
    let services = (0..<3).map { _ in service(1 + draw(40), quorum: UInt64(3_000 + draw(6_000))) }
    let stakes = (0..<6).map { _ in 1 + draw(30) }
    let served = (0..<6).map { _ in (0..<3).filter { _ in draw(2) == 0 } }
    let one = graph(services, stakes, served)
    for isShared in [true, false] {
      let analysis = StakeAnalysis(one, isShared: isShared, shocks: [0.1])
      if let certified = analysis.gammaCertified, let exact = analysis.gammaExact {
        #expect(certified <= exact + 1e-9, "seed \(seed)")
      }
      if let certified = analysis.gammaCertified, certified >= 0 { #expect(analysis.isSecure == true) }
      if let bound = analysis.shocks[0].bound {
        #expect(analysis.shocks[0].loss < bound + 1e-9, "seed \(seed)")
      }
    }
  }

  /// What every epoch of every run looks at is the analysis: the true slack of small graphs, a loss below its bound, elastic margins.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func theGaugeOfAnEpochIsTheAnalysis(seed: UInt64) throws {
    var stream = RandomStream(seed: seed)
    func draw(_ bound: UInt64) -> UInt128 { UInt128(scale(stream.next(), bound)) }
    let services = (0..<3).map { _ in service(1 + draw(12), quorum: UInt64(3_000 + draw(6_000))) }
    let stakes = (0..<6).map { _ in 1 + draw(30) }
    let served = (0..<6).map { _ in (0..<3).filter { _ in draw(2) == 0 } }
    let one = graph(services, stakes, served)
    let gauge = one.gauge(at: .zero)
    let analysis = StakeAnalysis(one, isShared: false, shocks: [RiskGauge.shockShare])
    #expect(gauge.gammaExact == analysis.gammaExact, "seed \(seed)")
    #expect(gauge.shockLoss == analysis.shocks[0].loss, "seed \(seed)")
    #expect(gauge.shockBound == analysis.shocks[0].bound, "seed \(seed)")
    if let loss = gauge.shockLoss, let bound = gauge.shockBound { #expect(loss < bound, "seed \(seed)") }
    let (alone, worst) = one.elasticMargins(isShared: false)
    #expect(gauge.elasticMargin == alone.compactMap { $0 }.min(), "seed \(seed)")
    if let worst, let margin = gauge.elasticMargin { #expect(worst <= margin, "seed \(seed)") }
    // Elastic attackers commit parts of their stake: where whole operators gain by one service, so do they.
    if let exact = gauge.gammaExact, exact < 0 { #expect(gauge.elasticMargin ?? 1 < 0, "seed \(seed)") }
  }

  @Test func largeGraphsAreSearchedByGreedAlone() {
    let services = (0..<30).map { _ in service(5) }
    let gauge = graph(services, Array(repeating: 40, count: 40), (0..<40).map { [$0 % 30, ($0 + 7) % 30] })
      .gauge(at: .zero)
    #expect(gauge.gammaExact == nil && gauge.elasticMargin == nil)
    #expect(gauge.gammaCertified != nil && gauge.shockLoss != nil)
  }

  @Test func withoutAPunishmentProfitIsFree() {
    var free = service(7)
    free.isPunished = false
    let gauge = graph([free, service(1)], [10, 10], [[0, 1], [0, 1]]).gauge(at: .zero)
    #expect(gauge.freeProfit == 7 * ether)
    #expect(gauge.gammaCertified == nil)
  }

  /// Elastic networks: beyond the margin of its own allocation a service is as safe as what attackers must commit.
  @Test func elasticMarginsArePricedByTheLeastCommitment() throws {
    let (alone, worst) = graph([service(3, quorum: 5_000)], [10, 10], [[0], [0]]).elasticMargins(
      isShared: false)
    #expect(alone[0].map { ($0 / 1e18 - 7).magnitude < 1e-9 } == true)
    #expect(worst == alone[0])
  }
}
