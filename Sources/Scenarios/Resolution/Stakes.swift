// Stakes and memberships: who holds what, who serves whom.

import Basics

extension Scenario {
  /// Stake of every operator, by number. A Zipf total is spread in whole gwei, the remainder to the first.
  public func operatorStakes() -> [Ether] {
    switch operators.stakes {
    case .uniform(let each): return [Ether](repeating: each, count: operators.count)
    case .list(let amounts): return amounts
    case .table(let rows, _): return rows.map(\.stake)
    case .zipf(let exponent, let total):
      // Weights in 2^-40 of the first.
      let weights = (1...operators.count).map { rank in
        UInt128(PortableMath.pow(Double(rank), -exponent) * 0x1p40)
      }
      let sum = weights.reduce(0, +)
      let gwei: UInt128 = 1_000_000_000
      var stakes = weights.map { Ether(wei: mulDiv(total.wei, $0, sum) / gwei * gwei) }
      stakes[0].wei += total.wei - stakes.reduce(0) { $0 + $1.wei }
      return stakes
    }
  }

  /// Operators of every service, by number, ascending. A function of seed, service name and operators alone.
  public func memberships() -> [[Int]] {
    let stakes = operatorStakes()
    let random = HashRandom(seed: seed, .membership)
    let everybody = Array(0..<operators.count)
    return services.map { service in
      let wanted: Int
      switch service.operators {
      case .all: return everybody
      case .list(let numbers): return numbers.sorted()
      case .count(let count): wanted = count
      case .share(let share): wanted = share.of(operators.count)
      }
      var stream = random.stream(drawKey(service.name))
      switch service.selection {
      case .uniform: return draw(wanted, of: everybody, &stream)
      // Whole mETH: fine enough to tell operators apart, small enough to add up.
      case .byStake:
        return drawWeighted(
          wanted, weights: stakes.map { UInt64(clamping: $0.wei / 1_000_000_000_000_000) }, &stream)
      case .byServices:
        guard case .table(let rows, _) = operators.stakes else { return draw(wanted, of: everybody, &stream) }
        return drawWeighted(wanted, weights: rows.map { UInt64($0.services) }, &stream)
      }
    }
  }
}
