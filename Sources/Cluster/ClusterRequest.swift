// What commands ask a running cluster, and what it answers.

internal import Foundation
public import Basics
internal import UV

/// A command's question.
public enum ClusterRequest: Codable, Equatable, Sendable {
  case status
  /// Answered when every node is connected.
  case ready
  /// Answered when the run has ended.
  case wait
  /// Ends the run, with results; answered when they are written.
  case down
  /// Faults as YAML, one or several, without `at`.
  case inject(yaml: String)
  /// nil: all.
  case heal(id: UInt32?)
  case faults
  /// Where nodes listen and under which names, and the topics: what a libp2p peer needs.
  case addresses
  /// What the coordinator included so far.
  case transactions
}

/// The cluster's answer.
public struct ClusterResponse: Codable, Equatable, Sendable {
  /// An exit code of the command line; 0 is success.
  public var code: Int32
  /// For stdout when the code is 0 or 1, for stderr otherwise.
  public var text: String
  public init(code: Int32 = 0, _ text: String) {
    self.code = code
    self.text = text
  }
}

extension ClusterRequest {
  var encoded: [UInt8] { (try? JSONEncoder().encode(self)).map { [UInt8]($0) } ?? [] }
  public init?(decoding bytes: [UInt8]) {
    guard bytes.count <= 1 << 20, let value = try? JSONDecoder().decode(Self.self, from: Data(bytes)) else {
      return nil
    }
    self = value
  }
}

extension ClusterResponse {
  public var encoded: [UInt8] { (try? JSONEncoder().encode(self)).map { [UInt8]($0) } ?? [] }
  init?(decoding bytes: [UInt8]) {
    guard let value = try? JSONDecoder().decode(Self.self, from: Data(bytes)) else { return nil }
    self = value
  }
}

/// Asks the cluster of a state directory one thing.
public enum ControlClient {
  /// Waits for the answer, for `limit` at most (nil: as long as the cluster lives).
  public static func ask(
    _ request: ClusterRequest, of directory: StateDirectory, limit: TimeSpan? = .seconds(30)
  ) throws -> ClusterResponse {
    _ = try directory.owner()
    let loop = try Loop()
    defer { loop.close() }
    var answer: ClusterResponse?
    var end: ControlChannel.End?
    let channel = try ControlChannel(loop, dialing: directory.controlSocket)
    channel.received = { message in
      if case .response(let body) = message { answer = ClusterResponse(decoding: body) }
    }
    channel.ended = { end = $0 }
    channel.send(.request(request.encoded))
    if let limit {
      _ = loop.run(limit: limit) { answer != nil || end != nil }
    } else {
      while answer == nil && end == nil { loop.runPass() }
    }
    channel.close()
    if let answer { return answer }
    throw StateDirectoryError.notRunning(
      path: directory.path,
      reason: end == nil ? "its process does not answer" : "its process ended before it answered")
  }
}
