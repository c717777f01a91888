// A running epoch is paid by the reward contracts: submission, calculation, root, claims.

import Basics
import Contracts
import Participants
import Testing

@Suite("Running epochs go through the RewardsCoordinator")
struct RunningRewardsTests {
  private func paying(_ change: (inout CoordinatorConfiguration) -> Void) throws -> Story {
    var configuration = network(
      services: 2, rules: [], rewards: RewardPolicy(annualPool: 7_919 * ether + 13))
    configuration.rewardEpoch = .seconds(3_600)
    change(&configuration)
    var story = try Story(configuration)
    for k in 0..<3 {
      for service in 0..<2 {
        let now = seconds(UInt64(3_600 * k + 20 * service + 5))
        let task = try story.task(service, at: now)
        story.certify(service, task, signers: [0, 1, 2, 3], at: now + .seconds(2))
      }
    }
    story.settle(until: seconds(90 * 86_400))
    return story
  }

  @Test("each epoch has one root, over everything earned so far, and everybody claims") func roots() throws {
    let story = try paying { _ in }
    let book = try #require(story.coordinator.rewardBook)
    #expect(book.coordinator.roots.count == 3)
    // One submission a service and epoch.
    let services = try ["service0", "service1"].map { try #require(story.coordinator.account(named: $0)) }
    #expect(services.map { book.coordinator.nonce(of: $0) } == [3, 3])
    let totals = story.coordinator.rewardTotals
    #expect(totals.claimed == totals.paid && totals.paid > 0)
    #expect(totals.unclaimed == 0)
    #expect(book.earned == totals.paid)
    #expect(story.broken.isEmpty)
    // What rounding left stays in the contract.
    let unsubmitted = story.epochs.reduce(0) { $0 + $1.refundedWei }
    #expect(book.held + unsubmitted <= totals.dust + totals.refunded)
  }

  @Test("until its activation a root pays nobody") func activation() throws {
    var configuration = network(rules: [], rewards: RewardPolicy(annualPool: 1_000 * ether))
    configuration.rewardEpoch = .seconds(3_600)
    configuration.rewardActivationDelay = .seconds(7 * 86_400)
    var story = try Story(configuration)
    let task = try story.task(0, at: seconds(5))
    story.certify(0, task, signers: [0, 1, 2, 3], at: seconds(7))
    story.settle(until: seconds(7 * 86_400))
    #expect(story.coordinator.rewardTotals.claimed == 0)
    #expect(story.coordinator.rewardTotals.unclaimed > 0)
    story.settle(until: seconds(8 * 86_400))
    #expect(story.coordinator.rewardTotals.unclaimed == 0)
    #expect(story.broken.isEmpty)
  }

  @Test("an operator that left its set gets nothing; its amount returns to the service") func left() throws {
    var configuration = network(rules: [], rewards: RewardPolicy(annualPool: 1_000 * ether))
    configuration.rewardEpoch = .seconds(3_600)
    var story = try Story(configuration)
    let task = try story.task(0, at: seconds(5))
    story.certify(0, task, signers: [0, 1, 2, 3], at: seconds(7))
    story.send(.stake(.deregister(ServiceID(0))), from: 2, at: seconds(100))
    story.settle(until: seconds(86_400))
    let epoch = try #require(story.epochs.first)
    #expect(epoch.refundedWei == epoch.submittedWei / 4)
    #expect(story.coordinator.rewardTotals.reclaimed == epoch.refundedWei)
    #expect(story.broken.isEmpty)
  }
}
