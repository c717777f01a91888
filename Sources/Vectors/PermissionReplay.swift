// Replays recorded calls of the PermissionController.

import Contracts

struct PermissionReplay {
  private var controller = PermissionController()
  private var names: [String] = []
  private var ids: [String: AccountID] = [:]
  private var selectors: [String: UInt32] = [:]

  static func run(_ document: VectorField, _ outcome: inout ReplayOutcome) throws(MalformedVector) {
    var replay = PermissionReplay()
    var expected = try ObservationMap(document["initial"])
    expected.compare("initial", &outcome) { replay.observe($0) }
    for step in try document["steps"].items() {
      let place = step.stepName(outcome.steps)
      outcome.steps += 1
      try replay.perform(step).compare(with: step, place, &outcome)
      try expected.apply(step["changed"])
      expected.compare(place, &outcome) { replay.observe($0) }
    }
  }

  private mutating func id(_ name: String) -> AccountID {
    if let known = ids[name] { return known }
    let id = AccountID(names.count)
    names.append(name)
    ids[name] = id
    return id
  }

  private mutating func right(_ target: String, _ selector: String) -> CallRight {
    let number = selectors[selector] ?? UInt32(selectors.count)
    selectors[selector] = number
    return CallRight(target: id(target), selector: number)
  }

  private mutating func perform(_ step: VectorField) throws(MalformedVector) -> CallResult {
    let op = try step["op"].text()
    let caller = id(try step["by"].text())
    let account = id(try step["account"].text())
    do {
      switch op {
      case "addPendingAdmin":
        try controller.addPendingAdmin(id(try step["admin"].text()), to: account, by: caller)
      case "removePendingAdmin":
        try controller.removePendingAdmin(id(try step["admin"].text()), from: account, by: caller)
      case "acceptAdmin": try controller.acceptAdmin(of: account, by: caller)
      case "removeAdmin":
        try controller.removeAdmin(id(try step["admin"].text()), from: account, by: caller)
      case "setAppointee", "removeAppointee":
        let appointee = id(try step["appointee"].text())
        let right = right(try step["target"].text(), try step["selector"].text())
        if op == "setAppointee" {
          try controller.setAppointee(appointee, of: account, right, by: caller)
        } else {
          try controller.removeAppointee(appointee, of: account, right, by: caller)
        }
      default: throw step["op"].wrong("the README of the vectors lists the operations")
      }
      return CallResult()
    } catch let error as PermissionError {
      return .failed(error.name)
    } catch let error as MalformedVector {
      throw error
    } catch {
      preconditionFailure("an unexpected error: \(error)")
    }
  }

  private mutating func observe(_ key: String) -> JSONValue {
    let parts = key.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    func list(_ people: [AccountID]) -> JSONValue {
      .array(people.map { names[$0.index] }.sorted().map { .string($0) })
    }
    switch (parts[0], parts.count) {
    case ("admins", 2): return list(controller.admins(of: id(parts[1])))
    case ("pendingAdmins", 2): return list(controller.pendingAdmins(of: id(parts[1])))
    case ("isAdmin", 3): return .bool(controller.isAdmin(id(parts[2]), of: id(parts[1])))
    case ("canCall", 5):
      let right = right(parts[3], parts[4])
      return .bool(controller.canCall(id(parts[2]), for: id(parts[1]), right))
    default: return .null
    }
  }
}
