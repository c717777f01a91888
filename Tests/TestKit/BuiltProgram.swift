// The program under test: tests that start processes run what was built with them, in debug as in release.

public import Foundation

/// Where things of this checkout are.
public enum Checkout {
  public static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// `avsim`, as the build made it that holds these tests: it lies beside the test bundle. Nil when only tests were built.
  public static let avsim: URL? = {
    let bundle = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let beside = bundle.deletingLastPathComponent().appendingPathComponent("avsim")
    return FileManager.default.isExecutableFile(atPath: beside.path) ? beside : nil
  }()
}
