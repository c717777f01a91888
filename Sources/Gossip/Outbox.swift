// Where a handler leaves its effects. The caller owns it, keeps its capacity, and empties it between inputs.

public import Basics

/// One RPC to send: over the sender's own slot.
@frozen public struct Transmission: Hashable, Sendable, BitwiseCopyable {
  public var slot: UInt32
  public var payload: Payload
  @inlinable public init(slot: UInt32, payload: Payload) {
    self.slot = slot
    self.payload = payload
  }
}

/// What the router wants sent, in order. A control RPC in it holds one reference in the `ControlStore`: whoever takes
/// the transmission owes one `release` (or `dropped`) for it.
@frozen public struct Outbox: ~Copyable {
  public var transmissions: Table<Transmission>
  /// Slots that their owners want connected (peer exchange, direct peers): the driver dials, and answers with `connected`
  /// of both ends or `dialFailed`. A driver with fixed links ignores them.
  public var dials = Table<UInt32>()
  /// Slots that their owners want closed (a full control queue under nim's policy).
  public var hangups = Table<UInt32>()

  @inlinable public init(capacity: Int = 256) { transmissions = Table(capacity: capacity) }

  @inlinable public var count: Int { transmissions.count }
  @inlinable public subscript(index: Int) -> Transmission { transmissions[index] }

  @inlinable public mutating func append(slot: UInt32, _ payload: Payload) {
    transmissions.append(Transmission(slot: slot, payload: payload))
  }

  /// Forgets the transmissions, keeps the storage. The references of control RPCs are the taker's by then.
  @inlinable public mutating func removeAll() {
    transmissions.removeAll()
    dials.removeAll()
    hangups.removeAll()
  }
}
