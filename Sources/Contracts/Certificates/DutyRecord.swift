// Who signed how much, over a span of time: the chain's own record, read by the liveness rule and by rewards.

/// Duties and signatures by member of one operator set since the record was last emptied.
///
/// A duty is a task that had weight of the member behind it at the reference block. It is fulfilled when the task's
/// certificate names the member.
public struct DutyRecord: Sendable {
  public struct Row: Sendable, Equatable {
    public var duties: UInt32 = 0
    public var fulfilled: UInt32 = 0
    /// Of the duties, those whose task was never certified.
    public var uncertified: UInt32 = 0
    /// Sum of the member's weight over its certified duties, and over those that it signed.
    public var stakeDue: UInt128 = 0
    public var stakeSigned: UInt128 = 0

    public init() {}
  }

  /// By member index.
  public private(set) var rows: [Row] = []
  /// Sum over certificates of all stake, and of the stake that signed.
  public private(set) var stakeDue: UInt128 = 0
  public private(set) var stakeSigned: UInt128 = 0
  /// Tasks entered.
  public private(set) var tasks = 0

  public init() {}

  /// Enters a certified task. `all`: duties of members without weight count too, which is a defect (`PlantedDefect`).
  /// Effects: one duty more for each member with weight, fulfilled where its bit is set; stake is added whole, nothing rounds. Errors: none.
  public mutating func add(_ table: StakeTable, signers: [UInt64], signed: UInt128, all: Bool = false) {
    grow(table)
    tasks += 1
    stakeDue += table.total
    stakeSigned += signed
    for index in table.weights.indices where table.weights[index] != 0 || all {
      let weight = table.weights[index]
      rows[index].duties += 1
      rows[index].stakeDue += weight
      let word = index >> 6
      if word < signers.count && signers[word] >> UInt64(index & 63) & 1 == 1 {
        rows[index].fulfilled += 1
        rows[index].stakeSigned += weight
      }
    }
  }

  /// Enters a task that was never certified. `all`: as in `add`.
  /// Effects: one duty more for each member with weight, which nobody fulfilled. Errors: none.
  public mutating func addUncertified(_ table: StakeTable, all: Bool = false) {
    grow(table)
    tasks += 1
    for index in table.weights.indices where table.weights[index] != 0 || all {
      rows[index].duties += 1
      rows[index].uncertified += 1
    }
  }

  private mutating func grow(_ table: StakeTable) {
    while rows.count < table.weights.count { rows.append(Row()) }
  }

  /// Forgets every duty; the next ones begin a new record.
  /// Effects: no rows are left. Errors: none.
  public mutating func removeAll() { self = DutyRecord() }
}
