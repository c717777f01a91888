// Faults of the chain, and the one among them that undoes what was done: a reorg. The coordinator keeps its whole state
// before each of the last blocks and every input since, so a rollback is exact: the state before the first block undone, with
// the inputs since told again. It is the state that it would have, had those slots been missed.

internal import AVS
public import Basics
public import Contracts

/// The blocks of the last slots were undone.
public struct ReorgFact: Sendable, Equatable {
  public var at: Instant
  /// The last slot whose block survives; `depth` slots after it are empty.
  public var fork: BlockNumber
  public var depth: UInt64
  /// Blocks in which something had happened, ascending.
  public var orphaned: [BlockNumber]
  /// Transactions of those blocks that wait again.
  public var returned: Int
  /// Those that nobody has any more, in order of inclusion.
  public var lost: [TransactionID]
  /// All of them, returned and lost, in order of inclusion.
  public var undone: [UndoneTransaction] = []
}

/// A transaction of a block that a reorg undid.
public struct UndoneTransaction: Sendable, Equatable {
  /// What it was and did in that block.
  public var inclusion: InclusionFact
  /// Nobody has it any more; else it waits again.
  public var isLost: Bool
}

extension ReorgFact {
  /// Tasks whose certificates are on chain no more, ascending.
  public var uncertified: [TaskID] {
    Set(undone.compactMap { $0.inclusion.refusal == nil ? $0.inclusion.certificate?.task : nil }).sorted()
  }

  /// Certificates and evidence that were lost, as their senders sent them: whoever looks for his own finds it neither in a block
  /// nor in the pool of waiting transactions.
  public var missing: [Submission] {
    undone.compactMap { one in
      guard one.isLost else { return nil }
      if let certificate = one.inclusion.certificate {
        return Submission(node: one.inclusion.sender, body: .certificate(certificate))
      }
      return one.inclusion.evidence.map { Submission(node: one.inclusion.sender, body: .evidence($0)) }
    }
  }
}

/// The states before the last blocks, and what came in since.
struct Branch: Sendable {
  enum Input: Sendable {
    case announcement(TaskRecord, at: Instant)
    case revision(TaskID, truth: Digest?)
    case submission(PendingTransaction, readyAt: Instant)
    case loss([TransactionID])
  }
  struct Snapshot: Sendable {
    var block: BlockNumber
    var state: CoordinatorState
    /// Inputs from this number on came after it.
    var inputs: Int
  }
  private(set) var snapshots: [Snapshot] = []
  private var inputs: [Input] = []
  /// Number of the first input kept.
  private var firstInput = 0
  private(set) var included: [InclusionFact] = []

  mutating func note(_ input: Input) { inputs.append(input) }
  mutating func note(_ inclusion: InclusionFact) { included.append(inclusion) }

  /// Keeps the state before `block`, and of the older ones what a reorg of `depth` from here on can ask for.
  mutating func keep(_ state: CoordinatorState, before block: BlockNumber, depth: UInt64) {
    snapshots.removeAll { $0.block + depth <= block }
    included.removeAll { $0.block + depth <= block }
    snapshots.append(Snapshot(block: block, state: state, inputs: firstInput + inputs.count))
    let needed = snapshots[0].inputs - firstInput
    inputs.removeFirst(needed)
    firstInput += needed
  }

  func inputs(since snapshot: Snapshot) -> ArraySlice<Input> { inputs[(snapshot.inputs - firstInput)...] }

  /// Forgets the blocks after `fork`.
  mutating func cut(after fork: BlockNumber) {
    snapshots.removeAll { $0.block > fork }
    included.removeAll { $0.block > fork }
  }
}

extension Coordinator {
  /// A fault of the chain begins. Blocks up to and including this instant are not touched by it, but for a reorg, which
  /// undoes them.
  ///
  /// Requires: a reorg is at most `configuration.chain.reorgDepth` deep. Cost of a reorg: the inputs since.
  ///
  /// - Parameter until: when it ends by itself; nil: with `end`.
  public mutating func begin(
    _ fault: ChainFault, id: UInt32, at: Instant, until: Instant? = nil, facts: inout [CoordinatorFact]
  ) {
    advance(to: at, facts: &facts)
    if case .reorg(let depth, let lostBips) = fault {
      facts.append(.reorg(undo(depth, lostBips: lostBips, reorg: id, at: at)))
    } else {
      state.changeConditions { $0.begin(id, fault, until: until) }
    }
  }

  /// It ends, if it has not ended by itself. The first block afterwards is at or after this instant.
  public mutating func end(faultOf id: UInt32, at: Instant, facts: inout [CoordinatorFact]) {
    advance(to: at, facts: &facts)
    state.changeConditions { $0.end(id) }
  }

  private mutating func undo(_ depth: UInt64, lostBips: UInt64, reorg: UInt32, at: Instant) -> ReorgFact {
    let chain = configuration.chain
    precondition(
      depth <= chain.reorgDepth, "a reorg of \(depth) slots, states of \(chain.reorgDepth) are kept")
    let head = chain.block(at: at)
    let fork = max(head, chain.startBlock + depth) - depth
    var fact = ReorgFact(at: at, fork: fork, depth: head - fork, orphaned: [], returned: 0, lost: [])
    fact.orphaned = branch.snapshots.filter { $0.block > fork }.map(\.block)
    let undone = branch.included.filter { $0.block > fork }
    if let snapshot = branch.snapshots.first(where: { $0.block > fork }) {
      var restored = snapshot.state
      let inputs = branch.inputs(since: snapshot)
      for input in inputs { restored.repeatInput(input) }
      restored.takeOver(from: state, head: head)
      state = restored
    } else {
      state.takeOver(from: state, head: head)
    }
    fact.undone = undone.map {
      UndoneTransaction(
        inclusion: $0, isLost: state.conditions.loses($0.transaction, reorg: reorg, bips: lostBips))
    }
    fact.lost = fact.undone.filter(\.isLost).map(\.inclusion.transaction)
    fact.returned = undone.count - fact.lost.count
    branch.cut(after: fork)
    if !fact.lost.isEmpty {
      branch.note(.loss(fact.lost))
      state.repeatInput(.loss(fact.lost))
    }
    return fact
  }
}

extension CoordinatorState {
  /// Faults begin or end: what was quiet so far is brought up to date under the old ones.
  mutating func changeConditions(_ change: (inout ChainConditions) -> Void) {
    let next = configuration.chain.firstBlock(notBefore: now)
    advanceBaseFee(to: next)
    change(&conditions)
    floor = max(floor, next)
  }

  fileprivate mutating func repeatInput(_ input: Branch.Input) {
    switch input {
    case .announcement(let task, let at):
      do throws(TransactionRefusal) { try open(task, at: at) } catch {
        preconditionFailure("a task that was open could not be opened again: \(error)")
      }
    case .revision(let task, let truth): tasks.revise(task, truth: truth)
    case .submission(let pending, let readyAt): _ = mempool.add(pending, readyAt: readyAt)
    case .loss(let ids): mempool.drop { ids.contains($0.id) }
    }
  }

  /// What no reorg undoes: time, the faults in force, what was counted. The slots up to `head` stay empty.
  fileprivate mutating func takeOver(from other: CoordinatorState, head: BlockNumber) {
    now = other.now
    conditions = other.conditions
    floor = other.floor
    nextTransaction = other.nextTransaction
    hearing = other.hearing
    refusedTransactions = other.refusedTransactions
    self.head = head
    feeBlock = max(feeBlock, head + 1)
  }
}
