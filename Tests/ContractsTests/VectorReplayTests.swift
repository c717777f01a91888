// The ledger against values recorded from the deployed contracts.

import Foundation
import Testing
import Vectors

private let files: [URL] = {
  let folder = Bundle.module.resourceURL?.appendingPathComponent("Vectors")
  let all = folder.flatMap {
    try? FileManager.default.contentsOfDirectory(at: $0, includingPropertiesForKeys: nil)
  }
  return (all ?? []).filter { $0.pathExtension == "json" }.sorted {
    $0.lastPathComponent < $1.lastPathComponent
  }
}()

@Suite("Recorded operations replay without a difference")
struct VectorReplayTests {
  @Test("the recorded files are here") func filesAreHere() { #expect(files.count >= 30) }

  @Test("file", arguments: files) func replays(file: URL) throws {
    let outcome = try VectorFile.replay(Data(contentsOf: file), name: file.lastPathComponent)
    #expect(outcome.failed == 0, "\(outcome.first ?? "")")
    #expect(outcome.steps > 0)
    #expect(outcome.observations > outcome.steps)
  }
}
