// The measures that an expectation may name: the keys of `summary.json` as INTERFACE.md lists them, with their units.

import AVS
import Basics

/// Units of measures and how literals become numbers in them.
enum MeasureUnit: Sendable {
  /// A count or a ratio: plain numbers, and shares (`67%` is 0.67).
  case plain
  case milliseconds
  case seconds
  case wei
  case bool
  case text

  func parse(_ literal: String, _ measure: String) throws(QuantityError) -> Expectation.Literal {
    switch self {
    case .bool:
      guard literal == "true" || literal == "false" else {
        throw QuantityError(reason: "'\(clip(literal))': \(measure) is true or false")
      }
      return .truth(literal == "true")
    case .text: throw QuantityError(reason: "'\(measure)' is a text; it cannot be compared with a number")
    case .plain:
      if literal.hasSuffix("%") {
        let kind = QuantityKind.share
        return .number(Self.scaled(try kind.parse(literal).value, by: UInt128(Share.one)))
      }
      return .number(try Self.bare(literal, "\(measure) has no unit: write a number or a share"))
    case .milliseconds, .seconds:
      let unit: UInt128 = self == .seconds ? 1_000_000_000 : 1_000_000
      let value: UInt128
      do throws(QuantityError) { value = try QuantityKind.duration.parse(literal).value } catch {
        throw QuantityError(reason: error.reason + "; \(measure) is a time: \(QuantityKind.duration.allowed)")
      }
      return .number(Self.scaled(value, by: unit))
    case .wei:
      if literal == "0" { return .number(Decimal18(whole: 0)) }
      do throws(QuantityError) {
        return .number(Decimal18(whole: Int128(try QuantityKind.stake.parse(literal).value)))
      } catch {
        throw QuantityError(reason: error.reason + "; \(measure) is an amount: \(QuantityKind.stake.allowed)")
      }
    }
  }

  private static func bare(_ literal: String, _ allowed: String) throws(QuantityError) -> Decimal18 {
    guard decimalNumber(literal) != nil, let value = Decimal18(text: literal) else {
      throw QuantityError(reason: "'\(clip(literal))' is not a number; \(allowed)")
    }
    return value
  }

  private static func scaled(_ value: UInt128, by unit: UInt128) -> Decimal18 {
    let parts = mulDiv(value % unit, UInt128(Share.one), unit)
    return Decimal18(whole: Int128(value / unit), parts: UInt64(parts))
  }
}

/// The table of measures.
public enum MeasureTable {
  /// Keys with `<class>` and `<issuer>` standing for names, and their units.
  static let table: [(key: String, unit: MeasureUnit)] = build()

  /// Every key, for messages and documentation.
  public static var keys: [String] { table.map(\.key) }

  static func unit(of measure: String) throws(QuantityError) -> MeasureUnit {
    let parts = measure.split(separator: ".", omittingEmptySubsequences: false)
    for (key, unit) in table {
      let pattern = key.split(separator: ".")
      guard pattern.count == parts.count else { continue }
      let fits = zip(pattern, parts).allSatisfy { wanted, got in
        switch wanted {
        case "<class>": OffenceClass(rawValue: String(got)) != nil
        case "<issuer>": isName(String(got))
        default: wanted == got
        }
      }
      if fits { return unit }
    }
    if parts.count > 3, parts[0] == "slashing", parts[1] == "classes",
      OffenceClass(rawValue: String(parts[2])) == nil
    {
      throw QuantityError(
        reason: "'\(clip(String(parts[2])))' is not a class of offence; classes: "
          + OffenceClass.allCases.map(\.rawValue).joined(separator: ", "))
    }
    if let near = nearest(measure, in: keys) {
      throw QuantityError(reason: "'\(clip(measure))' is no measure (did you mean '\(near)'?)")
    }
    let group = String(parts.first ?? "")
    let depth = parts.count
    var siblings = keys.filter { $0.hasPrefix(group + ".") }
    if siblings.count > 20 { siblings = siblings.filter { $0.split(separator: ".").count == depth } }
    let hint =
      siblings.isEmpty
      ? "measures begin with " + groups.joined(separator: ", ")
      : "measures of \(group): "
        + siblings.map { String($0.dropFirst(group.count + 1)) }.joined(separator: ", ")
    throw QuantityError(reason: "'\(clip(measure))' is no measure; \(hint)")
  }

  private static var groups: [String] {
    var seen: Set<String> = []
    return keys.map { String($0.split(separator: ".")[0]) }.filter { seen.insert($0).inserted }
  }

  private static func build() -> [(key: String, unit: MeasureUnit)] {
    var all: [(String, MeasureUnit)] = []
    func add(_ prefix: String, _ unit: MeasureUnit, _ names: [String]) {
      for name in names { all.append((prefix.isEmpty ? name : "\(prefix).\(name)", unit)) }
    }
    add("", .plain, ["schema", "seed", "virtualSeconds", "wallSeconds", "nodes", "operators", "services"])
    add("", .text, ["name", "engine", "traceDigest"])
    add("", .bool, ["complete"])
    add("tasks", .plain, ["issued", "certified", "missed", "open", "wrong", "certifiedRatio"])
    add(
      "attestations", .plain,
      [
        "due", "signed", "onTime", "certified", "firstDeliveries", "expectedDeliveries",
        "unreachableDeliveries",
        "deliveryRatio", "perSecond",
      ])
    for kind in ["propagation", "quorum", "certificate"] {
      add("latency.\(kind)", .plain, ["count"])
      add("latency.\(kind)", .milliseconds, ["p50", "p90", "p99", "max"])
    }
    add(
      "gossip", .plain,
      [
        "messageCopies", "duplicateRatio", "ihave", "iwant", "graft", "prune", "idontwant", "invalid",
        "brokenPromises", "ihaveRefused", "iwantRefused", "graftRefused", "graylistings", "bytesSent",
        "bytesPerNodePerSecond",
      ])
    add("load.cpuUtilisation", .plain, ["p50", "p99", "max"])
    add("load", .plain, ["queueDrops", "lateAttestations"])
    let counts = [
      "offences", "culpable", "unobservable", "truePositive", "falsePositive", "falseNegative", "pending",
      "vetoed",
      "precision", "recall", "f1",
    ]
    add("slashing.classes.<class>", .plain, counts)
    for span in ["timeToEvidence", "timeToSlash"] {
      add("slashing.classes.<class>.\(span)", .seconds, ["p50", "p90", "max"])
    }
    add("slashing.classes.<class>", .plain, ["disputed", "expired", "trueNegative", "falsePositiveRate"])
    for group in ["micro", "culpable"] {
      add("slashing.\(group)", .plain, ["truePositive", "falsePositive", "falseNegative"])
    }
    for span in ["timeToEvidence", "timeToSlash"] {
      add("slashing.\(span)", .seconds, ["p50", "p90", "max"])
    }
    add("slashing", .plain, ["wrongClass", "amountErrorMean"])
    for group in ["causes", "unchosenCauses"] {
      add(
        "slashing.\(group)", .plain,
        [
          "partition", "network", "overload", "clock", "quorumCapture", "minority", "faultySoftware",
          "keyDuplication", "aggregatorCensorship", "aggregation", "reorg", "maliciousService", "crash",
          "unknown",
        ])
    }
    add("challenges", .wei, ["forfeitedWei"])
    add("challenges", .plain, ["turnedAway"])
    add("forks", .plain, ["opened", "cohesion", "rejection", "fracture", "joinedShare"])
    add(
      "forks", .wei,
      ["bondsLostWei", "accusedStakeWei", "accusedRedeemWei", "othersStakeWei", "othersRedeemWei"])
    add("sybils", .plain, ["count", "meshSharePeak", "meshShareEnd", "surroundedPeak", "surroundedEnd"])
    for group in ["micro", "macro", "culpable", "weighted"] {
      add("slashing.\(group)", .plain, ["precision", "recall", "f1"])
    }
    add(
      "slashing.amounts", .wei,
      [
        "dueWei", "takenWei", "overSlashedWei", "underSlashedWei", "honestLossWei", "burnedWei",
        "redistributedWei",
      ])
    add(
      "chain", .plain,
      [
        "blocks", "missedSlots", "reorgs", "orphanedBlocks", "returnedTransactions", "lostTransactions",
        "droppedTransactions", "censored", "gasUsed", "vaultSlashes", "vaultVetoes",
      ])
    add("chain.gas", .plain, ["certificates", "evidence", "other"])
    add(
      "chain.undone", .plain,
      [
        "certificates", "evidence", "other", "replayed", "sentAgain", "resubmitted", "refused", "lost",
        "pending",
      ])
    add("chain.baseFeeWei", .wei, ["start", "max", "end"])
    add("chain.feesWei", .wei, ["certificate", "evidence", "other"])
    for kind in ["certificate", "evidence"] {
      add("chain.wait.\(kind)", .plain, ["count"])
      add("chain.wait.\(kind)", .milliseconds, ["p50", "p90", "p99", "max"])
    }
    add("stake", .wei, ["depositedWei", "restakedWei", "slashedWei", "withdrawnWei", "queuedWei", "lostWei"])
    add("stake", .bool, ["conserved"])
    add("rewards", .wei, ["submittedWei", "paidWei", "unclaimedWei", "dustWei", "refundedWei"])
    add("rewards.byRole", .wei, ["operators", "stakers", "issuers", "holders", "curators"])
    add("rewards", .bool, ["conserved"])
    add("issuers.<issuer>", .plain, ["supply", "nav", "navStart", "lossRatio", "ownShare"])
    add("issuers.<issuer>", .wei, ["slashedWei", "incomeWei", "feesWei", "ownPaidWei", "ownSlashedWei"])
    add("holders", .plain, ["count", "claims", "epochs", "yieldP10", "yieldP50", "yieldP90"])
    add("holders", .wei, ["rewardsWei", "strandedWei", "claimCostWei", "slashedWei", "movedWei"])
    add("entries", .plain, ["services", "joins", "unserved"])
    add("lending", .plain, ["liquidations", "rounds", "discountMax"])
    add(
      "lending", .wei,
      ["lentWei", "interestWei", "repaidWei", "debtWei", "badDebtWei", "soldWei", "boughtWei"])
    add("insurance", .plain, ["claims", "unproven"])
    add("insurance", .wei, ["harmWei", "dueWei", "potWei", "premiumWei", "paidWei", "leftWei"])
    add("insurance", .bool, ["stronglySafe"])
    add("market", .wei, ["escrowedWei", "paidWei", "dustWei", "refundedWei"])
    add("risk", .plain, ["gammaLowest", "gammaShared", "leverage", "baseExposure"])
    add("risk", .plain, ["gammaExact", "shockLoss", "shockBound", "elasticMarginEth"])
    add("risk", .wei, ["freeProfitWei"])
    add("risk.end", .plain, ["gammaCertified", "hhi", "nakamoto33", "nakamoto67"])
    add(
      "attack", .plain,
      [
        "messages", "incomplete", "surroundedPeak", "sybilGrafts", "honestGraylisted", "sybilsGraylisted",
        "sybilsGraylistedShare", "sybilMeshShare.before", "sybilMeshShare.peak", "sybilMeshShare.end",
        "starvedMeshShare.before", "starvedMeshShare.end", "starvedDeliveryRatio", "victimDeliveryRatio",
        "fromVictimDeliveryRatio",
      ])
    add(
      "attack", .milliseconds,
      ["worstWindowP99", "lastWindowP99", "victimP99", "fromVictimP99", "starvedP99", "otherP99"])
    add("attack", .seconds, ["meshRecovery", "latencyRecovery"])
    add("risk", .plain, ["gammaCertified", "hhi", "nakamoto33", "nakamoto67"])
    return all
  }
}
