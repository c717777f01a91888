import Libp2p
import Testing

/// A line as it goes over the wire.
func line(_ text: String) -> [UInt8] { [UInt8(text.utf8.count + 1)] + Array(text.utf8) + [10] }

extension Multistream {
  /// Feeds all of `bytes`, at most `chunk` at a time.
  mutating func take(
    _ bytes: [UInt8], chunk: Int = .max, output: inout [UInt8]
  ) -> (outcome: Outcome, consumed: Int) {
    var position = 0
    while position < bytes.count {
      let end = min(position + min(chunk, bytes.count), bytes.count)
      let (outcome, consumed) = receive(bytes.span.extracting(position..<end), output: &output)
      position += consumed
      if outcome != .waiting { return (outcome, position) }
    }
    return (.waiting, position)
  }
}

@Suite struct MultistreamTests {
  static let header = line("/multistream/1.0.0")

  @Test func theFirstBytesAreThoseOfTheSpecification() {
    var output: [UInt8] = []
    _ = Multistream(proposing: ["/noise"], output: &output)
    #expect(output == hex("13 2f6d756c746973747265616d2f312e302e300a 07 2f6e6f6973650a"))
  }

  @Test(arguments: [1, 2, 3, 7, 1_000])
  func bothRolesAgree(chunk: Int) {
    var toListener: [UInt8] = []
    var toDialer: [UInt8] = []
    var dialer = Multistream(proposing: ["/c", "/b", "/a"], output: &toListener)
    var listener = Multistream(supporting: ["/a", "/b"])
    #expect(listener.take(toListener, chunk: chunk, output: &toDialer).outcome == .waiting)
    #expect(toDialer == Self.header + line("na"))
    toListener = []
    #expect(dialer.take(toDialer, chunk: chunk, output: &toListener).outcome == .waiting)
    #expect(toListener == line("/b"))
    toDialer = []
    #expect(listener.take(toListener, chunk: chunk, output: &toDialer).outcome == .agreed("/b"))
    #expect(dialer.take(toDialer, chunk: chunk, output: &toListener).outcome == .agreed("/b"))
  }

  @Test func whatFollowsTheAgreementIsLeftAlone() {
    var output: [UInt8] = []
    var listener = Multistream(supporting: ["/a"])
    let bytes = Self.header + line("/a") + [1, 2, 3]
    let (outcome, consumed) = listener.take(bytes, output: &output)
    #expect(outcome == .agreed("/a"))
    #expect(consumed == bytes.count - 3)
    #expect(output == Self.header + line("/a"))
  }

  @Test func nothingInCommonIsARefusal() {
    var output: [UInt8] = []
    var dialer = Multistream(proposing: ["/a", "/b"], output: &output)
    #expect(dialer.take(Self.header + line("na"), output: &output).outcome == .waiting)
    #expect(dialer.take(line("na"), output: &output).outcome == .refused)
  }

  @Test func listingIsAnsweredWithNo() {
    var output: [UInt8] = []
    var listener = Multistream(supporting: ["/a"])
    #expect(listener.take(Self.header + line("ls"), output: &output).outcome == .waiting)
    #expect(output == Self.header + line("na"))
  }

  @Test(
    arguments: [
      ("lengthMalformed", [0xFF, 0xFF, 0xFF]), ("lengthMalformed", [0x93, 0x00]),
      ("lineLength", [0]), ("lineLength", [0x81, 0x02]), ("wrongHeader", line("/multistream/2.0.0")),
      ("wrongHeader", [71]),
      ("lineMalformed", header + [3, 65, 66, 67]), ("lineMalformed", header + [3, 0xFF, 0xFE, 10]),
    ] as [(String, [UInt8])])
  func brokenLinesEndIt(name: String, bytes: [UInt8]) {
    for chunk in [1, 100] {
      var output: [UInt8] = []
      var listener = Multistream(supporting: ["/a"])
      guard case .failed(let error) = listener.take(bytes, chunk: chunk, output: &output).outcome else {
        Issue.record("not refused")
        return
      }
      #expect("\(error)".hasPrefix(name))
      #expect(output.isEmpty || output == Self.header)
    }
  }

  @Test func anAnswerToAnotherQuestionEndsIt() {
    var output: [UInt8] = []
    var dialer = Multistream(proposing: ["/a"], output: &output)
    #expect(dialer.take(Self.header + line("/b"), output: &output).outcome == .failed(.wrongAnswer))
  }

  @Test func proposalsWithoutEndAreNotAnswered() {
    var output: [UInt8] = []
    var listener = Multistream(supporting: ["/a"])
    var bytes = Self.header
    for _ in 0..<Multistream.proposalsMaximum { bytes += line("/b") }
    let limit = Multistream.proposalsMaximum
    #expect(listener.take(bytes, output: &output).outcome == .failed(.tooManyProposals(limit: limit)))
  }
}
