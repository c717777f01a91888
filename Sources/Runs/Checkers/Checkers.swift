// Checkers stand outside: each states one property, keeps its own books from what happened, and gets no help from the code
// that it judges. They are always on; what they cost is some words a certificate and a case. What they find first ends
// the run (exit code 70), and is named in `checks` of the summary.

import AVS
import Basics
import Contracts
import Participants
import Reporting

/// All checkers of a run.
struct Checkers {
  var books: ChainBooks
  var breaches = BreachList()
  var certificates = CertificateChecker()
  var liveness = LivenessChecker()
  var cases = CaseChecker()
  var forks = ForkChecker()
  var rewards: RewardChecker
  var rest = RestChecker()
  var looksAtQueues = 0
  /// The last look at which more jobs had found a full queue than at the one before, and how many had.
  private(set) var lastQueueDrop = Instant.zero
  private var queueDrops: UInt64 = 0
  /// The certificate of the transaction that was told last.
  private var latest: InclusionFact?
  /// Accepted certificates: task, signers, instant.
  private var accepted: [(task: TaskID, signers: [UInt64], at: Instant)] = []
  private var paid = 0

  static let stake = "stake-conserved"
  static let money = "rewards-conserved"
  static let order = "no-certificate-before-its-task"
  static let signers = "certificates-name-signers"

  init(_ configuration: CoordinatorConfiguration, _ schedule: TaskSchedule) {
    books = ChainBooks(configuration, schedule)
    rewards = RewardChecker(services: configuration.services.count)
  }

  /// Takes in one fact of the coordinator.
  mutating func note(_ fact: CoordinatorFact) {
    switch fact {
    case .stakeTable(let service, let table): books.push(table, of: service)
    case .included(let inclusion):
      latest = inclusion
      certificates.judge(inclusion, books, &breaches)
      cases.judge(inclusion, books, &breaches)
    case .certificateAccepted(let certificate):
      let signers = latest?.certificate?.signers ?? []
      if certificate.at < books.schedule[certificate.task].due {
        breaches.add(
          Self.order, certificate.at, "task \(certificate.task.rawValue) was certified before it fell due")
      }
      accepted.append((certificate.task, signers, certificate.at))
      rewards.enter(certificate.task, signers: signers, at: certificate.at, books)
      books.settle(certificate.task, .certified(signers: signers, at: certificate.at))
    case .taskExpired(_, let task, let at): books.settle(task, .expired(at: at))
    case .caseOpened(let opened):
      cases.open(opened, books, &breaches)
      forks.accuse(opened)
      if opened.offence == .liveness { liveness.judge(opened, books, &breaches) }
    case .caseEnded(let id, _, let at): cases.end(id, at, &breaches)
    case .forkOpened(let fork, challenged: _): forks.open(fork, books, &breaches)
    case .forkJoined(let service, let task, let node, let at): forks.join(service, task, node, at, &breaches)
    case .forkDecided(let fork, let lost, let at): forks.decide(fork, bondLost: lost, at, books, &breaches)
    case .slashExecuted(let slash): cases.execute(slash, books, forks, &breaches)
    case .slashedStakeMoved(let moved): cases.move(moved, books, &breaches)
    case .rewardsPaid(let reward): rewards.judge(reward, books, &breaches)
    case .epochEnded(let epoch):
      paid += 1
      rewards.close(epoch)
      if epoch.submittedWei != epoch.paidWei + epoch.dustWei + epoch.refundedWei {
        breaches.add(
          Self.money, epoch.at,
          "epoch \(epoch.epoch): \(epoch.submittedWei) wei in, \(epoch.paidWei) paid, \(epoch.dustWei) dust, \(epoch.refundedWei) back"
        )
      }
    case .checkBroken(let finding, let at):
      breaches.add(finding.check.hasPrefix("rewards") ? Self.money : Self.stake, at, "\(finding)")
    default: break
    }
  }

  mutating func note(queueDrops total: UInt64, _ now: Instant) {
    if total > queueDrops { lastQueueDrop = now }
    queueDrops = total
  }

  /// At the end: every signer of a certificate published an attestation for its task.
  mutating func closeSigners(published: (TaskID, Int) -> Bool) {
    for one in accepted {
      let members = books.configuration.services[books.schedule[one.task].service.index].members.count
      for member in 0..<members
      where ChainBooks.isSet(member, in: one.signers) && !published(one.task, member) {
        breaches.add(
          Self.signers, one.at,
          "the certificate of task \(one.task.rawValue) names member \(member), which published nothing")
      }
    }
  }

  /// At the end: what is still open is judged.
  mutating func close(horizon: Instant, duration: TimeSpan, settledAt: Instant) {
    certificates.close(&breaches)
    liveness.close(books, horizon: horizon, duration: duration, settledAt: settledAt, &breaches)
    cases.close(books, settledAt: settledAt, &breaches)
  }

  /// One line a check, in a fixed order; `progress` is what that check says when it holds.
  func list(progress: String) -> [RunSummary.Check] {
    var list: [RunSummary.Check] = []
    func add(_ name: String, _ held: String) {
      let breach = breaches[name]
      list.append(
        .init(name: name, holds: breach == nil, detail: breach.map { "\($0.what) (at \($0.at))" } ?? held))
    }
    add(Self.stake, "after every transaction")
    add(Self.money, "in \(paid) epochs of services")
    add(RewardChecker.name, "\(rewards.judged) payments")
    add(CaseChecker.double, "one case at most for one offence, \(cases.opened) in all")
    add(SlashChecker.objective, "every slash for an objective class has a recorded violation")
    add(CaseChecker.evidence, "\(cases.opened) cases")
    add(CaseChecker.rules, "\(cases.executed) slashes")
    if forks.judged > 0 || breaches[ForkChecker.name] != nil {
      add(ForkChecker.name, "\(forks.judged) disputes")
    }
    add(CaseChecker.moves, "\(cases.executed) slashes")
    add(LivenessChecker.name, "\(liveness.judged) cases")
    add(Self.order, "by due instant")
    add(CertificateChecker.proper, "\(certificates.judged) certificates")
    add(CertificateChecker.agree, "\(certificates.judged) certificates")
    add(CertificateChecker.tallies, "\(certificates.judged) certificates")
    add(Self.signers, "\(accepted.count) certificates")
    add(ProgressChecker.name, progress)
    if looksAtQueues > 0 { add(RestChecker.queues, "at \(looksAtQueues) samples") }
    if rest.looks > 0 {
      add(
        RestChecker.mesh,
        rest.isLossless ? "at \(rest.looks) samples" : "no claim: transmissions were lost on the way")
    }
    add(SlashChecker.borne, "what was taken, somebody lost")
    return list
  }
}
