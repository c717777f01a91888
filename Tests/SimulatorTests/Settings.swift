// How much a test does when somebody asks for more than the usual.

import Foundation

/// A whole number from the environment.
func setting(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } }
