// `avsim bench ledger`: how fast the modelled contracts are, by themselves. Two lines: ledger operations, and an epoch of
// rewards.

import ArgumentParser
import Basics
import Contracts
import Dispatch
import Signatures

struct BenchLedgerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger", abstract: "Slashes and allocations a second; time of an epoch of rewards.",
    discussion: """
      The ledger's line: 'tool=avsim bench=ledger operators= sets= operations= slashes= allocations= refused= checksum= run_s= \
      cpu_s= operations_per_s= operations_per_cpu_s=', the two kinds in turns. The rewards' lines, one for each kind of submission: 'tool=avsim \
      bench=rewards kind= operators= services= stakers= parts= root= snapshot_s= calculate_s= tree_s= run_s= cpu_s='. Seconds \
      are those of the wall and, as cpu_s, of the processor. The counts, \
      the checksum and the root are exact for every seed.
      """)

  @Option(help: "Operators; all of them are in every set.") var operators = 1_000
  @Option(help: "Operator sets, and services that pay rewards.") var sets = 100
  @Option(help: "Ledger operations.") var operations = 1_000_000
  @Option(help: "Stakers, spread evenly over the operators.") var stakers = 100_000
  @Option(help: "Seed of amounts.") var seed: UInt64 = 1
  @Option(help: "Kinds of submission to measure; all by default.") var kind: [String] = []

  func validate() throws {
    guard operators > 0, sets > 0, operations >= 0, stakers >= 0 else {
      throw ValidationError("--operators and --sets are above zero, --operations and --stakers not below")
    }
    for one in kind where RewardTerms.Kind(rawValue: one) == nil {
      let known = RewardTerms.Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--kind \(one): allowed are \(known)")
    }
  }

  func run() throws {
    if operations > 0 { try benchOperations() }
    if stakers > 0 { try benchRewards() }
  }

  // MARK: - The ledger

  private static let strategies = [StrategyID(0), StrategyID(1)]

  /// Everybody everywhere, each allocation the 200th part of what there is.
  private func makeLedger(stakers: Int) throws -> (RestakingLedger, [AccountID], [OperatorSetID]) {
    var ledger = RestakingLedger(delays: .testnet)
    let random = HashRandom(seed: seed, .payload)
    for _ in Self.strategies { _ = ledger.addStrategy() }
    let accounts = (0..<operators).map { _ in ledger.addAccount() }
    let avs = (0..<sets).map { _ in ledger.addAccount() }
    for account in accounts {
      try ledger.registerOperator(account, allocationDelay: 0, at: 1)
      for strategy in Self.strategies { try ledger.deposit(account, strategy, amount: wad * 1_000, at: 1) }
    }
    for k in 0..<stakers {
      let staker = ledger.addAccount()
      for strategy in Self.strategies {
        let amount = UInt128(random.bits(UInt64(k), UInt64(strategy.rawValue))) + 1
        try ledger.deposit(staker, strategy, amount: amount, at: 1)
      }
      try ledger.delegate(staker, to: accounts[k % operators], at: 1)
    }
    var created: [OperatorSetID] = []
    for one in avs {
      let set = try ledger.createOperatorSet(avs: one, strategies: Self.strategies, slasher: one)
      created.append(set)
      for account in accounts {
        try ledger.register(account, in: set, at: 1)
        for strategy in Self.strategies {
          let change = AllocationChange(
            set: set, strategy: strategy, magnitude: UInt64(wad) / UInt64(2 * sets))
          try ledger.modifyAllocations(account, [change], at: 1)
        }
      }
    }
    return (ledger, accounts, created)
  }

  private func benchOperations() throws {
    var (ledger, accounts, created) = try makeLedger(stakers: 0)
    let slashers = created.map { ledger.avs(of: $0) }
    // Options are read once: each look at one costs more than an operation.
    let (operations, operators) = (self.operations, self.operators)
    let pairs = operators * sets
    let strategies = Self.strategies
    let wads: [UInt64] = [1_000_000_007, 3_000_000_011]
    var changes = [AllocationChange(set: created[0], strategy: strategies[0], magnitude: 0)]
    var (slashes, allocations, refused) = (0, 0, 0)
    var checksum: UInt64 = 0
    let time = Stopwatch.time {
      for k in 0..<operations {
        // Every pair once a round; a round later everything pending is over.
        let (round, pair) = (k / 2 / pairs, k / 2 % pairs)
        let block = BlockNumber(100 + round * 200 + (k & 1) * 51)
        let account = accounts[pair % operators]
        let set = created[pair / operators]
        do throws(RestakingError) {
          if k & 1 == 0 {
            let receipt = try ledger.slashOperator(
              account, in: set, by: slashers[pair / operators], strategies: strategies, wads: wads, at: block)
            slashes += 1
            checksum = mix(checksum ^ UInt64(truncatingIfNeeded: receipt.shares[0] &+ receipt.shares[1]))
          } else {
            let strategy = strategies[round & 1]
            let current = ledger.allocation(account, set, strategy, at: block).current
            let next = round & 2 == 0 ? current - current / 8 : current + current / 16
            changes[0] = AllocationChange(set: set, strategy: strategy, magnitude: next)
            try ledger.modifyAllocations(account, changes, at: block)
            allocations += 1
            checksum = mix(checksum ^ next)
          }
        } catch {
          refused += 1
        }
      }
    }
    print(
      "tool=avsim bench=ledger operators=\(operators) sets=\(sets) operations=\(operations) slashes=\(slashes)",
      "allocations=\(allocations) refused=\(refused) checksum=\(checksum) run_s=\(decimal(time.wall))",
      "cpu_s=\(decimal(time.cpu)) operations_per_s=\(UInt64(Double(operations) / max(time.wall, 1e-9)))",
      "operations_per_cpu_s=\(UInt64(Double(operations) / max(time.cpu, 1e-9)))")
  }

  // MARK: - Rewards

  private func benchRewards() throws {
    let (ledger, accounts, created) = try makeLedger(stakers: stakers)
    var book = AddressBook()
    for k in ledger.accounts.indices { book.addAccount(Address(keccak256("account \(k)".utf8))) }
    let token = book.addToken(Address(keccak256("token".utf8)))
    let kinds = RewardTerms.Kind.allCases.filter { kind.isEmpty || kind.contains($0.rawValue) }
    for kind in kinds {
      let terms = created.map { set in
        RewardTerms(
          kind: kind, avs: ledger.avs(of: set),
          set: [.operatorDirectedSet, .uniqueStake, .totalStake].contains(kind) ? set : nil,
          startDay: 20_000, days: 1,
          strategies: [
            StrategyMultiplier(strategy: StrategyID(0), multiplier: wad),
            StrategyMultiplier(strategy: StrategyID(1), multiplier: wad / 3 + UInt128(set.rawValue)),
          ], pool: wad * 1_000_003,
          operators: accounts.map { RewardTerms.Directed(account: $0, amount: wad * 1_009) })
      }
      var snapshots: [RewardSnapshot] = []
      let snapshot = Stopwatch.time { snapshots = [RewardSnapshot(of: ledger, day: 20_001, at: 100)] }
      var earnings = CumulativeEarnings(
        sources: terms.map { CumulativeEarnings.Source(token: token, avs: $0.avs) },
        accounts: ledger.accounts.count, tokens: 1)
      let calculate = Stopwatch.time {
        let calculation = RewardCalculation(snapshots: snapshots, defaultSplitBips: 1_000, cutoffDay: 20_010)
        for (k, one) in terms.enumerated() { earnings.add(one, as: k, by: calculation) }
      }
      var root: Hash256?
      let tree = Stopwatch.time { root = earnings.tree(book)?.root }
      print(
        "tool=avsim bench=rewards kind=\(kind.rawValue) operators=\(operators) services=\(sets) stakers=\(stakers)",
        "parts=\(sets * (stakers + operators)) root=\(root ?? .zero) snapshot_s=\(decimal(snapshot.wall))",
        "calculate_s=\(decimal(calculate.wall)) tree_s=\(decimal(tree.wall))",
        "run_s=\(decimal(snapshot.wall + calculate.wall + tree.wall))",
        "cpu_s=\(decimal(snapshot.cpu + calculate.cpu + tree.cpu))")
    }
  }

  /// Three decimals.
  private func decimal(_ seconds: Double) -> String {
    let thousandths = UInt64(seconds * 1000 + 0.5)
    let rest = String(thousandths % 1000)
    return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
  }
}

/// Time that a piece of work takes.
private struct Stopwatch {
  /// Seconds on the wall, and of this process's processor time.
  var wall, cpu: Double

  static func time(_ body: () throws -> Void) rethrows -> Stopwatch {
    let start = DispatchTime.now().uptimeNanoseconds
    let used = ProcessMeasures.current.cpuSeconds
    try body()
    return Stopwatch(
      wall: Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9,
      cpu: ProcessMeasures.current.cpuSeconds - used)
  }
}
