import Testing

@testable import Experiments

/// Bands and verdicts.
struct JudgingTests {
  private func figure(_ values: [Double], _ judged: ExpectedFigure.Judged) -> JudgedFigure {
    JudgedFigure(
      row: ExpectedFigure("x", "x", expected: "1", band: 0.9...1.1, judged: judged, reason: "a test"),
      values: values)
  }

  @Test func theMeanMayHideASeedAndEachMayNot() {
    #expect(figure([0.5, 1.5], .mean).holds)
    #expect(!figure([0.5, 1.5], .each).holds)
    #expect(!figure([1.3, 1.3], .mean).holds)
    #expect(figure([7], .shown).holds)
  }

  @Test func aFigureThatNoRunGaveDoesNotHold() {
    #expect(!figure([.nan], .mean).holds)
    #expect(!figure([1, .nan], .each).holds)
    #expect(!figure([], .each).holds)
  }

  @Test func aBrokenExperimentIsReportedAsSuch() {
    var experiment = Experiment(
      "broken", title: "A wrong figure", source: "a test",
      parts: [
        Experiment.Part("a") { seed in
          var figures = Figures()
          figures["x"] = Double(seed)
          return figures
        }
      ],
      rows: [ExpectedFigure("x", "twice", expected: "100", band: 99...101, reason: "a test")])
    experiment.derive = { $0["twice"] = $0["a/x"]! * 2 }
    let judged = results(experiment, jobs: 2)
    #expect(judged.rows[0].values == [2, 4])
    #expect(!judged.holds)
    #expect(judged.text.contains("OUTSIDE: x: a test"))
  }

  @Test(arguments: [
    (3.14159, 2, "3.14"), (-0.004, 2, "0.00"), (-1.5, 1, "-1.5"), (99.996, 2, "100.00"), (7, 0, "7"),
  ])
  func numbersHaveTheirDecimals(value: Double, decimals: Int, expected: String) {
    #expect(text(value, decimals) == expected)
  }

  @Test func everyExperimentHasItsOwnNameAndAJudgedRow() {
    let all = Catalogue.experiments
    #expect(Set(all.map(\.name)).count == all.count)
    for experiment in all {
      #expect(experiment.rows.contains { $0.judged != .shown }, "\(experiment.name)")
      #expect(experiment.rows.allSatisfy { $0.judged == .shown || !$0.reason.isEmpty }, "\(experiment.name)")
    }
  }
}
