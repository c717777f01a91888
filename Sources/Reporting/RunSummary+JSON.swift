// The summary in the form that users, scripts and `expect:` rely on: the keys of schema 1, in their order. Adding a key is
// free; a key here keeps its name, unit and meaning.

import AVS
import Basics

extension RunSummary {
  /// Keys whose values a wall clock decides. Two runs of one scenario, seed and version agree on all others.
  public static let wallClockKeys = ["wallSeconds", "process"]

  /// The summary as `summary.json` holds it. Latencies in milliseconds, other times in seconds, wei and shares as decimal
  /// strings.
  public var json: JSONValue {
    guard let attack else { return common }
    return .object(common.members + [.init("attack", attack.json)])
  }

  private var common: JSONValue {
    [
      "schema": JSONValue(RunSummary.schema), "name": JSONValue(name), "engine": JSONValue(engine),
      "seed": JSONValue(seed), "complete": JSONValue(complete), "virtualSeconds": JSONValue(virtualSeconds),
      "wallSeconds": JSONValue(wallSeconds), "traceDigest": JSONValue(traceDigest),
      "nodes": JSONValue(nodes), "operators": JSONValue(operators), "services": JSONValue(services),
      "tasks": tasks.json, "attestations": attestations.json,
      "latency": [
        "propagation": latency.propagation.json, "quorum": latency.quorum.json,
        "certificate": latency.certificate.json,
      ],
      "gossip": gossip.json, "load": load.json, "process": process?.json ?? .null, "slashing": slashing.json,
      "chain": chain.json, "stake": stake.json,
      "rewards": rewards.json,
      "challenges": [
        "forfeitedWei": JSONValue(amount: challenges.forfeitedWei),
        "turnedAway": JSONValue(challenges.turnedAway),
      ],
      "forks": forks?.json ?? .null,
      "sybils": sybils?.json ?? .null,
      "issuers": .object(issuers.map { .init($0.name, $0.json) }),
      "holders": holders?.json ?? .null, "market": market?.json ?? .null,
      "insurance": insurance?.json ?? .null, "lending": lending?.json ?? .null,
      "entries": entries.map {
        [
          "services": JSONValue($0.services), "joins": JSONValue($0.joins),
          "unserved": JSONValue($0.unserved),
        ]
      } ?? .null,
      "risk": risk.json,
      "faults": .array(
        faults.map {
          [
            "at": JSONValue($0.at.seconds), "kind": JSONValue($0.kind), "where": JSONValue($0.place),
            "healed": JSONValue($0.healedAt?.seconds),
          ]
        }),
      "expectations": .array(
        expectations.map {
          ["expression": JSONValue($0.expression), "value": $0.value, "holds": JSONValue($0.holds)]
        }),
      "checks": .array(
        checks.map {
          ["name": JSONValue($0.name), "holds": JSONValue($0.holds), "detail": JSONValue($0.detail)]
        }),
    ]
  }

  /// The summary of a run that has not ended: who it is, `complete: false`, and `null` for everything not yet known.
  public var unfinishedJSON: JSONValue {
    let known = ["schema", "name", "engine", "seed", "complete"]
    var start = self
    start.complete = false
    return .object(
      start.json.members.map { known.contains($0.key) ? $0 : .init($0.key, $0.value.forgotten) })
  }
}

extension JSONValue {
  /// The same object without the members named in `RunSummary.wallClockKeys`.
  public var withoutWallClock: JSONValue {
    guard case .object(let members) = self else { return self }
    return .object(members.filter { !RunSummary.wallClockKeys.contains($0.key) })
  }

  /// The same keys with every number, text and flag replaced by `null`, and every list emptied.
  fileprivate var forgotten: JSONValue {
    switch self {
    case .object(let members): .object(members.map { Member($0.key, $0.value.forgotten) })
    case .array: .array([])
    default: .null
    }
  }

  fileprivate init(_ interval: ClosedRange<Double>?) {
    self = interval.map { .array([JSONValue($0.lowerBound), JSONValue($0.upperBound)]) } ?? .null
  }
}

// MARK: Parts

extension RunSummary.Tasks {
  fileprivate var json: JSONValue {
    [
      "issued": JSONValue(issued), "certified": JSONValue(certified), "missed": JSONValue(missed),
      "open": JSONValue(open),
      "wrong": JSONValue(wrong), "certifiedRatio": JSONValue(certifiedRatio),
    ]
  }
}

extension RunSummary.Attestations {
  fileprivate var json: JSONValue {
    [
      "due": JSONValue(due), "signed": JSONValue(signed), "onTime": JSONValue(onTime),
      "certified": JSONValue(certified), "firstDeliveries": JSONValue(firstDeliveries),
      "expectedDeliveries": JSONValue(expectedDeliveries),
      "unreachableDeliveries": JSONValue(unreachableDeliveries), "deliveryRatio": JSONValue(deliveryRatio),
      "perSecond": JSONValue(perSecond),
    ]
  }
}

extension LatencySummary {
  var json: JSONValue {
    [
      "count": JSONValue(count), "p50": JSONValue(p50), "p90": JSONValue(p90), "p99": JSONValue(p99),
      "max": JSONValue(max),
    ]
  }
}

extension RunSummary.Gossip {
  fileprivate var json: JSONValue {
    [
      "messageCopies": JSONValue(messageCopies), "duplicateRatio": JSONValue(duplicateRatio),
      "ihave": JSONValue(ihave), "iwant": JSONValue(iwant), "graft": JSONValue(graft),
      "prune": JSONValue(prune),
      "idontwant": JSONValue(idontwant), "invalid": JSONValue(invalid),
      "brokenPromises": JSONValue(brokenPromises), "ihaveRefused": JSONValue(ihaveRefused),
      "iwantRefused": JSONValue(iwantRefused), "graftRefused": JSONValue(graftRefused),
      "graylistings": JSONValue(graylistings), "bytesSent": JSONValue(bytesSent),
      "bytesPerNodePerSecond": JSONValue(bytesPerNodePerSecond),
    ]
  }
}

extension RunSummary.Sybils {
  fileprivate var json: JSONValue {
    [
      "count": JSONValue(count), "meshSharePeak": JSONValue(meshSharePeak),
      "meshShareEnd": JSONValue(meshShareEnd), "surroundedPeak": JSONValue(surroundedPeak),
      "surroundedEnd": JSONValue(surroundedEnd),
    ]
  }
}

extension RunSummary.Process {
  fileprivate var json: JSONValue {
    [
      "busyShare": JSONValue(busyShare), "writes": JSONValue(writes), "reads": JSONValue(reads),
      "frames": JSONValue(frames), "write": JSONValue(write), "read": JSONValue(read),
      "frame": JSONValue(frame), "pass": JSONValue(pass), "wake": JSONValue(wake),
    ]
  }
}

extension RunSummary.Load {
  fileprivate var json: JSONValue {
    [
      "cpuUtilisation": [
        "p50": JSONValue(cpuUtilisationP50), "p99": JSONValue(cpuUtilisationP99),
        "max": JSONValue(cpuUtilisationMax),
      ],
      "queueDrops": JSONValue(queueDrops), "lateAttestations": JSONValue(lateAttestations),
      "byOperatorServices": .array(
        byOperatorServices.map {
          [
            "services": JSONValue($0.services), "operators": JSONValue($0.operators),
            "lateRatio": JSONValue($0.lateRatio),
          ]
        }),
    ]
  }
}

extension RunSummary.Stake {
  fileprivate var json: JSONValue {
    [
      "depositedWei": JSONValue(amount: depositedWei), "restakedWei": JSONValue(amount: restakedWei),
      "slashedWei": JSONValue(amount: slashedWei), "withdrawnWei": JSONValue(amount: withdrawnWei),
      "queuedWei": JSONValue(amount: queuedWei), "lostWei": JSONValue(amount: lostWei),
      "conserved": JSONValue(conserved),
    ]
  }
}

extension RunSummary.Rewards {
  fileprivate var json: JSONValue {
    [
      "submittedWei": JSONValue(amount: submittedWei), "paidWei": JSONValue(amount: paidWei),
      "unclaimedWei": JSONValue(amount: unclaimedWei),
      "dustWei": JSONValue(amount: dustWei), "refundedWei": JSONValue(amount: refundedWei),
      "byRole": [
        "operators": JSONValue(amount: operatorsWei), "stakers": JSONValue(amount: stakersWei),
        "issuers": JSONValue(amount: issuersWei), "holders": JSONValue(amount: holdersWei),
        "curators": JSONValue(amount: curatorsWei),
      ],
      "conserved": JSONValue(conserved),
    ]
  }
}

extension RunSummary.Issuer {
  fileprivate var json: JSONValue {
    [
      "supply": JSONValue(amount: supply), "nav": JSONValue(nav), "navStart": JSONValue(navStart),
      "lossRatio": JSONValue(lossRatio), "slashedWei": JSONValue(amount: slashedWei),
      "incomeWei": JSONValue(amount: incomeWei), "feesWei": JSONValue(amount: feesWei),
      "ownShare": JSONValue(ownShare), "ownPaidWei": JSONValue(amount: ownPaidWei),
      "ownSlashedWei": JSONValue(amount: ownSlashedWei),
    ]
  }
}

extension RunSummary.Holders {
  fileprivate var json: JSONValue {
    [
      "count": JSONValue(count), "claims": JSONValue(claims), "rewardsWei": JSONValue(amount: rewardsWei),
      "strandedWei": JSONValue(amount: strandedWei), "claimCostWei": JSONValue(amount: claimCostWei),
      "slashedWei": JSONValue(amount: slashedWei), "yieldP10": JSONValue(yieldP10),
      "yieldP50": JSONValue(yieldP50), "yieldP90": JSONValue(yieldP90),
      "movedWei": JSONValue(amount: movedWei), "epochs": JSONValue(epochs),
    ]
  }
}

extension RunSummary.Insurance {
  fileprivate var json: JSONValue {
    [
      "claims": JSONValue(claims), "unproven": JSONValue(unproven), "harmWei": JSONValue(amount: harmWei),
      "dueWei": JSONValue(amount: dueWei), "potWei": JSONValue(amount: potWei),
      "premiumWei": JSONValue(amount: premiumWei), "paidWei": JSONValue(amount: paidWei),
      "leftWei": JSONValue(amount: leftWei), "stronglySafe": JSONValue(isStronglySafe),
    ]
  }
}

extension RunSummary.Lending {
  fileprivate var json: JSONValue {
    [
      "lentWei": JSONValue(amount: lentWei), "interestWei": JSONValue(amount: interestWei),
      "repaidWei": JSONValue(amount: repaidWei), "debtWei": JSONValue(amount: debtWei),
      "badDebtWei": JSONValue(amount: badDebtWei), "liquidations": JSONValue(liquidations),
      "rounds": JSONValue(rounds), "soldWei": JSONValue(amount: soldWei),
      "boughtWei": JSONValue(amount: boughtWei), "discountMax": JSONValue(discountMax),
    ]
  }
}

extension RunSummary.Market {
  fileprivate var json: JSONValue {
    [
      "escrowedWei": JSONValue(amount: escrowedWei), "paidWei": JSONValue(amount: paidWei),
      "dustWei": JSONValue(amount: dustWei), "refundedWei": JSONValue(amount: refundedWei),
    ]
  }
}

extension RunSummary.Risk {
  fileprivate var json: JSONValue {
    let last: JSONValue =
      end.map {
        [
          "gammaCertified": JSONValue($0.gammaCertified), "hhi": JSONValue($0.hhi),
          "nakamoto33": JSONValue($0.nakamoto33), "nakamoto67": JSONValue($0.nakamoto67),
        ]
      } ?? .null
    return [
      "gammaCertified": JSONValue(gammaCertified), "hhi": JSONValue(hhi), "nakamoto33": JSONValue(nakamoto33),
      "nakamoto67": JSONValue(nakamoto67), "gammaLowest": JSONValue(gammaLowest),
      "gammaExact": JSONValue(gammaExact), "shockLoss": JSONValue(shockLoss),
      "shockBound": JSONValue(shockBound), "elasticMarginEth": JSONValue(elasticMarginEth),
      "gammaShared": JSONValue(gammaShared), "leverage": JSONValue(leverage),
      "baseExposure": JSONValue(baseExposure), "freeProfitWei": JSONValue(amount: freeProfitWei), "end": last,
    ]
  }
}

// MARK: Slashing

extension SlashAccuracy {
  /// The `slashing` part of the summary.
  public var json: JSONValue {
    [
      "classes": .object(classes.map { .init($0.offenceClass.rawValue, $0.json) }),
      "weighted": [
        "precision": JSONValue(weighted.precision), "recall": JSONValue(weighted.recall),
        "f1": JSONValue(weighted.f1),
      ],
      "causes": .object(causes.map { .init($0.cause.rawValue, JSONValue($0.slashes)) }),
      "unchosenCauses": .object(unchosenCauses.map { .init($0.cause.rawValue, JSONValue($0.slashes)) }),
      "micro": .object(micro.members),
      "macro": [
        "precision": JSONValue(macro.precision), "recall": JSONValue(macro.recall), "f1": JSONValue(macro.f1),
      ],
      "culpable": .object(
        culpable.members + [
          .init(
            "classes",
            .object(
              zip(classes, culpableClasses).map { .init($0.offenceClass.rawValue, .object($1.members)) }))
        ]),
      "confusion": [
        "classes": .array(confusion.classes.map { JSONValue($0.rawValue) }),
        "matrix": .array(confusion.matrix.map { .array($0.map { JSONValue($0) }) }),
        "noOffence": .array(confusion.noOffence.map { JSONValue($0) }),
      ],
      "wrongClass": JSONValue(wrongClass),
      "timeToEvidence": timeToEvidence.json, "timeToSlash": timeToSlash.json,
      "amounts": amounts.json, "amountErrorMean": JSONValue(amountErrorMean),
    ]
  }
}

extension SlashAccuracy.Counts {
  fileprivate var members: [JSONValue.Member] {
    [
      .init("truePositive", JSONValue(truePositive)), .init("falsePositive", JSONValue(falsePositive)),
      .init("falseNegative", JSONValue(falseNegative)), .init("precision", JSONValue(precision)),
      .init("recall", JSONValue(recall)), .init("f1", JSONValue(f1)),
      .init(
        "intervals", ["precision": JSONValue(precisionInterval), "recall": JSONValue(recallInterval)]),
    ]
  }
}

extension SlashAccuracy.Class {
  fileprivate var json: JSONValue {
    [
      "offences": JSONValue(offences), "culpable": JSONValue(culpable),
      "unobservable": JSONValue(unobservable),
      "truePositive": JSONValue(counts.truePositive), "falsePositive": JSONValue(counts.falsePositive),
      "falseNegative": JSONValue(counts.falseNegative), "trueNegative": JSONValue(trueNegative),
      "falsePositiveRate": JSONValue(falsePositiveRate), "pending": JSONValue(pending),
      "vetoed": JSONValue(vetoed), "disputed": JSONValue(disputed), "expired": JSONValue(expired),
      "precision": JSONValue(counts.precision), "recall": JSONValue(counts.recall),
      "f1": JSONValue(counts.f1),
      "intervals": [
        "precision": JSONValue(counts.precisionInterval), "recall": JSONValue(counts.recallInterval),
      ],
      "timeToEvidence": timeToEvidence.json, "timeToSlash": timeToSlash.json,
    ]
  }
}

extension SlashAccuracy.Wait {
  fileprivate var json: JSONValue {
    ["p50": JSONValue(p50), "p90": JSONValue(p90), "max": JSONValue(max)]
  }
}

extension SlashAccuracy.Amounts {
  fileprivate var json: JSONValue {
    [
      "dueWei": JSONValue(amount: due), "takenWei": JSONValue(amount: taken),
      "overSlashedWei": JSONValue(amount: overSlashed), "underSlashedWei": JSONValue(amount: underSlashed),
      "honestLossWei": JSONValue(amount: honestLoss), "burnedWei": JSONValue(amount: burned),
      "redistributedWei": JSONValue(amount: redistributed),
    ]
  }
}
