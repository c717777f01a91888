// Share arithmetic of an issuer's token: who comes or goes changes nobody else's value, beyond rounding and never downwards.

import Basics
import Contracts
import Economy
import Testing

private let ether: UInt128 = 1_000_000_000_000_000_000

extension IssuerBook {
  /// Every request that the buffer can pay.
  fileprivate mutating func payRequests() -> [(request: RedemptionRequest, paid: UInt128)] {
    var list: [(RedemptionRequest, UInt128)] = []
    while let (request, paid, _) = payRequest() { list.append((request, paid)) }
    return list
  }
}

@Suite struct IssuerBookTests {
  @Test func theFirstDepositMintsAShareAToken() throws {
    var book = IssuerBook()
    #expect(try book.mint(5 * ether) == 5 * ether)
    #expect(book.tokens(for: 2 * ether) == 2 * ether)
  }

  @Test func aLossIsSharedByAll() throws {
    var book = IssuerBook()
    _ = try book.mint(100 * ether)
    book.restake(90 * ether)
    book.revalue(staked: 40 * ether, unstaking: 0)
    #expect(book.tokens(for: 10 * ether) == 5 * ether)
  }

  @Test func aDepositIntoNothingIsRefused() throws {
    var book = IssuerBook()
    _ = try book.mint(ether)
    book.restake(ether)
    book.revalue(staked: 0, unstaking: 0)
    #expect(throws: IssuerRefusal.worthless) { try book.mint(ether) }
    #expect(book.supply == ether)
  }

  /// Who asked before a slash gets the lesser of the two values; who asked when it was worth less does not gain by waiting.
  @Test func leavingDoesNotEscapeASlash() throws {
    var book = IssuerBook()
    _ = try book.mint(100 * ether)
    book.restake(100 * ether)
    try book.request(50 * ether, by: 0, at: .zero)
    #expect(book.payRequests().isEmpty)
    book.revalue(staked: 0, unstaking: 80 * ether)
    book.revalue(staked: 0, unstaking: 0)
    book.receive(80 * ether)
    let paid = book.payRequests()
    #expect(paid.map(\.paid) == [40 * ether])
    #expect(book.tokens(for: 50 * ether) == 40 * ether)
  }

  @Test func requestsArePaidInTheirOrder() throws {
    var book = IssuerBook()
    _ = try book.mint(100 * ether)
    book.restake(70 * ether)
    for position in 0..<4 { try book.request(20 * ether, by: position, at: .zero) }
    #expect(book.payRequests().map(\.request.position) == [0])
    book.revalue(staked: 20 * ether, unstaking: 0)
    book.receive(50 * ether)
    #expect(book.payRequests().map(\.request.position) == [1, 2, 3])
    #expect(book.assets == 20 * ether)
    #expect(book.supply == 20 * ether)
  }

  /// Deposits, redemptions, gains and losses in any order: what a share is worth never falls by somebody's coming or going, and no
  /// token appears or vanishes.
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func nobodysShareLosesByOthers(seed: UInt64) throws {
    var stream = RandomStream(seed: seed)
    func draw(_ bound: UInt64) -> UInt128 { UInt128(scale(stream.next(), bound)) }
    var book = IssuerBook()
    _ = try book.mint(1 + draw(1_000_000))
    var gained: UInt128 = 0
    var lost: UInt128 = 0
    var asked: UInt128 = 0
    for _ in 0..<200 {
      let before = book
      switch draw(4) {
      case 0: _ = try? book.mint(1 + draw(100_000))
      case 1:
        let shares = draw(100_000)
        if asked + shares < book.supply, (try? book.request(shares, by: 0, at: .zero)) != nil {
          asked += shares
        }
        asked -= book.payRequests().reduce(0) { $0 + $1.request.shares }
      case 2:
        let gain = draw(1_000)
        gained += gain
        book.receive(gain)
        continue
      default:
        book.restake(min(book.buffer, draw(50_000)))
        let slashed = min(book.staked, draw(500))
        lost += slashed
        book.revalue(staked: book.staked - slashed, unstaking: 0)
        continue
      }
      guard before.supply > 0, book.supply > 0 else { break }
      #expect(before.assets * book.supply <= book.assets * before.supply, "seed \(seed)")
    }
    #expect(book.deposited + gained == book.assets + book.redeemed + lost, "seed \(seed)")
  }

  /// Two halves get what the whole gets, or a unit less.
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func splittingGainsNothing(seed: UInt64) throws {
    var stream = RandomStream(seed: seed)
    var book = IssuerBook()
    _ = try book.mint(1_000_000 + UInt128(scale(stream.next(), 1_000_000)))
    book.receive(UInt128(scale(stream.next(), 900_000)))
    let tokens = UInt128(scale(stream.next(), 100_000)) + 2
    var whole = book
    var split = book
    let one = try whole.mint(tokens)
    let two = try split.mint(tokens / 2) + split.mint(tokens - tokens / 2)
    #expect(two <= one && one - two <= 1)
    let shares = one / 2 + 1
    #expect(
      whole.tokens(for: shares / 2) + whole.tokens(for: shares - shares / 2) <= whole.tokens(for: shares))
  }
}
