// Facts and claims between the processes of a cluster: fixed layout, big-endian. The reader trusts nothing: kinds, counts
// and indices are checked against the blueprint, since what comes in goes straight into the record.

internal import AVS
internal import Basics
internal import Contracts
internal import Participants
internal import Signatures

/// Reads numbers from bytes; nil past the end.
struct WireReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }
  var remaining: Int { bytes.count - position }

  mutating func number(_ count: Int) -> UInt64? {
    guard remaining >= count else { return nil }
    var value: UInt64 = 0
    for k in position..<position + count { value = value << 8 | UInt64(bytes[k]) }
    position += count
    return value
  }

  mutating func wide() -> UInt128? {
    guard let high = number(8), let low = number(8) else { return nil }
    return UInt128(high) << 64 | UInt128(low)
  }

  mutating func bytes(_ count: Int) -> [UInt8]? {
    guard count >= 0, remaining >= count else { return nil }
    defer { position += count }
    return Array(bytes[position..<position + count])
  }
}

extension [UInt8] {
  /// Appends the lower `count` bytes of `value`.
  mutating func append(number value: UInt64, _ count: Int) {
    for k in 0..<count { append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(count - 1 - k)))) }
  }

  mutating func append(wide value: UInt128) {
    append(number: UInt64(truncatingIfNeeded: value >> 64), 8)
    append(number: UInt64(truncatingIfNeeded: value), 8)
  }
}

extension Fact {
  /// Bytes of one fact.
  static let wireBytes = 34

  func append(to bytes: inout [UInt8]) {
    bytes.append(kind.rawValue)
    bytes.append(detail)
    bytes.append(number: UInt64(node.rawValue), 4)
    bytes.append(number: UInt64(task.rawValue), 4)
    bytes.append(number: at.nanoseconds, 8)
    bytes.append(number: value, 8)
    bytes.append(number: extra, 8)
  }

  /// Nil for bytes that are no fact about the nodes, tasks and members of `schedule`.
  init?(_ reader: inout WireReader, nodes: Int, _ schedule: TaskSchedule, members: [Int]) {
    guard let kind = reader.number(1).flatMap({ Kind(rawValue: UInt8($0)) }), let detail = reader.number(1),
      let node = reader.number(4), let task = reader.number(4), let at = reader.number(8),
      let value = reader.number(8), let extra = reader.number(8), node < nodes
    else { return nil }
    switch kind {
    case .down, .up: break
    case .meshed: guard value <= extra else { return nil }
    case .published, .missed, .collected, .equivocated, .signedWrong, .evident, .accused, .surrounded,
      .copied, .forged, .omitted, .heard:
      guard task < schedule.tasks.count, value < members[schedule.tasks[Int(task)].service.index] else {
        return nil
      }
    case .quorum, .sent, .delivered, .resubmitted:
      guard task < schedule.tasks.count else { return nil }
    }
    self.init(
      kind, node: NodeID(UInt32(node)), task: TaskID(UInt32(task)), at: Instant(nanoseconds: at),
      value: value,
      detail: UInt8(detail), extra: extra)
  }
}

extension Submission {
  private enum Kind: UInt8 { case certificate = 1, pair, single, wrongCertificate, join }

  /// The claim in bytes. Requires one that participants make: a certificate, evidence, or a side taken.
  func encoded(_ scheme: SignatureScheme) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(number: UInt64(node.rawValue), 4)
    switch body {
    case .certificate(let certificate):
      bytes.append(Kind.certificate.rawValue)
      bytes.append(number: UInt64(certificate.service.rawValue), 2)
      bytes.append(number: UInt64(certificate.task.rawValue), 4)
      for word in [
        certificate.result.w0, certificate.result.w1, certificate.result.w2, certificate.result.w3,
      ] {
        bytes.append(number: word, 8)
      }
      bytes.append(certificate.signedStake == nil ? 0 : 1)
      bytes.append(wide: certificate.signedStake ?? 0)
      bytes.append(number: UInt64(certificate.signers.count), 2)
      for word in certificate.signers { bytes.append(number: word, 8) }
      for signed in certificate.attestations { bytes += signed.encoded(scheme, paddedTo: 0) }
    case .evidence(.pair(let first, let second)):
      bytes.append(Kind.pair.rawValue)
      bytes += first.encoded(scheme, paddedTo: 0) + second.encoded(scheme, paddedTo: 0)
    case .evidence(.single(let signed)):
      bytes.append(Kind.single.rawValue)
      bytes += signed.encoded(scheme, paddedTo: 0)
    case .evidence(.certificate(let service, let task)):
      bytes.append(Kind.wrongCertificate.rawValue)
      bytes.append(number: UInt64(service.rawValue), 2)
      bytes.append(number: UInt64(task.rawValue), 4)
    case .join(let service, let task):
      bytes.append(Kind.join.rawValue)
      bytes.append(number: UInt64(service.rawValue), 2)
      bytes.append(number: UInt64(task.rawValue), 4)
    case .createTask, .dispute, .veto, .stake:
      preconditionFailure("participants make no such transaction")
    }
    return bytes
  }

  /// Nil for bytes that are no claim.
  init?(decoding bytes: [UInt8], _ scheme: SignatureScheme) {
    var reader = WireReader(bytes)
    guard let node = reader.number(4), let kind = reader.number(1).flatMap({ Kind(rawValue: UInt8($0)) }),
      let body = Self.body(kind, &reader, scheme), reader.isAtEnd
    else { return nil }
    self.init(node: NodeID(UInt32(node)), body: body)
  }

  private static func body(_ kind: Kind, _ reader: inout WireReader, _ scheme: SignatureScheme)
    -> Transaction.Body?
  {
    func signed() -> SignedAttestation? {
      reader.bytes(SignedAttestation.encodedBytes(scheme, paddedTo: 0)).flatMap {
        try? SignedAttestation(decoding: $0, scheme)
      }
    }
    switch kind {
    case .pair:
      guard let first = signed(), let second = signed() else { return nil }
      return .evidence(.pair(first, second))
    case .single:
      guard let one = signed() else { return nil }
      return .evidence(.single(one))
    case .join:
      guard let service = reader.number(2), let task = reader.number(4) else { return nil }
      return .join(ServiceID(UInt16(service)), TaskID(UInt32(task)))
    case .wrongCertificate:
      guard let service = reader.number(2), let task = reader.number(4) else { return nil }
      return .evidence(.certificate(ServiceID(UInt16(service)), TaskID(UInt32(task))))
    case .certificate:
      guard let service = reader.number(2), let task = reader.number(4), let w0 = reader.number(8),
        let w1 = reader.number(8), let w2 = reader.number(8), let w3 = reader.number(8),
        let hasStake = reader.number(1), let stake = reader.wide(), let words = reader.number(2),
        UInt64(reader.remaining) >= words * 8
      else { return nil }
      let signers = (0..<words).compactMap { _ in reader.number(8) }
      var attestations: [SignedAttestation] = []
      while !reader.isAtEnd {
        guard let one = signed() else { return nil }
        attestations.append(one)
      }
      return .certificate(
        Certificate(
          service: ServiceID(UInt16(service)), task: TaskID(UInt32(task)), result: Digest(w0, w1, w2, w3),
          signers: signers, signedStake: hasStake == 1 ? stake : nil, attestations: attestations))
    }
  }
}
