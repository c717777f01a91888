// `--set key.path=value`: changes the tree before it is read, so that a wrong value is refused like one in the file,
// with the option as its place.

enum Override {
  static func apply(_ options: [String], to tree: Tree, _ reading: Reading) throws(FileError) -> Tree {
    var result = tree
    for option in options {
      guard let equals = option.firstIndex(of: "="), equals != option.startIndex else {
        throw .usage("--set \(clip(option)): write KEY.PATH=VALUE, such as --set network.gossip.D=6")
      }
      let source = UInt16(reading.sources.count)
      let name = "--set \(clip(option))"
      reading.sources.append(name)
      let text = String(option[option.index(after: equals)...])
      var value = Tree(place: Place(source: source), content: .empty)
      if !text.isEmpty {
        value = unplaced(try YAMLText.tree(file: name, bytes: Array(text.utf8), source: source))
      }
      let path = try steps(String(option[..<equals]), name)
      result = try set(result, path[...], value, name, source)
    }
    return result
  }

  /// Lines and columns inside an option say nothing: its text is the place.
  private static func unplaced(_ tree: Tree) -> Tree {
    var result = tree
    result.place.line = 0
    switch tree.content {
    case .list(let items): result.content = .list(items.map(unplaced))
    case .mapping(let entries):
      result.content = .mapping(
        entries.map {
          Tree.Entry(key: $0.key, place: Place(source: $0.place.source), value: unplaced($0.value))
        })
    default: break
    }
    return result
  }

  private enum Step {
    case key(String)
    case index(Int)
  }

  /// `services[0].quorum` and `services.0.quorum` alike.
  private static func steps(_ path: String, _ option: String) throws(FileError) -> [Step] {
    var steps: [Step] = []
    for part in path.split(separator: ".", omittingEmptySubsequences: false) {
      var rest = part
      var indices: [Int] = []
      while rest.hasSuffix("]"), let open = rest.lastIndex(of: "[") {
        guard let index = Int(rest[rest.index(after: open)...].dropLast()), index >= 0 else {
          throw .usage("\(option): '\(clip(String(part)))' is no position in a list")
        }
        indices.insert(index, at: 0)
        rest = rest[..<open]
      }
      if let index = Int(rest), index >= 0 {
        steps.append(.index(index))
      } else {
        guard !rest.isEmpty else { throw .usage("\(option): '\(clip(path))' is no path of keys") }
        steps.append(.key(String(rest)))
      }
      steps += indices.map { .index($0) }
    }
    return steps
  }

  private static func set(
    _ tree: Tree, _ path: ArraySlice<Step>, _ value: Tree, _ option: String, _ source: UInt16
  )
    throws(FileError) -> Tree
  {
    guard let step = path.first else { return value }
    var result = tree
    switch (step, tree.content) {
    case (.key(let key), .mapping(var entries)):
      if let index = entries.firstIndex(where: { $0.key == key }) {
        entries[index].value = try set(entries[index].value, path.dropFirst(), value, option, source)
        entries[index].place = Place(source: source)
      } else {
        let empty = Tree(place: Place(source: source), content: .mapping([]))
        let inner = try set(empty, path.dropFirst(), value, option, source)
        entries.append(Tree.Entry(key: key, place: Place(source: source), value: inner))
      }
      result.content = .mapping(entries)
    case (.index(let index), .list(var items)):
      guard index < items.count else {
        throw .usage("\(option): the list has \(items.count) items, so [\(index)] does not exist")
      }
      items[index] = try set(items[index], path.dropFirst(), value, option, source)
      result.content = .list(items)
    case (.key(let key), _):
      throw .usage("\(option): there is \(tree.noun) where '\(clip(key))' would be set")
    case (.index(let index), _):
      throw .usage("\(option): there is \(tree.noun) where [\(index)] would be set")
    }
    return result
  }
}
