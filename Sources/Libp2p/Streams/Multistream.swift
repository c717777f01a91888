// multistream-select 1.0 (libp2p specs, *connections*, "Protocol negotiation"), both roles, as a value: bytes in, an outcome
// and bytes out. A line is an unsigned varint with its length, newline included, then text and newline.
//
// The dialer sends its header and its first proposal at once, as the protocol allows. `ls` is answered with `na`.

internal import Basics

/// Why a negotiation ends without a protocol.
public enum MultistreamError: Error, Equatable, Sendable {
  /// A line longer than the bound, or of no length.
  case lineLength(UInt64, maximum: Int)
  /// A length that is no unsigned varint.
  case lengthMalformed
  /// A line without a newline at its end, or that is no UTF-8.
  case lineMalformed
  /// The first line is another than `/multistream/1.0.0`.
  case wrongHeader
  /// An answer that is neither the proposal nor `na`.
  case wrongAnswer
  /// The dialer proposed more often than is of use.
  case tooManyProposals(limit: Int)
}

/// One negotiation.
public struct Multistream: Sendable {
  /// What a batch of bytes came to.
  public enum Outcome: Equatable, Sendable {
    /// More is needed.
    case waiting
    /// Both ends speak this from now on; what follows in the stream is its.
    case agreed(String)
    /// The listener wants none of our proposals.
    case refused
    case failed(MultistreamError)
  }

  public static let header = "/multistream/1.0.0"
  /// Bytes of the longest line, newline included.
  public static let lineBytesMaximum = 256
  /// Proposals that a listener answers.
  public static let proposalsMaximum = 32

  private enum Role { case dialer, listener }
  private let role: Role
  /// What is proposed, in order, or supported.
  private let protocols: [String]
  private var hasHeader = false
  /// Dialer: the proposal that waits for an answer. Listener: how many came.
  private var proposal = 0
  /// The line so far: its length, then its bytes.
  private var line: [UInt8] = []

  /// Begins as dialer; `output` gets the header and the first proposal. Requires a proposal.
  public init(proposing protocols: [String], output: inout [UInt8]) {
    precondition(!protocols.isEmpty, "a dialer proposes something")
    role = .dialer
    self.protocols = protocols
    Self.append(Self.header, to: &output)
    Self.append(protocols[0], to: &output)
  }

  /// Begins as listener.
  public init(supporting protocols: [String]) {
    role = .listener
    self.protocols = protocols
  }

  /// Takes bytes until the negotiation is decided. Returns how many were taken: all of them while it is not.
  public mutating func receive(
    _ bytes: Span<UInt8>, output: inout [UInt8]
  ) -> (outcome: Outcome, consumed: Int) {
    var position = 0
    while position < bytes.count {
      line.append(bytes[position])
      position += 1
      do throws(MultistreamError) {
        guard let text = try completeLine() else { continue }
        let outcome = try take(text, &output)
        if outcome != .waiting { return (outcome, position) }
      } catch { return (.failed(error), position) }
    }
    return (.waiting, position)
  }

  /// The line's text once its last byte came.
  private mutating func completeLine() throws(MultistreamError) -> String? {
    var start = 0
    let length: UInt64
    do throws(VarintError) { length = try Varint.decode(line.span, at: &start) } catch {
      if error == .malformed || line.count > 2 { throw .lengthMalformed }
      return nil
    }
    guard length > 0, length <= UInt64(Self.lineBytesMaximum) else {
      throw .lineLength(length, maximum: Self.lineBytesMaximum)
    }
    // Who speaks something else entirely is found out by its first byte.
    guard hasHeader || length == UInt64(Self.header.utf8.count + 1) else { throw .wrongHeader }
    guard line.count == start + Int(length) else { return nil }
    guard line.last == UInt8(ascii: "\n"),
      let text = String(validating: line[start..<line.count - 1], as: UTF8.self)
    else { throw .lineMalformed }
    line.removeAll(keepingCapacity: true)
    return text
  }

  private mutating func take(_ text: String, _ output: inout [UInt8]) throws(MultistreamError) -> Outcome {
    guard hasHeader else {
      guard text == Self.header else { throw .wrongHeader }
      hasHeader = true
      if case .listener = role { Self.append(Self.header, to: &output) }
      return .waiting
    }
    switch role {
    case .dialer:
      if text == protocols[proposal] { return .agreed(text) }
      guard text == "na" else { throw .wrongAnswer }
      proposal += 1
      guard proposal < protocols.count else { return .refused }
      Self.append(protocols[proposal], to: &output)
      return .waiting
    case .listener:
      if protocols.contains(text) {
        Self.append(text, to: &output)
        return .agreed(text)
      }
      proposal += 1
      guard proposal < Self.proposalsMaximum else { throw .tooManyProposals(limit: Self.proposalsMaximum) }
      Self.append("na", to: &output)
      return .waiting
    }
  }

  private static func append(_ text: String, to output: inout [UInt8]) {
    output += Varint.encoded(UInt64(text.utf8.count + 1))
    output += Array(text.utf8)
    output.append(UInt8(ascii: "\n"))
  }
}
