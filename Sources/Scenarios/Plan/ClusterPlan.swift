// How the cluster engine spreads a scenario over processes. The simulator does not look at it.

import Basics

/// The key `cluster`.
public struct ClusterPlan: Sendable, Equatable, Codable {
  /// Processes that host the nodes; 1: the one that holds the chain hosts them too.
  public var processes: Int

  init(_ o: ObjectReader) {
    processes = o.value("processes", "processes that host the nodes; 1: the coordinator's own", or: 1) {
      $0.integer(1...256)
    }
  }
}
