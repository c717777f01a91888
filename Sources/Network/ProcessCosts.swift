// What the event loop of a process needs to carry frames between the nodes it hosts.

public import Basics

/// CPU times of an event loop over TCP sockets. On a Linux machine of 2024 a write to a loopback socket takes 10 to 15 us,
/// since the receiver's half of TCP runs inside it, and a read 3 to 6 us; `avsim bench sockets` measures them.
public struct ProcessCosts: Sendable, Equatable {
  /// One write to a socket, whatever the number of frames in it.
  public var write: TimeSpan
  /// One read from a socket.
  public var read: TimeSpan
  /// One frame, at each end, beside the calls: coding, routing, copying.
  public var frame: TimeSpan
  /// One pass of the loop, beside the calls and the frames.
  public var pass: TimeSpan
  /// From the instant at which a sleeping process has something to do until it does it.
  public var wake: TimeSpan

  public init(write: TimeSpan, read: TimeSpan, frame: TimeSpan, pass: TimeSpan, wake: TimeSpan) {
    self.write = write
    self.read = read
    self.frame = frame
    self.pass = pass
    self.wake = wake
  }

  /// Nothing takes time.
  public static let none = Self(write: .zero, read: .zero, frame: .zero, pass: .zero, wake: .zero)
}
