// The work of a service: when its tasks fall due, how big an attestation is, how long computing one takes.

internal import AVS
public import Basics

/// The work of a service.
public struct TaskPlan: Sendable, Equatable, Codable {
  public var arrival: ArrivalPlan
  /// Bytes of one attestation as published.
  public var size: ByteCount
  /// Core time that an operator needs for one task.
  public var compute: DelayPlan
}

/// When tasks fall due: a schedule fixed by scenario and seed, whatever the system does.
public enum ArrivalPlan: Sendable, Equatable, Codable {
  /// First at `phase`, then every `every`.
  case periodic(every: TimeSpan, phase: TimeSpan)
  case poisson(rate: Frequency)
  /// `count` tasks at once, first at `phase`, then every `every`.
  case bursty(count: Int, every: TimeSpan, phase: TimeSpan)
  /// At these instants after the start, in order.
  case trace([TimeSpan])
  /// Open loop: the rate goes linearly from one to the other over the duration.
  case ramp(from: Frequency, to: Frequency)
}

extension TaskPlan {
  init(_ o: ObjectReader, base: TaskPlan) {
    arrival = o.value("arrival", "when tasks fall due", or: base.arrival) { ArrivalPlan.read($0) }
    size = o.value("size", "bytes of one attestation as published", or: base.size) {
      $0.size(ByteCount(64)...ByteCount(16 << 20))
    }
    compute = o.value("compute", "core time for one task", or: base.compute) {
      DelayPlan.read($0, [.constant, .uniform, .exponential, .lognormal], longest: .seconds(3_600))
    }
  }
}

extension ArrivalPlan {
  static let rates = Frequency(microhertz: 1)...Frequency.perSecond(1_000_000)

  static func read(_ value: ValueReader) -> ArrivalPlan? {
    let span = TimeSpan.milliseconds(1) ... .seconds(366 * 86_400)
    return value.forms(
      scalar: { $0.duration(span).map { .periodic(every: $0, phase: .zero) } },
      mapping: { o in
        o.exactlyOne(
          "arrival",
          [
            .init("periodic", "one task every so often") { v in
              v.object { o in
                .periodic(
                  every: o.needed("every", "write a duration", placeholder: .seconds(12)) {
                    $0.duration(span)
                  },
                  phase: o.value("phase", "instant of the first", or: .zero) { $0.duration() })
              }
            },
            .init("poisson", "independent of each other, at a mean rate") { v in
              v.object { o in
                .poisson(
                  rate: o.needed("rate", "write a rate such as 5/s", placeholder: .perSecond(1)) {
                    $0.frequency(rates)
                  })
              }
            },
            .init("bursty", "several at once, every so often") { v in
              v.object { o in
                .bursty(
                  count: o.needed("count", "write a count", placeholder: 1) { $0.integer(1...100_000) },
                  every: o.needed("every", "write a duration", placeholder: .seconds(12)) {
                    $0.duration(span)
                  }, phase: o.value("phase", "instant of the first", or: .zero) { $0.duration() })
              }
            },
            .init("trace", "at given instants") { v in
              v.list(1...1_000_000) { $0.duration() }.map { times in
                for k in 1..<max(1, times.count) where times[k] < times[k - 1] {
                  v.mistake("\(times[k]) comes after \(times[k - 1]); write the instants in order")
                  break
                }
                return .trace(times)
              }
            },
            .init("ramp", "open loop: the rate rises linearly over the duration") { v in
              v.object { o in
                .ramp(
                  from: o.needed("from", "write a rate such as 5/s", placeholder: .perSecond(1)) {
                    $0.frequency(rates)
                  },
                  to: o.needed("to", "write a rate such as 50/s", placeholder: .perSecond(1)) {
                    $0.frequency(rates)
                  })
              }
            },
          ])
      }, expected: "a duration, or one of periodic, poisson, bursty, trace, ramp")
  }
}
