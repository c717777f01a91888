// What the nodes keep to score their peers, flat: the books of a *link* (its owner's opinion of the peer), of a link in a
// topic, and of a message inside its near-first window. Nothing here decides anything; `Scoring` does.
//
// A (node, topic) gets its row of books, one entry a link, when the node first joins the topic. Counters are 32-bit floats:
// 24 bytes an entry, and every step is one correctly rounded + or x, so they are the same bits everywhere; sums are taken
// in 64 bits. Without scoring all tables are empty.

internal import Basics

struct ScoreState: ~Copyable {
  /// A topic's parameters as the arithmetic wants them.
  struct Topic: BitwiseCopyable {
    var weight: Double
    var timeInMesh: Double
    var timeInMeshCap: Double
    var quantum: UInt64
    var firstDeliveries: Double
    var meshDeliveries: Double
    var meshDeliveriesThreshold: Double
    var activation: UInt64
    var window: TimeSpan
    var meshFailure: Double
    var invalid: Double
    var firstDecay: Float
    var firstCap: Float
    var meshDecay: Float
    var meshCap: Float
    var failureDecay: Float
    var invalidDecay: Float
    /// Whether the topic counts at all.
    var isScored: Bool
    /// Whether P3 or P3b have a weight: mesh deliveries must be watched.
    var watchesMesh: Bool

    init(_ p: TopicScoreParameters?) {
      isScored = p != nil
      let p = p ?? TopicScoreParameters()
      weight = p.weight
      timeInMesh = p.timeInMeshWeight
      timeInMeshCap = p.timeInMeshCap
      quantum = p.timeInMeshQuantum.nanoseconds
      firstDeliveries = p.firstDeliveriesWeight
      meshDeliveries = p.meshDeliveriesWeight
      meshDeliveriesThreshold = p.meshDeliveriesThreshold
      activation = p.meshDeliveriesActivation.nanoseconds
      window = p.meshDeliveriesWindow
      meshFailure = p.meshFailureWeight
      invalid = p.invalidWeight
      firstDecay = Float(p.firstDeliveriesDecay)
      firstCap = Float(p.firstDeliveriesCap)
      meshDecay = Float(p.meshDeliveriesDecay)
      meshCap = Float(p.meshDeliveriesCap)
      failureDecay = Float(p.meshFailureDecay)
      invalidDecay = Float(p.invalidDecay)
      watchesMesh = isScored && (p.meshDeliveriesWeight != 0 || p.meshFailureWeight != 0)
    }
  }

  /// What deliveries move, by link and topic: a row of it is two cache lines or three.
  struct Credit: BitwiseCopyable {
    /// P2's counter, and P3's.
    var first: Float = 0
    var mesh: Float = 0
  }

  /// The rest of a link in a topic.
  struct Book: BitwiseCopyable {
    /// P3b's and P4's counters.
    var failure: Float = 0
    var invalid: Float = 0
    /// One nanosecond after the instant at which the peer joined the mesh; zero outside it.
    var grafted: UInt64 = 0
  }

  /// A link. Nearly all are as new: see `burdened`.
  struct Ledger: BitwiseCopyable {
    /// P5, as the application said.
    var application: Double = 0
    /// P7 and the slow-peer counter.
    var behaviour: Float = 0
    var slow: Float = 0
    /// Until when the books of a disconnected peer are kept, nanoseconds; zero when it is connected or forgotten.
    var keptUntil: UInt64 = 0
    /// Peers of the owner on this peer's address, itself included; zero when the address is unknown or exempt.
    var colocated: UInt32 = 0
  }

  struct Node: BitwiseCopyable {
    /// When the counters decayed last, and are to decay next, nanoseconds.
    var refreshed: UInt64 = 0
    var due: UInt64 = 0
    /// The node's delivery records: first word in `records`, and places there minus one (`none`: no records yet).
    var records: UInt32 = RouterState.none
    var recordMask: UInt32 = 0
  }

  /// How often something moved a peer's score (kept while scores are observed).
  struct Causes: BitwiseCopyable {
    var first: UInt32 = 0
    var nearFirst: UInt32 = 0
    var invalid: UInt32 = 0
    var failures: UInt32 = 0
    var graftsInBackoff: UInt32 = 0
    var graftFloods: UInt32 = 0
    var brokenPromises: UInt32 = 0
    var extensionsMisused: UInt32 = 0
    var slow: UInt32 = 0
    var other: UInt32 = 0
    var graylistings: UInt32 = 0
  }

  let isOn: Bool
  /// Weights and thresholds that belong to no topic.
  var parameters: ScoreParameters
  var behaviourDecay: Float
  var slowDecay: Float
  var decayToZero: Float
  var topics: Table<Topic>

  /// By cell: first book of its row; `none` until the node joins the topic.
  var rows: Table<UInt32>
  var books = Table<Book>()
  /// As `books`.
  var credits = Table<Credit>()
  /// By slot.
  var ledgers: Table<Ledger>
  /// By node and word of local slots: links whose ledger may add to the score. The others' need not be read.
  var burdened: Table<UInt64>
  var nodes: Table<Node>
  /// By node of the whole id space: its address.
  var addresses: Table<UInt32>

  /// Delivery records; see `NearFirst`.
  var records = Table<UInt64>()
  /// By the logarithm of the places: the first of the blocks given up by nodes that grew; a block's first word leads to
  /// the next.
  var freeRecords = Table<UInt32>(repeating: RouterState.none, count: 20)

  /// (node, message) that the node rejected, and, with bit 31 of the low half set, (slot, message) already blamed for one.
  var rejected = FlatHash()
  var rejectedSweep = 4096

  /// By slot while scores are observed, else empty.
  var causes = Table<Causes>()
  var moves = Table<ScoreMove>()
  var observes = false
  /// Moves not recorded because there were too many.
  var movesLost: UInt64 = 0

  /// By local slot, for the length of one computation.
  var sums: Table<Double>

  init(
    _ parameters: Parameters, topics count: Int, nodes: Int, cells: Int, slots: Int, words: Int, peers: Int,
    degree: Int
  ) {
    isOn = parameters.score != nil
    let score = parameters.score ?? ScoreParameters()
    self.parameters = score
    behaviourDecay = Float(score.behaviourDecay)
    slowDecay = Float(score.slowPeerDecay)
    decayToZero = Float(score.decayToZero)
    topics = Table((0..<count).map { Topic(parameters.score == nil ? nil : score.topic(TopicID($0))) })
    rows = Table(repeating: RouterState.none, count: isOn ? cells : 0)
    ledgers = Table(repeating: Ledger(), count: isOn ? slots : 0)
    burdened = Table(repeating: 0, count: isOn ? words : 0)
    self.nodes = Table(repeating: Node(), count: isOn ? nodes : 0)
    addresses = Table(repeating: 0, count: isOn ? peers : 0)
    sums = Table(repeating: 0, count: isOn ? degree : 0)
  }

  var storageBytes: Int {
    guard isOn else { return 0 }
    return rows.storageBytes + books.storageBytes + credits.storageBytes + ledgers.storageBytes
      + burdened.storageBytes + nodes.storageBytes
      + addresses.storageBytes + records.storageBytes + rejected.storageBytes
  }

  /// Adds elements to a table that holds something for every link of the network: a quarter more room, not twice.
  static func extend<Element>(_ table: inout Table<Element>, by count: Int, with value: Element) {
    if table.count + count > table.storageCapacity {
      var larger = Table<Element>(capacity: table.count + table.count / 4 + count)
      larger.append(repeating: value, count: table.count)
      larger.replace(from: 0, with: table, 0..<table.count)
      table = larger
    }
    table.append(repeating: value, count: count)
  }
}
