// Which foreign peer has which place (`Guests`), as one process sees it.

internal import Libp2p

/// The places for guests, by number from zero.
struct GuestSeats {
  private struct Seat {
    var peer: PeerID?
    var links = 0
    /// The higher, the later it was left.
    var left = 0
  }
  private var seats: [Seat]
  private var departures = 0

  init(_ count: Int) { seats = Array(repeating: Seat(), count: count) }

  var count: Int { seats.count }
  /// Peers that have a link, and their links.
  var taken: (peers: Int, links: Int) {
    (seats.reduce(0) { $0 + ($1.links > 0 ? 1 : 0) }, seats.reduce(0) { $0 + $1.links })
  }

  /// The peer's place; nil when all are taken by others.
  mutating func place(for peer: PeerID) -> Int? {
    if let own = seats.firstIndex(where: { $0.peer == peer }) { return own }
    guard
      let free = seats.firstIndex(where: { $0.peer == nil })
        ?? seats.indices.filter({ seats[$0].links == 0 }).min(by: { seats[$0].left < seats[$1].left })
    else { return nil }
    seats[free].peer = peer
    return free
  }

  mutating func linkUp(_ place: Int) { seats[place].links += 1 }
  mutating func linkDown(_ place: Int) {
    seats[place].links -= 1
    departures += 1
    if seats[place].links == 0 { seats[place].left = departures }
  }
}
