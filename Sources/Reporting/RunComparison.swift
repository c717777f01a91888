// Two runs, side by side: which measures differ, and by how much. The same code for a person's table and for the question whether
// two runs are one.

/// The differences between two summaries.
public struct RunComparison: Sendable {
  /// A measure with two values.
  public struct Difference: Sendable, Equatable {
    /// Its dotted path in `summary.json`.
    public var path: String
    /// Nil where one of the summaries lacks the key.
    public var a: JSONValue?
    public var b: JSONValue?
    /// b / a - 1; nil where that is undefined.
    public var change: Double? {
      guard let x = Self.number(a, at: path), let y = Self.number(b, at: path), x != 0 else { return nil }
      return y / x - 1
    }

    /// Whether the texts at `path` are amounts of wei.
    static func holdsWei(_ path: String) -> Bool {
      path.hasSuffix("Wei") || path.hasPrefix("rewards.byRole.")
    }

    /// A number, or an amount as near as a `Double` comes.
    static func number(_ value: JSONValue?, at path: String) -> Double? {
      value?.double ?? (holdsWei(path) ? value?.amount.map { Double($0) } : nil)
    }
  }

  /// In the order of the first summary; keys of the second alone come last.
  public var differences: [Difference] = []
  /// How many measures were compared.
  public var compared = 0

  /// Compares everything but the wall-clock keys.
  ///
  /// - Parameters:
  ///   - tolerance: relative difference up to which numbers count as equal, 0 for exact.
  public init(_ a: JSONValue, _ b: JSONValue, tolerance: Double = 0) {
    let left = a.withoutWallClock.leaves
    let right = b.withoutWallClock.leaves
    let inRight = Dictionary(right.map { ($0.path, $0.value) }) { first, _ in first }
    let inLeft = Set(left.map(\.path))
    for leaf in left {
      compared += 1
      let other = inRight[leaf.path]
      if !Self.agree(leaf.value, other, at: leaf.path, tolerance) {
        differences.append(Difference(path: leaf.path, a: leaf.value, b: other))
      }
    }
    for leaf in right where !inLeft.contains(leaf.path) {
      compared += 1
      differences.append(Difference(path: leaf.path, a: nil, b: leaf.value))
    }
  }

  private static func agree(_ a: JSONValue, _ b: JSONValue?, at path: String, _ tolerance: Double) -> Bool {
    // Exactly: amounts to the wei.
    if a == b || tolerance == 0 { return a == b }
    guard let x = Difference.number(a, at: path), let y = Difference.number(b, at: path) else { return false }
    return abs(x - y) <= tolerance * max(abs(x), abs(y))
  }

  /// A table of at most 80 columns, a line for each difference, each line ended.
  ///
  /// - Parameter names: what the two are called in the heading.
  public func table(names: (String, String), isColoured: Bool) -> String {
    let ink = Ink(isOn: isColoured)
    if differences.isEmpty { return "no difference in \(compared) measures\n" }
    let width = min(42, max(10, differences.map(\.path.count).max() ?? 10))
    let cell = (80 - width - 12) / 2
    func shown(_ value: JSONValue?, at path: String) -> String {
      guard let value else { return "absent" }
      if value == .null { return Figures.unknown }
      if Difference.holdsWei(path), let amount = value.amount { return Figures.wei(amount) }
      if let number = value.double { return Figures.significant(number, 6) }
      return value.string.map(Text.plain) ?? value.text()
    }
    func line(_ parts: [String]) -> String {
      // The end of a path tells more than its beginning.
      let path = parts[0].count > width ? "…" + parts[0].suffix(width - 1) : Substring(parts[0])
      return Text.padded(String(path), to: width)
        + parts[1...2].map { Text.padded("  " + Text.fitted($0, to: cell - 2), to: cell, isRight: true) }
        .joined()
        + Text.padded(parts[3], to: 12, isRight: true)
    }
    var out = ink.bold(line(["measure", Text.plain(names.0), Text.plain(names.1), "change"])) + "\n"
    for one in differences {
      let change = one.change.map { ($0 > 0 ? "+" : "") + Figures.significant($0 * 100, 3) + " %" } ?? ""
      out +=
        line([
          Text.plain(one.path), shown(one.a, at: one.path), shown(one.b, at: one.path),
          Text.fitted(change, to: 11),
        ]) + "\n"
    }
    return out + "\(differences.count) of \(compared) measures differ\n"
  }
}
