// What the recorded files of the RewardsCoordinator do not come across.

import BigInt
import Contracts
import Signatures
import Testing

@Suite("The RewardsCoordinator's other rules")
struct RewardsCoordinatorTests {
  private let now: UInt64 = 1_750_032_100
  private let start: UInt32 = 1_750_032_000 - 2 * 86_400

  private struct World {
    var coordinator: RewardsCoordinator
    let owner, updater, avs, admin, earner, zero: AccountID
    let token: TokenID
    var permissions = PermissionController()
    var ledger = RestakingLedger(delays: .testnet)

    init() {
      var book = AddressBook()
      func person(_ name: String) -> AccountID { book.addAccount(Address(keccak256(name.utf8))) }
      let own = person("coordinator")
      owner = person("owner")
      updater = person("updater")
      avs = person("avs")
      admin = person("admin")
      earner = person("earner")
      zero = book.addAccount(.zero)
      token = book.addToken(Address(keccak256("token".utf8)))
      book.addStrategy(Address(keccak256("strategy".utf8)))
      for _ in book.accounts { _ = ledger.addAccount() }
      coordinator = RewardsCoordinator(
        parameters: .mainnet, addresses: book, account: own, owner: owner, updater: updater,
        feeRecipient: owner)
    }
  }

  private func pool(_ amount: BigUInt, _ world: World) -> RewardSubmission {
    RewardSubmission(
      strategies: [StrategyMultiplier(strategy: StrategyID(0), multiplier: 1)], token: world.token,
      amount: .pool(amount), start: start, duration: 86_400)
  }

  private func directed(_ rewards: [(AccountID, BigUInt)], _ world: World) -> RewardSubmission {
    RewardSubmission(
      strategies: [StrategyMultiplier(strategy: StrategyID(0), multiplier: 1)], token: world.token,
      amount: .operators(
        rewards.map { OperatorReward(account: $0.0, amount: $0.1) }, description: "x"), start: start,
      duration: 86_400)
  }

  @Test("rewards for all need the owner's leave, and pay no fee") func forAll() throws {
    var world = World()
    #expect(throws: RewardsError.unauthorizedCaller) {
      try world.coordinator.submitForAll(pool(1_000, world), by: world.avs, at: now)
    }
    #expect(throws: RewardsError.notOwner) {
      try world.coordinator.setForAllSubmitter(world.avs, true, by: world.avs)
    }
    try world.coordinator.setForAllSubmitter(world.avs, true, by: world.owner)
    try world.coordinator.setOptInForProtocolFee(world.avs, true, by: world.avs, world.permissions)
    let all = try world.coordinator.submitForAll(pool(1_000, world), by: world.avs, at: now)
    let earners = try world.coordinator.submitForAll(
      pool(1_000, world), earnersOnly: true, by: world.avs, at: now)
    let own = try world.coordinator.submitForAVS(pool(1_000, world), by: world.avs, at: now)
    #expect(all.amount == 1_000 && earners.amount == 1_000 && own.amount == 800)
    #expect([all.nonce, earners.nonce, own.nonce] == [0, 1, 2])
    #expect(Set([all.hash, earners.hash, own.hash]).count == 3)
    #expect(world.coordinator.balance(of: world.owner, world.token) == 200)
  }

  @Test("appointees may call what they were appointed for") func appointees() throws {
    var world = World()
    let function = RewardsFunction.setOperatorPISplit
    try world.permissions.setAppointee(
      world.admin, of: world.earner,
      CallRight(target: world.coordinator.account, selector: function.rawValue), by: world.earner)
    try world.coordinator.setProgrammaticSplit(
      500, of: world.earner, by: world.admin, at: now, world.permissions)
    #expect(throws: RewardsError.invalidPermissions) {
      try world.coordinator.setAVSSplit(
        500, of: world.earner, for: world.avs, by: world.admin, at: now, world.permissions)
    }
    #expect(world.coordinator.programmaticSplit(world.earner, at: now + 604_799) == 1_000)
    #expect(world.coordinator.programmaticSplit(world.earner, at: now + 604_800) == 500)
    #expect(throws: RewardsError.previousSplitPending) {
      try world.coordinator.setProgrammaticSplit(
        1, of: world.earner, by: world.earner, at: now + 604_800, world.permissions)
    }
    try world.coordinator.setProgrammaticSplit(
      1, of: world.earner, by: world.earner, at: now + 604_801, world.permissions)
    #expect(world.coordinator.programmaticSplit(world.earner, at: now + 604_802) == 500)
  }

  @Test("a claimer is named for operators and AVSs only; the zero address ends it") func claimers() throws {
    var world = World()
    #expect(throws: RewardsError.invalidEarner) {
      try world.coordinator.setClaimer(
        world.admin, for: world.earner, by: world.earner, world.permissions, world.ledger)
    }
    try world.ledger.registerOperator(world.earner, allocationDelay: 0, at: 1)
    try world.coordinator.setClaimer(
      world.admin, for: world.earner, by: world.earner, world.permissions, world.ledger)
    #expect(world.coordinator.claimer(for: world.earner) == world.admin)
    world.coordinator.setClaimer(world.zero, by: world.earner)
    #expect(world.coordinator.claimer(for: world.earner) == world.earner)
    #expect(throws: RewardsError.invalidAddressZero) {
      try world.coordinator.setFeeRecipient(world.zero, by: world.owner)
    }
  }

  @Test("amounts beyond 256 bits of arithmetic panic before they are too large") func panics() {
    let world = World()
    let most = BigUInt.wordLimit - 1
    let cases: [([(AccountID, BigUInt)], RewardsError)] = [
      ([(world.earner, most)], .arithmeticOverflow),
      ([(world.earner, BigUInt(10).power(38))], .amountExceedsMax),
      ([(world.zero, 1)], .invalidAddressZero), ([(world.earner, 0)], .amountIsZero),
    ]
    for (rewards, error) in cases {
      var coordinator = world.coordinator
      #expect(throws: error) {
        try coordinator.submitDirected(
          directed(rewards, world), avs: world.avs, by: world.avs, at: now, world.permissions)
      }
    }
  }

  @Test("a disabled root pays nothing, keeps its index, and cannot be disabled twice") func disabled() throws
  {
    var world = World()
    let tree = try #require(
      DistributionTree([
        (
          world.coordinator.addresses.accounts[world.earner.index],
          [DistributionTree.Earning(token: world.coordinator.addresses.tokens[0], cumulative: 7)]
        )
      ]))
    try world.coordinator.submitForAVS(pool(1_000, world), by: world.avs, at: now)
    let end = UInt32(now) - 10
    #expect(throws: RewardsError.rewardsEndTimestampNotElapsed) {
      try world.coordinator.submitRoot(tree.root, calculationEnd: UInt32(now), by: world.updater, at: now)
    }
    try world.coordinator.submitRoot(tree.root, calculationEnd: end, by: world.updater, at: now)
    try world.coordinator.disableRoot(0, by: world.updater, at: now + 604_799)
    #expect(throws: RewardsError.rootDisabled) {
      try world.coordinator.disableRoot(0, by: world.updater, at: now + 604_799)
    }
    #expect(throws: RewardsError.newRootMustBeForNewCalculatedPeriod) {
      try world.coordinator.submitRoot(tree.root, calculationEnd: end, by: world.updater, at: now + 1)
    }
    try world.coordinator.submitRoot(tree.root, calculationEnd: end + 1, by: world.updater, at: now + 1)
    var claim = RewardClaim(
      rootIndex: 0, earnerIndex: 0, earnerProof: [], earner: world.earner,
      earnerTokenRoot: tree.earners[0].tokens.root, tokenIndices: [0], tokenProofs: [[]],
      tokenLeaves: [RewardClaim.TokenLeaf(token: world.token, cumulativeEarnings: 7)])
    let later = now + 700_000
    #expect(throws: RewardsError.rootDisabled) { try world.coordinator.checkClaim(claim, at: later) }
    claim.rootIndex = 1
    let paid = try world.coordinator.processClaim(claim, to: world.admin, by: world.earner, at: later)
    #expect(paid == [7] && world.coordinator.balance(of: world.admin, world.token) == 7)
    #expect(world.coordinator.currentClaimableRoot(at: now + 604_801)?.root == tree.root)
    #expect(world.coordinator.currentClaimableRoot(at: now + 604_800) == nil)
    // A root of zeros proves nothing, whatever the leaves say.
    try world.coordinator.submitRoot(.zero, calculationEnd: end + 2, by: world.updater, at: now + 1)
    claim.rootIndex = 2
    #expect(throws: RewardsError.emptyRoot) { try world.coordinator.checkClaim(claim, at: later) }
  }
}

@Suite("The ABI's encoding")
struct ABIEncodingTests {
  /// The example of the specification: f(uint256,uint32[],bytes10,bytes) with (0x123, [0x456, 0x789], "1234567890",
  /// "Hello, world!").
  @Test("the specification's example") func example() {
    func word(_ value: UInt64) -> [UInt8] { Hash256(0, 0, 0, value).bytes }
    let ten = Array("1234567890".utf8) + [UInt8](repeating: 0, count: 22)
    let text = Array("Hello, world!".utf8)
    guard let tenWord = Hash256(bytes: ten) else { return }
    let encoded = abiEncode([
      .integer(0x123 as UInt64), .array([.integer(0x456 as UInt64), .integer(0x789 as UInt64)]),
      .word(tenWord),
      .bytes(text),
    ])
    let expected =
      word(0x123) + word(0x80) + ten + word(0xE0) + word(2) + word(0x456) + word(0x789) + word(0x0D) + text
      + [UInt8](repeating: 0, count: 19)
    #expect(encoded == expected)
  }
}
