// What fuzzing found, kept: for each outcome the shortest input that led to it, one a line. A test plays the corpus and wants
// the same outcomes again; a long run of a fuzz target (`scripts/fuzz`) writes what the corpus lacks.

import Foundation

/// The corpus of one fuzz target: `Corpus/NAME.txt` beside its test.
public struct FuzzCorpus: Sendable {
  public let name: String
  private let file: URL

  public init(_ name: String, beside test: String = #filePath) {
    self.name = name
    file = URL(fileURLWithPath: test).deletingLastPathComponent().appendingPathComponent("Corpus/\(name).txt")
  }

  /// What an error is called here: without its numbers, since those are as many as there are inputs.
  public static func outcome(_ error: any Error) -> String {
    var text = ""
    for character in "\(error)" {
      if !character.isNumber { text.append(character) } else if text.last != "#" { text.append("#") }
    }
    return text
  }

  public func entries() throws -> [(outcome: String, input: [UInt8])] {
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
    return text.split(separator: "\n").map { line in
      let halves = line.split(separator: "\t", omittingEmptySubsequences: false)
      let digits = Array(halves[1].utf8)
      return (
        String(halves[0]),
        stride(from: 0, to: digits.count - 1, by: 2).map { k in
          UInt8(String(decoding: digits[k..<k + 2], as: UTF8.self), radix: 16) ?? 0
        }
      )
    }
  }

  /// Writes the outcomes that the corpus lacks to `NAME.txt` in the folder that FUZZ_CORPUS names, if it does.
  public func keep(_ found: [String: [UInt8]]) throws {
    guard let folder = ProcessInfo.processInfo.environment["FUZZ_CORPUS"] else { return }
    let known = Set(try entries().map(\.outcome))
    let path = "\(folder)/\(name).txt"
    var text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    for outcome in found.keys.sorted() where !known.contains(outcome) && !text.contains("\(outcome)\t") {
      let hex = (found[outcome] ?? []).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      text += "\(outcome)\t\(hex)\n"
    }
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }

  /// Seeds of a fuzz target: a few in the suite, FUZZ_COUNT from FUZZ_FIRST on in a long run.
  public static let seeds: [UInt64] = {
    let environment = ProcessInfo.processInfo.environment
    let first = environment["FUZZ_FIRST"].flatMap { UInt64($0) } ?? 1
    let count = environment["FUZZ_COUNT"].flatMap { UInt64($0) } ?? 4
    return Array(first..<first + count)
  }()
}
