// From a scenario file, with the command line's `--set`, to a scenario or to every mistake in it.

import Basics

extension Scenario {
  /// Largest scenario file.
  public static let bytesMaximum = 64 << 20

  /// Reads the scenario at `path`, each of `overrides` (`key.path=value`) applied before anything is checked.
  public static func load(_ path: String, overrides: [String] = [], files: any FileSource = DiskFiles())
    throws(FileError) -> Scenario
  {
    try parse(
      file: path, bytes: try files.read(path, limit: bytesMaximum), overrides: overrides, files: files)
  }

  /// The same for a content already in memory; relative paths start from the directory of `file`.
  public static func parse(
    file: String, bytes: [UInt8], overrides: [String] = [], files: any FileSource = DiskFiles()
  ) throws(FileError) -> Scenario {
    let (tree, mistakes) = try YAMLText.reading(file: file, bytes: bytes)
    let reading = Reading(sources: [file], directory: directoryPart(file), files: files)
    for mistake in mistakes { reading.keep(mistake) }
    return try read(try Override.apply(overrides, to: tree, reading), reading)
  }

  /// The scenario of a file's content, with its mistakes kept by `reading`.
  static func read(_ changed: Tree, _ reading: Reading) throws(FileError) -> Scenario {
    if case .scalar(let kind)? = changed["kind"]?.content, kind != "scenario" {
      let place = changed["kind"]!.place
      reading.mistake(place, "kind", "is '\(clip(kind))'; a scenario is wanted")
      throw .content(reading.sorted())
    }
    let root = ValueReader(tree: changed, path: "", reading: reading, sink: nil)
    let scenario = root.object { o in
      let scenario = Scenario(o)
      reading.check(scenario)
      return scenario
    }
    guard reading.mistakes.isEmpty, let scenario else { throw .content(reading.sorted()) }
    return scenario
  }
}
