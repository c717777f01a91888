// The command line's root. Commands are thin: they read options, call a module, and turn its errors into exit codes.

import ArgumentParser

@main
struct Avsim: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "avsim",
    abstract: "Simulates restaking networks: gossip, attestations, slashing and rewards, under faults.",
    version: avsimVersion,
    subcommands: [
      RunCommand.self, ReplayCommand.self, SweepCommand.self, HuntCommand.self, ClusterCommand.self,
      FaultCommand.self, ValidateCommand.self, SchemaCommand.self,
      TopologyCommand.self, PeerCommand.self, ReportCommand.self, CompareCommand.self, ReproduceCommand.self,
      ContractsCommand.self, RiskCommand.self, BenchCommand.self,
    ])
}

/// Version of this program, written into every manifest.
let avsimVersion = "0.1.0"
