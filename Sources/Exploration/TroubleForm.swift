// A kind of trouble that a hunt may put into a scenario: YAML with holes, and for each hole the values to try, from the
// weakest to the strongest. The kinds themselves are rows of tables, see `TroubleTable`.

/// One kind of trouble.
public struct TroubleForm: Sendable, Equatable {
  public enum List: String, Sendable {
    case faults, adversaries
  }

  /// What is written of its times.
  public enum Timing: Sendable {
    /// `at` and `for`, or `from` and `until`.
    case spell
    /// It is over at once: no end is written.
    case moment
    /// It is there from the beginning: no beginning is written.
    case fromStart
    /// It begins after the start.
    case later
  }

  public var list: List
  public var name: String
  /// A flow mapping's inside, `@0` to `@9` standing for values and `@aggregator` for the number of the node that aggregates.
  public var text: String
  /// For each hole, from weak to strong.
  public var ladders: [[String]]
  public var timing = Timing.spell
  /// How often it is drawn beside the others: what networks suffer every day more often than what is rare or combined.
  public var weight = 1

  init(
    _ list: List, _ name: String, _ text: String, _ ladders: [String]..., timing: Timing = .spell,
    weight: Int = 1
  ) {
    self.list = list
    self.name = name
    self.text = text
    self.ladders = ladders
    self.timing = timing
    self.weight = weight
  }

  /// How an adversary's entry may be qualified, plain first: when, how often and with whom. Any of them fits any adversary.
  static let manners = [
    "", "probability: 70%", "probability: 30%", "probability: 50%, together: true", "during: partition",
    "during: crash", "during: loss", "during: latency", "during: pause",
  ]
}
