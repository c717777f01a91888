// What the database of an attack run holds: honest nodes and Sybils, topics in the place of services, and meshes over time.

import Basics
public import Reporting
public import Simulator

extension Attack {
  /// Publishers come first, then other honest nodes, then Sybils.
  public func nodeRows(_ setup: GossipSetup) -> [NodeRow] {
    (0..<setup.routers + setup.strangers.count).map { node in
      let isSybil = node >= setup.routers
      let role = isSybil ? "sybil" : (node < publishers ? "publisher" : "honest")
      return NodeRow(
        id: NodeID(node), name: isSybil ? "sybil-\(node - setup.routers)" : "node-\(node)", region: "",
        role: role, stakeWei: 0, cores: nil, services: isSybil ? 0 : setup.topics.count)
    }
  }

  /// One a topic.
  public func serviceRows(_ setup: GossipSetup) -> [ServiceRow] {
    setup.topics.indices.map { topic in
      ServiceRow(
        id: ServiceID(topic), name: "topic-\(topic)", operators: setup.routers, stakeWei: 0, quorumBips: 0,
        window: .zero)
    }
  }

  /// What happened between two looks: publications in the place of attestations, copies and bytes.
  public func sampleRows(_ measures: GossipMeasures) -> [SampleRow] {
    var rows: [SampleRow] = []
    var last: GossipMeasures.Sample?
    for sample in measures.samples where sample.at > last?.at ?? .zero {
      var row = SampleRow(at: sample.at, interval: sample.at - (last?.at ?? .zero))
      row.offered = sample.published - (last?.published ?? 0)
      row.published = row.offered
      row.copies = Int(sample.copies - (last?.copies ?? 0))
      row.bytes = Int(sample.bytes - (last?.bytes ?? 0))
      row.nodesUp = sample.up
      rows.append(row)
      last = sample
    }
    return rows
  }

  public func meshRows(_ measures: GossipMeasures) -> [MeshRow] {
    measures.samples.map { sample in
      MeshRow(
        at: sample.at, links: sample.meshLinks, sybilLinks: sample.strangerLinks,
        starvedLinks: sample.watchedLinks, starvedSybilLinks: sample.watchedStrangerLinks,
        meanDegree: sample.meanDegree, surrounded: sample.surrounded,
        honestGraylisted: sample.honestGraylisted, sybilsGraylisted: sample.strangersGraylisted)
    }
  }
}
