// The socket of a cluster's daemon, in its state directory: for its own processes and for commands of the same user.

public import UV
internal import Glibc

/// Listens on a unix socket that belongs to one user.
public final class ControlServer {
  /// What was turned away.
  public private(set) var refusedUsers: UInt64 = 0
  public private(set) var refusedBusy: UInt64 = 0
  /// Channels open at a time.
  public var channelsMaximum = 1_024

  private var listener: Listener?
  private var channels: [ControlChannel] = []
  private let path: String
  /// Called for each new channel with the process at its other end; sets the channel's callbacks.
  private let accepted: (ControlChannel, Int32) -> Void

  /// Opens the socket at `path`, mode 0600; its directory should be 0700. A socket that a dead daemon left there is
  /// replaced: the caller has made sure that nobody lives behind it.
  public init(_ loop: Loop, path: String, _ accepted: @escaping (ControlChannel, Int32) -> Void)
    throws(UVError)
  {
    self.path = path
    self.accepted = accepted
    unsafe _ = unlink(path)
    let mask = umask(0o177)
    defer { umask(mask) }
    var take: ((Connection) -> Void)?
    listener = try Listener.open(loop, .unix(path), backlog: 128) { take?($0) }
    take = { [unowned self] in self.take($0) }
  }

  private func take(_ connection: Connection) {
    let channel = ControlChannel(connection)
    guard let peer = try? channel.peer(), peer.user == getuid() else {
      refusedUsers += 1
      channel.close()
      return
    }
    channels.removeAll { !$0.isOpen }
    guard channels.count < channelsMaximum else {
      refusedBusy += 1
      channel.close()
      return
    }
    channels.append(channel)
    accepted(channel, peer.process)
  }

  /// Closes the socket and its channels, and removes the file.
  public func close() {
    guard let listener else { return }
    listener.close()
    self.listener = nil
    unsafe _ = unlink(path)
    for channel in channels { channel.close() }
    channels = []
  }
}
