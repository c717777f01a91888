// Tallies of attested stake by result, one for each (task, aggregator) that has heard of anything.

import AVS
import Basics
import Signatures

/// One aggregator's count for one task. At most `resultsMaximum` distinct results are tallied; further ones are counted
/// and ignored, since with quorums above a half they could not win.
struct Tally: BitwiseCopyable {
  static let resultsMaximum = 4

  var task: TaskID
  var aggregator: NodeID
  /// Where it stands among the tallies by (task, aggregator ordinal).
  var place: Int
  /// When its window ends, as far as its aggregator's clock could tell when it was looked at last.
  var closesAt = Instant.zero
  var results: (Digest, Digest, Digest, Digest) = (.zero, .zero, .zero, .zero)
  var stake: (UInt128, UInt128, UInt128, UInt128) = (0, 0, 0, 0)
  var resultCount: UInt8 = 0
  /// The result that reached a quorum, or 255.
  var winner: UInt8 = 255
  var submitted = false
  var closed = false
  /// Wake-ups that will still come; the tally's place is free after the last.
  var wakeUps: UInt8 = 0
  /// Members counted for any result.
  var counted: UInt32 = 0

  func result(_ index: Int) -> Digest {
    switch index {
    case 0: results.0
    case 1: results.1
    case 2: results.2
    default: results.3
    }
  }

  /// The index of `digest`, new when there is room.
  mutating func index(of digest: Digest) -> Int? {
    for k in 0..<Int(resultCount) where result(k) == digest { return k }
    guard resultCount < Self.resultsMaximum else { return nil }
    switch resultCount {
    case 0: results.0 = digest
    case 1: results.1 = digest
    case 2: results.2 = digest
    default: results.3 = digest
    }
    resultCount += 1
    return Int(resultCount) - 1
  }

  /// Adds to the stake behind result `index`; returns the sum.
  mutating func add(_ amount: UInt128, to index: Int) -> UInt128 {
    switch index {
    case 0:
      stake.0 += amount
      return stake.0
    case 1:
      stake.1 += amount
      return stake.1
    case 2:
      stake.2 += amount
      return stake.2
    default:
      stake.3 += amount
      return stake.3
    }
  }
}

/// What an attestation did to a tally.
enum TallyOutcome: Equatable {
  /// Counted; no quorum yet, or had one before.
  case counted
  /// Counted, and result `index` now has a quorum.
  case quorum(index: Int)
  /// Counted, and every member of the set has now been heard.
  case complete
  /// The member was counted before, for this or another result.
  case repeated
  /// One result too many.
  case tooManyResults
  /// The member has no stake.
  case weightless
}

/// All tallies of the hosted aggregators.
struct Aggregation: ~Copyable {
  /// Stake of each member by service, at the reference block, in wei; set by the chain's table updates.
  private(set) var weights: [[UInt128]]
  private(set) var totals: [UInt128]
  /// Members with stake, by service.
  private var voters: [Int]
  private let plant: PlantedDefect?
  private var tallies = Table<Tally>(capacity: 256)
  private var free = Table<UInt32>(capacity: 256)
  /// By (task, aggregator ordinal): the tally, or `nowhere`, or `over`.
  private var places: Table<UInt32>
  /// There was no tally yet; there was one, and its place is another's by now.
  private static let nowhere = UInt32.max
  private static let over = UInt32.max - 1
  private let base: [UInt32]
  /// Signer bits: `resultsMaximum` rows of `stride` words for each tally.
  private var signers = Table<UInt64>(capacity: 4_096)
  private let stride: Int
  /// By tally: what was counted, where a certificate must show it.
  private var kept: [[Kept]] = []
  private let keepsSignatures: Bool

  private struct Kept: BitwiseCopyable {
    var member: UInt32
    var signed: SignedAttestation
  }

  /// Attestations ignored because a task had too many results.
  private(set) var resultOverflows: UInt64 = 0

  init(
    _ services: [ServiceDeployment], _ schedule: TaskSchedule, keepsSignatures: Bool = false,
    plant: PlantedDefect? = nil
  ) {
    self.plant = plant
    self.keepsSignatures = keepsSignatures
    voters = services.map(\.members.count)
    weights = services.map { Array(repeating: 0, count: $0.members.count) }
    totals = services.map { _ in 0 }
    var base: [UInt32] = []
    var sum: UInt32 = 0
    for task in schedule.tasks {
      base.append(sum)
      sum += UInt32(services[task.service.index].aggregators.count)
    }
    self.base = base
    places = Table(repeating: Self.nowhere, count: Int(sum))
    stride = ((services.map(\.members.count).max() ?? 0) + 63) / 64
  }

  mutating func setStake(_ service: ServiceID, _ stake: [UInt128]) {
    let members = weights[service.index].count
    precondition(stake.count <= members, "one weight for each member")
    // Nobody is in the operator set of a service that has not registered yet.
    weights[service.index] = stake + Array(repeating: 0, count: members - stake.count)
    totals[service.index] = stake.reduce(0, +)
    voters[service.index] = stake.count { $0 != 0 }
  }

  /// The tally of aggregator number `ordinal` of the service for `task`, made when it is the first time. True when new.
  /// Nil when it is closed: whatever clock says that there is time again, what was counted is counted.
  mutating func tally(_ task: TaskID, ordinal: Int, aggregator: NodeID) -> (index: UInt32, isNew: Bool)? {
    let place = Int(base[task.index]) + ordinal
    switch places[place] {
    case Self.over: return nil
    case Self.nowhere: break
    case let known: return tallies[known].closed ? nil : (known, false)
    }
    let tally = Tally(task: task, aggregator: aggregator, place: place)
    let index: UInt32
    if let reused = free.popLast() {
      index = reused
      tallies[index] = tally
    } else {
      index = UInt32(tallies.count)
      tallies.append(tally)
      signers.append(repeating: 0, count: stride * Tally.resultsMaximum)
      if keepsSignatures { kept.append([]) }
    }
    if keepsSignatures { kept[Int(index)].removeAll(keepingCapacity: true) }
    let row = Int(index) * stride * Tally.resultsMaximum
    signers.fill(row..<row + stride * Tally.resultsMaximum, with: 0)
    places[place] = index
    return (index, true)
  }

  /// The tally of aggregator number `ordinal` for `task` whose place is not free yet; nil: there is none.
  func open(_ task: TaskID, ordinal: Int) -> UInt32? {
    let index = places[Int(base[task.index]) + ordinal]
    guard index != Self.nowhere, index != Self.over, tallies[index].wakeUps > 0, !tallies[index].closed
    else {
      return nil
    }
    return index
  }

  subscript(index: UInt32) -> Tally {
    get { tallies[index] }
    _modify { yield &tallies[index] }
  }

  /// Counts `member` for `result`.
  mutating func count(
    _ index: UInt32, _ service: ServiceID, member: Int, result: Digest, quorumBips: UInt64
  ) -> TallyOutcome {
    let rows = Int(index) * stride * Tally.resultsMaximum
    let word = member / 64
    let bit: UInt64 = 1 << UInt64(member % 64)
    // A member without stake, slashed to nothing say, counts for nothing, and the chain refuses a certificate that names it.
    if weights[service.index][member] == 0 { return .weightless }
    for row in 0..<Tally.resultsMaximum
    where signers[rows + row * stride + word] & bit != 0 && plant != .talliedTwice {
      return .repeated
    }
    guard let row = tallies[index].index(of: result) else {
      resultOverflows += 1
      return .tooManyResults
    }
    signers[rows + row * stride + word] |= bit
    let sum = tallies[index].add(weights[service.index][member], to: row)
    tallies[index].counted += 1
    let total = totals[service.index]
    if tallies[index].winner == 255, total > 0, sum * 10_000 >= UInt128(quorumBips) * total {
      tallies[index].winner = UInt8(row)
      return .quorum(index: row)
    }
    if Int(tallies[index].counted) == voters[service.index] { return .complete }
    return .counted
  }

  /// The signers of result `row`, by member index.
  func signerBits(_ index: UInt32, row: Int, members: Int) -> [UInt64] {
    let start = Int(index) * stride * Tally.resultsMaximum + row * stride
    return (0..<(members + 63) / 64).map { signers[start + $0] }
  }

  /// Keeps an attestation that was counted, where certificates carry them.
  mutating func keep(_ index: UInt32, member: Int, _ signed: SignedAttestation) {
    if keepsSignatures { kept[Int(index)].append(Kept(member: UInt32(member), signed: signed)) }
  }

  /// What the members with these bits signed for `result`, in order of the members; empty where nothing is kept.
  func attestations(_ index: UInt32, result: Digest, signers: [UInt64]) -> [SignedAttestation] {
    guard keepsSignatures else { return [] }
    return kept[Int(index)].filter {
      $0.signed.attestation.result == result
        && signers[Int($0.member) / 64] >> UInt64($0.member % 64) & 1 == 1
    }.sorted { $0.member < $1.member }.map(\.signed)
  }

  /// One of the tally's wake-ups came. Frees its place after the last.
  mutating func woke(_ index: UInt32) {
    tallies[index].wakeUps -= 1
    guard tallies[index].wakeUps == 0, tallies[index].closed else { return }
    places[tallies[index].place] = Self.over
    free.append(index)
  }
}
