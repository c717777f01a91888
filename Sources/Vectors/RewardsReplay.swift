// Replays recorded calls of the RewardsCoordinator: the document's set-up and its observations. The calls themselves are
// in `RewardsReplay+Operations`.

import BigInt
import Contracts
import Signatures

struct RewardsReplay {
  var coordinator: RewardsCoordinator
  /// Operators and operator sets: whom the coordinator asks its questions about.
  var ledger: RestakingLedger
  let permissions = PermissionController()
  var now: UInt64
  var accounts: [String: AccountID] = [:]
  var strategies: [String: StrategyID] = [:]
  var tokens: [String: TokenID] = [:]
  var sets: [String: OperatorSetID] = [:]

  init(_ document: VectorField) throws(MalformedVector) {
    let config = document["config"]
    let parameters = RewardsParameters(
      interval: try config["CALCULATION_INTERVAL_SECONDS"].number(UInt32.self),
      durationMaximum: try config["MAX_REWARDS_DURATION"].number(UInt32.self),
      retroactiveMaximum: try config["MAX_RETROACTIVE_LENGTH"].number(UInt32.self),
      futureMaximum: try config["MAX_FUTURE_LENGTH"].number(UInt32.self),
      genesis: try config["GENESIS_REWARDS_TIMESTAMP"].number(UInt32.self),
      activationDelay: try config["activationDelay"].number(UInt32.self),
      defaultSplitBips: try config["defaultOperatorSplitBips"].number(UInt16.self))
    if parameters.interval == 0 {
      throw config["CALCULATION_INTERVAL_SECONDS"].wrong("a number above zero belongs here")
    }
    now = try config["startTimestamp"].number(UInt64.self)
    var book = AddressBook()
    ledger = RestakingLedger(delays: .mainnet)
    func enter(_ name: String, _ address: Address, _ ledger: inout RestakingLedger) -> AccountID {
      _ = ledger.addAccount()
      return book.addAccount(address)
    }
    for (name, field) in try config["addresses"].members() {
      accounts[name] = enter(name, try field.address(), &ledger)
    }
    // Names that documents use and give no address for.
    let own = enter("rewardsCoordinator", Address(high: 0, middle: 0, low: 1), &ledger)
    accounts["rewardsCoordinator"] = accounts["rewardsCoordinator"] ?? own
    accounts["zero"] = enter("zero", .zero, &ledger)
    for (name, field) in try config["tokens"].members() { tokens[name] = book.addToken(try field.address()) }
    for (name, field) in try config["strategies"].members() {
      strategies[name] = book.addStrategy(try field.address())
      _ = ledger.addStrategy()
    }
    coordinator = RewardsCoordinator(
      parameters: parameters, addresses: book, account: accounts["rewardsCoordinator"] ?? own,
      owner: accounts["owner"] ?? own, updater: accounts["updater"] ?? own,
      feeRecipient: accounts["feeRecipient"] ?? own)
    try addSets(config)
  }

  private mutating func addSets(_ config: VectorField) throws(MalformedVector) {
    do {
      for field in try config["operators"].items() {
        try ledger.registerOperator(try account(field), allocationDelay: 0, at: 1)
      }
      for field in try config["operatorSets"].items() {
        let avs = try avs(of: field)
        sets[try field.text()] = try ledger.createOperatorSet(avs: avs, strategies: [], slasher: avs)
      }
    } catch let error as MalformedVector {
      throw error
    } catch {
      throw config.wrong("operators and operator sets are named once each")
    }
  }

  static func run(_ document: VectorField, _ outcome: inout ReplayOutcome) throws(MalformedVector) {
    var replay = try RewardsReplay(document)
    var expected = try ObservationMap(document["initial"])
    expected.compare("initial", &outcome) { replay.observe($0) }
    for step in try document["steps"].items() {
      let place = step.stepName(outcome.steps)
      outcome.steps += 1
      replay.now = try step["timestamp"].number(UInt64.self)
      try replay.perform(step).compare(with: step, place, &outcome)
      try expected.apply(step["changed"])
      expected.compare(place, &outcome) { replay.observe($0) }
    }
    if let trees = document["trees"].ifPresent { try replay.compareTrees(trees, &outcome) }
  }

  // MARK: - Names

  func account(_ field: VectorField) throws(MalformedVector) -> AccountID {
    guard let account = accounts[try field.text()] else {
      throw field.wrong("a name of config.addresses belongs here")
    }
    return account
  }

  func token(_ field: VectorField) throws(MalformedVector) -> TokenID {
    guard let token = tokens[try field.text()] else {
      throw field.wrong("a name of config.tokens belongs here")
    }
    return token
  }

  func strategy(_ field: VectorField) throws(MalformedVector) -> StrategyID {
    guard let strategy = strategies[try field.text()] else {
      throw field.wrong("a name of config.strategies belongs here")
    }
    return strategy
  }

  /// The set of that name; an id that no set has when it does not exist.
  func set(_ field: VectorField) throws(MalformedVector) -> OperatorSetID {
    sets[try field.text()] ?? OperatorSetID(UInt32.max)
  }

  /// The AVS of a set's name, which need not exist.
  func avs(of field: VectorField) throws(MalformedVector) -> AccountID {
    let name = try field.text().split(separator: "/").first.map(String.init) ?? ""
    guard let avs = accounts[name] else {
      throw field.wrong("the name of an AVS, / and a number belong here")
    }
    return avs
  }

  // MARK: - Observations

  func observe(_ key: String) -> JSONValue {
    let parts = key.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    switch parts.count {
    case 1: return observeGlobal(key)
    case 2: return observe(parts[0], of: parts[1])
    case 3: return observe(parts[0], of: parts[1], parts[2])
    default: return .null
    }
  }

  private func observeGlobal(_ key: String) -> JSONValue {
    switch key {
    case "roots": .amount(coordinator.roots.count)
    case "currentClaimableRoot":
      .string((coordinator.currentClaimableRoot(at: now)?.root ?? .zero).description)
    case "activationDelay": .amount(coordinator.parameters.activationDelay)
    case "defaultOperatorSplitBips": .amount(coordinator.parameters.defaultSplitBips)
    default: .null
    }
  }

  private func observe(_ head: String, of name: String) -> JSONValue {
    if head == "root" {
      guard let index = Int(name), index < coordinator.roots.count, index >= 0 else { return .null }
      let root = coordinator.roots[index]
      return .object([
        "root": .string(root.root.description),
        "rewardsCalculationEndTimestamp": .amount(root.calculationEnd),
        "activatedAt": .amount(root.activatedAt), "disabled": .bool(root.isDisabled),
      ])
    }
    guard let who = accounts[name] else { return .null }
    switch head {
    case "submissionNonce": return .amount(coordinator.nonce(of: who))
    case "operatorPISplit": return .amount(coordinator.programmaticSplit(who, at: now))
    default: return .null
    }
  }

  private func observe(_ head: String, of name: String, _ other: String) -> JSONValue {
    guard let who = accounts[name] else { return .null }
    switch head {
    case "operatorAVSSplit":
      return accounts[other].map { .amount(coordinator.avsSplit(who, $0, at: now)) } ?? .null
    case "operatorSetSplit":
      return sets[other].map { .amount(coordinator.operatorSetSplit(who, $0, at: now)) } ?? .null
    case "balance": return tokens[other].map { .amount(coordinator.balance(of: who, $0)) } ?? .null
    case "cumulativeClaimed":
      return tokens[other].map { .amount(coordinator.cumulativeClaimed(by: who, $0)) } ?? .null
    default: return .null
    }
  }

  // MARK: - Trees

  /// Builds each distribution from its earnings and compares leaves, roots and proofs.
  private func compareTrees(_ trees: VectorField, _ outcome: inout ReplayOutcome) throws(MalformedVector) {
    for (index, tree) in try trees.items().enumerated() {
      var earnings: [(address: Address, earnings: [DistributionTree.Earning])] = []
      var fields: [Address: VectorField] = [:]
      for earner in try tree["earners"].items() {
        var list: [DistributionTree.Earning] = []
        for token in try earner["tokens"].items() {
          list.append(
            DistributionTree.Earning(
              token: try token["address"].address(), cumulative: try token["cumulativeEarnings"].integer()))
        }
        if list.isEmpty { throw earner["tokens"].wrong("a token at least belongs here") }
        let address = try earner["address"].address()
        earnings.append((address, list))
        fields[address] = earner
      }
      guard let built = DistributionTree(earnings) else {
        throw tree["earners"].wrong("an earner at least belongs here")
      }
      let place = "tree \(index)"
      outcome.compare("\(place) root", expected: tree["root"].value, got: .string(built.root.description))
      for (k, earner) in built.earners.enumerated() {
        let name = "\(place) \(earner.address)"
        guard let expected = fields[earner.address] else { preconditionFailure("a tree of other earners") }
        outcome.compare(
          name,
          expected: expected.value.members.filter {
            $0.key.hasSuffix("Proof") || $0.key.hasSuffix("Hash") || $0.key.hasSuffix("Root")
          },
          got: [
            "earnerLeafHash": .string(built.earnerLeaf(k).description),
            "earnerTokenRoot": .string(earner.tokens.root.description),
            "earnerTreeProof": .string("0x" + hexadecimal(built.earnerProof(k))),
          ])
        for (position, token) in try expected["tokens"].items().enumerated() {
          let address = try token["address"].address()
          guard let at = earner.earnings.firstIndex(where: { $0.token == address }) else { continue }
          outcome.compare(
            "\(name) token \(position) leaf", expected: token["tokenLeafHash"].value,
            got: .string(earner.tokens.leaf(at).description))
          outcome.compare(
            "\(name) token \(position) proof", expected: token["proof"].value,
            got: .string("0x" + hexadecimal(earner.tokens.proof(at))))
        }
      }
    }
  }
}
