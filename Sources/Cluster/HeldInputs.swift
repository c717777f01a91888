// What waits for a node that stands still, on sockets: frames that its kernel would hold for it, and wake-ups that come late. In
// order of arrival.

internal import Participants

/// Inputs of one paused node.
struct HeldInputs {
  enum Input {
    case frame([UInt8], slot: Int)
    case wakeUp(WakeUp)
  }
  /// Most frames that wait: a socket's buffer is finite. Further ones are dropped.
  static let framesMaximum = 1 << 14

  private(set) var inputs: [Input] = []
  private var frames = 0
  /// Frames dropped at that bound.
  private(set) var dropped: UInt64 = 0
  /// How many pauses are in force.
  var pauses = 1

  consuming func with(_ input: Input) -> HeldInputs {
    if case .frame = input {
      guard frames < Self.framesMaximum else {
        dropped += 1
        return self
      }
      frames += 1
    }
    inputs.append(input)
    return self
  }
}
