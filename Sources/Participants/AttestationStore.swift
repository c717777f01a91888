// The attestations behind the router's opaque messages. Decoding and checking a signature are pure functions of the
// bytes: they are computed once a message and remembered; every node that takes the message pays the time for them.

import AVS
import Basics
import Gossip
import Signatures

/// What is remembered about one message.
struct MessageBody: BitwiseCopyable {
  enum Validity: UInt8, BitwiseCopyable {
    case unchecked, valid, invalid
  }
  var handle: MessageHandle
  var signed: SignedAttestation
  /// Index of the operator in the service's set; `UInt16.max` when it is not a member.
  var member: UInt16
  var validity: Validity
  /// Another message of the same operator for the same task with other content exists: follow `sibling`.
  var contested: Bool
  /// The next message of that chain, ending in `noMessage`.
  var sibling: UInt32
  /// Nobody's duty: its deliveries are not counted.
  var isNoise = false
}

/// No message: more than 30 bits.
let noMessage = UInt32.max

/// Bodies by message handle, and for each duty the chain of messages that claim to fulfil it.
struct AttestationStore: ~Copyable {
  private var bodies: Table<MessageBody>
  private var mask: UInt32
  /// By duty: the latest message, or `noMessage`.
  private var latest: Table<UInt32>

  init(duties: Int) {
    bodies = Table(repeating: Self.empty, count: 1_024)
    mask = 1_023
    latest = Table(repeating: noMessage, count: duties)
  }

  private static var empty: MessageBody {
    let nothing = Attestation(
      service: ServiceID(UInt16.max), task: TaskID(UInt32.max), operatorID: NodeID(UInt32.max), result: .zero,
      publishedAt: .zero)
    return MessageBody(
      handle: MessageHandle(rawValue: noMessage),
      signed: SignedAttestation(attestation: nothing, signature: .zero),
      member: .max, validity: .unchecked, contested: false, sibling: noMessage)
  }

  /// Remembers the body of a message just registered, the youngest of `live` ones. `duty` is nil when the message names
  /// no duty that exists.
  mutating func add(
    _ handle: MessageHandle, _ signed: SignedAttestation, member: UInt16, duty: Int?, live: Int
  ) {
    while live > Int(mask) { grow() }
    var body = MessageBody(
      handle: handle, signed: signed, member: member, validity: .unchecked, contested: false,
      sibling: noMessage)
    if let duty {
      let previous = latest[duty]
      if previous != noMessage, bodies[previous & mask].handle.rawValue == previous {
        body.sibling = previous
        body.contested = true
        bodies[previous & mask].contested = true
      }
      latest[duty] = handle.rawValue
    }
    bodies[handle.rawValue & mask] = body
  }

  /// The body of a live message.
  subscript(handle: MessageHandle) -> MessageBody {
    let body = bodies[handle.rawValue & mask]
    assert(body.handle == handle, "message \(handle.rawValue) is not live")
    return body
  }

  mutating func remember(_ validity: MessageBody.Validity, of handle: MessageHandle) {
    bodies[handle.rawValue & mask].validity = validity
  }

  /// What becomes of this message is nobody's concern.
  mutating func exempt(_ handle: MessageHandle) { bodies[handle.rawValue & mask].isNoise = true }

  /// The latest message for `duty` that is still live.
  func latest(duty: Int) -> MessageHandle? {
    let raw = latest[duty]
    guard raw != noMessage, bodies[raw & mask].handle.rawValue == raw else { return nil }
    return MessageHandle(rawValue: raw)
  }

  /// The next older message of the same duty that is still live.
  func olderSibling(_ handle: MessageHandle) -> MessageHandle? {
    let raw = self[handle].sibling
    guard raw != noMessage, bodies[raw & mask].handle.rawValue == raw else { return nil }
    return MessageHandle(rawValue: raw)
  }

  private mutating func grow() {
    let larger = (mask + 1) * 2
    var moved = Table(repeating: Self.empty, count: Int(larger))
    for k in 0..<bodies.count where bodies[k].handle.rawValue != noMessage {
      moved[bodies[k].handle.rawValue & (larger - 1)] = bodies[k]
    }
    swap(&moved, &bodies)
    mask = larger - 1
  }
}
