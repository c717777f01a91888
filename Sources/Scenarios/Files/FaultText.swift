// Faults given to a running cluster: the vocabulary of a scenario's timeline, without `at`.

extension FaultPlan {
  /// Reads one fault, or a list of several, as `avsim fault inject` takes them, and checks them against the scenario
  /// that runs. `name` stands for the text's place in messages.
  public static func live(
    _ text: [UInt8], name: String, in scenario: Scenario, processes: [[String]] = []
  ) throws(FileError) -> [FaultPlan] {
    let (tree, mistakes) = try YAMLText.reading(file: name, bytes: text)
    let reading = Reading(sources: [name], directory: "", files: MemoryFiles([:]))
    reading.processes = processes
    for mistake in mistakes { reading.keep(mistake) }
    let root = ValueReader(tree: tree, path: "", reading: reading, sink: nil)
    let read: (ValueReader) -> FaultPlan? = { value in value.object { FaultPlan($0, timed: false) } }
    let plans: [FaultPlan]?
    if case .list = tree.content {
      plans = root.list(1...1_000, read)
    } else {
      plans = read(root).map { [$0] }
    }
    reading.check(scenario)
    guard reading.mistakes.isEmpty, let plans else { throw .content(reading.sorted()) }
    return plans
  }
}
