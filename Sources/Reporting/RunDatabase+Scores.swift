// Rows of the tables about peers' scores and meshes: why a peer stands as it does in another's eyes, and who sits in whose
// mesh. Written by scored runs; what each column means stands in the schema below.

public import Basics

/// A row of `scores`: a peer whose standing in a node's eyes changed, or as it was at the end.
public struct ScoreRow: Sendable {
  public var at: Instant
  public var node: NodeID
  public var peer: NodeID
  /// `good`, `negative`, `gossipless`, `publishless`, `graylisted`.
  public var standing: String
  public var score: Double
  /// The component that costs most, by the specification's letter, and its topic.
  public var worst: String?
  public var worstService: ServiceID?
  /// Weighted: P1, P2, P3, P3b and P4 summed over topics, then P5, P6, P7 and the slow-peer term.
  public var parts: [Double]
  /// Whether the row was written because the run ended, not because something changed.
  public var isFinal: Bool
  public init(
    at: Instant, node: NodeID, peer: NodeID, standing: String, score: Double, worst: String?,
    worstService: ServiceID?, parts: [Double], isFinal: Bool
  ) {
    precondition(parts.count == 9)
    self.at = at
    self.node = node
    self.peer = peer
    self.standing = standing
    self.score = score
    self.worst = worst
    self.worstService = worstService
    self.parts = parts
    self.isFinal = isFinal
  }
}

/// A row of `score_moves`: one move of one counter.
public struct ScoreMoveRow: Sendable {
  public var at: Instant
  public var node: NodeID
  public var peer: NodeID
  public var service: ServiceID?
  public var component: String
  public var cause: String
  public var amount: Double
  public init(
    at: Instant, node: NodeID, peer: NodeID, service: ServiceID?, component: String, cause: String,
    amount: Double
  ) {
    self.at = at
    self.node = node
    self.peer = peer
    self.service = service
    self.component = component
    self.cause = cause
    self.amount = amount
  }
}

/// A row of `meshes`: all meshes of honest nodes at an instant of an attack run.
public struct MeshRow: Sendable {
  public var at: Instant
  public var links: Int
  public var sybilLinks: Int
  public var starvedLinks: Int
  public var starvedSybilLinks: Int
  public var meanDegree: Double
  public var surrounded: Int
  public var honestGraylisted: Int
  public var sybilsGraylisted: Int
  public init(
    at: Instant, links: Int, sybilLinks: Int, starvedLinks: Int, starvedSybilLinks: Int, meanDegree: Double,
    surrounded: Int, honestGraylisted: Int, sybilsGraylisted: Int
  ) {
    self.at = at
    self.links = links
    self.sybilLinks = sybilLinks
    self.starvedLinks = starvedLinks
    self.starvedSybilLinks = starvedSybilLinks
    self.meanDegree = meanDegree
    self.surrounded = surrounded
    self.honestGraylisted = honestGraylisted
    self.sybilsGraylisted = sybilsGraylisted
  }
}

extension RunDatabase {
  public func insert(_ rows: [ScoreRow]) throws(Failure) {
    try insert(rows, into: "scores", columns: 17) { row, values in
      values.add(row.at)
      values.add(row.node.index)
      values.add(row.peer.index)
      values.add(row.standing)
      values.add(row.score)
      values.add(row.worst)
      values.add(row.worstService?.index)
      for part in row.parts { values.add(part) }
      values.add(row.isFinal)
    }
  }

  public func insert(_ rows: [ScoreMoveRow]) throws(Failure) {
    try insert(rows, into: "score_moves", columns: 7) { row, values in
      values.add(row.at)
      values.add(row.node.index)
      values.add(row.peer.index)
      values.add(row.service?.index)
      values.add(row.component)
      values.add(row.cause)
      values.add(row.amount)
    }
  }

  public func insert(_ rows: [MeshRow]) throws(Failure) {
    try insert(rows, into: "meshes", columns: 9) { row, values in
      values.add(row.at)
      values.add(row.links)
      values.add(row.sybilLinks)
      values.add(row.starvedLinks)
      values.add(row.starvedSybilLinks)
      values.add(row.meanDegree)
      values.add(row.surrounded)
      values.add(row.honestGraylisted)
      values.add(row.sybilsGraylisted)
    }
  }
}

extension RunSchema {
  /// Tables about scores and meshes.
  static let scoreTables = [
    """
    CREATE TABLE scores (         -- peers whose standing changed in a node's eyes; see observe.scores
      at_ns INTEGER NOT NULL,     -- when it was seen: the first sample after it happened, or the run's end
      node INTEGER NOT NULL,      -- nodes.id of whose opinion it is
      peer INTEGER NOT NULL,      -- nodes.id of whom it is about
      standing TEXT NOT NULL,     -- good, negative, gossipless, publishless, graylisted
      score REAL NOT NULL,
      worst TEXT,                 -- the component that costs most: P3, P3b, P4, P5, P6, P7, slow; NULL when none does
      worst_service INTEGER,      -- services.id of its topic; NULL for components without one
      p1 REAL NOT NULL,           -- time in mesh; this and the following are weighted, summed over topics, before the cap
      p2 REAL NOT NULL,           -- first deliveries
      p3 REAL NOT NULL,           -- deficit of mesh deliveries
      p3b REAL NOT NULL,          -- failures: deficits when the peer left a mesh
      p4 REAL NOT NULL,           -- invalid messages
      p5 REAL NOT NULL,           -- the application's score
      p6 REAL NOT NULL,           -- co-location
      p7 REAL NOT NULL,           -- behaviour: GRAFT in backoff, broken promises
      slow REAL NOT NULL,         -- slow peer
      final INTEGER NOT NULL      -- 1: as it stood at the end; 0: a change
    ) STRICT
    """,
    """
    CREATE TABLE score_moves (    -- what moved scores, one by one, but for rewards; see observe.scores
      at_ns INTEGER NOT NULL,
      node INTEGER NOT NULL,      -- as in scores
      peer INTEGER NOT NULL,
      service INTEGER,            -- services.id of the topic; NULL for components without one
      component TEXT NOT NULL,    -- P3b, P4, P5, P6, P7, slow; threshold: crossed the graylist threshold
      cause TEXT NOT NULL,        -- rejected, badAuthor, selfOrigin, leftInDeficit, graftInBackoff, graftFlood, brokenPromise, ...
      amount REAL NOT NULL        -- by how much the counter moved, unweighted; the score for the graylist threshold
    ) STRICT
    """,
    """
    CREATE TABLE meshes (         -- attack runs: all meshes of honest nodes, over time
      at_ns INTEGER PRIMARY KEY,
      links INTEGER NOT NULL,     -- links in meshes, over all topics
      sybil_links INTEGER NOT NULL, -- of these, to Sybils
      starved_links INTEGER NOT NULL, -- links in meshes of the starved topic
      starved_sybil_links INTEGER NOT NULL,
      mean_degree REAL NOT NULL,
      surrounded INTEGER NOT NULL, -- nodes with nobody but Sybils in a mesh
      honest_graylisted INTEGER NOT NULL, -- links on which an honest node graylists an honest one
      sybils_graylisted INTEGER NOT NULL
    ) STRICT
    """,
  ]
}
