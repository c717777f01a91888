import TestKit
import Testing

@Suite struct LoopEndTests {
  /// From here on this process cannot end well with a loop open, whichever test made it.
  @Test func everyLoopOfTheseTestsIsClosed() { LoopWatch.begin() }
}
