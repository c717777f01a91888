import AVS
import Basics
import Contracts
import Testing

@Suite("Bonds of challengers") struct ChallengeBondsTests {
  @Test("a purse lasts for as many frivolous challenges as it holds bonds") func lasts() throws {
    var bonds = ChallengeBonds(bond: 3, purse: 10)
    for _ in 0..<3 {
      try bonds.require(of: NodeID(1))
      bonds.forfeit(NodeID(1))
    }
    #expect(throws: EvidenceRefusal.bondMissing(have: 1, need: 3)) { try bonds.require(of: NodeID(1)) }
    #expect(bonds.forfeited == 9 && bonds.turnedAway == 1)
    try bonds.require(of: NodeID(2))
    #expect(bonds.left(of: NodeID(2)) == 10, "what is not frivolous costs nothing")
  }

  @Test("only evidence that was worth nothing from the start is frivolous") func frivolous() {
    #expect(EvidenceRefusal.resultIsTrue.isFrivolous && EvidenceRefusal.invalidSignature.isFrivolous)
    #expect(!EvidenceRefusal.duplicate(CaseID(1)).isFrivolous)
    #expect(!EvidenceRefusal.outsideWindow(age: .seconds(2), window: .seconds(1)).isFrivolous)
  }
}
