// Who comes first does not matter: claims of rewards, and withdrawals, end in the same balances in every order.

import Basics
import BigInt
import Contracts
import Signatures
import Testing

@Suite("The order of claims does not matter")
struct ClaimOrderTests {
  private struct Bank {
    var coordinator: RewardsCoordinator
    let earners: [AccountID]
    let tokens: [TokenID]
    let trees: [DistributionTree]
    let recipient: AccountID

    /// Two roots of cumulative earnings, the second above the first, over drawn earners and tokens.
    init(_ random: inout RandomStream) throws {
      var book = AddressBook()
      let own = book.addAccount(Address(keccak256("coordinator".utf8)))
      let updater = book.addAccount(Address(keccak256("updater".utf8)))
      recipient = book.addAccount(Address(keccak256("recipient".utf8)))
      let avs = book.addAccount(Address(keccak256("avs".utf8)))
      let earners = (0..<1 + random.below(7)).map { book.addAccount(Address(keccak256("earner \($0)".utf8))) }
      let tokens = (0..<1 + random.below(3)).map { book.addToken(Address(keccak256("token \($0)".utf8))) }
      (self.earners, self.tokens) = (earners, tokens)
      let strategy = book.addStrategy(Address(keccak256("strategy".utf8)))
      var earned: [[UInt64]] = earners.map { _ in tokens.map { _ in 0 } }
      var trees: [DistributionTree] = []
      for _ in 0..<2 {
        for e in earned.indices { for t in tokens.indices { earned[e][t] += UInt64(random.below(1_000)) } }
        let rows = zip(earners, earned).map { earner, amounts in
          (
            address: book.accounts[earner.index],
            earnings: zip(book.tokens, amounts).map { token, amount in
              DistributionTree.Earning(token: token, cumulative: BigUInt(amount))
            }
          )
        }
        trees.append(try #require(DistributionTree(rows)))
      }
      self.trees = trees
      coordinator = RewardsCoordinator(
        parameters: .mainnet, addresses: book, account: own, owner: own, updater: updater, feeRecipient: own)
      for token in tokens {
        let submission = RewardSubmission(
          strategies: [StrategyMultiplier(strategy: strategy, multiplier: wad)], token: token,
          amount: .pool(1_000_000), start: 1_750_032_000, duration: 86_400)
        try coordinator.submitForAVS(submission, by: avs, at: 1_750_032_100)
      }
      for (k, tree) in trees.enumerated() {
        try coordinator.submitRoot(
          tree.root, calculationEnd: 1_750_000_000 + UInt32(k), by: updater, at: 1_750_100_000)
      }
    }

    /// A claim of one token of one earner under one root.
    func claim(_ root: Int, _ earner: Int, _ token: Int) throws -> RewardClaim {
      let (tree, book) = (trees[root], coordinator.addresses)
      let index = try #require(
        tree.earners.firstIndex { $0.address == book.accounts[earners[earner].index] })
      let row = tree.earners[index]
      let place = try #require(row.earnings.firstIndex { $0.token == book.tokens[tokens[token].index] })
      return RewardClaim(
        rootIndex: UInt32(root), earnerIndex: UInt32(index), earnerProof: tree.earnerProof(index),
        earner: earners[earner], earnerTokenRoot: row.tokens.root, tokenIndices: [UInt32(place)],
        tokenProofs: [row.tokens.proof(place)],
        tokenLeaves: [
          RewardClaim.TokenLeaf(
            token: tokens[token], cumulativeEarnings: row.earnings[place].cumulative)
        ])
    }

    /// Balances of everybody after the claims, some of which are refused.
    func balances(after claims: [RewardClaim]) -> [BigUInt] {
      var coordinator = self.coordinator
      for claim in claims {
        let before = coordinator.cumulativeClaimed(by: claim.earner, claim.tokenLeaves[0].token)
        do throws(RewardsError) {
          try coordinator.processClaim(claim, to: recipient, by: claim.earner, at: 1_760_000_000)
        } catch {
          #expect(error == .earningsNotGreaterThanClaimed)
          #expect(coordinator.cumulativeClaimed(by: claim.earner, claim.tokenLeaves[0].token) == before)
        }
      }
      return tokens.flatMap { token in
        [coordinator.balance(of: coordinator.account, token), coordinator.balance(of: recipient, token)]
          + earners.map { coordinator.cumulativeClaimed(by: $0, token) }
      }
    }
  }

  @Test("claims of rewards under two roots", arguments: Array(0..<20) as [UInt64]) func rewards(seed: UInt64)
    throws
  {
    var random = RandomStream(seed: seed)
    let bank = try Bank(&random)
    var claims: [RewardClaim] = []
    for root in 0..<2 {
      for earner in bank.earners.indices {
        for token in bank.tokens.indices where random.below(3) > 0 {
          claims.append(try bank.claim(root, earner, token))
        }
      }
    }
    let first = bank.balances(after: claims)
    for _ in 0..<4 {
      random.shuffle(&claims)
      #expect(bank.balances(after: claims) == first)
    }
  }

  @Test("withdrawals after slashes", arguments: Array(0..<40) as [UInt64]) func withdrawals(seed: UInt64)
    throws
  {
    var walk = Walk(seed: seed * 3 + 1)
    walk.furnish()
    // Without donations a share is a token for ever, so that no order is better than another.
    for staker in walk.stakers {
      for held in walk.ledger.accounts[staker.index].holdings {
        _ = try? walk.ledger.queueWithdrawal(
          staker, [held.strategy], depositShares: [max(held.depositShares / 3, 1)], at: walk.block)
      }
    }
    for who in walk.operators {
      let strategies = walk.ledger.strategies(of: walk.sets[0])
      _ = try? walk.ledger.slashOperator(
        who, in: walk.sets[0], by: walk.avs[0], strategies: strategies,
        wads: strategies.map { _ in 333_333_333_333_333_333 }, at: walk.block + 7)
    }
    var order = walk.ledger.withdrawals.indices.map { WithdrawalID($0) }
    #expect(!order.isEmpty)
    func outcome(_ order: [WithdrawalID]) throws -> ([[UInt128]], [UInt128]) {
      var ledger = walk.ledger
      for id in order {
        try ledger.completeWithdrawal(
          id, by: ledger.withdrawals[id.index].staker, asTokens: true, at: walk.block + 100)
      }
      return (ledger.accounts.map(\.received), ledger.strategies.map(\.balance))
    }
    let first = try outcome(order)
    for _ in 0..<5 {
      walk.random.shuffle(&order)
      let again = try outcome(order)
      #expect(again.0 == first.0 && again.1 == first.1)
    }
  }
}
