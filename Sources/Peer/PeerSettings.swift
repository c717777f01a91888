// How a peer is made.

public import Basics
public import Gossip
public import Libp2p

/// What does not change while a peer lives.
public struct PeerSettings: Sendable {
  public var connection: ConnectionSettings
  /// Numeric address and port to listen at; port 0 lets the system choose. Nil: only dials.
  public var listen: (address: String, port: UInt16)? = ("127.0.0.1", 0)
  /// Plain TCP addresses, with or without the peer's id.
  public var dials: [Multiaddr] = []
  /// Joined at the start.
  public var topics: [String]
  public var signatures = SignaturePolicy.strictSign
  /// The specification's, as foreign peers expect.
  public var parameters = Parameters.specification
  /// Seed of the router's choices; no secret.
  public var seed: UInt64 = 0
  /// Peers at once that dialed us, beside those that we dial.
  public var inboundMaximum = 64
  /// Connections of others whose security is not settled.
  public var admissionsMaximum = 64
  /// Bytes that may wait for one socket.
  public var outputBytesMaximum = 8 << 20
  /// Pause before the first redial; doubles up to `redialMaximum`.
  public var redialMinimum = TimeSpan.milliseconds(100)
  public var redialMaximum = TimeSpan.seconds(5)

  public init(connection: ConnectionSettings, topics: [String]) {
    self.connection = connection
    self.topics = topics
  }
}
