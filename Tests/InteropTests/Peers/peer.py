"""A py-libp2p GossipSub node under a test's command.

Facts go out as lines of JSON on stdout; commands come in as lines on stdin:

    publish COUNT EVERY TEXT     publishes TEXT-1 ... TEXT-COUNT, EVERY seconds apart
    unsubscribe                  leaves the topic
    stop                         ends the program
"""

import argparse
import hashlib
import json
import sys

import multiaddr
import trio
from libp2p import new_host
from libp2p.crypto.ed25519 import create_new_key_pair as new_ed25519
from libp2p.crypto.secp256k1 import create_new_key_pair as new_secp256k1
from libp2p.crypto.x25519 import create_new_key_pair as new_x25519
from libp2p.custom_types import TProtocol
from libp2p.peer.id import ID
from libp2p.peer.peerinfo import info_from_p2p_addr
from libp2p.pubsub.gossipsub import GossipSub
from libp2p.pubsub.pubsub import Pubsub
from libp2p.security.insecure.transport import PLAINTEXT_PROTOCOL_ID, InsecureTransport
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE_PROTOCOL_ID
from libp2p.security.noise.transport import Transport as NoiseTransport
from libp2p.tools.anyio_service import background_trio_service


def tell(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


class CountingGossipSub(GossipSub):
    """Counts what it hears and says, as the wire carries it."""

    counts: dict

    def _check_equivocation(self, msg):
        # py-libp2p 0.8.1 takes any two messages without an author for one peer's equivocation, and relays the first alone.
        return not msg.from_id or super()._check_equivocation(msg)

    async def handle_graft(self, message, peer):
        self.counts["graft"] += 1
        tell("graft", peer=str(peer))
        await super().handle_graft(message, peer)

    async def handle_prune(self, message, peer):
        self.counts["prune"] += 1
        tell("prune", peer=str(peer), backoff=message.backoff)
        await super().handle_prune(message, peer)

    async def handle_ihave(self, message, peer):
        self.counts["ihave"] += 1
        tell("ihave", peer=str(peer), ids=len(message.messageIDs))
        await super().handle_ihave(message, peer)

    async def handle_iwant(self, message, peer):
        self.counts["iwant"] += 1
        tell("iwant", peer=str(peer), ids=len(message.messageIDs))
        await super().handle_iwant(message, peer)

    async def handle_idontwant(self, message, peer):
        self.counts["idontwant"] += 1
        tell("idontwant", peer=str(peer), ids=len(message.messageIDs))
        await super().handle_idontwant(message, peer)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dial", nargs="*", default=[])
    parser.add_argument("--security", default="noise", choices=["noise", "plaintext"])
    parser.add_argument("--identity", default="ed25519", choices=["ed25519", "secp256k1"])
    parser.add_argument("--protocols", default="/meshsub/1.3.0,/meshsub/1.2.0,/meshsub/1.1.0,/meshsub/1.0.0")
    parser.add_argument("--topic", default="t")
    parser.add_argument("--heartbeat", type=float, default=1.0)
    parser.add_argument("--degree", type=int, default=6)
    parser.add_argument("--degree-low", type=int, default=5)
    parser.add_argument("--degree-high", type=int, default=12)
    parser.add_argument("--unsigned", action="store_true", help="StrictNoSign, and ids by content as avsim's")
    parser.add_argument("--quiet", action="store_true", help="tell the number of messages, not each")
    return parser.parse_args()


def content_id(message):
    """The id of a message without author: as avsim's, and as in Ethereum's consensus specs since Altair."""
    topic = message.topicIDs[0].encode()
    head = bytes([1, 0, 0, 0]) + len(topic).to_bytes(8, "little")
    return hashlib.sha256(head + topic + message.data).digest()[:20]


async def hear(subscription, own, quiet):
    heard = 0
    while True:
        try:
            message = await subscription.get()
        except trio.EndOfChannel:
            return
        author = ID(message.from_id)
        if author == own:
            continue
        heard += 1
        if quiet:
            tell("heard", count=heard)
        else:
            tell("message", data=message.data.decode(), **{"from": str(author)})


async def watch_peers(pubsub, gossipsub):
    """Tells which peers subscribe and which are in the mesh, as soon as it is so."""
    known = {}
    meshed = set()
    while True:
        mesh = {(topic, peer) for topic, peers in gossipsub.mesh.items() for peer in peers}
        for topic, peer in mesh - meshed:
            tell("meshed", peer=str(peer), topic=topic)
        meshed = mesh
        now = {topic: set(peers) for topic, peers in pubsub.peer_topics.items()}
        for topic, peers in now.items():
            for peer in peers - known.get(topic, set()):
                tell("subscribed", peer=str(peer), topic=topic)
        known = now
        await trio.sleep(0.02)


async def obey(pubsub, topic, scope, gossipsub):
    buffer = b""
    stdin = trio.lowlevel.FdStream(0)
    async with stdin:
        while True:
            chunk = await stdin.receive_some()
            if not chunk:
                scope.cancel()
                return
            buffer += chunk
            while b"\n" in buffer:
                line, buffer = buffer.split(b"\n", 1)
                words = line.decode().split()
                if words[0] == "publish":
                    count, every, text = int(words[1]), float(words[2]), words[3]
                    start = trio.current_time()
                    for number in range(1, count + 1):
                        await pubsub.publish(topic, f"{text}-{number}".encode())
                        await trio.sleep_until(start + number * every)
                    tell("published", count=count)
                elif words[0] == "unsubscribe":
                    await pubsub.unsubscribe(topic)
                    tell("unsubscribed")
                elif words[0] == "stop":
                    tell("stopped", **gossipsub.counts)
                    scope.cancel()
                    return


async def main():
    options = arguments()
    pair = new_ed25519() if options.identity == "ed25519" else new_secp256k1()
    if options.security == "plaintext":
        security = {PLAINTEXT_PROTOCOL_ID: InsecureTransport(pair)}
    else:
        security = {NOISE_PROTOCOL_ID: NoiseTransport(pair, noise_privkey=new_x25519().private_key)}
    listen = [multiaddr.Multiaddr("/ip4/127.0.0.1/tcp/0")]
    host = new_host(key_pair=pair, sec_opt=security, muxer_preference="YAMUX", listen_addrs=listen)
    gossipsub = CountingGossipSub(
        protocols=[TProtocol(name) for name in options.protocols.split(",")],
        degree=options.degree,
        degree_low=options.degree_low,
        degree_high=options.degree_high,
        heartbeat_interval=options.heartbeat,
        spam_protection_enabled=False,
        eclipse_protection_enabled=False,
        adaptive_gossip_enabled=False,
    )
    gossipsub.counts = {"graft": 0, "prune": 0, "ihave": 0, "iwant": 0, "idontwant": 0}
    async with host.run(listen_addrs=listen):
        if options.unsigned:
            pubsub = Pubsub(host, gossipsub, strict_signing=False, msg_id_constructor=content_id)
        else:
            pubsub = Pubsub(host, gossipsub, strict_signing=True)
        async with background_trio_service(pubsub), background_trio_service(gossipsub):
            await pubsub.wait_until_ready()
            subscription = await pubsub.subscribe(options.topic)
            address = next(str(a) for a in host.get_addrs() if "/tcp/" in str(a))
            tell("listening", multiaddr=address, peer=str(host.get_id()))
            async with trio.open_nursery() as nursery:
                nursery.start_soon(hear, subscription, host.get_id(), options.quiet)
                nursery.start_soon(watch_peers, pubsub, gossipsub)
                nursery.start_soon(obey, pubsub, options.topic, nursery.cancel_scope, gossipsub)
                for target in options.dial:
                    await host.connect(info_from_p2p_addr(multiaddr.Multiaddr(target)))
                    tell("dialed", multiaddr=target)


if __name__ == "__main__":
    try:
        trio.run(main)
    except KeyboardInterrupt:
        sys.exit(130)
