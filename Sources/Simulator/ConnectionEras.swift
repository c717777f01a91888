// What was on its way when a connection closed does not arrive over the one that replaces it, as it would not on sockets: the GRAFT
// of a node that has restarted since would put it into a mesh that it knows nothing of. Each connection that stands again begins
// an era, and a control RPC belongs to the era in which it was sent last. Costs nothing as long as no connection closes.
//
// Messages are not told apart: a copy that outlives its connection is a copy like any other.

import Basics
import Gossip

struct ConnectionEras: ~Copyable {
  /// By slot: the era in which its connection began. Empty where no connection can close.
  private var began: Table<UInt32>
  /// By control handle: the era in which it was sent last.
  private var sentIn = Table<UInt32>()
  private var era: UInt32 = 0

  init(slots: Int) { began = Table(repeating: 0, count: slots) }

  /// Whether a connection was ever replaced.
  var isAny: Bool { era > 0 }

  /// The connection behind these two slots stands again.
  mutating func connected(_ slot: UInt32, _ back: UInt32) {
    guard began.count > 0 else { return }
    era += 1
    began[slot] = era
    began[back] = era
  }

  mutating func sent(_ payload: Payload) {
    guard payload.isControl else { return }
    let handle = Int(payload.control.rawValue)
    if handle >= sentIn.count { sentIn.append(repeating: 0, count: handle + 1 - sentIn.count) }
    sentIn[handle] = era
  }

  /// Whether what arrives on `slot` was sent over a connection that is no more.
  func isStale(_ payload: Payload, on slot: UInt32) -> Bool {
    guard payload.isControl else { return false }
    let handle = Int(payload.control.rawValue)
    return (handle < sentIn.count ? sentIn[handle] : 0) < began[slot]
  }
}
