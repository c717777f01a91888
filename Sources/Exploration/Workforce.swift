// Work side by side: a list of independent items over some threads. What comes out is in the order of what went in, so that
// nothing which is decided from it depends on how many threads there were.

import Foundation

/// Threads that share a list of work.
public struct Workforce: Sendable {
  public let jobs: Int

  /// - Parameter jobs: threads, one or more.
  public init(jobs: Int) { self.jobs = max(1, jobs) }

  private final class Desk<Result: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var next = 0
    private var results: [Result?]

    init(count: Int) { results = Array(repeating: nil, count: count) }

    /// The next item that nobody has taken.
    func take() -> Int? {
      lock.withLock {
        guard next < results.count else { return nil }
        defer { next += 1 }
        return next
      }
    }
    func put(_ index: Int, _ result: Result) { lock.withLock { results[index] = result } }
    var all: [Result?] { lock.withLock { results } }
  }

  /// Does `work` for every item, in any order, and returns the results in the items' order. Nil for items that were left
  /// undone because `goesOn` said no.
  public func map<Item: Sendable, Result: Sendable>(
    _ items: [Item], whileTrue goesOn: @Sendable () -> Bool = { true },
    _ work: @Sendable (Int, Item) -> Result
  ) -> [Result?] {
    let desk = Desk<Result>(count: items.count)
    DispatchQueue.concurrentPerform(iterations: min(jobs, max(items.count, 1))) { _ in
      while goesOn(), let index = desk.take() { desk.put(index, work(index, items[index])) }
    }
    return desk.all
  }
}
