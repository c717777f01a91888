// The keys of a run and what is done with them. Keys derive from the scenario's seed, so any process of a cluster can
// make its own nodes' keys and everyone's addresses; a simulation proves nothing about secrecy.

public import Basics

/// A scheme that this build cannot compute.
public struct SchemeUnavailable: Error, CustomStringConvertible, Equatable {
  public let scheme: SignatureScheme
  public init(scheme: SignatureScheme) { self.scheme = scheme }
  public var description: String {
    switch scheme {
    case .ecdsaSecp256k1:
      "crypto.scheme ecdsa-secp256k1 with mode real needs libsecp256k1: apt-get install libsecp256k1-dev, then build again"
    default:
      "crypto.scheme \(scheme.rawValue) with mode real is not in this version; mode modelled is"
    }
  }
}

/// Signs for nodes and checks what nodes signed. The key of node n is a pure function of (seed, n).
public struct Signer: Sendable {
  public let scheme: SignatureScheme
  public let mode: SignatureMode
  private let keys: HashRandom
  #if HAS_SECP256K1
    private let secp256k1: Secp256k1?
    private let secrets: [[UInt8]]
    private let addresses: [Address]
  #endif

  /// Whether `scheme` can be computed here and not only modelled.
  public static func isAvailable(_ scheme: SignatureScheme) -> Bool {
    #if HAS_SECP256K1
      if scheme == .ecdsaSecp256k1 { return true }
    #endif
    return false
  }

  /// Keys for `nodes` nodes. Real schemes make every key at once: about 20 us a node.
  public init(scheme: SignatureScheme, mode: SignatureMode, seed: UInt64, nodes: Int)
    throws(SchemeUnavailable)
  {
    guard mode == .modelled || Self.isAvailable(scheme) else { throw SchemeUnavailable(scheme: scheme) }
    self.scheme = scheme
    self.mode = mode
    let keys = HashRandom(seed: seed, .keys)
    self.keys = keys
    #if HAS_SECP256K1
      guard mode == .real else {
        secp256k1 = nil
        secrets = []
        addresses = []
        return
      }
      let library = Secp256k1()
      var secrets: [[UInt8]] = []
      var addresses: [Address] = []
      for node in 0..<UInt64(nodes) {
        var attempt: UInt64 = 0
        while true {
          let words = (0..<4).map { keys.bits(node, attempt, UInt64($0)) }
          let secret = Hash256(words[0], words[1], words[2], words[3]).bytes
          attempt += 1
          // Not a valid scalar with probability 2^-128.
          guard let address = library.address(ofSecret: secret) else { continue }
          secrets.append(secret)
          addresses.append(address)
          break
        }
      }
      secp256k1 = library
      self.secrets = secrets
      self.addresses = addresses
    #endif
  }

  /// The signature of `node` over `digest`.
  public func sign(_ digest: Hash256, by node: NodeID) -> Signature {
    #if HAS_SECP256K1
      if let secp256k1 {
        guard let signature = secp256k1.sign(digest, secret: secrets[node.index]) else {
          preconditionFailure("libsecp256k1 refused to sign with a key that it accepted")
        }
        return signature
      }
    #endif
    return modelled(digest, node)
  }

  /// Whether `signature` is that of `node` over `digest`.
  public func isValid(_ signature: Signature, of digest: Hash256, by node: NodeID) -> Bool {
    #if HAS_SECP256K1
      if let secp256k1 {
        guard node.index < addresses.count else { return false }
        return secp256k1.recover(digest, signature) == addresses[node.index]
      }
    #endif
    return signature == modelled(digest, node)
  }

  /// A keyed hash in the first 64 bytes, the size of the scheme's signature on the wire.
  private func modelled(_ digest: Hash256, _ node: NodeID) -> Signature {
    var signature = Signature()
    let key = keys.bits(UInt64(node.rawValue))
    let seed = mix(mix(mix(mix(key ^ digest.w0) &+ digest.w1) &+ digest.w2) &+ digest.w3)
    for k in 0..<8 { signature.words[k] = mix(seed &+ UInt64(k)) }
    return signature
  }
}
