// Nodes that stand still, and what waits for them: the simulator's form of a stopped process, whose sockets fill up and whose
// timers come late. What waits is handed over in the order in which it came.

/// Inputs of paused nodes.
struct Standstill: ~Copyable {
  struct Input: BitwiseCopyable {
    /// The receiver's slot; `.max` for a wake-up.
    var slot: UInt32
    var payload: UInt32
  }
  /// Most messages that wait for one node: a socket's buffer is finite.
  static let messagesMaximum = 1 << 16

  /// By node: how many pauses are in force.
  private var pauses: [Int]
  private var inputs: [[Input]]
  /// Whether any node stands still.
  private(set) var isAny = false

  init(nodes: Int) {
    pauses = Array(repeating: 0, count: nodes)
    inputs = Array(repeating: [], count: nodes)
  }

  func stands(_ node: Int) -> Bool { pauses[node] > 0 }

  mutating func begin(_ node: Int) {
    pauses[node] += 1
    isAny = true
  }

  /// Returns what waited when the last pause of the node ends.
  mutating func end(_ node: Int) -> [Input] {
    guard pauses[node] > 0 else { return [] }
    pauses[node] -= 1
    guard pauses[node] == 0 else { return [] }
    isAny = pauses.contains { $0 > 0 }
    defer { inputs[node] = [] }
    return inputs[node]
  }

  /// A message waits; false when too many do.
  mutating func keep(_ input: Input, _ node: Int) -> Bool {
    guard inputs[node].count < Self.messagesMaximum else { return false }
    inputs[node].append(input)
    return true
  }

  /// A wake-up waits: a node has asked for each itself.
  mutating func keep(wakeUp input: Input, _ node: Int) { inputs[node].append(input) }
}
