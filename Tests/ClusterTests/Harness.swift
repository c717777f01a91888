import Basics
import Cluster
import Gossip
import Libp2p
import Signatures
import Testing
import UV

func copy(_ span: Span<UInt8>) -> [UInt8] { [UInt8](capacity: span.count) { $0.append(bytes: span) } }

/// Writes down what a transport tells.
final class Receiver: TransportReceiver {
  var frames: [(slot: Int, bytes: [UInt8])] = []
  var instants: [UInt64] = []
  var ups: [Int] = []
  var downs: [Int] = []
  var onFrame: ((Int, [UInt8]) -> Void)?

  func received(_ frame: Span<UInt8>, slot: Int) {
    instants.append(Loop.monotonicNanoseconds)
    frames.append((slot, copy(frame)))
    onFrame?(slot, copy(frame))
  }
  func linkUp(slot: Int) { ups.append(slot) }
  func linkDown(slot: Int) { downs.append(slot) }
}

/// Nodes 0 ..< n in a ring, each also linked to the node two further on.
func ring(_ nodes: Int) -> Wiring {
  Wiring(
    rows: (0..<nodes).map { node in
      Set([1, 2, nodes - 1, nodes - 2].map { UInt32((node + $0) % nodes) }).subtracting([UInt32(node)])
        .sorted()
    })
}

let testNetwork = NetworkID(7, 7, 7, 7)

func testSettings(_ nodes: Int) -> TransportSettings {
  TransportSettings(network: testNetwork, seed: 3, nodes: nodes)
}

/// Several transports, each a stand-in for a process, on one loop.
final class Mesh {
  let loop: Loop
  let wiring: Wiring
  var settings: TransportSettings
  var receivers: [Receiver] = []
  var transports: [Transport] = []
  var ports: [UInt16]

  /// Node n lives in process n % processes.
  init(_ wiring: Wiring, processes: Int, _ change: (inout TransportSettings) -> Void = { _ in }) throws {
    loop = try Loop()
    self.wiring = wiring
    settings = testSettings(wiring.nodes)
    change(&settings)
    ports = Array(repeating: 0, count: wiring.nodes)
    for k in 0..<processes { try add(k, of: processes) }
    for transport in transports { transport.connect(to: ports) }
    let all = transports
    #expect(loop.run { all.allSatisfy(\.isConnected) })
  }

  func add(_ process: Int, of processes: Int) throws {
    let receiver = Receiver()
    let transport = Transport(
      loop, wiring, hosting: (0..<wiring.nodes).map { $0 % processes == process }, settings,
      receiver: receiver)
    for (node, port) in try transport.listen() { ports[node.index] = port }
    receivers.append(receiver)
    transports.append(transport)
  }

  func end() {
    for transport in transports { transport.close() }
    loop.close()
  }
}

/// A peer made by hand: speaks the session, then whatever a test wants.
final class HandMadePeer: ConnectionHandler {
  var session: Session?
  var stream = FrameStream(frameBytesMaximum: 1 << 20)
  var isEstablished = false
  var hasEnded = false
  var isConnected = false
  var connection: Connection?
  var frames: [[UInt8]] = []

  init(_ loop: Loop, port: UInt16, _ identity: Identity? = nil, network: NetworkID = testNetwork) throws {
    session = identity.map {
      Session(
        .dialer, $0, network: network, nonce: Nonce(1, 2, 3, .random(in: 0...(.max))), admission: .open,
        at: .zero)
    }
    connection = try Connection.dial(loop, .loopback(port), handler: self)
  }

  func connected(_ connection: Connection) {
    isConnected = true
    if let session { send(session.hello) }
  }

  func send(_ frame: [UInt8]) { raw([UInt8](capacity: frame.count + 10) { $0.append(frame: frame.span) }) }
  func raw(_ bytes: [UInt8]) { _ = connection?.write(bytes.span) }

  func received(_ bytes: Span<UInt8>, on connection: Connection) {
    _ = stream.feed(bytes) { frame in
      if isEstablished {
        frames.append(copy(frame))
        return true
      }
      switch session?.receive(frame, at: .zero) {
      case .send(let proof): send(proof)
      case .established: isEstablished = true
      default: return false
      }
      return true
    }
  }

  func ended(_ connection: Connection, _ error: UVError?) { hasEnded = true }
}
