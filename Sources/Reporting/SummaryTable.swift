// The summary on a terminal: at most 80 columns, numbers aligned, every figure with its unit. Plain text, or with colour for a
// terminal; the same characters either way.

/// A run's summary as text.
public struct SummaryTable {
  private let summary: JSONValue
  private let ink: Ink

  /// - Parameter isColoured: whether the text goes to a terminal that shows colour.
  public init(_ summary: RunSummary, isColoured: Bool) {
    self.init(json: summary.json, isColoured: isColoured)
  }

  /// From `summary.json`.
  public init(json: JSONValue, isColoured: Bool) {
    summary = json
    ink = Ink(isOn: isColoured)
  }

  /// The text, each line ended.
  public var text: String {
    var lines = head
    lines += [""] + tasks
    lines += [""] + latency
    lines += [""] + network
    lines += [""] + slashing
    lines += [""] + money
    if !economy.isEmpty { lines += [""] + economy }
    if !expectations.isEmpty { lines += [""] + expectations }
    if !brokenChecks.isEmpty { lines += [""] + brokenChecks }
    return lines.map { $0 + "\n" }.joined()
  }

  private func number(_ path: String) -> Double? { summary.value(at: path)?.double }
  private func amount(_ path: String) -> UInt128? { summary.value(at: path)?.amount }
  private func count(_ path: String) -> String { Figures.compactCount(number(path)) }

  private var head: [String] {
    let name = Text.plain(summary["name"]?.string ?? "")
    let tail = " · \(summary["engine"]?.string ?? "") · seed \(summary["seed"]?.text() ?? "")"
    var time = Figures.seconds(number("virtualSeconds"))
    if let virtual = number("virtualSeconds"), let wall = number("wallSeconds"), wall > 0 {
      time += " in \(Figures.seconds(wall)) (\(Figures.significant(virtual / wall, 2))x)"
    }
    var lines = [
      ink.bold(Text.fitted(name, to: 80 - tail.count)) + tail,
      "\(count("nodes")) nodes, \(count("operators")) operators, \(count("services")) service\(number("services") == 1 ? "" : "s"); \(time)",
    ]
    if summary["complete"]?.boolean != true {
      lines.append(ink.warning("incomplete: the run was interrupted, these are partial results"))
    }
    return lines
  }

  private var tasks: [String] {
    [
      row("tasks", ["issued", "certified", "missed", "wrong", "share"], isHead: true),
      row(
        "",
        ["issued", "certified", "missed", "wrong"].map { count("tasks.\($0)") }
          + [Figures.percent(number("tasks.certifiedRatio"))]),
      row("attestations", ["due", "signed", "on time", "certified", "rate"], isHead: true),
      row(
        "",
        ["due", "signed", "onTime", "certified"].map { count("attestations.\($0)") }
          + [Figures.rate(number("attestations.perSecond"))]),
    ]
  }

  private var latency: [String] {
    [row("latency", ["count", "p50", "p90", "p99", "max"], isHead: true)]
      + ["propagation", "quorum", "certificate"].map { name in
        row(
          "  " + name,
          [count("latency.\(name).count")]
            + ["p50", "p90", "p99", "max"].map { Figures.milliseconds(number("latency.\(name).\($0)")) })
      }
  }

  private var network: [String] {
    [
      row("gossip", ["copies", "duplicates", "delivered", "sent", "per node"], isHead: true),
      row(
        "",
        [
          count("gossip.messageCopies"), Figures.percent(number("gossip.duplicateRatio")),
          Figures.percent(number("attestations.deliveryRatio")), Figures.bytes(number("gossip.bytesSent")),
          number("gossip.bytesPerNodePerSecond").map { Figures.bytes($0) + "/s" } ?? Figures.unknown,
        ]),
      row("load", ["busy p50", "busy p99", "busy max", "dropped", "late"], isHead: true),
      row(
        "",
        ["p50", "p99", "max"].map { Figures.percent(number("load.cpuUtilisation.\($0)")) }
          + [count("load.queueDrops"), count("load.lateAttestations")]),
    ] + sybils
  }

  private var sybils: [String] {
    guard summary.value(at: "sybils.count") != nil else { return [] }
    return [
      row("Sybils", ["count", "mesh, peak", "mesh, end", "surrounded"], isHead: true),
      row(
        "",
        [
          count("sybils.count"), Figures.percent(number("sybils.meshSharePeak")),
          Figures.percent(number("sybils.meshShareEnd")), count("sybils.surroundedPeak"),
        ]),
    ]
  }

  private var slashing: [String] {
    func line(_ cells: [String]) -> String {
      cells.enumerated().map { k, cell in
        k == 0 ? Text.padded("  " + cell, to: 19) : Text.padded(cell, to: k < 6 ? 8 : 10, isRight: true)
      }.joined()
    }
    let active = (summary.value(at: "slashing.classes")?.members ?? []).filter { member in
      ["offences", "falsePositive", "pending", "vetoed"].contains { (member.value[$0]?.double ?? 0) > 0 }
    }
    if active.isEmpty { return [ink.bold("slashing"), "  nobody broke a rule and nobody was slashed"] }
    let titles = ["offence", "slash", "missed", "unjust", "pending", "precision", "recall"]
    let head = zip(titles, [8, 8, 8, 8, 8, 10, 10]).map { Text.padded($0, to: $1, isRight: true) }.joined()
    return [ink.bold(Text.padded("slashing", to: 19)) + ink.soft(head)]
      + active.map { member in
        let one = member.value
        let unjust = one["falsePositive"]?.double ?? 0
        let cells =
          [Figures.words(member.key)]
          + ["offences", "truePositive", "falseNegative", "falsePositive", "pending"].map {
            Figures.count(one[$0]?.double)
          } + [Figures.ratio(one["precision"]?.double), Figures.ratio(one["recall"]?.double)]
        return unjust > 0 ? ink.bad(line(cells)) : line(cells)
      }
  }

  private var money: [String] {
    func line(_ name: String, _ parts: [(String, String)]) -> [String] {
      var lines: [String] = []
      var line = ink.bold(Text.padded(name, to: 10))
      var width = 10
      for (title, path) in parts {
        let part = "\(title) \(Figures.wei(amount(path)))"
        if width + part.count + 2 > 80 {
          lines.append(line)
          line = String(repeating: " ", count: 10)
          width = 10
        }
        line += (width > 10 ? "  " : "") + part
        width += part.count + (width > 10 ? 2 : 0)
      }
      return lines + [line]
    }
    var lines = line(
      "stake",
      [
        ("deposited", "stake.depositedWei"), ("restaked", "stake.restakedWei"),
        ("slashed", "stake.slashedWei"),
        ("withdrawn", "stake.withdrawnWei"),
      ])
    lines += line(
      "slashed",
      [
        ("due", "slashing.amounts.dueWei"), ("taken", "slashing.amounts.takenWei"),
        ("burned", "slashing.amounts.burnedWei"), ("redistributed", "slashing.amounts.redistributedWei"),
        ("from the honest", "slashing.amounts.honestLossWei"),
      ])
    lines += line(
      "rewards",
      [
        ("submitted", "rewards.submittedWei"), ("paid", "rewards.paidWei"),
        ("refunded", "rewards.refundedWei"),
        ("dust", "rewards.dustWei"),
      ])
    let broken = ["stake", "rewards"].filter { summary.value(at: "\($0).conserved")?.boolean == false }
    return lines + broken.map { ink.bad("          \($0): wei were lost or made") }
  }

  /// Issuers, holders and the market; empty without.
  private var economy: [String] {
    let issuers = summary["issuers"]?.members ?? []
    var lines: [String] = []
    if !issuers.isEmpty {
      lines.append(row("issuers", ["supply", "value", "at start", "lost", "slashed"], isHead: true))
      for member in issuers {
        let one = member.value
        lines.append(
          row(
            "  " + Text.fitted(Text.plain(member.key), to: 12),
            [
              Figures.wei(one["supply"]?.amount).replacing(" ETH", with: ""),
              Figures.ratio(one["nav"]?.double), Figures.ratio(one["navStart"]?.double),
              Figures.percent(one["lossRatio"]?.double), Figures.wei(one["slashedWei"]?.amount),
            ]))
      }
    }
    if number("holders.count") != nil {
      lines.append(row("holders", ["count", "claims", "rewards", "stranded", "yield p50"], isHead: true))
      lines.append(
        row(
          "",
          [
            count("holders.count"), count("holders.claims"), Figures.wei(amount("holders.rewardsWei")),
            Figures.wei(amount("holders.strandedWei")), Figures.percent(number("holders.yieldP50")),
          ]))
    }
    if amount("market.escrowedWei") != nil {
      lines.append(row("market", ["escrowed", "paid", "refunded"], isHead: true))
      lines.append(
        row("", ["escrowedWei", "paidWei", "refundedWei"].map { Figures.wei(amount("market.\($0)")) }))
    }
    if !lines.isEmpty {
      lines.append(row("risk", ["slack", "lowest", "at end", "HHI", "HHI at end"], isHead: true))
      lines.append(
        row(
          "",
          ["gammaCertified", "gammaLowest", "end.gammaCertified", "hhi", "end.hhi"].map {
            Figures.ratio(number("risk.\($0)"))
          }))
    }
    return lines
  }

  private var expectations: [String] {
    let all = summary["expectations"]?.elements ?? []
    if all.isEmpty { return [] }
    return [ink.bold("expectations")]
      + all.map { one in
        let holds = one["holds"]?.boolean == true
        let value =
          one["value"].flatMap { v in
            v.double.map { Figures.significant($0, 6) } ?? v.string ?? v.boolean.map { "\($0)" }
          } ?? "undefined"
        let mark = holds ? ink.good("  holds   ") : ink.bad("  broken  ")
        let tail = "  " + Text.fitted(Text.plain(value), to: 20)
        return mark + Text.fitted(Text.plain(one["expression"]?.string ?? ""), to: 70 - tail.count)
          + ink.soft(tail)
      }
  }

  private var brokenChecks: [String] {
    (summary["checks"]?.elements ?? []).filter { $0["holds"]?.boolean == false }.map { one in
      let name = Text.fitted(Text.plain(one["name"]?.string ?? ""), to: 30)
      let detail = Text.fitted(Text.plain(one["detail"]?.string ?? ""), to: 80 - 19 - name.count)
      return ink.bad("avsim is broken: \(name): \(detail)")
    }
  }

  /// A label of 14 columns and five right-aligned ones of 13: 79 in all.
  private func row(_ label: String, _ cells: [String], isHead: Bool = false) -> String {
    let rest = cells.map { Text.padded($0, to: 13, isRight: true) }.joined()
    let label = Text.padded(label, to: 14)
    return isHead ? ink.bold(label) + ink.soft(rest) : label + rest
  }
}

/// Text of a known width.
enum Text {
  /// Without control characters, which names from files may hold and a terminal would obey.
  static func plain(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map {
          $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) || (0x202A...0x202E).contains($0.value)
            || (0x2066...0x2069).contains($0.value) ? "\u{FFFD}" : $0
        }))
  }

  static func padded(_ text: String, to width: Int, isRight: Bool = false) -> String {
    let gap = String(repeating: " ", count: max(0, width - text.count))
    return isRight ? gap + text : text + gap
  }

  /// Cut off, with a mark, when it is too long.
  static func fitted(_ text: String, to width: Int) -> String {
    text.count <= width ? text : String(text.prefix(max(0, width - 1))) + "…"
  }
}

/// Colour, or none.
struct Ink {
  var isOn: Bool
  private func wrapped(_ text: String, _ code: String) -> String {
    isOn && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
  func bold(_ text: String) -> String { wrapped(text, "1") }
  func soft(_ text: String) -> String { wrapped(text, "2") }
  func good(_ text: String) -> String { wrapped(text, "32") }
  func bad(_ text: String) -> String { wrapped(text, "31") }
  func warning(_ text: String) -> String { wrapped(text, "33") }
}
