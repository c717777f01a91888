// A file of golden vectors: which family it belongs to, and its replay.
//
// The family follows from the content alone. What the rules and the format are is written in the vectors' own README;
// nothing here knows a particular file.

public import Foundation
public import Signatures

/// The families of documents that can be told apart.
public enum VectorFamily: String, Sendable, CaseIterable {
  /// Restaking, delegation, allocation, slashing: `LedgerReplay`.
  case core
  case slashSequences
  case permissionController
  /// The RewardsCoordinator: `RewardsReplay`.
  case rewards
  case rewardsCalculation
  case ecdsaCertificate
  case bn254Certificate

  /// Nil: of no known family.
  init?(_ document: VectorField) {
    if let kind = document["kind"].value.text {
      guard let family = VectorFamily(rawValue: kind) else { return nil }
      self = family
    } else if !document["config"]["CALCULATION_INTERVAL_SECONDS"].isMissing {
      self = .rewards
    } else if !document["config"]["strategyOrderAscending"].isMissing {
      self = .core
    } else {
      return nil
    }
  }
}

/// Why a file was not replayed.
public enum VectorRefusal: Error, Sendable, Equatable, CustomStringConvertible {
  case malformed(MalformedVector)
  /// The family needs a library that is not installed.
  case schemeUnavailable(SchemeUnavailable)
  /// The family is known, and this version cannot replay it.
  case unsupported(VectorFamily)

  public var description: String {
    switch self {
    case .malformed(let error): error.description
    case .schemeUnavailable(let error): error.description
    case .unsupported(let family):
      "vectors of the family \(family.rawValue) cannot be replayed in this version"
    }
  }
}

public enum VectorFile {
  /// Replays the content of a file; `name` is how the outcome calls it. Cost: a core file takes milliseconds.
  public static func replay(_ content: Data, name: String) throws(VectorRefusal) -> ReplayOutcome {
    let document: JSONValue
    do throws(MalformedVector) {
      document = try JSONValue(parsing: content)
    } catch {
      throw .malformed(error)
    }
    return try replay(document, name: name)
  }

  public static func replay(_ document: JSONValue, name: String) throws(VectorRefusal) -> ReplayOutcome {
    let root = VectorField(document)
    var outcome = ReplayOutcome(file: name)
    do {
      guard let family = VectorFamily(root) else {
        let known = VectorFamily.allCases.map(\.rawValue).joined(separator: ", ")
        throw MalformedVector(
          place: "kind", reason: "the document is of no known family; known are \(known)")
      }
      switch family {
      case .core: try LedgerReplay.run(root, &outcome)
      case .slashSequences: try SlashSequenceReplay.run(root, &outcome)
      case .permissionController: try PermissionReplay.run(root, &outcome)
      case .rewards: try RewardsReplay.run(root, &outcome)
      case .rewardsCalculation: try RewardsCalculationReplay.run(root, &outcome)
      case .ecdsaCertificate: try ECDSACertificateReplay.run(root, &outcome)
      case .bn254Certificate: try CertificateBN254Replay.run(root, &outcome)
      }
    } catch let error as MalformedVector {
      throw .malformed(error)
    } catch let error as SchemeUnavailable {
      throw .schemeUnavailable(error)
    } catch let error as VectorRefusal {
      throw error
    } catch {
      preconditionFailure("an unexpected error: \(error)")
    }
    return outcome
  }
}
