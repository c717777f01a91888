// Exit codes and diagnostics, the same for every command. Diagnostics go to stderr; stdout holds only results.

import ArgumentParser
import Cluster
import Foundation
import Participants
import Reporting
import Runs
import Scenarios
import Signatures
import UV

/// Exit codes of INTERFACE.md.
enum Exit {
  static let expectationFailed = ExitCode(1)
  static let usage = ExitCode(64)
  static let content = ExitCode(65)
  static let missing = ExitCode(66)
  static let invariant = ExitCode(70)
  static let inputOutput = ExitCode(74)
  static let interrupted = ExitCode(130)
}

/// Writes one line of diagnostics.
func complain(_ text: String) {
  FileHandle.standardError.write(Data((text + "\n").utf8))
}

/// Runs `body`, and ends with the right message and exit code when it fails in a way that a user can mend.
func diagnosing<T>(_ body: () throws -> T) throws -> T {
  do {
    return try body()
  } catch let error as FileError {
    complain(error.description)
    throw ExitCode(error.exitCode)
  } catch let error as BlueprintError {
    complain(error.description)
    throw Exit.content
  } catch let error as CoordinatorConfigurationError {
    complain(error.mistakes.joined(separator: "\n"))
    throw Exit.content
  } catch let error as SchemeUnavailable {
    complain(error.description)
    throw Exit.content
  } catch let error as RunDirectory.Refusal {
    complain(error.description)
    switch error {
    case .holdsFinishedRun, .isNotARun: throw Exit.usage
    case .missing: throw Exit.missing
    case .system, .unreadable: throw Exit.inputOutput
    }
  } catch let error as ClusterError {
    complain(error.description)
    throw Exit.inputOutput
  } catch let error as UVError {
    complain("\(error)")
    throw Exit.inputOutput
  } catch let error as RunDatabase.Failure {
    complain(error.description)
    throw Exit.inputOutput
  }
}
