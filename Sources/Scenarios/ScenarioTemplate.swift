// A scenario file that is varied: keys replaced, made into a scenario, and written as a file again. What explorers hold
// instead of a `Scenario`, since what they find has to end in a file that people read.

import Basics
import Foundation
import Signatures

/// A scenario file, read once.
public struct ScenarioTemplate: Sendable {
  private let file: String
  private let files: any FileSource
  var tree: Tree
  /// What places in the tree refer to: the file, and every option so far.
  private var sources: [String]

  /// Reads the file at `path`, each of `overrides` (`key.path=value`) applied.
  public init(_ path: String, overrides: [String] = [], files: any FileSource = DiskFiles()) throws(FileError)
  {
    try self.init(
      file: path, bytes: try files.read(path, limit: Scenario.bytesMaximum), overrides: overrides,
      files: files)
  }

  /// The same for a content already in memory; relative paths start from the directory of `file`.
  public init(
    file: String, bytes: [UInt8], overrides: [String] = [], files: any FileSource = DiskFiles()
  ) throws(FileError) {
    self.file = file
    self.files = files
    let (tree, mistakes) = try YAMLText.reading(file: file, bytes: bytes)
    if !mistakes.isEmpty { throw .content(mistakes) }
    self.tree = tree
    sources = [file]
    try set(overrides)
  }

  /// Replaces keys: `key.path=value`, values in YAML.
  public mutating func set(_ overrides: [String]) throws(FileError) {
    let reading = reading
    tree = try Override.apply(overrides, to: tree, reading)
    sources = reading.sources
  }

  /// Takes a key of the top away.
  public mutating func remove(_ key: String) {
    guard case .mapping(let entries) = tree.content else { return }
    tree.content = .mapping(entries.filter { $0.key != key })
  }

  /// The items of the list under a key of the top, each on one line; empty when there is no such list.
  public func items(_ key: String) -> [String] {
    guard case .list(let items) = tree[key]?.content else { return [] }
    return items.map(\.flowText)
  }

  /// Whether the file writes a key of the top.
  public func has(_ key: String) -> Bool { tree[key] != nil }

  /// The scenario that the file, as it is now, describes.
  public func scenario() throws(FileError) -> Scenario { try Scenario.read(tree, reading) }

  private var reading: Reading {
    Reading(sources: sources, directory: directoryPart(file), files: files)
  }

  /// The file's text, for a file in `directory`: names of other files are rewritten to be found from there.
  public func text(for directory: String) -> String { relocated(tree, to: directory).fileText }

  private func relocated(_ tree: Tree, to directory: String) -> Tree {
    var result = tree
    switch tree.content {
    case .empty: break
    case .scalar(let text):
      let looksLikeFile =
        text.utf8.contains(UInt8(ascii: ".")) && !text.contains("\n") && !text.hasPrefix("/")
      if looksLikeFile, FileManager.default.fileExists(atPath: resolve(text, from: directoryPart(file))) {
        result.content = .scalar(Self.path(to: resolve(text, from: directoryPart(file)), from: directory))
      }
    case .list(let items): result.content = .list(items.map { relocated($0, to: directory) })
    case .mapping(let entries):
      result.content = .mapping(
        entries.map { Tree.Entry(key: $0.key, place: $0.place, value: relocated($0.value, to: directory)) })
    }
    return result
  }

  /// The relative path from a directory to a file.
  static func path(to file: String, from directory: String) -> String {
    func parts(_ path: String) -> [String] {
      URL(fileURLWithPath: path).standardizedFileURL.pathComponents
    }
    let target = parts(file)
    let start = parts(directory.isEmpty ? "." : directory)
    var common = 0
    while common < min(target.count, start.count), target[common] == start[common] { common += 1 }
    let up = Array(repeating: "..", count: start.count - common)
    return (up + target[common...]).joined(separator: "/")
  }
}

extension Scenario {
  /// A name for everything that decides a run: the same for two scenarios exactly when they are the same. 32 digits.
  public var fingerprint: String {
    String("\(sha256(Array(canonicalText(self).utf8)))".dropFirst(2).prefix(32))
  }
}
