// The keys of a run and what is done with them. Keys derive from the scenario's seed, so any process of a cluster can
// make its own nodes' keys and everyone's addresses; a simulation proves nothing about secrecy.

public import Basics
private import BN254

/// A scheme that this build cannot compute.
public struct SchemeUnavailable: Error, CustomStringConvertible, Equatable {
  public let scheme: SignatureScheme
  public init(scheme: SignatureScheme) { self.scheme = scheme }
  public var description: String {
    switch scheme {
    case .ecdsaSecp256k1:
      "crypto.scheme ecdsa-secp256k1 with mode real needs libsecp256k1: apt-get install libsecp256k1-dev, then build again"
    case .bls12381:
      "crypto.scheme bls12-381 with mode real needs blst: scripts/install-blst, then build again; mode modelled is there"
    case .bn254, .ed25519:
      "crypto.scheme \(scheme.rawValue) with mode real is not in this build; mode modelled is"
    }
  }
}

/// Signs for nodes and checks what nodes signed. The key of node n is a pure function of (seed, n).
public struct Signer: Sendable {
  /// The keys of all nodes, by scheme.
  private enum Keys: Sendable {
    case modelled
    case bn254([BN254KeyPair])
    case ed25519([Identity])
    #if HAS_SECP256K1
      case ecdsa(Secp256k1, secrets: [[UInt8]], addresses: [Address])
    #endif
    #if HAS_BLST
      case bls12381([BLS12381KeyPair])
    #endif
  }

  public let scheme: SignatureScheme
  public let mode: SignatureMode
  private let draws: HashRandom
  private let keys: Keys

  /// Whether `scheme` can be computed here and not only modelled.
  public static func isAvailable(_ scheme: SignatureScheme) -> Bool {
    switch scheme {
    case .bn254, .ed25519: return true
    case .ecdsaSecp256k1:
      #if HAS_SECP256K1
        return true
      #else
        return false
      #endif
    case .bls12381:
      #if HAS_BLST
        return true
      #else
        return false
      #endif
    }
  }

  /// Keys for `nodes` nodes. Real schemes make every key at once: about 20 us a node, with BN254 0.5 ms.
  public init(scheme: SignatureScheme, mode: SignatureMode, seed: UInt64, nodes: Int)
    throws(SchemeUnavailable)
  {
    guard mode == .modelled || Self.isAvailable(scheme) else { throw SchemeUnavailable(scheme: scheme) }
    self.scheme = scheme
    self.mode = mode
    draws = HashRandom(seed: seed, .keys)
    keys = mode == .real ? try Self.makeKeys(scheme, draws, nodes) : .modelled
  }

  private static func makeKeys(_ scheme: SignatureScheme, _ draws: HashRandom, _ nodes: Int)
    throws(SchemeUnavailable) -> Keys
  {
    switch scheme {
    case .bn254:
      return .bn254(
        pairs(draws, nodes) { secret in Word256(bytes: secret).flatMap { BN254KeyPair(secret: $0) } })
    case .ed25519: return .ed25519(pairs(draws, nodes) { Identity(seed: $0) })
    case .ecdsaSecp256k1:
      #if HAS_SECP256K1
        let library = Secp256k1()
        let both = pairs(draws, nodes) { secret in
          library.address(ofSecret: secret).map { (secret: secret, address: $0) }
        }
        return .ecdsa(library, secrets: both.map(\.secret), addresses: both.map(\.address))
      #else
        throw SchemeUnavailable(scheme: scheme)
      #endif
    case .bls12381:
      #if HAS_BLST
        return .bls12381(pairs(draws, nodes) { BLS12381KeyPair(material: $0) })
      #else
        throw SchemeUnavailable(scheme: scheme)
      #endif
    }
  }

  /// One for each node, from 32 bytes; drawn again where they are no key (with probability below 2^-100).
  private static func pairs<Pair>(_ draws: HashRandom, _ nodes: Int, _ make: ([UInt8]) -> Pair?) -> [Pair] {
    (0..<UInt64(nodes)).map { node in
      var attempt: UInt64 = 0
      while true {
        let words = (0..<4).map { draws.bits(node, attempt, UInt64($0)) }
        if let pair = make(Hash256(words[0], words[1], words[2], words[3]).bytes) { return pair }
        attempt += 1
      }
    }
  }

  /// The signature of `node` over `digest`.
  public func sign(_ digest: Hash256, by node: NodeID) -> Signature {
    switch keys {
    case .modelled: return modelled(digest, node)
    case .bn254(let pairs): return Signature(pairs[node.index].sign(digest))
    case .ed25519(let identities):
      return Signature(bytes: identities[node.index].sign(digest.bytes)) ?? .zero
    #if HAS_SECP256K1
      case .ecdsa(let library, let secrets, _):
        guard let signature = library.sign(digest, secret: secrets[node.index]) else {
          preconditionFailure("libsecp256k1 refused to sign with a key that it accepted")
        }
        return signature
    #endif
    #if HAS_BLST
      case .bls12381(let pairs):
        return Signature(bytes: pairs[node.index].sign(digest.bytes)) ?? .zero
    #endif
    }
  }

  /// Whether `signature` is that of `node` over `digest`.
  public func isValid(_ signature: Signature, of digest: Hash256, by node: NodeID) -> Bool {
    switch keys {
    case .modelled: return signature == modelled(digest, node)
    case .bn254(let pairs):
      guard node.index < pairs.count, let point = signature.point else { return false }
      return BN254KeyPair.isValid(point, of: digest, by: pairs[node.index].publicKeyG2)
    case .ed25519(let identities):
      guard node.index < identities.count else { return false }
      return identities[node.index].publicKey.isValid(
        signature.bytes(Identity.signatureBytes), of: digest.bytes)
    #if HAS_SECP256K1
      case .ecdsa(let library, _, let addresses):
        guard node.index < addresses.count else { return false }
        return library.recover(digest, signature) == addresses[node.index]
    #endif
    #if HAS_BLST
      case .bls12381(let pairs):
        guard node.index < pairs.count else { return false }
        return BLS12381KeyPair.isValid(
          signature.bytes(BLS12381KeyPair.signatureBytes), of: digest.bytes, by: pairs[node.index].publicKey)
    #endif
    }
  }

  /// A keyed hash in the first 64 bytes, the size of the scheme's signature on the wire.
  private func modelled(_ digest: Hash256, _ node: NodeID) -> Signature {
    var signature = Signature()
    let key = draws.bits(UInt64(node.rawValue))
    let seed = mix(mix(mix(mix(key ^ digest.w0) &+ digest.w1) &+ digest.w2) &+ digest.w3)
    for k in 0..<8 { signature.words[k] = mix(seed &+ UInt64(k)) }
    return signature
  }
}
