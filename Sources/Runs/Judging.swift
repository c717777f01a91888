// Expectations judged against the summary that is written.

public import Reporting
public import Scenarios

extension Conclusion {
  /// Judges each expectation, in order, by what `summary.json` will say.
  public mutating func judge(_ expectations: [Scenarios.Expectation]) { summary.judge(expectations) }
}

extension RunSummary {
  /// Judges each expectation, in order, by what `summary.json` will say.
  public mutating func judge(_ list: [Scenarios.Expectation]) {
    let json = json
    expectations = list.map { expectation in
      let outcome = expectation.judge { key in json.value(at: key).map { Scenarios.Expectation.Value($0) } }
      return RunSummary.Expectation(
        expression: outcome.expression, value: json.value(at: expectation.measure) ?? .null,
        holds: outcome.holds)
    }
  }
}

extension Scenarios.Expectation.Value {
  init(_ json: JSONValue) {
    switch json {
    case .null, .array, .object: self = .null
    case .bool(let value): self = .bool(value)
    case .integer(let value): self = .integer(Int128(value))
    case .unsigned(let value): self = .integer(Int128(value))
    case .number(let value): self = .number(value)
    case .string(let value): self = .text(value)
    }
  }
}
