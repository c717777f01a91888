// Every way of getting a file wrong, with the message that says so. Beside each file of `Malformed/` lies its `.expected`:
// the mistakes, one a line, without the file's name. AVSIM_RECORD=1 writes them anew; their diff is read like code.

import Basics
import Foundation
import Network
import Scenarios
import Testing

/// The directory of this test's files.
let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path

let malformed: [String] = {
  let names = (try? FileManager.default.contentsOfDirectory(atPath: here + "/Malformed")) ?? []
  return names.filter { $0.contains(".") && !$0.hasSuffix(".expected") }.sorted()
}()

@Suite struct MalformedTests {
  @Test func thereAreMany() { #expect(malformed.count >= 150) }

  @Test(arguments: malformed) func isRefusedWithPlaceAndReason(_ name: String) throws {
    let directory = here + "/Malformed/"
    var found = "accepted\n"
    do throws(FileError) {
      try Validation.check(directory + name)
    } catch {
      #expect(error.exitCode == 65)
      found = error.mistakes.map { "\($0)".replacing(directory, with: "") + "\n" }.joined()
    }
    let sidecar = directory + name + ".expected"
    if ProcessInfo.processInfo.environment["AVSIM_RECORD"] != nil {
      try found.write(toFile: sidecar, atomically: true, encoding: .utf8)
    }
    let expected = try String(contentsOfFile: sidecar, encoding: .utf8)
    #expect(found == expected)
    #expect(found != "accepted\n")
  }

  @Test func missingFileIsNotWrongContent() {
    #expect(throws: FileError.self) { try Scenario.load(here + "/nowhere.yaml") }
    do throws(FileError) { _ = try Scenario.load(here + "/nowhere.yaml") } catch {
      #expect(error.exitCode == 66)
    }
  }

  /// A sparse file tells its size before a byte of it is read.
  @Test func aFileOfAGigabyteIsRefusedUnread() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("avsim-large-\(UUID()).yaml")
      .path
    #expect(FileManager.default.createFile(atPath: path, contents: nil))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.truncate(atOffset: 1 << 30)
    try handle.close()
    do throws(FileError) {
      _ = try Scenario.load(path)
      Issue.record("accepted")
    } catch {
      #expect(error.exitCode == 65)
      #expect(error.description.contains("is too large"))
    }
  }

  /// An endless file has no size; reading stops at the bound.
  @Test func anEndlessFileIsCutOff() {
    do throws(FileError) {
      _ = try DiskFiles().read("/dev/zero", limit: 1 << 20)
      Issue.record("accepted")
    } catch { #expect(error.description.contains("is too large")) }
  }

  @Test func severalMistakesComeInFileOrder() throws {
    let text = "name: x\nobserve: {trace: 3}\nseed: a\nduration: b\nchain: {gasLimit: -1}\n"
    do throws(FileError) {
      _ = try Scenario.parse(file: "f", bytes: Array(text.utf8))
      Issue.record("accepted")
    } catch {
      #expect(error.mistakes.map(\.line) == [2, 3, 4, 5])
      #expect(error.mistakes.map(\.key) == ["observe.trace", "seed", "duration", "chain.gasLimit"])
    }
  }

  /// Random damage to a good file: refused or accepted, never a trap.
  @Test(arguments: 0..<40) func damagedFilesNeverTrap(_ seed: Int) throws {
    var stream = RandomStream(seed: UInt64(seed))
    let good = Array(try String(contentsOfFile: here + "/Good/full.yaml", encoding: .utf8).utf8)
    for _ in 0..<10 {
      _ = try? Scenario.parse(file: here + "/Good/full.yaml", bytes: damaged(good, &stream))
    }
  }

  /// The same for topology files.
  @Test(arguments: 0..<40) func damagedTopologiesNeverTrap(_ seed: Int) throws {
    var stream = RandomStream(seed: UInt64(seed))
    let graph = try GraphGenerator.kOut(dials: 2).generate(nodes: 12, regions: .ethereum, seed: UInt64(seed))
      .graph
    for format in TopologyFormat.allCases {
      let good = TopologyFile.text(graph, format)
      for _ in 0..<20 {
        let bytes = damaged(good, &stream)
        _ = try? TopologyFile.read("t", format: format, files: MemoryFiles(["t": bytes]))
      }
    }
  }

  private func damaged(_ good: [UInt8], _ stream: inout RandomStream) -> [UInt8] {
    var bytes = good
    for _ in 0...stream.below(4) {
      let at = stream.below(bytes.count)
      switch stream.below(4) {
      case 0: bytes[at] = UInt8(stream.below(256))
      case 1: bytes.removeSubrange(at..<min(bytes.count - 1, at + 1 + stream.below(20)))
      case 2:
        let copy = Array(bytes[at..<min(bytes.count, at + stream.below(40))])
        bytes.insert(contentsOf: copy, at: stream.below(bytes.count))
      default:
        bytes.insert(
          contentsOf: Array("{}[]:,&*!|>%@`#\"'-?\n <>/".utf8).dropFirst(stream.below(22)).prefix(3), at: at)
      }
    }
    return bytes
  }
}
