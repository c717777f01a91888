// A service that registers during a run: nobody asks for leave, and nobody has to come. From its instant on operators look at its offer
// at the end of every epoch, the cheapest first; each joins if what its stake would be paid, counted beside those who are there
// already, is no less than what it asks for. A service that offers nothing, or too little, secures nothing.
//
// What a joining operator sets apart is magnitude that it kept for it; it never leaves again in the same run.

public import Basics
import Contracts

extension Economy {
  /// The host registered a service's operator set; its candidates may allocate to it from now on.
  public mutating func noteRegistered(_ service: ServiceID, at: Instant) {
    guard service.index < isRegistered.count, !isRegistered[service.index] else { return }
    isRegistered[service.index] = true
    tell(
      .entry(
        EntryFact(
          epoch: epochs, at: at, service: service, kind: .registers, operatorIndex: nil, offered: 0,
          asked: 0)))
  }

  /// Who joins which new service at the end of this epoch.
  mutating func attract(_ graph: StakeGraph, at: Instant) -> [EconomyOrder] {
    var orders: [EconomyOrder] = []
    for index in services.indices where services[index].terms.registersAt != nil && isRegistered[index] {
      // What was set apart counts at once, though it takes force after a delay.
      var there: UInt128 = 0
      for (k, one) in services[index].terms.candidates.enumerated() where joined[index][k] {
        there += mulWad(graph.stakes[one.operatorIndex], UInt128(one.magnitude))
      }
      var order = services[index].terms.candidates.indices.filter { !joined[index][$0] }
      let candidates = services[index].terms.candidates
      order.sort {
        let (a, b) = (ask(candidates[$0].operatorIndex), ask(candidates[$1].operatorIndex))
        return a != b ? a < b : $0 < $1
      }
      for k in order {
        let one = candidates[k]
        let weight = mulWad(graph.stakes[one.operatorIndex], UInt128(one.magnitude))
        let (offered, asked) = (
          services[index].offer(available: there + weight), ask(one.operatorIndex)
        )
        let joins = weight > 0 && offered > 0 && offered >= asked
        tell(
          .entry(
            EntryFact(
              epoch: epochs, at: at, service: ServiceID(index), kind: joins ? .joins : .declines,
              operatorIndex: one.operatorIndex, offered: offered, asked: asked)))
        // The others ask for no less.
        if !joins { break }
        there += weight
        orders.append(
          .join(ServiceID(index), operatorIndex: one.operatorIndex, magnitude: one.magnitude))
      }
    }
    return orders
  }
}
