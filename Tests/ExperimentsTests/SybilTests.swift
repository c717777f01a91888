import Basics
import Gossip
import Network
import Simulator
import Testing

@testable import Experiments

/// Sybils, outages and measures of a gossip-only simulation, in small.
struct SybilTests {
  /// 60 honest nodes, and four Sybils for each.
  private func small(_ attack: Attack, sybils: Int = 240) -> Attack {
    var attack = attack
    (attack.honest, attack.publishers, attack.degree) = (60, 10, 8)
    (attack.sybils, attack.dials) = (min(attack.sybils, sybils), min(attack.dials, 8))
    (attack.rate, attack.bytes) = (10, 256)
    (attack.warmup, attack.run, attack.cool) = (.seconds(10), .seconds(40), .seconds(15))
    return attack
  }

  private func run(_ attack: Attack, _ defence: Attack.Defence, seed: UInt64) -> GossipMeasures {
    GossipSimulation.run(attack.setup(defence, seed: seed))
  }

  @Test(arguments: [UInt64(1), 2])
  func aScoredColdBootDeliversAndAnUnscoredOneIsSlow(seed: UInt64) {
    let scored = run(small(.coldBoot), .scores, seed: seed)
    let unscored = run(small(.coldBoot), .none, seed: seed)
    #expect(scored.delivered == scored.expected)
    #expect(scored.percentile(0.99) <= 1600)
    #expect(unscored.percentile(0.99) >= 3 * scored.percentile(0.99) || unscored.deliveryRatio < 0.99)
    #expect(unscored.samples.last!.strangerShare > scored.samples.last!.strangerShare)
  }

  @Test(arguments: [UInt64(3)])
  func theSameSeedGivesTheSameDigest(seed: UInt64) {
    let attack = small(.degrade)
    let first = run(attack, .scores, seed: seed)
    #expect(first.digest == run(attack, .scores, seed: seed).digest)
    #expect(first.digest != run(attack, .scores, seed: seed + 1).digest)
    #expect(first.samples == run(attack, .scores, seed: seed).samples)
  }

  /// A cold boot of the real size, cut to its first seconds: 1,000 honest nodes and as many Sybils. The number is the same
  /// in debug and in release; it moves only with a change of behaviour, which the commit must name.
  @Test func aScoredAttackOnAThousandNodesHasOneDigest() {
    var attack = Attack.coldBoot
    (attack.sybils, attack.dials) = (1000, 10)
    (attack.rate, attack.bytes) = (4, 256)
    (attack.warmup, attack.run, attack.cool) = (.milliseconds(1500), .seconds(2), .milliseconds(500))
    let first = run(attack, .scores, seed: 1)
    #expect(first.digest == run(attack, .scores, seed: 1).digest)
    #expect(String(first.digest, radix: 16) == "d57420f41ba32572")
    #expect(first.delivered > 0)
  }

  @Test(arguments: [UInt64(1)])
  func silentSybilsForwardNothingAndDegradingOnesHalf(seed: UInt64) {
    let silent = run(small(.coldBoot), .none, seed: seed)
    #expect(silent.strangerCopies > 0)
    #expect(silent.strangerSent == 0)
    var attack = small(.degrade)
    attack.sybilStart = .zero
    let half = run(attack, .none, seed: seed)
    attack.drops = 0
    let all = run(attack, .none, seed: seed)
    #expect(half.strangerSent > 0)
    #expect(half.strangerSent < all.strangerSent)
  }

  @Test(arguments: [UInt64(1)])
  func covertSybilsForwardUntilTheirHour(seed: UInt64) {
    var attack = small(.covertFlash)
    attack.run = .seconds(40)
    attack.attacksFrom = .zero + .seconds(30)
    let flash = run(attack, .none, seed: seed)
    attack.attacksFrom = .zero + .seconds(1000)
    let never = run(attack, .none, seed: seed)
    #expect(flash.strangerSent > 0)
    #expect(flash.strangerSent < never.strangerSent)
    #expect(never.percentile(0.99) < flash.percentile(0.99))
  }

  @Test(arguments: [UInt64(5)])
  func aNodeThatWasAwayIsNewAndIsCountedOnce(seed: UInt64) {
    let nodes = 40
    var setup = GossipSetup(
      seed: seed, routers: nodes, edges: Dialing.dial(0..<nodes, count: 6, seed: seed),
      conditions: [LinkConditions(latency: .constant(.milliseconds(20)))], parameters: Parameters(),
      traffic: [
        GossipSetup.Traffic(
          publishers: (1..<nodes).map { NodeID($0) }, from: .zero + .seconds(5), every: .milliseconds(500),
          count: 20,
          bytes: 100)
      ],
      end: .zero + .seconds(30))
    setup.outages = [.init(NodeID(0), from: .zero + .seconds(8), until: .zero + .seconds(11))]
    setup.watched = NodeID(0)
    let measures = GossipSimulation.run(setup)
    // What was published while it was away and is no longer announced is lost to it; nothing is counted twice.
    #expect(measures.delivered < measures.expected + 1)
    #expect(measures.watchedDelivered >= 12)
    #expect(measures.watchedDelivered <= 20)
    #expect(measures.samples.last!.up == nodes)
  }

  @Test func dialsAreDistinctAndALinkIsThereOnce() {
    let edges = Dialing.dial(0..<50, count: 20, seed: 9)
    #expect(edges.allSatisfy { $0.a != $0.b })
    let pairs = edges.map {
      UInt64(min($0.a.rawValue, $0.b.rawValue)) << 32 | UInt64(max($0.a.rawValue, $0.b.rawValue))
    }
    #expect(Set(pairs).count == pairs.count)
    #expect(edges.count > 700)
  }
}
