// The page of an attack on gossip, and the section about graylisted peers that every scored run has.

extension ReportSections {
  /// Peers that somebody graylisted, with what cost them most.
  var scores: HTML {
    if record.graylistedInAll == 0 { return .empty }
    var out: HTML = """
      <h2 id="scores">Graylisted peers</h2><p class="caption">Whose score fell so low in a node's eyes that it is no longer heard. \
      P3 and P3b: it did not deliver in a mesh; P4: invalid messages; P6: it shares an address; P7: it broke promises or asked \
      to be in a mesh too soon. With <code>observe: {scores: true}</code> every change and its cause is in <code>run.sqlite</code>, \
      tables <code>scores</code> and <code>score_moves</code>.</p>
      """
    var components = HTMLTable(columns: [.text("what cost most"), .number("links")])
    components.rows = record.graylistings.map {
      [.text($0.cause), .number(Figures.count(Double($0.count)), Double($0.count))]
    }
    out += "<div class=\"card\">\(components.html)</div>"
    var table = HTMLTable(columns: [
      .text("peer"), .text("role"), .number("graylisted by nodes"), .number("first seen"),
      .number("lowest score"),
      .text("what cost most"), .text("what moved its scores"),
    ])
    table.isSorted = true
    table.rows = record.graylisted.map { peer in
      let causes = peer.causes.prefix(4).map { "\($0.cause) \(Figures.count(Double($0.count)))" }
      return [
        .label(peer.name), .word(peer.role), .number(Figures.count(Double(peer.nodes)), Double(peer.nodes)),
        .number(Figures.seconds(peer.first), peer.first),
        .number(Figures.significant(peer.lowest, 4), peer.lowest),
        .text(peer.worst + (peer.service.map { " in \($0)" } ?? "")),
        .text(causes.isEmpty ? "not observed" : causes.joined(separator: ", ")),
      ]
    }
    out += shown(table.rows.count, of: record.graylistedInAll, "graylisted peers")
    return out + "<div class=\"card\">\(table.html)</div>"
  }

  /// The sections of an attack run: no task, no stake, no slash.
  var attack: HTML {
    var out = verdicts
    out += "<h2 id=\"attack\">Attack</h2>"
    out += "<p class=\"caption\">Deliveries to honest nodes, and who sits in their meshes.</p>"
    var table = HTMLTable(columns: [.text("measure"), .number("value")])
    func add(_ what: String, _ value: String) { table.rows.append([.text(what), .number(value, nil)]) }
    add("delivered of expected", Figures.percent(number("attestations.deliveryRatio")))
    add("messages that an honest node missed", Figures.count(number("attack.incomplete")))
    add("nodes with nobody but Sybils in their mesh, peak", Figures.count(number("attack.surroundedPeak")))
    add("Sybils among mesh links, peak", Figures.percent(number("attack.sybilMeshShare.peak")))
    add("Sybils among mesh links, at the end", Figures.percent(number("attack.sybilMeshShare.end")))
    if let share = number("attack.starvedMeshShare.end") {
      add("starvers among links of the starved mesh, at the end", Figures.percent(share))
    }
    add(
      "links on which an honest node graylists an honest one",
      Figures.count(number("attack.honestGraylisted")))
    add("links on which it graylists a Sybil", Figures.count(number("attack.sybilsGraylisted")))
    out += "<div class=\"card\">\(table.html)</div>"
    if !record.meshes.isEmpty {
      var meshes = HTMLTable(columns: [
        .number("at"), .number("mesh links"), .number("to Sybils"), .number("share"),
        .number("surrounded nodes"),
        .number("honest links graylisted"), .number("Sybil links graylisted"),
      ])
      // At most forty rows; all are in the database.
      let every = max(1, (record.meshes.count + 39) / 40)
      meshes.rows = record.meshes.enumerated().filter { $0.offset % every == 0 }.map { _, mesh in
        func count(_ n: Int) -> HTMLTable.Cell { .number(Figures.count(Double(n)), Double(n)) }
        let share = mesh.links == 0 ? nil : Double(mesh.sybilLinks) / Double(mesh.links)
        return [
          .number(Figures.seconds(mesh.at), mesh.at), count(mesh.links), count(mesh.sybilLinks),
          .number(Figures.percent(share), share), count(mesh.surrounded), count(mesh.honestGraylisted),
          count(mesh.sybilsGraylisted),
        ]
      }
      out += "<div class=\"card\">\(meshes.html)</div>"
    }
    return out + scores + network + legend
  }
}
