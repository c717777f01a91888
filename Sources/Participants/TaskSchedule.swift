// When each service issues its tasks. The whole schedule is a pure function of the scenario and the seed, made before
// the run: due instants come from here and from nothing that happened, so a stalled system cannot hide its delay.

public import AVS
public import Basics
public import Signatures

/// The arrival process of a service's tasks.
public enum TaskArrival: Sendable, Equatable {
  /// Every `every`, the first at `phase`.
  case periodic(every: TimeSpan, phase: TimeSpan)
  /// Independent exponential gaps with this mean.
  case poisson(meanGap: TimeSpan)
  /// `count` tasks at once, every `every`.
  case bursts(count: Int, every: TimeSpan, phase: TimeSpan)
  /// Evenly spaced at a rate that grows linearly from the first to the second value (tasks a second) over the run.
  case ramp(from: Double, to: Double)
  /// At these instants.
  case trace([Instant])
}

/// One task.
public struct ScheduledTask: Sendable, Equatable {
  public var service: ServiceID
  /// When every operator of the set owes its attestation from.
  public var due: Instant
  /// Attestations and certificates count until here, inclusive.
  public var deadline: Instant
  /// The verifiable fact that an honest computation finds.
  public var truth: Digest
  /// Checkpoint services: the vote that an honest operator casts. Zero elsewhere.
  public var source: UInt32
  public var target: UInt32
  /// The result that comes with the task is known to be wrong.
  public var isCanary = false
}

/// All tasks of a run, by `TaskID`, in order of due instant, then service.
public struct TaskSchedule: Sendable {
  public let tasks: [ScheduledTask]
  /// The index of each task's first duty: duties are dense over (task, member).
  public let dutyBase: [UInt32]
  /// Duties in all.
  public let dutyCount: Int
  private let byService: [[TaskID]]

  /// Draws the schedule. Tasks fall due in `[0, duration)`.
  public init(services: [ServiceDeployment], duration: TimeSpan, seed: UInt64) {
    let gaps = HashRandom(seed: seed, .taskArrival)
    let results = HashRandom(seed: seed, .payload)
    var all: [ScheduledTask] = []
    for (index, service) in services.enumerated() {
      let id = ServiceID(index)
      for due in service.arrival.instants(until: duration, stream: gaps.stream(UInt64(index)))
      where due >= service.startsAt {
        let ordinal = UInt64(all.count)
        var source: UInt32 = 0
        var target: UInt32 = 0
        if let epoch = service.checkpointEpoch {
          target = UInt32(due.nanoseconds / max(epoch.nanoseconds, 1)) + 2
          source = target - 1
        }
        let truth = Digest(
          results.bits(ordinal, 0), results.bits(ordinal, 1), results.bits(ordinal, 2),
          results.bits(ordinal, 3))
        all.append(
          ScheduledTask(
            service: id, due: due, deadline: due + service.responseWindow, truth: truth, source: source,
            target: target, isCanary: results.bits(ordinal, 4) >> 48 < UInt64(service.canaryChance)))
      }
    }
    // The sort is stable by construction of the key: equal instants keep service order.
    let order = all.indices.sorted {
      (all[$0].due, all[$0].service, $0) < (all[$1].due, all[$1].service, $1)
    }
    var base: [UInt32] = []
    var duties = 0
    var byService: [[TaskID]] = Array(repeating: [], count: services.count)
    for (id, old) in order.enumerated() {
      base.append(UInt32(duties))
      let service = all[old].service.index
      duties += services[service].members.count
      byService[service].append(TaskID(id))
    }
    tasks = order.map { all[$0] }
    dutyBase = base
    dutyCount = duties
    self.byService = byService
  }

  public subscript(task: TaskID) -> ScheduledTask { tasks[task.index] }

  /// The tasks of `service`, in order of due instant.
  public func tasks(of service: ServiceID) -> [TaskID] { byService[service.index] }

  /// Names the wrong results that canaries come with.
  public static let baitVariant = UInt64.max - 1

  /// The wrong result that a canary task comes with; nil for other tasks.
  public func bait(_ task: TaskID) -> Digest? {
    self[task].isCanary ? self[task].wrongResult(variant: Self.baitVariant) : nil
  }

  /// A wrong result for `task`, the same for all who agree on `variant`.
  public func wrongResult(_ task: TaskID, variant: UInt64) -> Digest {
    self[task].wrongResult(variant: variant)
  }
}

extension ScheduledTask {
  /// A wrong result, the same for all who agree on `variant`.
  public func wrongResult(variant: UInt64) -> Digest {
    let word = mix(truth.w0 ^ mix(variant &+ 1))
    return Digest(word, mix(word), mix(word &+ 1), mix(word &+ 2))
  }
}

extension TaskArrival {
  func instants(until duration: TimeSpan, stream: RandomStream) -> [Instant] {
    let end = duration.nanoseconds
    var stream = stream
    var instants: [Instant] = []
    switch self {
    case .periodic(let every, let phase):
      var at = phase.nanoseconds
      while at < end {
        instants.append(Instant(nanoseconds: at))
        at += max(every.nanoseconds, 1)
      }
    case .poisson(let meanGap):
      var at: UInt64 = 0
      while true {
        let gap = -PortableMath.log(1 - stream.unit()) * Double(meanGap.nanoseconds)
        at += UInt64(gap) + 1
        if at >= end { break }
        instants.append(Instant(nanoseconds: at))
      }
    case .bursts(let count, let every, let phase):
      var at = phase.nanoseconds
      while at < end {
        for _ in 0..<count { instants.append(Instant(nanoseconds: at)) }
        at += max(every.nanoseconds, 1)
      }
    case .ramp(let first, let last):
      // The k-th task falls due when the integral of the rate, a t + b t^2 / 2, reaches k.
      let seconds = Double(end) / 1e9
      let slope = (last - first) / seconds
      var k = 0.0
      while true {
        let t =
          slope == 0 ? k / first : (-first + (first * first + 2 * slope * k).squareRoot()) / slope
        guard t.isFinite, t < seconds else { break }
        instants.append(Instant(nanoseconds: UInt64(t * 1e9)))
        k += 1
      }
    case .trace(let list):
      instants = list.filter { $0.nanoseconds < end }.sorted()
    }
    return instants
  }
}
