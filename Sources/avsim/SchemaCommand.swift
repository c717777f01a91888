// `avsim schema KIND`: the JSON Schema of a file kind, for editors.

public import ArgumentParser
public import Scenarios

struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Prints the JSON Schema (draft 2020-12) of a kind of file.",
    discussion: "The schema is written by the code that reads the files, so both know the same keys.")

  @Argument(help: "scenario, topology, sweep or attack.")
  var kind: FileKind

  func run() { print(kind.schema) }
}

extension FileKind: ExpressibleByArgument {}
