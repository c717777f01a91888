// What an attack on gossip amounts to, beside deliveries and latency: who sat in whose mesh, who was graylisted, and how
// long recovery took. The section `attack` of `summary.json`, present only in runs of `kind: attack`.

public import Basics

extension RunSummary {
  /// Measures of an attack. Shares are of 1, latencies in milliseconds; what does not apply is nil.
  public struct Attack: Sendable, Equatable {
    /// Messages published, and those that some honest node never got.
    public var messages = 0
    public var incomplete = 0
    /// The most honest nodes at once with nobody but Sybils in their mesh.
    public var surroundedPeak = 0
    public var sybilGrafts = 0
    /// Links, at the end, on which an honest node graylists an honest one (by mistake), and a Sybil.
    public var honestGraylisted: Int?
    public var sybilsGraylisted: Int?
    public var sybilsGraylistedShare: Double?
    /// Share of Sybils among the mesh links of honest nodes: when they began to misbehave, at its peak, at the end.
    public var sybilMeshShareBefore: Double?
    public var sybilMeshSharePeak: Double?
    public var sybilMeshShareEnd: Double?
    /// The same for the mesh of the starved topic.
    public var starvedMeshShareBefore: Double?
    public var starvedMeshShareEnd: Double?
    public var starvedDeliveryRatio: Double?
    public var starvedP99: Double?
    public var otherP99: Double?
    /// What reached the attacked node, and what of its own messages reached the others.
    public var victimDeliveryRatio: Double?
    public var victimP99: Double?
    public var fromVictimDeliveryRatio: Double?
    public var fromVictimP99: Double?
    /// Of messages published within 10 s.
    public var worstWindowP99: Double?
    public var lastWindowP99: Double?
    /// From misconduct to the first look at which Sybils held less than half of the share they had then, and to the end of
    /// the last 10 s whose p99 lay a tenth above every one before. Seconds; nil: never.
    public var meshRecovery: Double?
    public var latencyRecovery: Double?
    public var samples: [Sample] = []
    public init() {}

    /// All meshes at an instant.
    public struct Sample: Sendable, Equatable {
      public var at: Instant
      public var sybilMeshShare: Double
      public var starvedMeshShare: Double?
      public var meanDegree: Double
      public var surrounded: Int
      public init(
        at: Instant, sybilMeshShare: Double, starvedMeshShare: Double?, meanDegree: Double, surrounded: Int
      ) {
        self.at = at
        self.sybilMeshShare = sybilMeshShare
        self.starvedMeshShare = starvedMeshShare
        self.meanDegree = meanDegree
        self.surrounded = surrounded
      }
    }
  }
}

extension RunSummary.Attack {
  var json: JSONValue {
    [
      "messages": JSONValue(messages), "incomplete": JSONValue(incomplete),
      "surroundedPeak": JSONValue(surroundedPeak), "sybilGrafts": JSONValue(sybilGrafts),
      "honestGraylisted": JSONValue(honestGraylisted), "sybilsGraylisted": JSONValue(sybilsGraylisted),
      "sybilsGraylistedShare": JSONValue(sybilsGraylistedShare),
      "sybilMeshShare": [
        "before": JSONValue(sybilMeshShareBefore), "peak": JSONValue(sybilMeshSharePeak),
        "end": JSONValue(sybilMeshShareEnd),
      ],
      "starvedMeshShare": [
        "before": JSONValue(starvedMeshShareBefore), "end": JSONValue(starvedMeshShareEnd),
      ],
      "starvedDeliveryRatio": JSONValue(starvedDeliveryRatio), "starvedP99": JSONValue(starvedP99),
      "otherP99": JSONValue(otherP99), "victimDeliveryRatio": JSONValue(victimDeliveryRatio),
      "victimP99": JSONValue(victimP99), "fromVictimDeliveryRatio": JSONValue(fromVictimDeliveryRatio),
      "fromVictimP99": JSONValue(fromVictimP99), "worstWindowP99": JSONValue(worstWindowP99),
      "lastWindowP99": JSONValue(lastWindowP99), "meshRecovery": JSONValue(meshRecovery),
      "latencyRecovery": JSONValue(latencyRecovery),
      "samples": .array(
        samples.map {
          [
            "at": JSONValue($0.at.seconds), "sybilMeshShare": JSONValue($0.sybilMeshShare),
            "starvedMeshShare": JSONValue($0.starvedMeshShare), "meanDegree": JSONValue($0.meanDegree),
            "surrounded": JSONValue($0.surrounded),
          ]
        }),
    ]
  }
}
