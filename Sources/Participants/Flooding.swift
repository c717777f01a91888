// Floods of control messages: misbehaviour towards the gossip layer itself, by operators that are otherwise like all others. For
// each of its duties an adversary does it to every peer that subscribes to the service's topic:
//
//   ihaveFlood  announces so many messages that exist nowhere, one RPC each: the peer asks for them and waits.
//   iwantFlood  asks so many times for the last messages that it heard, all of which it has.
//   graftSpam   leaves the peer's mesh and asks to be in it again, so many times.
//
// What meets them is GossipSub v1.1's *Spam protection measures*: limits of a heartbeat, retransmissions, backoffs, and P7.

import AVS
import Basics
import Gossip

extension Participants {
  /// One duty's worth of flooding.
  mutating func flood(
    _ kind: Misconduct.Kind, _ task: TaskID, by node: NodeID, _ now: Instant, _ effects: inout Effects
  ) {
    let record = schedule[task]
    let topic = topic(record.service)
    let peers = router.slots(of: node).filter {
      router.isConnected(slot: $0) && router.isSubscribed(peerOn: $0, topic)
    }
    switch kind {
    case .ihaveFlood(let count):
      for k in 0..<count {
        // Signed so that it does not verify: nothing about it is true, and nobody ever gets it.
        let later = now + TimeSpan(nanoseconds: UInt64(k) + 1)
        let phantom = register(
          signed(task, record, record.truth, by: node, publishedAt: later, forged: true), origin: node, now)
        store.exempt(phantom)
        for slot in peers { router.announce(phantom, topic, over: slot, at: now, outbox: &effects.outbox) }
      }
    case .iwantFlood(let count):
      let heard = memory.recent(of: node)
      if heard.isEmpty { return }
      for _ in 0..<count {
        for slot in peers { router.request(heard, over: slot, at: now, outbox: &effects.outbox) }
      }
    case .graftSpam(let count):
      for _ in 0..<count {
        for slot in peers { router.regraft(topic, over: slot, at: now, outbox: &effects.outbox) }
      }
    default: break
    }
  }
}
