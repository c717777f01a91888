// What a scenario file could do without: every item of a list and every key of a mapping, at any depth. A file that shows
// something is as small as it can be when none of them can be left out; `Exploration` makes it so, and tests ask again.

/// An item of a list or a key of a mapping in a scenario file.
public struct ScenarioElement: Sendable, Hashable, CustomStringConvertible {
  enum Step: Sendable, Hashable {
    case key(String)
    case item(Int)
  }
  var steps: [Step]

  /// `services[0].rules[1].grace`.
  public var description: String {
    steps.reduce(into: "") { text, step in
      switch step {
      case .key(let key): text += text.isEmpty ? key : "." + key
      case .item(let number): text += "[\(number)]"
      }
    }
  }

  /// Its position in the list under a key of the top; nil: it is something else.
  public func item(of key: String) -> Int? {
    guard steps.count == 2, steps[0] == .key(key), case .item(let number) = steps[1] else { return nil }
    return number
  }
}

extension ScenarioTemplate {
  /// Keys of the top that say what the file is, not what happens in it.
  private static let labels: Set<String> = ["name", "description", "seed", "kind"]

  /// What could be left out, what contains before what is contained.
  public var elements: [ScenarioElement] {
    var found: [ScenarioElement] = []
    func walk(_ tree: Tree, _ steps: [ScenarioElement.Step]) {
      switch tree.content {
      case .empty, .scalar: break
      case .list(let items):
        for (number, item) in items.enumerated() {
          found.append(ScenarioElement(steps: steps + [.item(number)]))
          walk(item, steps + [.item(number)])
        }
      case .mapping(let entries):
        for entry in entries where !(steps.isEmpty && Self.labels.contains(entry.key)) {
          found.append(ScenarioElement(steps: steps + [.key(entry.key)]))
          walk(entry.value, steps + [.key(entry.key)])
        }
      }
    }
    walk(tree, [])
    return found
  }

  /// The file without an element. A list whose last item goes stays as an empty one.
  public func without(_ element: ScenarioElement) -> ScenarioTemplate {
    var result = self
    result.tree = Self.without(element.steps[...], tree)
    return result
  }

  /// The file without an element and the scenario that it describes; nil when it describes none, or a larger one: without
  /// `operators.count` there are as many as there are by default, which is no simplification.
  public func simplified(
    without element: ScenarioElement, from scenario: Scenario
  ) -> (template: ScenarioTemplate, scenario: Scenario)? {
    let template = without(element)
    guard let rest = try? template.scenario() else { return nil }
    let isLarger =
      rest.nodeCountWithSybils > scenario.nodeCountWithSybils || rest.duration > scenario.duration
      || rest.services.count > scenario.services.count
    return isLarger ? nil : (template, rest)
  }

  private static func without(_ steps: ArraySlice<ScenarioElement.Step>, _ tree: Tree) -> Tree {
    guard let step = steps.first else { return tree }
    var result = tree
    switch (tree.content, step) {
    case (.list(var items), .item(let number)) where items.indices.contains(number):
      if steps.count == 1 {
        items.remove(at: number)
      } else {
        items[number] = without(steps.dropFirst(), items[number])
      }
      result.content = .list(items)
    case (.mapping(var entries), .key(let key)):
      guard let position = entries.firstIndex(where: { $0.key == key }) else { return tree }
      if steps.count == 1 {
        entries.remove(at: position)
      } else {
        entries[position].value = without(steps.dropFirst(), entries[position].value)
      }
      result.content = .mapping(entries)
    default: break
    }
    return result
  }
}
