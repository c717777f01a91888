// Reads a mapping key by key. What is asked for is what is known: any other key is a mistake, with a suggestion.

import Basics

/// A mapping of a file; absent mappings read as empty ones, so that defaults stand in one place.
final class ObjectReader {
  let tree: Tree
  let path: String
  let reading: Reading
  let isRecording: Bool
  private var known: [String] = []
  private var absentKeys: [String] = []
  private var entries: [Tree.Entry] = []
  private var properties: [JSONText.Member] = []
  private var required: [String] = []
  private var exclusive: [[String]] = []
  private var extraSchema: JSONText?

  init(tree: Tree, path: String, reading: Reading, isRecording: Bool) {
    self.tree = tree
    self.path = path
    self.reading = reading
    self.isRecording = isRecording
    if case .mapping(let entries) = tree.content { self.entries = entries }
  }

  func has(_ key: String) -> Bool { !isRecording && entries.contains { $0.key == key } }

  /// The place of `key`'s value, or of the mapping.
  func place(_ key: String) -> Place { entries.first { $0.key == key }?.value.place ?? tree.place }

  func path(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// Notes a mistake at `key`.
  func mistake(_ key: String, _ text: String) {
    if !isRecording { reading.mistake(place(key), path(key), text) }
  }

  /// Notes a mistake at the mapping itself.
  func mistake(_ text: String) {
    if !isRecording { reading.mistake(tree.place, path, text) }
  }

  /// Notes that `key` is absent and what to write.
  func lacks(_ key: String, _ about: String) {
    if !isRecording { reading.mistake(tree.place, path(key), "is missing; \(about)") }
  }

  /// A check that needs the whole scenario: it runs when everything is read, and its text is a mistake at `key`.
  func afterwards(_ key: String, _ check: @escaping (Scenario) -> String?) {
    if !isRecording { reading.afterwards(place(key), path(key), check) }
  }

  private func note(_ key: String) { if !known.contains(key) { known.append(key) } }

  // MARK: Keys

  /// The value of `key`; nil when it is absent or wrong (a wrong one is noted).
  func optional<T>(_ key: String, _ about: String, _ read: (ValueReader) -> T?) -> T? {
    guard let value = open(key) else { return nil }
    let result = read(value)
    guard let sink = value.sink else { return result }
    record(key, about, nil, sink)
    return nil
  }

  /// The value of `key`, or `fallback` when it is absent or wrong (a wrong one is noted).
  func value<T>(_ key: String, _ about: String, or fallback: T, _ read: (ValueReader) -> T?) -> T {
    guard let value = open(key) else { return fallback }
    let result = read(value)
    guard let sink = value.sink else { return result ?? fallback }
    record(key, about, defaultText(fallback), sink)
    return fallback
  }

  /// The value of a key that must be there; `placeholder` when it is not (which is noted).
  func needed<T>(_ key: String, _ about: String, placeholder: T, _ read: (ValueReader) -> T?) -> T {
    required.append(key)
    if !isRecording, !has(key) {
      note(key)
      lacks(key, about)
      return placeholder
    }
    return optional(key, about, read) ?? placeholder
  }

  /// A mapping under `key`, read by `build`; an absent one reads as empty.
  func object<T>(_ key: String, _ about: String, _ build: (ObjectReader) -> T) -> T {
    if let value = open(key) {
      var result: T?
      value.object { object in
        result = build(object)
        return true
      }
      if let sink = value.sink { record(key, about, nil, sink) }
      if let result { return result }
    }
    let empty = Tree(place: tree.place, content: .mapping([]))
    return build(ObjectReader(tree: empty, path: path(key), reading: reading, isRecording: false))
  }

  /// A list under `key`; an absent one reads as empty.
  func list<T>(
    _ key: String, _ about: String, _ range: ClosedRange<Int> = 0...100_000, _ read: (ValueReader) -> T?
  ) -> [T] {
    optional(key, about) { $0.list(range, read) } ?? []
  }

  /// One of several keys, each with its own form.
  struct Variant<T> {
    var key: String
    var about: String
    var read: (ValueReader) -> T?
    init(_ key: String, _ about: String, _ read: @escaping (ValueReader) -> T?) {
      self.key = key
      self.about = about
      self.read = read
    }
  }

  /// Exactly one of the variants' keys must be there. `absent`: names that are known and refused because this version
  /// does not model them.
  func exactlyOne<T>(_ noun: String, _ variants: [Variant<T>], absent: [String] = []) -> T? {
    let names = variants.map(\.key)
    absentKeys += absent
    exclusive.append(names)
    var result: T?
    var found: [String] = []
    for variant in variants {
      if has(variant.key) { found.append(variant.key) }
      let value = optional(variant.key, variant.about, variant.read)
      if found.count == 1, found[0] == variant.key { result = value }
    }
    if isRecording { return nil }
    if found.isEmpty {
      if !entries.contains(where: {
        absent.contains($0.key) || nearest($0.key, in: names) != nil && !known.contains($0.key)
      }) {
        mistake("names no \(noun); write one of \(alternatives(names))")
      }
    } else if found.count > 1 {
      mistake(found[1], "a second \(noun) beside '\(found[0])'; write one of \(alternatives(names))")
      return nil
    }
    return result
  }

  /// Keys that a later version will read: refused with that reason.
  func refuse(_ keys: [String]) { absentKeys += keys }

  /// Accepts any key: the rest is read by `read` (a table by name).
  func others<T>(_ about: String, _ read: (String, ValueReader) -> T?) -> [(String, T)] {
    if isRecording {
      let sink = SchemaSink()
      _ = read("", ValueReader(tree: tree, path: path, reading: reading, sink: sink))
      extraSchema = sink.json.adding("description", .string(about))
      return []
    }
    return entries.filter { !known.contains($0.key) }.compactMap { entry in
      note(entry.key)
      let value = ValueReader(tree: entry.value, path: path(entry.key), reading: reading, sink: nil)
      return read(entry.key, value).map { (entry.key, $0) }
    }
  }

  /// Notes every key that nobody asked for.
  func finish() {
    for entry in entries where !known.contains(entry.key) {
      if absentKeys.contains(entry.key) {
        reading.mistake(
          entry.place, path(entry.key),
          "is not modelled by this version; remove it (allowed here: \(allowedKeys))")
        continue
      }
      if entry.key == "<<" {
        reading.mistake(
          entry.place, path(entry.key),
          "merge keys are not read; write the keys out, or use an alias for a whole value")
        continue
      }
      let hint = nearest(entry.key, in: known).map { "did you mean '\($0)'? " } ?? ""
      reading.mistake(entry.place, path(clip(entry.key)), "unknown key; \(hint)allowed here: \(allowedKeys)")
    }
  }

  private var allowedKeys: String { known.joined(separator: ", ") }

  // MARK: Schema

  /// The reader of `key`'s value, or while recording one that describes it; nil when the key is absent. Not generic, as
  /// little as can be is: every key of every file is read through here.
  private func open(_ key: String) -> ValueReader? {
    note(key)
    if isRecording { return ValueReader(tree: tree, path: path, reading: reading, sink: SchemaSink()) }
    guard let entry = entries.first(where: { $0.key == key }) else { return nil }
    return ValueReader(tree: entry.value, path: path(key), reading: reading, sink: nil)
  }

  /// Takes what `sink` heard of `key` into the schema.
  private func record(_ key: String, _ about: String, _ fallback: JSONText?, _ sink: SchemaSink) {
    var property = sink.json.adding("description", .string(about))
    if let fallback { property = property.adding("default", fallback) }
    if let index = properties.firstIndex(where: { $0.key == key }) {
      // The key has two forms, read in different places.
      let forms: [JSONText] = [properties[index].value, property]
      properties[index].value = .object(["anyOf": .array(forms)])
    } else {
      properties.append(JSONText.Member(key: key, value: property))
    }
  }

  var schema: JSONText {
    var members: [JSONText.Member] = [
      .init(key: "type", value: .string("object")), .init(key: "properties", value: .object(properties)),
      .init(key: "additionalProperties", value: extraSchema ?? .bool(false)),
    ]
    if !required.isEmpty {
      members.append(.init(key: "required", value: .array(required.map { .string($0) })))
    }
    let groups = exclusive.map { names in
      JSONText.object(["oneOf": .array(names.map { .object(["required": .array([.string($0)])]) })])
    }
    if !groups.isEmpty { members.append(.init(key: "allOf", value: .array(groups))) }
    return .object(members)
  }

  private func defaultText(_ value: Any) -> JSONText? {
    switch value {
    case let flag as Bool: .bool(flag)
    case let number as Int: .integer(number)
    case let number as UInt64: .integer(number)
    case let number as Double: .number("\(number)")
    case let text as String: text.isEmpty ? nil : .string(text)
    case let quantity as any QuantityText: .string(quantity.description)
    case let word as any RawRepresentable<String>:
      decimalNumber(word.rawValue) == nil ? .string(word.rawValue) : .number(word.rawValue)
    default: nil
    }
  }
}
