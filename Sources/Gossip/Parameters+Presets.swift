// Other implementations' parameters.

internal import Basics

extension Parameters {
  /// go-libp2p-pubsub's values.
  public static var go: Parameters {
    var p = Parameters()
    (p.degree, p.degreeLow, p.degreeHigh) = (6, 5, 12)
    p.heartbeatInterval = .seconds(1)
    p.cacheWindows = 5
    p.floodPublish = false
    return p
  }

  /// rust-libp2p's values.
  public static var rust: Parameters {
    var p = Parameters.go
    p.heartbeatDelay = .seconds(5)
    p.seenLife = .seconds(60)
    p.floodPublish = true
    p.rpcBytesMaximum = 1 << 16
    p.backoffSlackHeartbeats = 1
    p.idontwantBytes = 1000
    p.idontwantOnPublish = false
    p.prunePeers = 0
    return p
  }

  /// GossipSub v1.0 as first published: no backoff, no outbound quota, no flood publishing, gossip to D peers.
  public static var version1_0: Parameters {
    var p = Parameters.go
    p.version = .v1_0
    p.degreeLow = 4
    p.degreeOutbound = 0
    (p.pruneBackoff, p.unsubscribeBackoff) = (.zero, .zero)
    p.graftFloodThreshold = .zero
    p.backoffSlackHeartbeats = 0
    p.gossipFactor = 0
    return p
  }

  /// The values of the GossipSub v1.1 text, go's where it leaves them open.
  public static var specification: Parameters {
    var p = Parameters.go
    p.degreeLow = 4
    p.floodPublish = true
    return p
  }
}
