// The security protocol of a connection, once it is negotiated: the one or the other, behind one face.

/// The security protocols spoken here.
public enum SecurityProtocol: String, Sendable, CaseIterable {
  case noise = "/noise"
  case plaintext = "/plaintext/2.0.0"
}

/// Why a security handshake, or what came after it, is refused.
public enum SecurityError: Error, Equatable, Sendable {
  case noise(NoiseError)
  case plaintext(PlaintextError)
}

/// A connection's security.
enum SecureChannel: Sendable {
  case noise(NoiseChannel)
  case plaintext(PlaintextChannel)

  /// Begins the handshake; `output` gets our first bytes.
  init(
    _ kind: SecurityProtocol, isDialer: Bool, identity: HostIdentity, secrets: HandshakeSecrets,
    output: inout [UInt8]
  ) throws(SecurityError) {
    switch kind {
    case .noise:
      var channel = NoiseChannel(isDialer: isDialer, identity: identity, secrets: secrets)
      do throws(NoiseError) { try channel.begin(output: &output) } catch { throw .noise(error) }
      self = .noise(channel)
    case .plaintext: self = .plaintext(PlaintextChannel(identity: identity, output: &output))
    }
  }

  var isEstablished: Bool {
    switch self {
    case .noise(let channel): channel.isEstablished
    case .plaintext(let channel): channel.isEstablished
    }
  }

  /// The peer's key, once it is established.
  var remote: HostPublicKey? {
    switch self {
    case .noise(let channel): channel.isEstablished ? channel.remote : nil
    case .plaintext(let channel): channel.remote
    }
  }

  /// Whether an encrypted message has begun and not ended.
  var isInsideMessage: Bool {
    if case .noise(let channel) = self { channel.isInsideMessage } else { false }
  }

  /// Encrypted messages whose last byte came.
  var messagesReceived: UInt64 {
    if case .noise(let channel) = self { channel.messagesReceived } else { 0 }
  }

  mutating func receive(
    _ bytes: Span<UInt8>, output: inout [UInt8], plain: inout [UInt8]
  ) throws(SecurityError) {
    switch consume self {
    case .noise(var channel):
      defer { self = .noise(channel) }
      do throws(NoiseError) { try channel.receive(bytes, output: &output, plain: &plain) } catch {
        throw .noise(error)
      }
    case .plaintext(var channel):
      defer { self = .plaintext(channel) }
      do throws(PlaintextError) { try channel.receive(bytes, plain: &plain) } catch {
        throw .plaintext(error)
      }
    }
  }

  /// Appends `plain` as it goes over the wire.
  mutating func seal(_ plain: [UInt8], into output: inout [UInt8]) throws(SecurityError) {
    switch consume self {
    case .noise(var channel):
      defer { self = .noise(channel) }
      do throws(NoiseError) { try channel.seal(plain, into: &output) } catch { throw .noise(error) }
    case .plaintext(let channel):
      self = .plaintext(channel)
      output += plain
    }
  }
}
