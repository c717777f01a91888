// What commands ask of a cluster while it runs: how it is, faults, its end.

internal import Basics
internal import Contracts
internal import Foundation
internal import Gossip
internal import Libp2p
internal import Participants
public import Reporting
internal import Runs
internal import Scenarios
internal import Signatures
internal import UV

extension ClusterRun {
  /// A process has opened the control socket: one of ours, or a command of the same user.
  func take(_ channel: ControlChannel, from process: Int32) {
    if let group = nodes as? ProcessGroup, group.adopt(channel, from: process) { return }
    channel.received = { [weak self, weak channel] message in
      guard let self, let channel else { return }
      guard case .request(let body) = message, let request = ClusterRequest(decoding: body) else {
        channel.close()
        return
      }
      serve(request, channel)
    }
  }

  private func serve(_ request: ClusterRequest, _ channel: ControlChannel) {
    let answer: ClusterResponse
    switch request {
    case .ready where isReady: answer = ClusterResponse("")
    case .ready:
      untilReady.append(channel)
      return
    case .wait:
      untilEnd.append(channel)
      return
    case .down:
      isEndRequested = true
      untilEnd.append(channel)
      return
    case .status: answer = ClusterResponse(status)
    case .addresses: answer = addresses
    case .transactions: answer = ClusterResponse(transactions)
    case .inject, .heal, .faults:
      commandAt = Loop.monotonicNanoseconds
      defer { commandAt = nil }
      answer = isReady ? faults(request) : ClusterResponse(code: 74, "the cluster is not connected yet")
    }
    channel.send(.response(answer.encoded))
  }

  /// A line each: block, nanoseconds, kind, sender, task or -.
  private var transactions: String {
    chain.inclusions.map { one in
      let task = one.task.map { "\($0.rawValue)" } ?? "-"
      return "\(one.block) \(one.at.nanoseconds) \(one.kind.rawValue) \(one.sender.rawValue) \(task)"
    }.joined(separator: "\n")
  }

  /// A line each: node, its name and multiaddr; topic and its name.
  private var addresses: ClusterResponse {
    guard scenario.network.wire != .frames else {
      return ClusterResponse(code: 64, "links speak no libp2p here; write network.wire: libp2p")
    }
    guard isReady else { return ClusterResponse(code: 74, "the cluster is not connected yet") }
    let places = Placement(scenario, processes: options.processes).addresses
    let ports = nodes.ports
    var lines: [String] = []
    for (k, node) in blueprint.deployment.nodes.enumerated() where k < ports.count {
      let key = Identity(seed: blueprint.deployment.seed, node: UInt32(k)).publicKey
      guard let address = Multiaddr(tcp: places[k], port: ports[k], peer: HostPublicKey(key).peerID) else {
        continue
      }
      lines.append("node \(node.name) \(address)")
    }
    for service in blueprint.deployment.services { lines.append("topic \(service.topicName)") }
    return ClusterResponse(lines.joined(separator: "\n"))
  }

  /// What was refused, dropped and lost so far: on the wire, and at the control socket.
  var troubles: [String: UInt64] {
    var all = nodes.troubles
    if let server {
      if server.refusedUsers > 0 { all["control.otherUser"] = server.refusedUsers }
      if server.refusedBusy > 0 { all["control.busy"] = server.refusedBusy }
    }
    return all
  }

  static func text(_ counts: [String: UInt64]) -> String {
    counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
  }

  /// Tells what was refused since it was last told.
  func tellRefusals() {
    let now = troubles.filter { $0.key.hasPrefix("refused.") || $0.key.hasPrefix("control.") }
    guard now != toldRefusals else { return }
    toldRefusals = now
    notice("\(ClusterRun.refusalNotice)\(Self.text(now))")
  }

  /// How a notice of refused peers begins.
  static let refusalNotice = "strangers and failed handshakes so far: "

  private func faults(_ request: ClusterRequest) -> ClusterResponse {
    switch request {
    case .inject(let yaml): return inject(yaml)
    case .heal(nil):
      let healed = chain.inForce.filter { chain.heal($0) }
      for id in healed { tellEffect(id, begins: false) }
      return ClusterResponse(healed.map(String.init).joined(separator: "\n"))
    case .heal(let id?):
      guard chain.heal(id) else {
        return ClusterResponse(code: 64, "fault \(id) is not in force; see: avsim fault list")
      }
      tellEffect(id, begins: false)
      return ClusterResponse("\(id)")
    case .faults:
      return ClusterResponse(
        chain.inForce.map { id in
          let fault = chain.faults[Int(id)]
          let until = fault.until.map { "until \($0.seconds) s" } ?? "until healed"
          let effect = effects?.beginning(of: id).map { "  \($0.words(of: processes))" } ?? ""
          return
            "\(id)  \(fault.name)  \(chain.faultPlaces[Int(id)])  since \(fault.at.seconds) s  \(until)\(effect)"
        }.joined(separator: "\n"))
    default: return ClusterResponse(code: 64, "not a request about faults")
    }
  }

  private func inject(_ yaml: String) -> ClusterResponse {
    guard now < blueprint.trafficEnd else { return ClusterResponse(code: 74, "the run's traffic is over") }
    do {
      let plans = try FaultPlan.live(
        Array(yaml.utf8), name: "fault", in: scenario, processes: nodesByProcess)
      let ground = try ground.get()
      var ids: [String] = []
      let now = chain.now
      // A pattern is written out from now on; what it stands for are faults of their own.
      let simple = plans.flatMap { plan -> [FaultPlan] in
        var live = plan
        live.at = TimeSpan(nanoseconds: now.nanoseconds)
        guard case .pattern = plan.kind else { return ground.expand(live) }
        return ground.expand(live).map(\.losingState)
      }
      for plan in simple {
        let live = LiveFault(plan, at: max(now, Instant(nanoseconds: plan.at.nanoseconds)))
        let fault = live.resolve(id: UInt32(chain.faults.count), on: ground)
        chain.inject(fault, place: plan.place, live: live)
        ids.append("\(fault.id)")
        if chain.inForce.contains(fault.id) { tellEffect(fault.id, begins: true) }
      }
      return ClusterResponse(ids.joined(separator: "\n"))
    } catch {
      return ClusterResponse(code: 65, "\(error)")
    }
  }

  /// Where the nodes live in this process, a fault is in force when it was begun.
  private func tellEffect(_ fault: UInt32, begins: Bool) {
    guard let commandAt, nodes is NodeHost else { return }
    var effect = FaultEffect(fault, begins: begins, accepted: commandAt, awaiting: [0])
    _ = effect.note(0, at: Loop.monotonicNanoseconds)
    notice("fault \(fault): \(effect.words(of: 1))")
  }

  private var effects: FaultEffects? { (nodes as? ProcessGroup)?.effects }

  /// The names of the nodes of each process of its own.
  private var nodesByProcess: [[String]] {
    let placement = Placement(scenario, processes: options.processes)
    guard placement.isSupervised else { return [] }
    return (0..<placement.processes).map { process in
      placement.nodes(of: process).map { blueprint.deployment.nodes[$0].name }
    }
  }

  /// A few lines for a person.
  private var status: String {
    let links = nodes.links
    let load = nodes.load
    let counters = nodes.counters
    var lines = [
      "scenario    \(blueprint.name), seed \(blueprint.deployment.seed)",
      "time        \(Self.seconds(now)) of \(Self.seconds(blueprint.trafficEnd))"
        + (isReady ? "" : ", connecting"),
      "nodes       \(blueprint.deployment.nodes.count) in \(processes) processes",
      "links       \(links.up / 2) of \(links.all / 2) stand",
      "messages    \(counters.copiesReceived) copies received, \(counters.duplicates) of them again",
      "certified   \(chain.certifiedTasks) of \(chain.dueTasks) tasks due",
    ]
    if let sample = chain.latestSample {
      let quorum = sample.quorumP50.map { "\($0.nanoseconds / 1_000_000) ms" } ?? "none"
      lines.append(
        "lately      \(sample.published) attestations published, \(sample.offered) fell due; "
          + "quorum after \(quorum); \(sample.nodesUp) nodes up")
    }
    if let places = scenario.cluster.guests, places > 0 {
      let guests = nodes.guests
      lines.append("guests      \(guests.peers) of \(places) places taken, \(guests.links) links")
    }
    if load.cores > 0, now > .zero {
      let share = Double(load.busyNanoseconds) / (now.seconds * 1e9 * Double(load.cores))
      lines.append("CPU         \(Int(share * 1_000) / 10).\(Int(share * 1_000) % 10) % of the nodes' cores")
    }
    if let group = nodes as? ProcessGroup {
      lines.append(
        "processes   \(group.processIDs.map { $0 == 0 ? "ended" : "\($0)" }.joined(separator: " "))")
    }
    let troubles = troubles
    if !troubles.isEmpty { lines.append("troubles    \(Self.text(troubles))") }
    let faults = chain.inForce
    lines.append("faults      \(faults.isEmpty ? "none" : "\(faults.count) in force")")
    for id in faults {
      lines.append("            \(id)  \(chain.faults[Int(id)].name)  \(chain.faultPlaces[Int(id)])")
    }
    return lines.joined(separator: "\n")
  }

  private static func seconds(_ instant: Instant) -> String {
    "\(instant.nanoseconds / 1_000_000_000).\(instant.nanoseconds / 100_000_000 % 10) s"
  }

  public var faultRows: [FaultRow] { chain.record.faultRows }
}
