// From the event to the holder: the chain of consequences on one page, each step with a link to where the report says more of it.

extension ReportSections {
  /// Nothing without issuers.
  var consequences: HTML {
    let story = record.economy.consequences
    guard !story.outcomes.isEmpty else { return .empty }
    let accounted: HTML =
      story.differences.isEmpty
      ? "<span class=\"badge good\">every wei accounted for</span>"
      : "<span class=\"badge bad\">\(story.differences.count) books do not agree</span>"
    var out: HTML = """
      <h2 id="consequences">From the event to the holder</h2><p class="caption">What happened, what it cost whom, and what is left of a \
      share. \(accounted) Both sides of every slash, every issuer's books and its holders' statements are compared to the wei; what \
      divisions among holders round off is shown.</p>
      """
    for one in story.differences.prefix(5) { out += "<p class=\"caption\">\(one)</p>" }
    out += step("1. What happened", events(story))
    out += step("2. What the chain made of it", punishments(story) + rewards(story))
    out += step("3. What it did to each token and its holders", outcomes(story))
    return out
  }

  private func step(_ title: String, _ body: HTML) -> HTML {
    "<h3>\(title)</h3><div class=\"card\">\(body)</div>"
  }

  private func wei(_ value: UInt128) -> HTMLTable.Cell { .number(Figures.wei(value), Double(value)) }

  private func link(_ anchor: String, _ words: String) -> HTMLTable.Cell {
    .html("<a href=\"#\(anchor)\">\(words)</a>")
  }

  private func events(_ story: Consequences) -> HTML {
    if story.events.isEmpty {
      return "<p>Nothing: no fault, no offence, no duty missed, no fall of a price.</p>"
    }
    var table = HTMLTable(columns: [
      .text("what"), .text("whom"), .text("cause"), .number("from"), .number("to"), .number("times"),
      .text("more"),
    ])
    table.isSorted = true
    table.rows = story.events.map { one in
      [
        .label(Figures.words(one.what)), .label(one.whom), .label(one.cause),
        .number(Figures.seconds(one.from), one.from),
        .number(one.to.map { Figures.seconds($0) } ?? Figures.unknown, one.to),
        .number(Figures.count(Double(one.count)), Double(one.count)), link(one.anchor, one.anchor),
      ]
    }
    return table.html
  }

  private func punishments(_ story: Consequences) -> HTML {
    if story.punishments.isEmpty { return "<p>Nobody was slashed.</p>" }
    var table = HTMLTable(
      columns: [
        .text("slashed for"), .text("verdict"), .text("cause, where nobody chose it"), .number("slashes"),
        .number("operators"), .number("first at"),
      ]
        + ["taken", "borne by issuers", "by others", "burned", "redistributed"].map { .number($0) }
        + [.text("who bears it")])
    table.rows = story.punishments.map { one in
      [
        .label(Figures.words(one.offence)), .label(Figures.words(one.verdict)), .label(one.cause),
        .number("\(one.slashes)", Double(one.slashes)),
        .number("\(one.operators.count)", Double(one.operators.count)),
        .number(Figures.seconds(one.at), one.at), wei(one.taken), wei(one.issuers), wei(one.others),
        wei(one.burned), wei(one.redistributed), link("accountability", "rows"),
      ]
    }
    return table.html
  }

  private func rewards(_ story: Consequences) -> HTML {
    let submitted = story.paid + story.refunded + story.dust
    if submitted == 0 { return .empty }
    return """
      <p>Of \(Figures.wei(submitted)) that services put up as rewards \(Figures.wei(story.paid)) were paid for work done and \
      \(Figures.wei(story.refunded)) went back, for work that was not; \(Figures.count(story.dust)) wei are dust. \
      <a href="#money">Stake and rewards</a></p>
      """
  }

  private func outcomes(_ story: Consequences) -> HTML {
    var table = HTMLTable(
      columns: [.text("issuer")]
        + [
          "share after the first epoch", "lowest", "at", "at the end", "slashed, by its books",
          "by rows of slashes", "by holders' statements", "lost to prices", "earned for holders",
          "rounded off, wei",
        ].map { .number($0) } + [.text("more")])
    func value(_ nav: Double?) -> HTMLTable.Cell {
      .number(nav.map { Figures.significant($0, 8) } ?? Figures.unknown, nav)
    }
    table.rows = story.outcomes.map { one in
      [
        .label(one.issuer), value(one.start), value(one.lowest),
        .number(one.lowestAt.map { Figures.seconds($0) } ?? Figures.unknown, one.lowestAt), value(one.end),
        wei(one.slashed), wei(one.accountable), wei(one.holders), wei(one.priceLoss), wei(one.earned),
        .number(Figures.count(one.dust), Double(one.dust)), link("statements", "statements"),
      ]
    }
    return table.html
  }
}
