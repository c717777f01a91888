// Scores and meshes in the database and in the report.

import Basics
import Foundation
import GRDB
import Testing

@testable import Reporting

@Suite struct ScoreTablesTests {
  private static func row(_ node: Int, _ peer: Int, _ standing: String, _ score: Double, at seconds: UInt64)
    -> ScoreRow
  {
    ScoreRow(
      at: .zero + .seconds(seconds), node: NodeID(node), peer: NodeID(peer), standing: standing, score: score,
      worst: "P4", worstService: ServiceID(0), parts: [0, 0, 0, 0, score, 0, 0, 0, 0], isFinal: false)
  }

  @Test func aGraylistedPeerIsInTheReportWithWhatCostItMostAndWhatMovedIt() throws {
    let folder = try TemporaryFolder()
    let directory = try RunDirectory.create(
      at: folder.path + "/run", manifest: SampleRun.manifest(),
      summary: RunSummary(name: "sample", engine: "simulator", seed: 7))
    let database = try RunDatabase(creatingAt: directory.databasePath)
    try database.insert([
      NodeRow(
        id: NodeID(1), name: "mallory", region: "", role: "operator", stakeWei: 0, cores: nil, services: 1)
    ])
    try database.insert([
      ServiceRow(
        id: ServiceID(0), name: "oracle", operators: 2, stakeWei: 0, quorumBips: 0, window: .zero)
    ])
    try database.insert([
      Self.row(0, 1, "negative", -25, at: 3), Self.row(0, 1, "graylisted", -99, at: 6),
      Self.row(2, 1, "graylisted", -120, at: 5),
    ])
    try database.insert([
      ScoreMoveRow(
        at: .zero + .seconds(2), node: NodeID(0), peer: NodeID(1), service: ServiceID(0), component: "P4",
        cause: "rejected", amount: 1)
    ])
    try database.close()
    let record = try RunRecord(of: directory)
    #expect(record.graylistedInAll == 1)
    let peer = try #require(record.graylisted.first)
    #expect(peer.name == "mallory")
    #expect(peer.nodes == 2)
    #expect(peer.first == 5)
    #expect(peer.lowest == -120)
    #expect(peer.worst == "P4")
    #expect(peer.service == "oracle")
    #expect(peer.causes.map(\.cause) == ["rejected"])
    let page = try Report(of: directory, assets: nil).page
    #expect(page.contains("Graylisted peers"))
    #expect(page.contains("P4 in oracle"))
    #expect(page.contains("rejected 1"))
  }

  @Test func everyColumnOfTheScoreTablesIsThere() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/run.sqlite"
    let database = try RunDatabase(creatingAt: path)
    try database.insert([
      MeshRow(
        at: .zero + .seconds(5), links: 80, sybilLinks: 20, starvedLinks: 0, starvedSybilLinks: 0,
        meanDegree: 8, surrounded: 1, honestGraylisted: 0, sybilsGraylisted: 3)
    ])
    try database.insert([Self.row(0, 1, "good", 4, at: 1)])
    try database.close()
    try DatabaseQueue(path: path).read { db throws in
      let mesh = try #require(try Row.fetchOne(db, sql: "SELECT * FROM meshes"))
      #expect(mesh["sybil_links"] == 20)
      #expect(mesh["sybils_graylisted"] == 3)
      let score = try #require(try Row.fetchOne(db, sql: "SELECT * FROM scores"))
      #expect(score["p4"] == 4.0)
      #expect(score["final"] == 0)
    }
  }
}
