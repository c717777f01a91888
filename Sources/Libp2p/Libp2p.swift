// Libp2p
