// Topic scores that depend on what the services' tasks will cause.

import Basics
import Gossip
import Participants
import Scenarios

extension Blueprint {
  /// Sets each service's topic from the attestations that its tasks call for, where the scenario's preset derives it
  /// (lighthouse's recipe, `gossipsub_scoring_parameters.rs`), and keeps enough delivery records for the recipe's window.
  mutating func deriveTopicScores(_ plan: ScorePlan?) {
    guard let plan, plan.preset == .lighthouse else { return }
    let schedule = TaskSchedule(
      services: deployment.services, duration: deployment.duration, seed: deployment.seed)
    var messages = Array(repeating: 0.0, count: deployment.services.count)
    for task in schedule.tasks {
      messages[task.service.index] += Double(deployment.services[task.service.index].members.count)
    }
    let seconds = deployment.duration.seconds
    let intervals = seconds / plan.decayInterval.seconds
    deployment.gossip.score?.topics = plan.topics(
      messagesPerInterval: messages.map { $0 / intervals }, degree: deployment.gossip.degree)
    // Twice what falls into two seconds.
    let inWindow = messages.reduce(0, +) / seconds * 4
    while deployment.gossip.deliveryRecordsMaximum < 65_536,
      Double(deployment.gossip.deliveryRecordsMaximum) < inWindow
    {
      deployment.gossip.deliveryRecordsMaximum *= 2
    }
  }
}
