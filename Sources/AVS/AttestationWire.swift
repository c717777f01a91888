// The bytes of a signed attestation on the network, and the hash that its operator signs. Big-endian, fixed layout:
//
//     version 1 | service 2 | task 4 | operator 4 | source 4 | target 4 | publishedAt 8 | result 32 | signature n | padding
//
// `n` is the scheme's signature size; padding brings the payload to the size that the scenario gives the task, for
// services whose real attestations carry more than we model.

import Basics
public import Signatures

/// Why bytes are no attestation.
public enum AttestationWireError: Error, Equatable, Sendable {
  /// Fewer bytes than the fixed part and the signature need.
  case tooShort(bytes: Int, needed: Int)
  /// The first byte is not the version this code writes.
  case unknownVersion(UInt8)
}

extension SignedAttestation {
  /// Version byte of this layout.
  public static let wireVersion: UInt8 = 1
  /// Bytes before the signature.
  public static let fixedBytes = 59

  /// Bytes of an attestation signed with `scheme`, at least `size`.
  public static func encodedBytes(_ scheme: SignatureScheme, paddedTo size: Int) -> Int {
    max(fixedBytes + scheme.signatureBytes, size)
  }

  /// The wire form.
  public func encoded(_ scheme: SignatureScheme, paddedTo size: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.encodedBytes(scheme, paddedTo: size))
    attestation.appendSignedPart(to: &bytes)
    bytes.append(contentsOf: signature.bytes(scheme.signatureBytes))
    while bytes.count < size { bytes.append(0) }
    return bytes
  }

  /// Reads what `encoded` wrote. Padding is not looked at; it is not signed.
  public init(decoding bytes: some RandomAccessCollection<UInt8>, _ scheme: SignatureScheme)
    throws(AttestationWireError)
  {
    let needed = Self.fixedBytes + scheme.signatureBytes
    guard bytes.count >= needed else { throw .tooShort(bytes: bytes.count, needed: needed) }
    var rest = bytes.startIndex
    func take(_ count: Int) -> UInt64 {
      var value: UInt64 = 0
      for _ in 0..<count {
        value = value << 8 | UInt64(bytes[rest])
        bytes.formIndex(after: &rest)
      }
      return value
    }
    let version = UInt8(take(1))
    guard version == Self.wireVersion else { throw .unknownVersion(version) }
    let service = ServiceID(UInt16(take(2)))
    let task = TaskID(UInt32(take(4)))
    let operatorID = NodeID(UInt32(take(4)))
    let source = UInt32(take(4))
    let target = UInt32(take(4))
    let publishedAt = Instant(nanoseconds: take(8))
    let result = Digest(take(8), take(8), take(8), take(8))
    attestation = Attestation(
      service: service, task: task, operatorID: operatorID, source: source, target: target, result: result,
      publishedAt: publishedAt)
    let end = bytes.index(rest, offsetBy: scheme.signatureBytes)
    signature = Signature(bytes: bytes[rest..<end]) ?? .zero
  }
}

extension Attestation {
  func appendSignedPart(to bytes: inout [UInt8]) {
    func append(_ value: UInt64, _ count: Int) {
      for k in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(count - 1 - k)))) }
    }
    bytes.append(SignedAttestation.wireVersion)
    append(UInt64(service.rawValue), 2)
    append(UInt64(task.rawValue), 4)
    append(UInt64(operatorID.rawValue), 4)
    append(UInt64(source), 4)
    append(UInt64(target), 4)
    append(publishedAt.nanoseconds, 8)
    for word in [result.w0, result.w1, result.w2, result.w3] { append(word, 8) }
  }

  /// What the operator signs: for real signatures Keccak-256 of the wire form's signed part, bound to the run by
  /// `domain`; for modelled ones a cheaper hash of the same fields.
  public func signingDigest(domain: UInt64, mode: SignatureMode) -> Hash256 {
    switch mode {
    case .real:
      var bytes: [UInt8] = Array("avsim attestation".utf8)
      for k in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: domain >> (56 - 8 * UInt64(k)))) }
      appendSignedPart(to: &bytes)
      return keccak256(bytes)
    case .modelled:
      let ids =
        UInt64(service.rawValue) << 48 ^ UInt64(task.rawValue) << 16 ^ UInt64(operatorID.rawValue)
      let span = UInt64(source) << 32 | UInt64(target)
      let a = mix(mix(mix(mix(domain ^ ids) &+ span) &+ publishedAt.nanoseconds) &+ result.w0)
      let b = mix(mix(mix(a &+ result.w1) &+ result.w2) &+ result.w3)
      return Hash256(a, b, mix(a ^ b), ids)
    }
  }
}
