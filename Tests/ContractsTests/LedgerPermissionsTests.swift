// Who acts for whom on the ledger: the account, its admins, and appointees for one function.

import Basics
import Contracts
import Testing

@Suite("Appointees act for operators and services, function by function")
struct LedgerPermissionsTests {
  @Test("an appointee allocates and nothing else; a stranger does neither") func appointee() throws {
    var ledger = RestakingLedger(delays: .testnet)
    let strategy = ledger.addStrategy()
    let host = ledger.addAccount()
    let avs = ledger.addAccount()
    let helper = ledger.addAccount()
    let staker = ledger.addAccount()
    try ledger.registerOperator(host, allocationDelay: 0, at: 1)
    let set = try ledger.createOperatorSet(avs: avs, strategies: [strategy], slasher: avs)
    try ledger.deposit(staker, strategy, amount: 1_000_000, at: 1)
    try ledger.delegate(staker, to: host, at: 1)
    let change = AllocationChange(set: set, strategy: strategy, magnitude: 1_000)
    let before = ledger
    #expect(throws: RestakingError.invalidCaller) {
      try ledger.modifyAllocations(host, [change], by: helper, at: 2)
    }
    #expect(throws: RestakingError.invalidPermissions) {
      try ledger.register(host, in: set, by: helper, at: 2)
    }
    #expect(throws: RestakingError.callerCannotUndelegate) {
      try ledger.undelegate(staker, by: helper, at: 2)
    }
    #expect(throws: RestakingError.invalidPermissions) {
      try ledger.updateSlasher(set, to: helper, by: helper, at: 2)
    }
    #expect(ledger == before)

    try ledger.permissions.setAppointee(
      helper, of: host, RestakingLedger.right(.modifyAllocations), by: host)
    try ledger.modifyAllocations(host, [change], by: helper, at: 2)
    #expect(ledger.allocation(host, set, strategy, at: 2).current == 1_000)
    #expect(throws: RestakingError.invalidPermissions) {
      try ledger.register(host, in: set, by: helper, at: 2)
    }
    try ledger.permissions.setAppointee(helper, of: host, RestakingLedger.right(.undelegate), by: host)
    #expect(try ledger.undelegate(staker, by: helper, at: 3).count == 1)
  }

  @Test("once it has an admin, an operator may not call for itself") func admin() throws {
    var ledger = RestakingLedger(delays: .testnet)
    let strategy = ledger.addStrategy()
    let host = ledger.addAccount()
    let avs = ledger.addAccount()
    let admin = ledger.addAccount()
    try ledger.registerOperator(host, allocationDelay: 0, at: 1)
    let set = try ledger.createOperatorSet(avs: avs, strategies: [strategy], slasher: avs)
    try ledger.register(host, in: set, by: host, at: 1)
    try ledger.permissions.addPendingAdmin(admin, to: host, by: host)
    try ledger.permissions.acceptAdmin(of: host, by: admin)
    #expect(throws: RestakingError.invalidCaller) { try ledger.deregister(host, from: set, by: host, at: 2) }
    try ledger.deregister(host, from: set, by: admin, at: 2)
    #expect(!ledger.isMember(host, of: set))
    try ledger.setAllocationDelay(host, delay: 7, by: admin, at: 2)
    try ledger.updateSlasher(set, to: admin, by: avs, at: 2)
  }
}
