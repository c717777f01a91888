// One end of a control connection: messages in, messages out. Bytes that are no message end it.

internal import Basics
internal import Gossip
public import Libp2p
public import UV

/// Messages over a unix socket.
public final class ControlChannel: ConnectionHandler {
  /// Why a channel ended.
  public enum End: Equatable, Sendable {
    /// The other end closed it, or its process is gone.
    case closed
    case failed(UVError)
    case notFrames(FrameError)
    case notAMessage(ControlMessageError)
  }

  private var stream = FrameStream(frameBytesMaximum: ControlMessage.bytesMaximum)
  private let connection: Connection
  private var isClosed = false
  /// Called for each message. Dropped at the end.
  public var received: ((ControlMessage) -> Void)?
  /// Called once, unless this end closed the channel.
  public var ended: ((End) -> Void)?

  /// Takes over an accepted connection.
  init(_ connection: Connection) {
    self.connection = connection
    connection.outputBytesMaximum = 2 * ControlMessage.bytesMaximum
    connection.handler = self
  }

  /// Dials the socket at `path`. Messages sent before it stands wait.
  public convenience init(_ loop: Loop, dialing path: String) throws(UVError) {
    let placeholder = Waiting()
    let connection = try Connection.dial(loop, .unix(path), handler: placeholder)
    self.init(connection)
  }

  /// Until the channel takes its place, which is before the loop runs.
  private final class Waiting: ConnectionHandler {
    func connected(_ connection: Connection) {}
    func received(_ bytes: Span<UInt8>, on connection: Connection) {}
    func ended(_ connection: Connection, _ error: UVError?) {}
  }

  public var isOpen: Bool { !isClosed && connection.isOpen }

  /// Sends a message. False when it is too large, or the other end is too slow by `bytesMaximum`, or gone.
  @discardableResult
  public func send(_ message: ControlMessage) -> Bool {
    let bytes = message.encoded
    guard !isClosed, bytes.count <= ControlMessage.bytesMaximum else { return false }
    return connection.write(WireSize.framed(bytes.count)) { $0.append(frame: bytes.span) }
  }

  /// Bytes that wait to be sent.
  public var pendingBytes: Int { connection.outputPending }

  /// The process at the other end.
  func peer() throws(UVError) -> (user: UInt32, process: Int32) { try connection.peerCredentials() }

  /// Ends the channel without a call to `ended`. What was sent in this pass and not yet written is lost.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    connection.close()
    received = nil
    ended = nil
  }

  public func connected(_ connection: Connection) {}

  public func received(_ bytes: Span<UInt8>, on connection: Connection) {
    var broken: ControlMessageError?
    let outcome = stream.feed(bytes) { frame in
      do throws(ControlMessageError) {
        let message = try ControlMessage(decoding: frame)
        received?(message)
      } catch {
        broken = error
      }
      return broken == nil && !isClosed
    }
    if let broken { end(.notAMessage(broken)) }
    if case .failed(let error) = outcome { end(.notFrames(error)) }
  }

  public func ended(_ connection: Connection, _ error: UVError?) { end(error.map(End.failed) ?? .closed) }

  private func end(_ reason: End) {
    guard !isClosed else { return }
    let told = ended
    close()
    told?(reason)
  }
}
