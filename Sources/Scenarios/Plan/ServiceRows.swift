// Service files: `rank,category,operators,quorum_threshold,dispute_window_s,slash_equivocation,slash_invalid,
// slash_liveness,annual_reward_pool_eth`, one service a row.

import AVS
import Basics

enum ServiceRows {
  static func read(_ value: ValueReader) -> [ServicePlan]? {
    value.file("a CSV file of services", limit: CSVTable.bytesMaximum) { (path, bytes) throws(FileError) in
      let table = try CSVTable(file: path, bytes: bytes)
      let rank = try table.column("rank")
      let category = try table.column("category")
      let operators = try table.column("operators")
      let quorum = try table.column("quorum_threshold")
      let dispute = try table.column("dispute_window_s")
      let reward = try table.column("annual_reward_pool_eth")
      let penalties: [(OffenceClass, Int)] = [
        (.equivocation, try table.column("slash_equivocation")),
        (.invalidResult, try table.column("slash_invalid")),
        (.liveness, try table.column("slash_liveness")),
      ]
      var services: [ServicePlan] = []
      for row in table.rows {
        var service = ServicePlan(name: slug(row.fields[category].text) + "-" + slug(row.fields[rank].text))
        service.operators = .count(
          try table.field(row, operators) { (text) throws(QuantityError) in
            guard let n = wholeNumber(text), n >= 1, n <= 1_000_000 else {
              throw QuantityError(reason: "'\(clip(text))' is not a count from 1 to 1000000")
            }
            return Int(n)
          })
        service.quorum = try table.field(row, quorum) { (text) throws(QuantityError) in
          let share = try fraction(text)
          if share == .zero { throw QuantityError(reason: "a quorum of zero") }
          return share
        }
        let window = try table.field(row, dispute) { (text) throws(QuantityError) in
          guard let span = try? TimeSpan(text: text + "s"), span <= .century else {
            throw QuantityError(reason: "'\(clip(text))' is not a number of seconds up to a hundred years")
          }
          return span
        }
        service.reward.annual = try table.field(row, reward) { (text) throws(QuantityError) in
          let amount = try ether(text)
          if amount > .eth(1_000_000_000) { throw QuantityError(reason: "'\(clip(text))' is out of range") }
          return amount
        }
        for (offence, column) in penalties {
          var rule = RulePlan(offence)
          rule.penalty = .fixed(
            try table.field(row, column) { (text) throws(QuantityError) in try fraction(text) })
          rule.dispute = window
          if rule.penalty != .fixed(.zero) { service.rules.append(rule) }
        }
        services.append(service)
      }
      return services
    }
  }

  /// A text as part of a name: letters and digits kept, the rest `-`.
  private static func slug(_ text: String) -> String {
    var out = ""
    for c in text.lowercased().utf8.prefix(60) {
      let keep = (c >= 48 && c <= 57) || (c >= 97 && c <= 122)
      if keep { out.unicodeScalars.append(Unicode.Scalar(c)) } else if !out.hasSuffix("-") { out += "-" }
    }
    while out.hasSuffix("-") { out.removeLast() }
    return out.isEmpty || out.hasPrefix("-") ? "service" + out : out
  }
}
