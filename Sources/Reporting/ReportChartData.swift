// The numbers behind the charts, in the form that `Resources/report.js` draws. Everything comes from the run's own files.

import Basics

/// Chart data of a run.
struct ReportChartData {
  var record: RunRecord

  /// What the page carries for its charts.
  var json: JSONValue {
    var all = own
    if case .object(let members) = own {
      all = .object(members + EconomyChartData(story: record.economy, faults: record.faults).members)
    }
    return all
  }

  private var own: JSONValue {
    [
      "latency": .array(
        record.latency.map {
          [
            "measure": JSONValue($0.measure), "ms": JSONValue($0.milliseconds), "share": JSONValue($0.share),
          ]
        }),
      "samples": .array(samples), "span": .array([JSONValue(span.lowerBound), JSONValue(span.upperBound)]),
      "faults": .array(faults), "ramp": .array(ramp),
      "rampLatency": .array(ramp.filter { $0["p99"] != .null }), "operators": .array(operators),
      "load": .array(load),
      "confusion": .array(confusion), "intervals": .array(intervals),
      "blocks": .array(blocks), "baseFees": .array(baseFees),
      "slashAmounts": .array(slashAmounts), "rewards": .array(rewards), "stake": .array(stake),
    ]
  }

  // MARK: Over time

  /// From the first to the last interval with traffic, in seconds.
  var span: ClosedRange<Double> {
    guard let first = record.samples.first, let last = record.samples.last else { return 0...1 }
    let start = max(0, first.end - first.seconds)
    return start...max(last.end, start + 1e-9)
  }

  private var samples: [JSONValue] {
    record.samples.map { s in
      [
        "t": JSONValue(s.end), "offered": JSONValue(Double(s.offered) / s.seconds),
        "published": JSONValue(Double(s.published) / s.seconds),
        "certified": JSONValue(s.certified / s.seconds),
      ]
    }
  }

  /// The part of each fault that lies inside the chart; labels that would touch go into rows of their own.
  private var faults: [JSONValue] {
    let width = span.upperBound - span.lowerBound
    var rowEnds: [Double] = []
    return record.faults.filter { $0.at <= span.upperBound && ($0.healed ?? .infinity) >= span.lowerBound }
      .map {
        fault in
        let from = max(fault.at, span.lowerBound)
        let to = max(min(fault.healed ?? span.upperBound, span.upperBound), from + width / 500)
        let row = rowEnds.firstIndex { $0 <= from } ?? rowEnds.count
        if row == rowEnds.count { rowEnds.append(0) }
        rowEnds[row] = from + width * 0.12
        return [
          "kind": JSONValue(fault.kind), "place": JSONValue(fault.place), "from": JSONValue(from),
          "to": JSONValue(to), "row": JSONValue(row * 14),
          "until": JSONValue(fault.healed.map { Figures.seconds($0) } ?? "not healed"),
        ]
      }
  }

  /// Offered against certified rate, when the offered rate rose through the run; else empty.
  var ramp: [JSONValue] {
    record.ramp.map {
      [
        "t": JSONValue($0.end), "offered": JSONValue($0.offeredRate),
        "certified": JSONValue($0.certifiedRate), "p99": JSONValue($0.quorumP99Milliseconds),
      ]
    }
  }

  // MARK: Load

  private var operators: [JSONValue] {
    record.operators.filter { $0.due > 0 }.map {
      [
        "name": JSONValue($0.name), "services": JSONValue($0.services), "due": JSONValue($0.due),
        "late": JSONValue(Double($0.notOnTime) / Double($0.due)),
      ]
    }
  }

  private var load: [JSONValue] {
    (record.summary.value(at: "load.byOperatorServices")?.elements ?? []).filter {
      $0["lateRatio"]?.double != nil
    }
  }

  // MARK: Slashing

  /// The classes in which something happened or was decided.
  private var activeClasses: [String] {
    (record.summary.value(at: "slashing.classes")?.members ?? []).filter { member in
      ["offences", "falsePositive", "pending", "vetoed"].contains {
        (member.value[$0]?.double ?? 0) > 0
      }
    }.map(\.key)
  }

  /// Classes in the order of the confusion matrix.
  private var order: [String] {
    (record.summary.value(at: "slashing.confusion.classes")?.elements ?? []).compactMap(\.string)
  }

  private var confusion: [JSONValue] {
    guard let table = record.summary.value(at: "slashing.confusion") else { return [] }
    let matrix = (table["matrix"]?.elements ?? []).map { $0.elements.map { Int($0.double ?? 0) } }
    let noOffence = (table["noOffence"]?.elements ?? []).map { Int($0.double ?? 0) }
    let active = order.filter { activeClasses.contains($0) }
    guard !active.isEmpty, matrix.count == order.count, noOffence.count == order.count else { return [] }
    let most = Double(max(1, matrix.joined().max() ?? 1, noOffence.max() ?? 1))
    func cell(_ truth: String, _ decided: String, _ n: Int, _ kind: String) -> JSONValue {
      let weight = n == 0 ? 1 : 0.25 + 0.6 * (Double(n) / most).squareRoot()
      return [
        "truth": JSONValue(Figures.words(truth)), "decided": JSONValue(Figures.words(decided)),
        "n": JSONValue(n), "kind": JSONValue(n == 0 ? "none" : kind),
        "weight": JSONValue(weight), "ink": JSONValue(n == 0 ? 0.35 : 1),
      ]
    }
    var cells: [JSONValue] = []
    for truth in active {
      let row = matrix[order.firstIndex(of: truth)!]
      for decided in active {
        let n = row[order.firstIndex(of: decided)!]
        cells.append(cell(truth, decided, n, truth == decided ? "right" : "wrong"))
      }
      cells.append(cell(truth, "not slashed", row[order.count], "wrong"))
    }
    for decided in active {
      cells.append(cell("no offence", decided, noOffence[order.firstIndex(of: decided)!], "wrong"))
    }
    return cells
  }

  private var intervals: [JSONValue] {
    var points: [JSONValue] = []
    for name in activeClasses {
      guard let one = record.summary.value(at: "slashing.classes")?[name] else { continue }
      let found = one["truePositive"]?.double ?? 0
      for (measure, others) in [("precision", "falsePositive"), ("recall", "falseNegative")] {
        guard let value = one[measure]?.double, let interval = one["intervals"]?[measure]?.elements,
          interval.count == 2
        else { continue }
        points.append([
          "class": JSONValue(Figures.words(name)), "measure": JSONValue(measure), "value": JSONValue(value),
          "lo": interval[0], "hi": interval[1], "n": JSONValue(found + (one[others]?.double ?? 0)),
        ])
      }
    }
    return points
  }

  // MARK: Amounts

  private var slashAmounts: [JSONValue] {
    bars(
      "slashing.amounts",
      [
        ("dueWei", "due for offences", "plain"), ("takenWei", "taken", "plain"),
        ("burnedWei", "burned", "soft"),
        ("redistributedWei", "redistributed", "soft"), ("overSlashedWei", "taken too much", "bad"),
        ("underSlashedWei", "due and not taken", "bad"), ("honestLossWei", "lost by the honest", "bad"),
      ])
  }

  private var rewards: [JSONValue] {
    bars("rewards", [("submittedWei", "submitted", "soft"), ("paidWei", "paid", "plain")])
      + bars(
        "rewards.byRole",
        [
          ("operators", "· to operators", "plain"), ("stakers", "· to stakers", "plain"),
          ("issuers", "· to LRT issuers", "plain"), ("holders", "· to LRT holders", "plain"),
        ])
      + bars("rewards", [("refundedWei", "refunded", "soft"), ("dustWei", "dust", "soft")])
  }

  private var stake: [JSONValue] {
    bars(
      "stake",
      [
        ("depositedWei", "deposited", "soft"), ("restakedWei", "restaked", "plain"),
        ("queuedWei", "queued for withdrawal", "soft"), ("withdrawnWei", "withdrawn", "soft"),
        ("slashedWei", "slashed", "bad"),
      ])
  }

  private func bars(_ path: String, _ entries: [(key: String, name: String, tone: String)]) -> [JSONValue] {
    entries.compactMap { entry in
      guard let amount = record.summary.value(at: path)?[entry.key]?.amount else { return nil }
      return [
        "what": JSONValue(entry.name), "eth": JSONValue(Double(amount) / 1e18), "tone": JSONValue(entry.tone),
        "label": JSONValue(Figures.wei(amount)), "exact": JSONValue(Figures.count(amount)),
      ]
    }
  }
}
