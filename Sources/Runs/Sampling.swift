// What happened between two samples.

import Basics

/// Sums since the last sample, and the marks from which differences are taken.
struct SampleSums {
  var published = 0
  var certified = 0
  var tasksCertified = 0
  var quorum = Histogram()
  /// The next task that has not fallen due at the last sample.
  var nextDue = 0
  /// Tasks that have, and whose deadline had not passed.
  var open: [Int] = []
  /// The next task whose end has not been told.
  var told = 0
  var copies: UInt64 = 0
  var bytes: UInt64 = 0
  var busy: UInt64 = 0
  var at = Instant.zero
}
