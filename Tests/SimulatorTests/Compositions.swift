// Scenarios drawn from a seed: one node does two to four wrong things at once, others may do one, and faults make it worse. What
// a word means alone it must mean beside any other.

import Basics

/// The adversaries and faults of one seed, for `story`.
struct Composition {
  var text = ""
  var service = ""
  var network = ""
  var aggregators = "coordinator"

  private var draws: RandomStream
  private let node: Int

  init(seed: UInt64) {
    draws = HashRandom(seed: seed, .adversary).stream(0x636F_6D70)
    node = draws.below(9)
    aggregators = draws.below(3) == 0 ? "every" : "coordinator"
    if draws.below(3) == 0 { network = "  gossip: {seenTTL: 4200ms}" }
    let votes = draws.below(2) == 0
    service = """
          canaries: 40%
          aggregationGrace: \(["0s", "500ms", "1500ms"][draws.below(3)])
          challenge: {bond: 1ETH, purse: 1000ETH}
      \(votes ? "    kind: {checkpoint: {epoch: \(2 + 2 * draws.below(2))s}}" : "")
      """
    text = "adversaries:\n" + adversaries(votes).map { "  - {\($0)}" }.joined(separator: "\n")
    let troubles = faults()
    if !troubles.isEmpty {
      text += "\nfaults:\n" + troubles.map { "  - {\($0)}" }.joined(separator: "\n")
    }
  }

  private mutating func share() -> Int { 20 + draws.below(81) }

  private mutating func adversaries(_ votes: Bool) -> [String] {
    let victim = (node + 1 + draws.below(8)) % 9
    var words = [
      "silent", "withhold", "{late: {by: \(100 + draws.below(3_000))ms}}",
      "{late: {inside: \(1 + draws.below(900))ms}}", "{late: {past: \(1 + draws.below(900))ms}}",
      "equivocate", "{equivocate: openly}", "{equivocate: {manner: disjoint, share: \(share())%}}",
      "invalidResult", "wrongQuorum", "lazyCopy", "invalidSignature",
      "{spam: {count: \(1 + draws.below(9))}}",
      "{spam: {count: 3}}", "{replay: {count: \(1 + draws.below(9))}}", "{censor: {victims: [\(victim)]}}",
      "{impersonate: {victims: [\(victim)]}}", "{forgedEvidence: {victims: [\(victim)]}}",
      "{griefing: {count: \(1 + draws.below(3))}}",
    ]
    if votes { words += ["{surround: {back: \(2 + draws.below(4))}}", "{surround: {back: 3}}"] }
    draws.shuffle(&words)
    var list: [String] = []
    for word in words.prefix(2 + draws.below(3)) {
      var line = "who: {operators: {nodes: [\"\(node)\"]}}, do: \(word)"
      if draws.below(3) == 0 { line += ", from: \(draws.below(8))s, until: \(9 + draws.below(10))s" }
      if draws.below(2) == 0 { line += ", probability: \(share())%" }
      list.append(line)
    }
    if draws.below(3) == 0 {
      let word = ["wrongQuorum", "{late: {past: 300ms}}", "lazyCopy", "equivocate"][draws.below(4)]
      list.append("who: {operators: {byStake: \(share())%}}, do: \(word), probability: 40%, together: true")
    }
    return list
  }

  private mutating func faults() -> [String] {
    let own = "[\"\(node)\"]"
    let role = aggregators == "every" ? "{role: operator}" : "{role: aggregator}"
    return (0..<draws.below(4)).map { _ in
      let struck = [own, role, "{role: watcher}"][draws.below(3)]
      let what =
        switch draws.below(10) {
        case 0, 1: "clock: {nodes: \(struck), behind: \(1 + draws.below(5_000))ms}"
        case 2: "clock: {nodes: \(struck), ahead: \(1 + draws.below(5_000))ms}"
        case 3:
          "clock: {nodes: \(role), behind: \(1 + draws.below(3_000))ms, drift: \(draws.below(200_000) - 100_000)}"
        case 4, 5: "latency: {add: \(100 + draws.below(3_000))ms}"
        case 6: "keyDuplication: {nodes: \(own), disagree: \(share())%}"
        case 7: "faultySoftware: {nodes: \(own)}"
        case 8: "pause: {nodes: \(struck)}"
        default: "crash: {nodes: \(struck)}, state: \(["kept", "lost"][draws.below(2)])"
        }
      return "at: \(draws.below(15))s, for: \(500 + draws.below(15_000))ms, \(what)"
    }
  }
}
