// Which nodes ran, and who could reach whom, when: what a fair count of deliveries needs to know.

package import Basics

/// Up and down times of nodes, and the partitions in force.
package struct Availability: ~Copyable {
  /// Since when a node has been up; `.max` while it is down.
  private var upSince: Table<UInt64>
  /// Since when it had been up before it last went down.
  private var previousUp: Table<UInt64>
  /// When a node last went down; 0 when never.
  private var wentDown: Table<UInt64>
  private var incarnations: Table<UInt32>
  private var partitions: [Partition] = []

  package struct Partition {
    var id: UInt32
    var from: Instant
    var until: Instant
    /// By node, as in `Fault.partition`.
    package var sides: [UInt32]
    /// As in `Fault.oneWay`.
    var isOneWay = false

    package func passes(_ a: NodeID, to b: NodeID) -> Bool {
      let (from, to) = (sides[a.index], sides[b.index])
      return isOneWay ? Fault.passes(from, to: to) : Fault.connects(from, to)
    }
  }

  package init(nodes: Int) {
    upSince = Table(repeating: 0, count: nodes)
    previousUp = Table(repeating: 0, count: nodes)
    wentDown = Table(repeating: 0, count: nodes)
    incarnations = Table(repeating: 0, count: nodes)
  }

  package func isUp(_ node: NodeID) -> Bool { upSince[node.index] != .max }
  package func incarnation(_ node: NodeID) -> UInt32 { incarnations[node.index] }

  package mutating func goDown(_ node: NodeID, at now: Instant) {
    previousUp[node.index] = upSince[node.index]
    upSince[node.index] = .max
    wentDown[node.index] = now.nanoseconds
    incarnations[node.index] += 1
  }

  package mutating func comeUp(_ node: NodeID, at now: Instant) { upSince[node.index] = now.nanoseconds }

  package mutating func cut(_ id: UInt32, sides: [UInt32], isOneWay: Bool = false, at now: Instant) {
    partitions.append(Partition(id: id, from: now, until: .never, sides: sides, isOneWay: isOneWay))
  }

  package mutating func mend(_ id: UInt32, at now: Instant) {
    for k in partitions.indices where partitions[k].id == id && partitions[k].until == .never {
      partitions[k].until = now
    }
  }

  /// Partitions that were in force at any time in `from ... until`.
  package func partitions(from: Instant, until: Instant) -> [Partition] {
    partitions.filter { $0.from <= until && $0.until >= from }
  }

  /// Whether `node` ran for the whole of `from ... until`, asked at or after `until`. Remembers one outage a node: two
  /// within the span count as not having run, which they did not.
  package func ran(_ node: NodeID, from: Instant, until: Instant) -> Bool {
    let since = upSince[node.index]
    if since <= from.nanoseconds { return true }
    return wentDown[node.index] > until.nanoseconds && previousUp[node.index] <= from.nanoseconds
  }
}
