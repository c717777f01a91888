import Basics
import Glibc
import Testing
import UV

@Suite struct ProcessTests {
  @Test(arguments: [0, 7]) func anExitCodeComesBack(_ code: Int64) throws {
    let loop = try Loop()
    var exit: UV.Process.Exit?
    let child = try UV.Process.spawn(loop, "/bin/sh", ["-c", "exit \(code)"]) { exit = $0 }
    #expect(child.id > 0)
    #expect(loop.run { exit != nil })
    #expect(exit == .code(code))
    #expect(!child.isOpen)
    loop.close()
  }

  @Test func aKilledChildTellsItsSignal() throws {
    let loop = try Loop()
    var exit: UV.Process.Exit?
    let child = try UV.Process.spawn(loop, "/bin/sleep", ["1000"]) { exit = $0 }
    child.kill(Signal.kill)
    #expect(loop.run { exit != nil })
    #expect(exit == .signal(Signal.kill))
    child.kill(Signal.kill)
    loop.close()
  }

  @Test func aMissingExecutableIsAnError() throws {
    let loop = try Loop()
    do throws(UVError) {
      _ = try UV.Process.spawn(loop, "/nowhere/at/all", []) { _ in }
      Issue.record("started")
    } catch { #expect(error.name == "ENOENT") }
    loop.close()
  }

  @Test func aSignalIsAnEvent() throws {
    let loop = try Loop()
    var seen = 0
    let signal = try Signal(loop, Signal.user1) { seen += 1 }
    // To the process, not to this thread: test threads may have signals blocked.
    kill(getpid(), Signal.user1)
    #expect(loop.run { seen == 1 })
    signal.close()
    loop.close()
  }

  @Test func anotherThreadRingsAndALateRingHarmsNobody() throws {
    let loop = try Loop()
    var rings = 0
    let async = try Async(loop) { rings += 1 }
    let waker = async.waker
    let thread = Thread { waker.wake() }
    #expect(loop.run { rings > 0 })
    thread.join()
    loop.close()
    waker.wake()
  }

  @Test func countersAreSharedThroughAFile() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/counters"
    let mine = try SharedCounters(path: path, count: 3, create: true)
    let theirs = try SharedCounters(path: path, count: 3, create: false)
    #expect(mine.increment(2) == 1)
    #expect(theirs.increment(2) == 2)
    #expect(mine.load(2) == 2)
    #expect(mine.load(0) == 0)
    #expect(throws: UVError.self) { try SharedCounters(path: path, count: 3, create: true) }
    #expect(throws: UVError.self) { try SharedCounters(path: path, count: 3_000_000, create: false) }
  }

  #if DEBUG
    @Test func useFromAnotherThreadIsCaughtAtOnce() async {
      await #expect(processExitsWith: .failure) {
        let loop = try Loop()
        let timer = Timer(loop) {}
        nonisolated(unsafe) let smuggled = timer
        let thread = Thread { unsafe smuggled.start(after: .zero) }
        thread.join()
      }
    }
  #endif
}

/// A POSIX thread, for tests of what crosses threads.
final class Thread {
  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }
  private var id = pthread_t()
  init(_ body: @escaping @Sendable () -> Void) {
    let context = unsafe Unmanaged.passRetained(Body(body)).toOpaque()
    unsafe pthread_create(
      &id, nil,
      { context in
        guard let context = unsafe context else { return nil }
        unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, context)
  }
  func join() { pthread_join(id, nil) }
}
