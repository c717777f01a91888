// The message id on a real network: the first 20 bytes of SHA-256, as in Ethereum's consensus p2p specification, over the
// "valid" domain, the topic and the data. Only drivers with real frames ask for it.

import AVS
import Basics
public import Gossip
import Signatures

extension Participants {
  func contentID(of signed: SignedAttestation) -> ContentID {
    let service = deployment.services[signed.attestation.service.index]
    return Self.contentID(topic: service.topicName, data: data(of: signed, service))
  }

  /// The bytes of a live message as they travel.
  public func data(_ message: MessageHandle) -> [UInt8] {
    let signed = store[message].signed
    return data(of: signed, deployment.services[signed.attestation.service.index])
  }

  private func data(of signed: SignedAttestation, _ service: ServiceDeployment) -> [UInt8] {
    signed.encoded(deployment.scheme, paddedTo: service.attestationBytes)
  }

  /// The id of `data` on `topic`.
  public static func contentID(topic: String, data: [UInt8]) -> ContentID {
    var bytes: [UInt8] = [1, 0, 0, 0]
    let count = UInt64(topic.utf8.count)
    for k in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: count >> (8 * UInt64(k)))) }
    bytes.append(contentsOf: topic.utf8)
    bytes.append(contentsOf: data)
    let hash = sha256(bytes)
    return ContentID(high: hash.w0, middle: hash.w1, low: UInt32(hash.w2 >> 32))
  }
}
