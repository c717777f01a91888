// Enough links for gossip: members of a topic find each other, as clients search their subnets' peers.

public import Basics

extension Graph {
  /// Adds links until every member of each topic is linked with at least `peers` other members (or with all, when
  /// there are fewer), and the members' own links connect them all. `topics`: members by node number, each ascending.
  ///
  /// Deterministic; a topic's draws do not depend on other topics but for the links these have added. Cost: members
  /// times degree, over all topics.
  public mutating func connectTopics(_ topics: [[Int]], peers: Int, seed: UInt64) {
    var neighbours = [[UInt32]](repeating: [], count: nodes.count)
    var pairs: Set<UInt64> = []
    pairs.reserveCapacity(links.count)
    for link in links {
      pairs.insert(link.pair)
      neighbours[Int(link.a)].append(link.b)
      neighbours[Int(link.b)].append(link.a)
    }
    let random = HashRandom(seed: seed, .graph)
    var topicOf = [Int32](repeating: -1, count: nodes.count)
    var position = [Int](repeating: 0, count: nodes.count)

    func add(_ a: Int, _ b: Int) -> Bool {
      guard a != b, pairs.insert(Graph.pair(UInt32(a), UInt32(b))).inserted else { return false }
      links.append(Link(a, b))
      neighbours[a].append(UInt32(b))
      neighbours[b].append(UInt32(a))
      return true
    }

    for (t, members) in topics.enumerated() where members.count > 1 {
      var stream = random.stream(6, UInt64(t))
      let wanted = min(peers, members.count - 1)
      for (k, v) in members.enumerated() {
        topicOf[v] = Int32(t)
        position[v] = k
      }
      var found = members.map { v in neighbours[v].count { topicOf[Int($0)] == Int32(t) } }
      // Those that still lack peers are linked among themselves first: fewest links in all.
      var lacking = members.indices.filter { found[$0] < wanted }
      stream.shuffle(&lacking)
      for k in lacking {
        let v = members[k]
        var tries = 0
        while found[k] < wanted {
          tries += 1
          let other: Int
          if tries <= 8 {
            other = lacking[stream.below(lacking.count)]
            if found[other] >= wanted { continue }
          } else if tries <= 8 + 16 * members.count {
            other = stream.below(members.count)
          } else {
            // Nearly all are linked already: take the first that is not.
            guard
              let free = members.indices.first(where: {
                $0 != k && !pairs.contains(Graph.pair(UInt32(v), UInt32(members[$0])))
              })
            else { break }
            other = free
          }
          if add(v, members[other]) {
            found[k] += 1
            found[other] += 1
          }
        }
      }
      var sets = DisjointSets(count: members.count)
      for (k, v) in members.enumerated() {
        for u in neighbours[v] where topicOf[Int(u)] == Int32(t) {
          _ = sets.join(UInt32(k), UInt32(position[Int(u)]))
        }
      }
      if sets.count > 1 {
        for k in members.indices where sets.join(0, UInt32(k)) { _ = add(members[0], members[k]) }
      }
    }
  }
}

extension Graph {
  /// Adds a link for each pair that has none.
  public mutating func connect(_ pairs: [DirectPair]) {
    var known: Set<UInt64> = []
    for link in links { known.insert(link.pair) }
    for pair in pairs where known.insert(Graph.pair(pair.a.rawValue, pair.b.rawValue)).inserted {
      links.append(Link(pair.a.index, pair.b.index))
    }
  }
}

/// Two nodes that agreed to be each other's direct peers.
public struct DirectPair: Sendable, Hashable {
  public var a: NodeID
  public var b: NodeID
  public init(_ a: NodeID, _ b: NodeID) {
    self.a = a
    self.b = b
  }
}
