// The table of faults and misbehaviour (`topologies/FAULTS.md`) is kept true: every word of the vocabulary has a row, every row
// names, for each engine, a test that exists and speaks of it.

import Foundation
import TestKit
import Testing

@testable import Scenarios

/// One row: the name in the first column, and what the columns of the engines say.
private struct Row {
  var name: String
  var simulator: String
  var cluster: String

  /// A row of one of the tables with both engines; nil for heads, rules and other tables.
  init?(_ line: Substring) {
    // A bar inside code is no border.
    let cells = line.replacing("\\|", with: "/").split(
      separator: "|", omittingEmptySubsequences: false
    )
    .map { $0.trimmingCharacters(in: .whitespaces) }.dropFirst().dropLast()
    guard cells.count >= 5, let first = cells.first, first.hasPrefix("`") else { return nil }
    name = String(first.drop { !$0.isLetter }.prefix { $0.isLetter })
    // Faults: name, what, S, C, remark. Misbehaviour: S and C come last.
    let isFault = cells.count == 5
    let all = Array(cells)
    simulator = isFault ? all[2] : all[all.count - 2]
    cluster = isFault ? all[3] : all[all.count - 1]
  }

  /// What a cell names: the letter of a file, and a test's word.
  static func references(_ cell: String) -> [(file: Character, word: String)] {
    var plain = ""
    var depth = 0
    for character in cell {
      if character == "(" { depth += 1 }
      if depth == 0 { plain.append(character) }
      if character == ")" { depth -= 1 }
    }
    var file: Character?
    return plain.split(separator: ",").compactMap { part in
      var words = part.split(separator: " ").map(String.init)
      if let first = words.first, first.count == 1, let letter = first.first, letter.isUppercase {
        file = letter
        words.removeFirst()
      }
      return file.map { ($0, words.joined().filter { $0.isLetter }.lowercased()) }
    }
  }
}

@Suite struct FaultTableTests {
  private static let rows: [Row] = {
    let text = try? String(
      contentsOf: Checkout.root.appending(path: "topologies/FAULTS.md"), encoding: .utf8)
    return (text ?? "").split(separator: "\n").compactMap { Row($0) }
  }()

  private static func file(_ letter: Character, isCluster: Bool) -> String? {
    switch letter {
    case "F": "SimulatorTests/FaultStories"
    case "A": "SimulatorTests/AdversaryStories"
    case "B": "SimulatorTests/ControlFloods"
    case "D": "SimulatorTests/AdaptiveStories"
    case "Y": "SimulatorTests/SybilStories"
    case "R": isCluster ? "ClusterTests/ClusterRunTests" : "SimulatorTests/RunStories"
    case "E": "ClusterTests/EffectsOnSockets"
    case "M": "ClusterTests/MoreEffectsOnSockets"
    case "K": "ClusterTests/ChainFaultsOnSocketsTests"
    case "L": "ClusterTests/LinkEffectsOnSockets"
    case "P": "ClusterTests/ProcessFaultTests"
    default: nil
    }
  }

  @Test func everyWordHasARow() {
    let names = Set(Self.rows.map(\.name))
    for word in FaultPlan.kinds where word != "swarm" {
      #expect(names.contains(word), "fault \(word)")
    }
    for word in AdversaryPlan.plain + AdversaryPlan.needy {
      #expect(names.contains(word), "adversary \(word)")
    }
  }

  @Test func everyRowNamesTestsThatExist() throws {
    #expect(Self.rows.count >= 55)
    var texts: [String: String] = [:]
    for row in Self.rows {
      for (cell, isCluster) in [(row.simulator, false), (row.cluster, true)] {
        let references = Row.references(cell)
        #expect(!references.isEmpty, "\(row.name): '\(cell)' names no test")
        for (letter, word) in references {
          let path = try #require(Self.file(letter, isCluster: isCluster), "\(row.name): \(letter)")
          if texts[path] == nil {
            texts[path] = try String(
              contentsOf: Checkout.root.appending(path: "Tests/\(path).swift"), encoding: .utf8)
          }
          let text = texts[path] ?? ""
          let functions = text.split(separator: "\n").filter { $0.contains("func ") }.map {
            $0.lowercased()
          }
          #expect(
            word.isEmpty || functions.contains { $0.contains(word) },
            "\(row.name): \(path) has no \(word)")
          // Frame by frame the effects go by the engine's own names, and a region's outage is its nodes' crash.
          let spoken =
            letter == "L" ? "" : row.name == "regionOutage" && isCluster ? "crash" : row.name
          #expect(spoken.isEmpty || text.contains(spoken), "\(row.name): \(path) does not speak of it")
        }
      }
    }
  }
}
