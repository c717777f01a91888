// `avsim contracts roundings`: where the modelled contracts round, and why. In debug builds, and those with
// ROUNDING_MUTANTS defined (scripts/mutate-rounding makes one), one of these places can be reversed.

import ArgumentParser
import Contracts
import Foundation

struct RoundingsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "roundings", abstract: "Lists every place where the contracts round, and the reason.",
    discussion: "Prints one line a place: name, direction (down, up, halfUp) and reason, separated by tabs.")

  func run() {
    for place in Rounding.allCases {
      print("\(place.rawValue)\t\(place.direction.rawValue)\t\(place.reason)")
    }
  }
}

#if ROUNDING_MUTANTS || DEBUG
  extension Avsim {
    /// Reverses the place that AVSIM_REVERSED_ROUNDING names, then goes on as always.
    static func main() {
      if let name = ProcessInfo.processInfo.environment["AVSIM_REVERSED_ROUNDING"], !name.isEmpty {
        guard let place = Rounding(rawValue: name) else {
          complain("AVSIM_REVERSED_ROUNDING: there is no place '\(name)'; see 'avsim contracts roundings'")
          exit(withError: Exit.usage)
        }
        unsafe Rounding.reversed = place
      }
      main(nil)
    }
  }
#endif
