// What a process's nodes counted, on its way to the parent.

internal import Basics
internal import Foundation
internal import Gossip
internal import Participants
internal import Runs

/// Counts of one process.
struct NodeTotals: Codable, Sendable {
  var measures: Measures
  var counters: Counters
  /// By node; zero for nodes of other processes.
  var busyNanoseconds: [UInt64]
  var cores: [Int]
  /// As `Participants.totalLoad`.
  var busyTotal: UInt64
  var coresTotal: Int
  var linksUp: Int
  var refusedFrames: UInt64
  /// Peers beside the topology with links here, and their links.
  var guests: Int
  var guestLinks: Int
  /// What was refused, dropped and lost on the wire, by name.
  var troubles: [String: UInt64]
  /// What the process should have told and could not, and what the system refused it.
  var notices: [String]

  var encoded: [UInt8] { (try? JSONEncoder().encode(self)).map { [UInt8]($0) } ?? [] }

  init?(decoding bytes: [UInt8], nodes: Int) {
    guard let value = try? JSONDecoder().decode(Self.self, from: Data(bytes)),
      value.busyNanoseconds.count == nodes, value.cores.count == nodes,
      value.measures.propagation.buckets.count == Histogram().buckets.count
    else { return nil }
    self = value
  }

  init(_ host: NodeHost) {
    let totals = host.totals
    measures = totals.measures
    counters = totals.counters
    busyNanoseconds = totals.loads.map(\.busyNanoseconds)
    cores = totals.loads.map(\.cores)
    (busyTotal, coresTotal) = host.load
    linksUp = host.links.up
    refusedFrames = host.refusedFrames
    (guests, guestLinks) = host.guests
    troubles = host.troubles
    notices = []
  }
}

extension PopulationTotals {
  /// Adds the counts of another process.
  mutating func merge(_ other: NodeTotals) {
    measures.merge(other.measures)
    counters.merge(other.counters)
    if loads.isEmpty { loads = other.cores.map { (0, $0) } }
    for k in loads.indices {
      loads[k] = (loads[k].busyNanoseconds + other.busyNanoseconds[k], max(loads[k].cores, other.cores[k]))
    }
  }
}
