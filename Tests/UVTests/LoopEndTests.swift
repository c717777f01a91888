// The end of loops: libuv's own word for each that nothing is left, and none forgotten.

import Basics
import Glibc
import TestKit
import Testing
import UV

@Suite struct LoopEndTests {
  /// From here on this process cannot end well with a loop open, whichever test made it.
  @Test func everyLoopOfTheseTestsIsClosed() { LoopWatch.begin() }

  @Test func aForgottenLoopIsNoticedAtTheEnd() async {
    await #expect(processExitsWith: .exitCode(LoopWatch.code)) {
      LoopWatch.begin()
      let loop = try Loop()
      _ = unsafe Unmanaged.passRetained(loop)
      exit(0)
    }
  }

  @Test func aLoopThatIsClosedWithEverythingOpenIsNotForgotten() async {
    await #expect(processExitsWith: .success) {
      LoopWatch.begin()
      let loop = try Loop()
      let listener = try Listener.open(loop, .tcp("127.0.0.1", port: 0)) { _ in }
      let timer = Timer(loop) {}
      timer.start(after: .seconds(1_000))
      #expect(listener.port > 0 && Loop.open == 1)
      loop.close()
      #expect(Loop.open == 0)
      exit(0)
    }
  }
}
