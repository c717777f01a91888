// A program under test: its lines of JSON are facts to wait for, its standard input takes commands.

import Foundation
import Synchronization
import TestKit

/// One line that a program printed.
struct Fact: Sendable, CustomStringConvertible {
  let line: String
  private let fields: [String: String]

  init(_ line: String) {
    self.line = line
    let object = (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any] ?? [:]
    fields = object.mapValues { "\($0)" }
  }

  var event: String { fields["event"] ?? "" }
  subscript(key: String) -> String? { fields[key] }
  var description: String { line }
}

/// A running program. Ended by `end` at the latest.
final class Program: @unchecked Sendable {
  private let process = Foundation.Process()
  private let input = Pipe()
  private let output = Pipe()
  private let condition = NSCondition()
  private var facts: [Fact] = []
  private var rest = Data()
  private var hasExited = false
  private var isReadToItsEnd = false
  let name: String

  init(_ name: String, _ executable: String, _ arguments: [String]) throws {
    self.name = name
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.standardInput = input
    process.standardOutput = output
    process.terminationHandler = { [self] _ in
      condition.lock()
      hasExited = true
      condition.broadcast()
      condition.unlock()
    }
    try process.run()
    // A thread of its own: now and then a readability handler is not told of the end, and a test waits for it in vain.
    Thread.detachNewThread { [self] in
      var data: Data
      repeat {
        data = output.fileHandleForReading.availableData
        take(data)
      } while !data.isEmpty
    }
  }

  /// Nothing more will be told: the last lines of a program may be read after its exit is known.
  private var isOver: Bool { hasExited && isReadToItsEnd }

  private func take(_ data: Data) {
    condition.lock()
    defer { condition.unlock() }
    if data.isEmpty { isReadToItsEnd = true }
    rest += data
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      facts.append(Fact(String(decoding: rest[rest.startIndex..<end], as: UTF8.self)))
      rest = Data(rest[rest.index(after: end)...])
    }
    condition.broadcast()
  }

  struct Missing: Error, CustomStringConvertible {
    let description: String
  }

  /// Waits until `count` facts hold, and returns the last of them.
  @discardableResult
  func wait(
    _ what: String, count: Int = 1, limit: TimeInterval = 60, _ holds: (Fact) -> Bool
  ) throws -> Fact {
    let deadline = Date(timeIntervalSinceNow: limit)
    condition.lock()
    defer { condition.unlock() }
    var seen = 0
    var next = 0
    while true {
      while next < facts.count {
        if holds(facts[next]) {
          seen += 1
          if seen == count { return facts[next] }
        }
        next += 1
      }
      if isOver || !condition.wait(until: deadline) {
        let last = facts.suffix(8).map { String($0.line.prefix(200)) }.joined(separator: "\n")
        let end = isOver ? "ended" : "did not tell it within \(limit) s"
        throw Missing(
          description: "\(name): \(what): \(seen) of \(count); the program \(end). Last:\n\(last)")
      }
    }
  }

  @discardableResult
  func wait(event: String, count: Int = 1, limit: TimeInterval = 60) throws -> Fact {
    try wait(event, count: count, limit: limit) { $0.event == event }
  }

  /// What was told so far.
  var told: [Fact] {
    condition.lock()
    defer { condition.unlock() }
    return facts
  }

  func send(_ command: String) {
    try? input.fileHandleForWriting.write(contentsOf: Data((command + "\n").utf8))
  }

  /// Asks it to end, and waits for that.
  func end(limit: TimeInterval = 20) {
    try? input.fileHandleForWriting.close()
    if process.isRunning { process.terminate() }
    let deadline = Date(timeIntervalSinceNow: limit)
    condition.lock()
    while !isOver, condition.wait(until: deadline) {}
    let late = !isOver
    condition.unlock()
    if late { kill(process.processIdentifier, SIGKILL) }
  }

  var exitCode: Int32 { process.isRunning ? -1 : process.terminationStatus }
}

/// What the tests here need beside the package itself.
enum Environment {
  static let python = Checkout.root.appendingPathComponent(".build-py-libp2p/bin/python").path
  static let avsim = Checkout.avsim?.path ?? ""

  static let hasPython = FileManager.default.fileExists(
    atPath: Checkout.root.appendingPathComponent(".build-py-libp2p/.libp2p-0.8.1").path)
  static let missing = "py-libp2p is not installed: run scripts/setup-interop"
}

/// An `avsim peer`.
func avsim(_ arguments: String...) throws -> Program {
  try Program("avsim", Environment.avsim, ["peer"] + arguments)
}

/// A py-libp2p node.
func python(_ arguments: String...) throws -> Program {
  let script = Checkout.root.appendingPathComponent("Tests/InteropTests/Peers/peer.py").path
  return try Program("py-libp2p", Environment.python, [script] + arguments)
}

extension Program {
  /// Where it listens, once it does.
  func address() throws -> String { try wait(event: "listening")["multiaddr"] ?? "" }
}
