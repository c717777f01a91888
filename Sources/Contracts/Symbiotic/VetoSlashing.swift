// The veto slasher's requests and resolvers: who may cancel a slash, and from when a change of who takes force.
//
// Source: `VetoSlasher` of symbioticfi/core.

/// How a vault with a veto slasher is set up.
public struct VetoRule: Sendable, Equatable {
  /// Seconds in which a request may be vetoed; shorter than an epoch.
  public var vetoDuration: Timestamp
  /// Epochs until a changed resolver takes force, at least 3: nobody escapes a pending veto by swapping resolvers.
  public var resolverDelayEpochs: UInt64

  public init(vetoDuration: Timestamp, resolverDelayEpochs: UInt64 = 3) {
    self.vetoDuration = vetoDuration
    self.resolverDelayEpochs = resolverDelayEpochs
  }

  func validate(_ clock: EpochClock) throws(SymbioticError) {
    guard vetoDuration < clock.duration else { throw .invalidVetoDuration }
    guard resolverDelayEpochs >= 3 else { throw .invalidResolverSetEpochsDelay }
  }
}

/// A slash that waits for a veto or its execution.
public struct SlashRequest: Sendable, Equatable {
  public var subnetwork: Subnetwork
  public var account: AccountID
  /// At most what was slashable when it was asked for.
  public var amount: UInt128
  public var capture: Timestamp
  /// A veto counts before this second, an execution from it on.
  public var vetoDeadline: Timestamp
  /// Executed or vetoed.
  public var isCompleted = false
}

/// Resolvers of subnetworks, with their history and at most one change to come.
public struct Resolvers: Sendable {
  private var changes: [Subnetwork: [(since: Timestamp, resolver: AccountID?)]] = [:]

  public init() {}

  /// Who may veto at a time; nil: nobody.
  public func resolver(of subnetwork: Subnetwork, at time: Timestamp) -> AccountID? {
    changes[subnetwork]?.last { $0.since <= time }?.resolver
  }

  /// Called by the network. The first resolver is in force at once; a change `delayEpochs` epochs after the current epoch's
  /// start, in place of one that is still to come.
  /// Errors: alreadySet.
  /// Effects: `resolver` gives it from then on. Changes nothing when it throws.
  public mutating func set(
    _ resolver: AccountID?, of subnetwork: Subnetwork, clock: EpochClock, delayEpochs: UInt64,
    at now: Timestamp
  ) throws(SymbioticError) {
    guard var known = changes[subnetwork], let last = known.last else {
      guard resolver != nil else { throw .alreadySet }
      changes[subnetwork] = [(now, resolver)]
      return
    }
    if last.since > now {
      known.removeLast()
    } else if last.resolver == resolver {
      throw .alreadySet
    }
    if known.last?.resolver != resolver {
      known.append((clock.start(of: try clock.epoch(at: now) + delayEpochs), resolver))
    }
    changes[subnetwork] = known
  }
}
