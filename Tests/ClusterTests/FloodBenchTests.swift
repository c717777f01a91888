import Basics
import Glibc
import Testing
import UV

@testable import Cluster

@Suite struct FloodBenchTests {
  private func directory() throws -> String {
    var template = Array("/tmp/avsim-XXXXXX".utf8CString)
    try #require(unsafe mkdtemp(&template) != nil)
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private func remove(_ directory: String) {
    unsafe _ = unlink(directory + "/board")
    unsafe _ = rmdir(directory)
  }

  @Test(arguments: [(20, 4, 50, 8), (30, 6, 40, 1), (25, 8, 60, 100)])
  func everyLinkMessageIsCountedExactlyOnce(nodes: Int, degree: Int, messages: Int, window: Int) throws {
    var options = FloodBenchOptions()
    options.nodes = nodes
    options.degree = degree
    options.messages = messages
    options.window = window
    options.size = 40
    #expect(options.mistake == nil)
    let place = try directory()
    defer { remove(place) }
    let result = try #require(try FloodBench.run(options, directory: place) { _ in [] })
    #expect(result.isExact)
    #expect(result.events == UInt64(messages * (nodes * (degree - 1) + 1)))
    #expect(result.first == UInt64(messages * (nodes - 1)))
    #expect(result.line.contains(" events=\(result.events) expected=\(result.events) "))
  }

  @Test func twoProcessesCountTogether() throws {
    var options = FloodBenchOptions()
    options.nodes = 20
    options.degree = 4
    options.messages = 40
    options.processes = 2
    let place = try directory()
    defer { remove(place) }
    let shared = options
    let loop = try Loop()
    // Stands in for the second process: its own loop on its own thread; they meet at sockets and the shared file.
    let first = try FloodBenchProcess(options, process: 0, loop, boardAt: place + "/board")
    let other = Thread { _ = try? FloodBench.join(shared, process: 1, directory: place) }
    let done = try first.run()
    #expect(done)
    other.join()
    let totals = first.totals
    #expect(totals.events == UInt64(40 * (20 * 3 + 1)))
    #expect(totals.first == UInt64(40 * 19))
    first.end()
    loop.close()
  }

  @Test func theGraphIsTheReferencesGraph() {
    let workload = FloodWorkload(nodes: 50, degree: 8, messages: 1)
    #expect((0..<50).allSatisfy { workload.wiring.slots(of: $0).count == 8 })
    #expect(workload.expectedEvents == 351)
    // The publishers of WORKLOAD.md's formula with seed 1.
    let key = mix(1 ^ 0x5055_4200_0000_0000)
    #expect((0..<100).allSatisfy { workload.source($0) == Int(scale(mix(key ^ UInt64($0)), 50)) })
  }

  @Test func impossibleOptionsAreNamed() {
    var options = FloodBenchOptions()
    options.degree = 7
    #expect(options.mistake?.contains("--degree 7") == true)
    options = FloodBenchOptions()
    options.nodes = 16
    #expect(options.mistake?.contains("--nodes 16") == true)
    options = FloodBenchOptions()
    options.processes = 51
    #expect(options.mistake?.contains("--processes 51") == true)
  }
}

/// A POSIX thread.
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
