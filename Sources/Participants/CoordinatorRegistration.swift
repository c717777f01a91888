// A service comes during the run. Its operator set is there from the start and empty: it counts nothing, nobody can be slashed by it,
// and no task of it falls due. At its instant the operators who may serve it register with it, in the order of its members, so that
// their places in certificates are known; that puts nothing at risk. Whether they set stake apart for it is decided in
// `Economy/Economy+Entry`, epoch by epoch.

import AVS
import Basics
import Contracts
import Economy

extension CoordinatorState {
  mutating func registerService(
    _ service: ServiceID, at: Instant, block: BlockNumber, _ facts: inout [CoordinatorFact]
  ) -> UInt64 {
    let set = services[service.index].set
    for member in configuration.services[service.index].members {
      guard let account = account(of: member.node) else { continue }
      do throws(RestakingError) { try ledger.register(account, in: set, at: block) } catch {
        facts.append(.stakeEventRefused(error, at: at))
      }
    }
    changedSets[set.index] = true
    economy?.noteRegistered(service, at: at)
    return configuration.gas.transaction + configuration.gas.gas(of: .register(service))
  }

  /// An operator sets apart what it kept for the service, or what of that slashes have left.
  mutating func join(
    _ service: ServiceID, _ number: Int, _ magnitude: UInt64, at: Instant, block: BlockNumber
  ) throws(RestakingError) {
    let node = configuration.operators[number].node
    guard let account = account(of: node) else { throw .invalidOperator }
    let set = services[service.index].set
    var changes: [AllocationChange] = []
    for strategy in ledger.strategies(of: set) {
      let most = ledger.maxMagnitude(account, strategy)
      let used = ledger.encumberedMagnitude(account, strategy, at: block)
      let part = min(magnitude, most - min(used, most))
      if part > 0 { changes.append(AllocationChange(set: set, strategy: strategy, magnitude: part)) }
    }
    if changes.isEmpty { throw .insufficientMagnitude(needed: magnitude, maximum: 0) }
    try ledger.modifyAllocations(account, changes, at: block)
    conservation.recordOperation()
    changedSets[set.index] = true
    for change in changes {
      let effect = ledger.allocation(account, set, change.strategy, at: block).effectBlock
      if effect > block { agenda.add(.stakeChange(set), at: configuration.chain.instant(of: effect)) }
    }
  }
}
