// What links tell the transport: that a peer proved its key, that it was refused, that a connection ended. A link is decided
// once; one that was dialed and is lost is dialed again.

internal import Basics
internal import Libp2p
internal import Signatures
internal import UV

extension Transport {
  /// The peer proved that it holds `key`. Whether the link is up now.
  func established(_ link: Link, _ key: PublicKey) -> Bool {
    decided(link)
    let slot: Int
    if let dialed = link.slot {
      slot = dialed
    } else {
      // The lower id dials, so a dialer with a higher one has nothing to say here.
      guard let peer = settings.members.node(of: key), peer.index < link.node,
        let found = wiring.slot(from: link.node, to: peer.index)
      else {
        rare.refusedNoLink += 1
        link.connection?.close()
        return false
      }
      slot = found
      link.slot = found
    }
    return takeUp(link, slot)
  }

  /// A peer beside the topology proved who it is. Whether the link is up now.
  func established(_ link: Link, guest peer: PeerID) -> Bool {
    decided(link)
    guard let place = guests.place(for: peer),
      let slot = wiring.slot(from: link.node, to: settings.keys.count + place)
    else {
      rare.refusedFull += 1
      link.connection?.close()
      return false
    }
    link.slot = slot
    return takeUp(link, slot)
  }

  private func takeUp(_ link: Link, _ slot: Int) -> Bool {
    // The peer came again before we saw the end of its old connection: the newer one is alive.
    if let old = links[slot] {
      old.isUp = false
      old.connection?.close()
      countDown(slot)
      links[slot] = nil
      connections[slot] = nil
      receiver.linkDown(slot: slot)
    }
    links[slot] = link
    connections[slot] = link.connection
    countUp(slot)
    pauses[slot] = settings.redialMinimum
    return true
  }

  func refused(_ link: Link, _ error: SessionError) {
    decided(link)
    rare.refused[error, default: 0] += 1
    link.connection?.close()
    if let slot = link.slot { redial(slot) }
  }

  /// The connection of a link whose session was not decided ended.
  func failed(_ link: Link) {
    decided(link)
    guard let slot = link.slot else { return }
    rare.dialsFailed += 1
    redial(slot)
  }

  /// A link that was up ended.
  func lost(_ link: Link) {
    guard link.isUp, let slot = link.slot else { return }
    link.isUp = false
    links[slot] = nil
    connections[slot] = nil
    countDown(slot)
    rare.linksLost += 1
    receiver.linkDown(slot: slot)
    if dials(slot) { redial(slot) }
  }

  func decided(_ link: Link) {
    guard let index = undecided.firstIndex(where: { $0 === link }) else { return }
    undecided.remove(at: index)
    if !link.isInbound, let slot = link.slot { isDialing[slot] = false }
    if link.isInbound { inbound -= 1 }
  }
}
