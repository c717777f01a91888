import Foundation
import Scenarios
import Testing
import Gossip
import Simulator

@testable import Experiments

/// The attack files and the attacks of `reproduce` are the same.
struct AttackFileTests {
  private static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("topologies/attacks").path

  @Test(arguments: Attack.all + [Attack.starveOneService])
  func theFileIsTheAttack(attack: Attack) throws {
    let plan = try AttackPlan.load("\(Self.directory)/\(attack.name).yaml")
    #expect(Attack(plan) == attack)
    #expect(Attack.defence(plan) == .scores)
  }

  @Test func thereIsNoOtherFile() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.directory)
    let names = (Attack.all + [Attack.starveOneService]).map { "\($0.name).yaml" }
    #expect(Set(files) == Set(names))
  }

  @Test func scoresCanBeSwitchedOff() throws {
    let plan = try AttackPlan.load(
      "\(Self.directory)/cold-boot.yaml", overrides: ["defence={version: 1.0, scores: none}"])
    #expect(Attack.defence(plan) == .none)
    let setup = Attack(plan).setup(.none, seed: 1)
    #expect(setup.parameters.score == nil)
    #expect(setup.parameters.violations.isEmpty)
  }

  @Test(arguments: [
    ("defence: {version: 1.0}", "GossipSub 1.0 has no scores"),
    ("defence: {scores: magic}", "'magic' is unknown"),
    ("traffic: {topics: 3}", "the evaluation's parameters are for one topic"),
    ("sybils: {count: 5, do: starveOne}", "starving one of 1 topics is silence"),
    ("sybils: {count: 5, dials: 2, target: one}", "out of range"),
    ("network: {honest: 10, publishers: 11}", "out of range"),
    ("sibyls: {count: 3}", "did you mean 'sybils'?"),
  ])
  func aWrongFileIsRefused(line: String, words: String) throws {
    let text = "kind: attack\nname: wrong\n\(line)\n"
    do {
      _ = try AttackPlan.parse(file: "wrong.yaml", bytes: Array(text.utf8))
      Issue.record("accepted")
    } catch {
      #expect(error.mistakes.contains { $0.text.contains(words) }, "\(error.mistakes)")
    }
  }

  @Test(arguments: Attack.all + [Attack.starveOneService], [Attack.Defence.none, .flooding, .scores])
  func everyDefenceIsOneThatARouterRunsWith(attack: Attack, defence: Attack.Defence) {
    #expect(attack.parameters(defence).violations.isEmpty)
  }
}
