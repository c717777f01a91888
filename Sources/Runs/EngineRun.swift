// What a run is to whoever starts it, whichever engine carries it: traffic until its end, then the chain alone, then the
// conclusion.

public import Basics
public import Reporting

/// A run under way.
public protocol EngineRun: ~Copyable {
  var blueprint: Blueprint { get }
  /// The present instant of the traffic.
  var now: Instant { get }
  /// The faults that came into force so far, with their ends.
  var faultRows: [FaultRow] { get }
  /// Moves traffic forward; nothing happens at or after `blueprint.trafficEnd`.
  mutating func run(until limit: Instant)
  /// After the traffic: lets the chain go on, event by event, until nothing is left to decide or `settle` is over.
  /// Returns the instant of the last event.
  mutating func settle() -> Instant
  /// A checker that broke: the run ends with it. Nil while all hold.
  var firstBreach: Breach? { get }
  /// Rows that became final since the last call.
  mutating func takeRows() -> FreshRows
  /// What the run amounts to, as of now.
  mutating func conclude(_ settledAt: Instant) -> Conclusion
}

extension EngineRun where Self: ~Copyable {
  /// Brings the run to its end, slice by slice; `progress` is asked after each whether to go on, and gets rows when they
  /// are due. A broken checker ends it. Returns the conclusion of as much as there is.
  public mutating func finish(
    slice: TimeSpan, whileTrue goesOn: () -> Bool, after progress: (inout Self) throws -> Void
  ) throws -> Conclusion {
    let end = blueprint.trafficEnd
    while now < end, goesOn(), firstBreach == nil {
      run(until: now + slice)
      try progress(&self)
    }
    let settledAt = goesOn() && firstBreach == nil ? settle() : now
    return conclude(settledAt)
  }
}
