// Certificates, judged again from the transactions themselves.
//
//   certificates-proper  what the chain accepted was in time, named members with stake at the task's reference block, and
//                        held the quorum there; what was all that and came first was not refused.
//   certificates-agree   two certificates of one task with a quorum each name one result, unless operators with 2q - 1 of the
//                        stake at the reference block signed two, by their own account and not by the certificates (of
//                        which any two with a quorum overlap by that much). No claim for q of one half or less.
//   tallies-add-up       no aggregator submits less than a quorum, by stake that did not change since the task fell due.

import AVS
import Basics
import Contracts
import Participants
import Signatures

struct CertificateChecker {
  static let proper = "certificates-proper"
  static let agree = "certificates-agree"
  static let tallies = "tallies-add-up"

  private struct Conflict {
    var task: TaskID
    var at: Instant
    var table: StakeTable
    var quorumBips: UInt64
  }

  /// The result of the first certificate with a quorum, by task.
  private var claims: [TaskID: Digest] = [:]
  private var conflicts: [Conflict] = []
  /// Members that signed two payloads, by task.
  private var doubles: [TaskID: [Int]] = [:]
  private(set) var judged = 0

  /// What a certificate is worth, by the checkers' own books.
  private struct Worth {
    var stake: UInt128 = 0
    var total: UInt128 = 0
    /// The first signer without stake.
    var stranger: Int?
    var holdsQuorum = false
  }

  private func worth(_ signers: [UInt64], _ table: StakeTable, _ quorumBips: UInt64) -> Worth {
    var worth = Worth(total: table.total)
    for (w, word) in signers.enumerated() where word != 0 {
      for bit in 0..<64 where word >> UInt64(bit) & 1 == 1 {
        let weight = table.weight(of: w * 64 + bit)
        if weight == 0 { worth.stranger = worth.stranger ?? (w * 64 + bit) }
        worth.stake += weight
      }
    }
    // As in the contracts' verifiers, the threshold is rounded down.
    let threshold = mulDiv(worth.total, UInt128(quorumBips), 10_000)
    worth.holdsQuorum = worth.total > 0 && worth.stake >= threshold
    return worth
  }

  /// A certificate's transaction was included.
  mutating func judge(_ inclusion: InclusionFact, _ books: ChainBooks, _ breaches: inout BreachList) {
    guard let certificate = inclusion.certificate, certificate.task.index < books.schedule.tasks.count,
      books.schedule[certificate.task].service == certificate.service,
      let table = books.table(certificate.service, at: books.reference(certificate.task))
    else { return }
    judged += 1
    let service = books.configuration.services[certificate.service.index]
    let worth = worth(certificate.signers, table, service.quorumBips)
    let expiry = books.expiry(certificate.task)
    let name = "the certificate of task \(certificate.task.rawValue) of \(service.name)"
    let held = "\(worth.stake) of \(worth.total) wei at block \(books.reference(certificate.task))"
    let isGood = inclusion.at <= expiry && worth.stranger == nil && worth.holdsQuorum
    var isFirst = false
    if case .open = books.outcomes[certificate.task.index] { isFirst = true }
    switch inclusion.refusal {
    case nil:
      if inclusion.at > expiry {
        breaches.add(Self.proper, inclusion.at, "\(name) was accepted after \(expiry)")
      } else if let stranger = worth.stranger {
        breaches.add(
          Self.proper, inclusion.at, "\(name) was accepted with member \(stranger), which has no stake")
      } else if !worth.holdsQuorum {
        breaches.add(Self.proper, inclusion.at, "\(name) was accepted with \(held)")
      }
    case .certificate(let why):
      if isGood, isFirst {
        breaches.add(Self.proper, inclusion.at, "\(name) was refused (\(why)) and holds \(held)")
      }
      if case .belowQuorum = why, !worth.holdsQuorum,
        books.isNewest(certificate.service, at: books.reference(certificate.task))
      {
        breaches.add(Self.tallies, inclusion.at, "\(name) was submitted with \(held)")
      }
    default: break
    }
    if worth.stranger == nil, worth.holdsQuorum {
      compare(certificate, table, service.quorumBips, inclusion.at)
    }
  }

  private mutating func compare(
    _ certificate: Certificate, _ table: StakeTable, _ quorumBips: UInt64, _ at: Instant
  ) {
    guard let first = claims[certificate.task] else {
      claims[certificate.task] = certificate.result
      return
    }
    guard first != certificate.result, quorumBips > 5_000,
      !conflicts.contains(where: { $0.task == certificate.task })
    else { return }
    conflicts.append(Conflict(task: certificate.task, at: at, table: table, quorumBips: quorumBips))
  }

  /// A node signed two payloads for a task, by its own account.
  mutating func signedTwice(_ task: TaskID, _ member: Int) { doubles[task, default: []].append(member) }

  /// At the end, when everybody's account is in: whoever could make two quorums.
  func close(_ breaches: inout BreachList) {
    for conflict in conflicts {
      let signed = Set(doubles[conflict.task, default: []])
      let both = signed.reduce(UInt128(0)) { $0 + conflict.table.weight(of: $1) }
      // Two thresholds rounded down leave out less than two wei.
      let least = mulDiv(conflict.table.total, UInt128(2 * conflict.quorumBips - 10_000), 10_000)
      if both + 2 < least {
        breaches.add(
          Self.agree, conflict.at,
          "task \(conflict.task.rawValue) has certificates of two results, and only \(both) of \(conflict.table.total) wei signed both"
        )
      }
    }
  }
}
