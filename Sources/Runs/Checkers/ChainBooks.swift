// What checkers know of the chain, kept by themselves from its facts: stake by block, the outcome of every task. The
// coordinator keeps such books too; these are here so that nobody is asked to judge itself.

import AVS
import Basics
import Contracts
import Participants

/// The checkers' own account of the chain.
struct ChainBooks {
  /// What became of a task.
  enum Outcome {
    case open
    /// `signers` as in the certificate.
    case certified(signers: [UInt64], at: Instant)
    case expired(at: Instant)

    var at: Instant? {
      switch self {
      case .open: nil
      case .certified(_, let at), .expired(let at): at
      }
    }
  }

  /// Versions of a stake table that are kept; what is older is not judged any more.
  static let versionsMaximum = 512

  let configuration: CoordinatorConfiguration
  let schedule: TaskSchedule
  private(set) var outcomes: [Outcome]
  private var tables: [[StakeTable]]

  init(_ configuration: CoordinatorConfiguration, _ schedule: TaskSchedule) {
    self.configuration = configuration
    self.schedule = schedule
    outcomes = Array(repeating: .open, count: schedule.tasks.count)
    tables = configuration.services.map { _ in [] }
  }

  mutating func push(_ table: StakeTable, of service: ServiceID) {
    tables[service.index].append(table)
    if tables[service.index].count > Self.versionsMaximum { tables[service.index].removeFirst() }
  }

  mutating func settle(_ task: TaskID, _ outcome: Outcome) {
    if task.index < outcomes.count { outcomes[task.index] = outcome }
  }

  /// Stake at the end of `block`; nil when it is not known (any more).
  func table(_ service: ServiceID, at block: BlockNumber) -> StakeTable? {
    tables[service.index].last { $0.since <= block }
  }

  /// The same; where it is not known any more, the oldest that is.
  func nearestTable(_ service: ServiceID, at block: BlockNumber) -> StakeTable? {
    table(service, at: block) ?? tables[service.index].first
  }

  /// Whether the table in force at `block` is the newest.
  func isNewest(_ service: ServiceID, at block: BlockNumber) -> Bool {
    guard let newest = tables[service.index].last else { return false }
    return newest.since <= block
  }

  /// The block at whose end a task's stake is measured.
  func reference(_ task: TaskID) -> BlockNumber { configuration.chain.block(at: schedule[task].due) }

  /// The last instant at which a task's certificate counts.
  func expiry(_ task: TaskID) -> Instant {
    let record = schedule[task]
    return record.deadline + configuration.services[record.service.index].certificateWindow
  }

  /// The member index of a node; nil for others, and for those that joined during the run.
  func member(_ node: NodeID, _ service: ServiceID) -> Int? {
    configuration.services[service.index].members.firstIndex { $0.node == node }
  }

  static func isSet(_ bit: Int, in words: [UInt64]) -> Bool {
    bit >> 6 < words.count && words[bit >> 6] >> UInt64(bit & 63) & 1 == 1
  }
}
