// A fault that came up while the run went on, as the cluster's processes tell it each other: the plan and the instant, from
// which each draws the same fault.

internal import Basics
internal import Foundation
internal import Participants
internal import Scenarios

/// What `avsim fault inject` began.
struct LiveFault: Codable, Equatable, Sendable {
  var plan: FaultPlan
  var nanoseconds: UInt64

  var encoded: [UInt8] { (try? JSONEncoder().encode(self)).map { [UInt8]($0) } ?? [] }

  init(_ plan: FaultPlan, at now: Instant) {
    self.plan = plan
    nanoseconds = now.nanoseconds
  }

  init?(decoding bytes: [UInt8]) {
    guard let value = try? JSONDecoder().decode(Self.self, from: Data(bytes)) else { return nil }
    self = value
  }

  /// The fault that it is, as number `id`.
  func resolve(id: UInt32, on ground: FaultGround) -> Fault {
    ground.resolve(plan, id: id, now: Instant(nanoseconds: nanoseconds))
  }
}

extension Scenario {
  /// What faults of this scenario are resolved against.
  func faultGround() throws -> FaultGround {
    let setting = try setting()
    return FaultGround(
      graph: setting.graph, roles: setting.roles, operators: operators.count, seed: seed,
      serviceNames: services.map(\.name), aggregators: setting.aggregators,
      finality: chain.finality)
  }
}

extension FaultPlan {
  /// The same, but that nodes which it ends forget, as those of a crash by command do.
  var losingState: FaultPlan {
    guard case .crash(let nodes, _, let restart) = kind else { return self }
    var plan = self
    plan.kind = .crash(nodes, losesState: true, restart: restart)
    return plan
  }
}
