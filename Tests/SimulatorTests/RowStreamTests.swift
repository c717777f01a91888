// Rows that go to the database beside the run: what the database says of them is told, later but not never.

import Basics
import Foundation
import Reporting
import Testing

@testable import Runs

@Suite struct RowStreamTests {
  @Test func whatTheDatabaseRefusesIsToldWithTheNextBatch() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "avsim-rows-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let database = try RunDatabase(creatingAt: folder.path + "/run.sqlite")
    let stream = RowStream(into: database)
    var rows = FreshRows()
    rows.blocks = [BlockRow(number: 1, at: .zero, transactions: 0, gas: 0)]
    try stream.send(rows)
    try stream.wait()
    try database.close()
    rows.blocks = [BlockRow(number: 2, at: .zero, transactions: 0, gas: 0)]
    try stream.send(rows)
    #expect(throws: RunDatabase.Failure.self) { try stream.send(rows) }
    #expect(throws: RunDatabase.Failure.self) { try stream.wait() }
  }
}
