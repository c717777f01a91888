// Who sits in the meshes of honest nodes: the latest that each said of itself, and what that adds up to at each sample.

import Basics
import Participants
import Reporting

struct SybilShare {
  private var held: [UInt32]
  private var places: [UInt32]
  private var peak: Double?
  private var last: Double?
  private var surrounded = (peak: 0, last: 0)

  init(nodes: Int) {
    held = Array(repeating: 0, count: nodes)
    places = held
  }

  /// A heartbeat of an honest node.
  mutating func note(_ fact: Fact) {
    held[fact.node.index] = UInt32(clamping: fact.value)
    places[fact.node.index] = UInt32(clamping: fact.extra)
  }

  /// A node that is down has no mesh.
  mutating func forget(_ node: NodeID) {
    held[node.index] = 0
    places[node.index] = 0
  }

  /// The share of mesh places that Sybils have now; nil while nobody has a mesh.
  mutating func look() -> Double? {
    var sums = (held: UInt64(0), places: UInt64(0), surrounded: 0)
    for k in held.indices {
      sums.held += UInt64(held[k])
      sums.places += UInt64(places[k])
      if places[k] > 0, held[k] == places[k] { sums.surrounded += 1 }
    }
    guard sums.places > 0 else { return nil }
    let share = Double(sums.held) / Double(sums.places)
    last = share
    peak = max(peak ?? 0, share)
    surrounded = (max(surrounded.peak, sums.surrounded), sums.surrounded)
    return share
  }

  /// As the summary has it.
  func summary(count: Int) -> RunSummary.Sybils {
    RunSummary.Sybils(
      count: count, meshSharePeak: peak, meshShareEnd: last, surroundedPeak: surrounded.peak,
      surroundedEnd: surrounded.last)
  }
}
