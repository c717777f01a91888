// What nodes hear of the chain: taken out of what the coordinator told, in one place for both engines. When each node hears
// of it is the engine's business.

public import Basics
import Contracts
public import Participants

/// What of the chain's facts concerns nodes.
public struct ChainTidings {
  /// Tasks whose certificates were accepted.
  public var accepted: [TaskID] = []
  /// Tasks whose certificates a reorg undid.
  public var undone: [TaskID] = []
  /// Tasks whose certificates are challenged where no contract can judge.
  public var challenged: [TaskID] = []
  /// Nodes against which a case was opened.
  public var accused: [NodeID] = []
  /// What a reorg undid and nobody has any more.
  public var lost: [Submission] = []
  /// Some service's stake is another than before.
  public var movesStake = false
}

extension Record {
  /// Records what the chain told, which leaves `facts` empty; returns what nodes should hear.
  public func take(_ facts: inout [CoordinatorFact]) -> ChainTidings {
    var tidings = ChainTidings()
    for fact in facts {
      note(fact)
      switch fact {
      case .certificateAccepted(let certificate): tidings.accepted.append(certificate.task)
      case .forkOpened(let fork, challenged: _): tidings.challenged.append(fork.task)
      case .caseOpened(let opened): tidings.accused.append(opened.operatorNode)
      case .reorg(let reorg):
        tidings.movesStake = true
        tidings.undone += reorg.uncertified
        tidings.lost += reorg.missing
      case _ where fact.movesWeights: tidings.movesStake = true
      default: break
      }
    }
    facts.removeAll(keepingCapacity: true)
    return tidings
  }
}
