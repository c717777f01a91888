// What a published experiment is: what must be run, what was published, in which band a faithful simulator lands, and
// why that band. Bands come from the publication or from the arithmetic of the setup, never from our own results.

/// Figures of one run, by name.
public struct Figures: Sendable, Equatable {
  private var values: [String: Double] = [:]
  /// Fingerprint of every event of the runs behind the figures.
  public var digest: UInt64 = 0

  public init() {}

  public subscript(name: String) -> Double? {
    get { values[name] }
    set { values[name] = newValue }
  }

  /// Means of the figures that every run has.
  static func means(_ runs: [Figures]) -> [String: Double] {
    guard let first = runs.first else { return [:] }
    return first.values.mapValues { _ in 0 }.reduce(into: [:]) { means, entry in
      let values = runs.compactMap { $0[entry.key] }
      if values.count == runs.count { means[entry.key] = values.reduce(0, +) / Double(values.count) }
    }
  }

  /// Adds another run's figures under `prefix/`.
  mutating func merge(_ other: Figures, under prefix: String) {
    for (name, value) in other.values { values["\(prefix)/\(name)"] = value }
  }
}

/// One line of an experiment's table.
public struct ExpectedFigure: Sendable {
  /// Over which seeds a figure must lie in its band.
  public enum Judged: Sendable, Equatable {
    /// The mean over all seeds.
    case mean
    /// Every seed by itself.
    case each
    /// Nothing was published to judge by; the figure is shown.
    case shown
  }

  /// For people: what it is.
  public var what: String
  /// Its name among the figures.
  public var name: String
  /// For people: what was published.
  public var expected: String
  public var band: ClosedRange<Double>
  public var judged: Judged
  /// Where the band comes from.
  public var reason: String
  /// Why this figure lies outside its band here, where that is understood: shown as an exception, not a failure.
  public var exception: String?
  public var decimals: Int

  public init(
    _ what: String, _ name: String, expected: String, band: ClosedRange<Double>, judged: Judged = .mean,
    decimals: Int = 2, reason: String
  ) {
    self.what = what
    self.name = name
    self.expected = expected
    self.band = band
    self.judged = judged
    self.decimals = decimals
    self.reason = reason
  }

  /// The same row, with the reason why its figure is known to lie outside the band.
  func excused(_ exception: String) -> Self {
    var row = self
    row.exception = exception
    return row
  }

  /// A figure without a published counterpart.
  public static func shown(_ what: String, _ name: String, published: String = "-", decimals: Int = 2) -> Self
  {
    Self(
      what, name, expected: published, band: -.infinity ... .infinity, judged: .shown, decimals: decimals,
      reason: "")
  }
}

/// A published experiment.
public struct Experiment: Sendable {
  /// A run; the parts of an experiment run side by side.
  public struct Part: Sendable {
    public var name: String
    public var measure: @Sendable (_ seed: UInt64) -> Figures
    public init(_ name: String, _ measure: @escaping @Sendable (UInt64) -> Figures) {
      self.name = name
      self.measure = measure
    }
  }

  /// In the command line: lower case, hyphens.
  public var name: String
  public var title: String
  /// Who published it.
  public var source: String
  /// What differs from the publication, or had to be assumed.
  public var remarks: [String] = []
  /// Runs of minutes: not part of a plain `reproduce`, at most this many seeds unless more are asked for by name.
  public var isLong = false
  public var parts: [Part]
  /// Figures that follow from those of several parts; names are `part/figure`.
  public var derive: @Sendable (inout Figures) -> Void = { _ in }
  public var rows: [ExpectedFigure]

  public init(_ name: String, title: String, source: String, parts: [Part], rows: [ExpectedFigure]) {
    self.name = name
    self.title = title
    self.source = source
    self.parts = parts
    self.rows = rows
  }
}

/// A published figure that cannot be reproduced here.
public struct Omission: Sendable {
  public var what: String
  public var reason: String
  public init(_ what: String, because reason: String) {
    self.what = what
    self.reason = reason
  }
}
