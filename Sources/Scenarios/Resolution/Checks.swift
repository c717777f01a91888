// What only the whole scenario can tell: numbers that must fit each other, names that must exist.

import Basics
import Network

extension Scenario {
  /// The regions that nodes may stand in.
  public var knownRegions: [String] {
    var names = network.regions?.names ?? []
    if case .graph(let graph, _) = network.topology {
      var seen = Set(names)
      for node in graph.nodes {
        if let region = node.region, seen.insert(region).inserted { names.append(region) }
      }
    }
    return names
  }

  /// Why `names` cannot be regions of this scenario; nil when they can.
  func wrongRegions(_ names: [String]) -> String? {
    let known = knownRegions
    guard let wrong = names.first(where: { !known.contains($0) }) else { return nil }
    if known.isEmpty {
      return "there is no region '\(clip(wrong))': the scenario has no regions; add network.regions"
    }
    let hint = nearest(wrong, in: known).map { " (did you mean '\($0)'?)" } ?? ""
    return "there is no region '\(clip(wrong))'\(hint); regions: \(known.prefix(20).joined(separator: ", "))"
  }

  /// A node by the topology's name, or by number.
  public func nodeIndex(named name: String) -> Int? {
    if case .graph(let graph, _) = network.topology,
      let k = graph.nodes.firstIndex(where: { $0.name == name })
    {
      return k
    }
    guard let number = wholeNumber(name), number >= 0, number < Int128(nodeCount) else { return nil }
    return Int(number)
  }

  var nodeNames: String {
    "write a number from 0 to \(max(0, nodeCount - 1)), or a name of the topology file"
  }

  /// Why this choice of nodes cannot be made; nil when it can.
  func wrong(_ choice: NodeChoice) -> String? {
    switch choice {
    case .count(let count):
      return count > operators.count
        ? "\(count) nodes are asked for and there are \(operators.count) operators" : nil
    case .share: return nil
    case .list(let names):
      guard let wrong = names.first(where: { nodeIndex(named: $0) == nil }) else { return nil }
      return "there is no node '\(clip(wrong))'; \(nodeNames)"
    case .regions(let names): return wrongRegions(names)
    case .role(let role):
      return roles().contains(role) ? nil : "there is no \(role.rawValue) in this scenario"
    }
  }

  /// Why this choice of links cannot be made; nil when it can.
  func wrong(_ choice: LinkChoice) -> String? {
    switch choice {
    case .all: return nil
    case .pairs(let pairs): return wrong(NodeChoice.list(pairs.flatMap { $0 }))
    case .regions(let names): return wrongRegions(names)
    case .between(let first, let second): return wrongRegions(first + second)
    case .nodes(let nodes): return wrong(nodes)
    }
  }

  /// Why this choice of operators cannot be made; nil when it can.
  func wrong(_ selection: AdversaryPlan.Selection, in names: [String]?) -> String? {
    switch selection {
    case .count(let count):
      if count > operators.count {
        return "\(count) operators are asked for and there are \(operators.count)"
      }
    case .list(let numbers):
      if let wrong = numbers.first(where: { $0 >= operators.count }) {
        return "there is no operator \(wrong); operators are numbered 0 to \(operators.count - 1)"
      }
    case .nodes(let names): return wrong(NodeChoice.list(names))
    case .share, .byStake: break
    }
    return nil
  }

  /// Mistakes of the whole, blamed on the key that can mend them.
  func checkTogether(_ o: ObjectReader) {
    switch network.topology {
    case .graph(let graph, let file):
      if graph.nodes.count < participants {
        o.mistake(
          "network",
          "'\(clip(file))' has \(graph.nodes.count) nodes and \(participants) take part (\(roleCounts)); use a larger topology or fewer operators"
        )
      }
    case .generated(let generator, let nodes):
      if let nodes, nodes < participants {
        o.mistake(
          "network",
          "the topology has \(nodes) nodes and \(participants) take part (\(roleCounts)); ask for more nodes or fewer operators"
        )
      } else if nodes == nil {
        do throws(GeneratorError) { try generator.check(nodes: participants) } catch {
          o.mistake("network", "\(generator.name) with \(participants) nodes (\(roleCounts)): \(error)")
        }
      }
    }
    if operatorStakes().allSatisfy({ $0 == .zero }) { o.mistake("operators", "nobody has any stake") }
    var shares = UInt128(0)
    for asset in assets { shares += UInt128(asset.weight.wad) }
    if shares != UInt128(Share.one) {
      o.mistake(
        "assets", "the shares add up to \(decimalText(shares, decimals: 16))%; they must add up to 100%")
    }
    if assets.count(where: { $0.kind == .native }) > 1 {
      o.mistake("assets", "native ETH is listed more than once")
    }
    if assets.contains(where: { $0.kind == .native }),
      let service = services.first(where: { service in
        service.recipient != .burn
          || service.rules.contains { $0.recipient.map { $0 != .burn } ?? false }
      })
    {
      o.mistake(
        "services",
        "service '\(service.name)' redistributes slashed stake, which native ETH cannot be; stake an lst or token under assets"
      )
    }
    checkAllocation(o)
  }

  private func checkAllocation(_ o: ObjectReader) {
    guard services.allSatisfy({ $0.fits(operators.count) }) else { return }
    // Sizes before anything of that size is made.
    let sizes = services.map { $0.memberCount(of: operators.count) }
    let memberships = sizes.reduce(0, +)
    if memberships > Self.membershipsMaximum {
      o.mistake(
        "services",
        "\(memberships) memberships in \(services.count) services; at most \(Self.membershipsMaximum)")
      return
    }
    var due = 0.0
    for (service, size) in zip(services, sizes) {
      due += service.task.arrival.expectedTasks(in: duration) * Double(size)
    }
    if due > Double(Self.attestationsMaximum) {
      o.mistake(
        "services",
        "about \(Int(due / 1e6)) million attestations would fall due in \(duration); at most \(Self.attestationsMaximum / 1_000_000) million"
      )
      return
    }
    let members = self.memberships()
    if case .each(let share) = operators.allocation {
      var joined = [Int](repeating: 0, count: operators.count)
      for service in members { for member in service { joined[member] += 1 } }
      let most = joined.max() ?? 0
      if UInt128(share.wad) * UInt128(most) > UInt128(Share.one) {
        o.mistake(
          "operators", "allocation: \(share) to each of \(most) services is more than the whole magnitude")
      }
    }
    if case .elected(let count) = aggregators, let k = members.firstIndex(where: { $0.count < count }) {
      o.mistake(
        "aggregators",
        "\(count) of a service are elected and '\(services[k].name)' has \(members[k].count) operators")
    }
  }

  private var roleCounts: String {
    "\(operators.count) operators, \(watchers.count) watchers"
      + (aggregators == .coordinator ? ", 1 aggregator" : "")
  }
}

extension Scenario {
  /// Most memberships over all services.
  public static let membershipsMaximum = 20_000_000
  /// Most attestations that a run may ask for.
  public static let attestationsMaximum = 1_000_000_000
}

extension ArrivalPlan {
  /// How many tasks fall due, on average.
  func expectedTasks(in duration: TimeSpan) -> Double {
    switch self {
    case .periodic(let every, let phase):
      duration > phase ? (duration.seconds - phase.seconds) / every.seconds + 1 : 0
    case .poisson(let rate): rate.perSecond * duration.seconds
    case .bursty(let count, let every, _): (duration.seconds / every.seconds + 1) * Double(count)
    case .trace(let times): Double(times.count)
    case .ramp(let first, let last): (first.perSecond + last.perSecond) / 2 * duration.seconds
    }
  }
}

extension ServicePlan {
  /// How many members it has among so many operators.
  func memberCount(of count: Int) -> Int {
    switch operators {
    case .all: count
    case .count(let wanted): wanted
    case .share(let share): share.of(count)
    case .list(let numbers): numbers.count
    }
  }

  /// Whether its members can be drawn from so many operators.
  func fits(_ count: Int) -> Bool { misfit(count) == nil }

  /// Why not.
  func misfit(_ count: Int) -> String? {
    switch operators {
    case .all: nil
    case .count(let wanted): wanted > count ? "\(wanted) operators are asked for and there are \(count)" : nil
    case .share(let share): share.of(count) < 1 ? "\(share) of \(count) operators is nobody" : nil
    case .list(let numbers):
      numbers.first { $0 >= count }.map {
        "there is no operator \($0); operators are numbered 0 to \(count - 1)"
      }
    }
  }
}
