// Who was slashed, for what, rightly or not; and whom slashing wronged.

import Basics

extension ReportSections {
  var slashing: HTML {
    var out: HTML = """
      <h2 id="slashing">Slashing</h2><p class="caption">What the coordinator decided, against what every node did and meant. The truth \
      is recorded at its source, before any network effect.</p>
      """
    let classes = (summary.value(at: "slashing.classes")?.members ?? []).filter { member in
      ["offences", "falsePositive", "pending", "vetoed", "disputed", "expired"].contains {
        (member.value[$0]?.double ?? 0) > 0
      }
    }
    if classes.isEmpty {
      return out + "<div class=\"card\"><p>Nobody broke a rule and nobody was accused.</p></div>"
    }
    out += pair(
      chart(
        "confusion", of: "confusion", "Truth against decision",
        "Green: rightly slashed. Red: missed, mistaken or without a cause.", empty: "No offence, no slash."),
      chart(
        "intervals", of: "intervals", "Precision and recall",
        "With Wilson intervals of 95 %: few cases, wide bars.", empty: "Nothing was executed."))
    var table = HTMLTable(
      columns: [.text("class")]
        + [
          "offences", "by choice", "slashed", "missed", "unjust", "unseen", "pending", "vetoed",
          "precision",
          "recall", "false alarms", "evidence p50", "slash p50",
        ].map { .number($0) })
    table.isSorted = true
    table.rows = classes.map { member in
      let one = member.value
      func count(_ key: String) -> HTMLTable.Cell {
        .number(Figures.count(one[key]?.double), one[key]?.double)
      }
      func ratio(_ key: String) -> HTMLTable.Cell {
        .number(Figures.ratio(one[key]?.double), one[key]?.double)
      }
      func time(_ key: String) -> HTMLTable.Cell {
        let value = one[key]?["p50"]?.double
        return .number(Figures.seconds(value), value)
      }
      return [
        .word(Figures.words(member.key)), count("offences"), count("culpable"), count("truePositive"),
        count("falseNegative"), count("falsePositive"), count("unobservable"), count("pending"),
        count("vetoed"),
        ratio("precision"), ratio("recall"), ratio("falsePositiveRate"), time("timeToEvidence"),
        time("timeToSlash"),
      ]
    }
    out += "<div class=\"card\">\(table.html)</div>"
    return out + unjustSlashes + forks + offences
  }

  var unjustSlashes: HTML {
    let unjust = record.slashes.filter { $0.verdict != "true_positive" }
    if unjust.isEmpty { return wrongedOperators }
    var table = HTMLTable(columns: [
      .text("operator"), .text("service"), .text("slashed for"), .number("task, window"), .number("executed"),
      .number("taken"),
      .text("what was wrong with it"), .text("what hit the operator"),
    ])
    table.isSorted = true
    table.rows = unjust.map { s in
      [
        .label(s.operatorName), .label(s.service), .word(Figures.words(s.offenceClass)),
        .number(String(s.task), Double(s.task)), .number(Figures.seconds(s.executed), s.executed),
        .number(Figures.wei(s.takenWei), s.takenWei.map { Double($0) }),
        .html(
          s.verdict == "wrong_class"
            ? "<span class=\"bad\">another offence than the one that happened</span>"
            : "<span class=\"bad\">no offence left to punish</span>"),
        .text(s.cause),
      ]
    }
    return "<h2>Unjust slashes</h2>" + shown(table.rows.count, of: record.slashesInAll, "unjust slashes")
      + "<div class=\"card\">\(table.html)</div>" + wrongedOperators
  }

  /// For each operator slashed for nothing: what it did, what was seen of it, which rule fired, what would have saved it.
  var wrongedOperators: HTML {
    var names: [String] = []
    for slash in record.slashes where !slash.account.isEmpty && !names.contains(slash.operatorName) {
      names.append(slash.operatorName)
    }
    if names.isEmpty { return .empty }
    var out: HTML = "<h2>Whom slashing wronged</h2>"
    for name in names {
      let own = record.slashes.filter { $0.operatorName == name && !$0.account.isEmpty }
      let taken = own.reduce(UInt128(0)) { $0 + ($1.takenWei ?? 0) }
      let slashes = "\(Figures.count(Double(own.count))) \(own.count == 1 ? "slash" : "slashes")"
      let wrong =
        own.allSatisfy { $0.verdict == "wrong_class" }
        ? "for another offence than its own" : "without an offence of its choice"
      out +=
        "<div class=\"card\"><h3>Operator \(name)</h3><p>Lost \(Figures.wei(taken)) in \(slashes) \(wrong).</p>"
      // The same story is told once.
      var told: [String] = []
      for slash in own {
        let story = slash.service + slash.offenceClass + slash.cause + slash.account
        if told.contains(story) { continue }
        told.append(story)
        let subject = slash.offenceClass == "liveness" ? "window" : "task"
        out +=
          "<p><b>Rule</b> \(Figures.words(slash.offenceClass)) of \(slash.service), first for \(subject) \(String(slash.task)).<br>"
        out += "<b>What it did, and what was seen</b> \(slash.account)<br>"
        out += "<b>Cause</b> \(Figures.words(slash.cause)).<br>"
        out += "<b>What would have saved it</b> \(slash.remedy)</p>"
      }
      out += "</div>"
    }
    return out
  }

  var offences: HTML {
    if record.offences.isEmpty { return .empty }
    var table = HTMLTable(columns: [
      .text("operator"), .text("service"), .text("offence"), .number("task, window"), .number("at"),
      .text("cause"),
      .number("evidence after"), .number("slashed after"), .number("due"), .number("taken"), .text("outcome"),
    ])
    table.isSorted = true
    table.rows = record.offences.map { o in
      let isSlashed = o.verdict == "true_positive"
      let waited = isSlashed ? o.slashExecuted.map { $0 - o.at } : nil
      let evidence = o.evidence.map { $0 - o.at }
      return [
        .label(o.operatorName), .label(o.service), .word(Figures.words(o.offenceClass)),
        .number(String(o.task), Double(o.task)), .number(Figures.seconds(o.at), o.at), .text(o.cause),
        .number(Figures.seconds(evidence), evidence), .number(Figures.seconds(waited), waited),
        .number(Figures.wei(o.dueWei), o.dueWei.map { Double($0) }),
        .number(
          isSlashed ? Figures.wei(o.takenWei) : Figures.unknown,
          isSlashed ? o.takenWei.map { Double($0) } : nil),
        .html(outcome(of: o)),
      ]
    }
    return "<h2>Offences</h2>" + shown(table.rows.count, of: record.offencesInAll, "offences")
      + "<div class=\"card\">\(table.html)</div>"
  }

  func outcome(of o: RunRecord.Offence) -> HTML {
    switch o.verdict {
    case "true_positive": return "<span class=\"good\">slashed</span>\(o.culpable ? "" : " (not by choice)")"
    case "no_violation": return "<span class=\"soft\">broke no rule</span>"
    case "false_negative":
      var why = "not slashed"
      if !o.observable {
        why = "nobody could see it"
      } else if let state = o.slashState, state != "executed" {
        why = "slash \(state)"
      } else if o.slashState == "executed" {
        why = "slashed for another offence"
      }
      return o.culpable
        ? "<span class=\"bad\">\(why)</span>" : "<span class=\"soft\">\(why) (not by choice)</span>"
    default: return "<span class=\"soft\">open</span>"
    }
  }

  func shown(_ n: Int, of all: Int, _ what: String) -> HTML {
    n >= all
      ? .empty
      : "<p class=\"caption\">\(n) of \(Figures.count(Double(all))) \(what); all are in <code>run.sqlite</code>.</p>"
  }
}
