// What the run's database knows from the start: nodes and services.

import Basics
import Contracts
import Participants
import Reporting

extension Blueprint {
  var nodeRows: [NodeRow] {
    var stake = Array(repeating: UInt128(0), count: deployment.nodes.count)
    for one in chain.operators {
      let deposits = one.deposits + one.stakers.flatMap(\.deposits)
      stake[one.node.index] = deposits.reduce(0) {
        $0 + value($1.amount, at: chain.assets[$1.asset.index].priceWad)
      }
    }
    var served = Array(repeating: 0, count: deployment.nodes.count)
    for service in deployment.services { for node in service.members { served[node.index] += 1 } }
    return deployment.nodes.enumerated().map { index, node in
      NodeRow(
        id: NodeID(index), name: node.name, region: node.region < regions.count ? regions[node.region] : "",
        role: roles[index], stakeWei: stake[index], cores: Double(node.cores), services: served[index])
    }
  }

  var serviceRows: [ServiceRow] {
    let stakes = Dictionary(uniqueKeysWithValues: nodeRows.map { ($0.id, $0.stakeWei) })
    return deployment.services.enumerated().map { index, service in
      ServiceRow(
        id: ServiceID(index), name: service.name, operators: service.members.count,
        stakeWei: service.members.reduce(0) { $0 + (stakes[$1] ?? 0) }, quorumBips: Int(service.quorumBips),
        window: service.responseWindow)
    }
  }
}
