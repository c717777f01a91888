import Basics
import Gossip
import Libp2p
import Peer
import Testing

@Suite(.serialized) struct VersionTests {
  /// Every version that can be offered makes a node that runs and is heard.
  @Test(arguments: ConnectionSettings.pubsubVersions)
  func aNodeOfOneVersionMeetsOneOfAll(version: String) throws {
    let room = try Room()
    defer { room.close() }
    let old = try room.node(1) { $0.connection.pubsub = [version] }
    let new = try room.node(2, dials: [old])
    room.wait("meshes") { old.grafts == 1 && new.grafts == 1 }
    #expect(old.publish("from the old"))
    #expect(new.publish("from the new"))
    room.wait("heard") { old.messages == ["from the new"] && new.messages == ["from the old"] }
    let agreed = new.events.compactMap { event in
      if case .connected(_, _, _, let version) = event { version } else { nil }
    }
    #expect(agreed == [version])
  }
}
