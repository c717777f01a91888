// Every published experiment that states enough to be run, and every one that does not, with the reason.

/// What can be reproduced, and what not.
public enum Catalogue {
  public static let experiments: [Experiment] =
    [
      SimsubTable.published(nodes: 250).experiment(named: "simsub-250"),
      SimsubTable.published.experiment(named: "simsub-500"),
      SimsubTable.published(nodes: 1000).experiment(named: "simsub-1000"),
    ] + LatencyExperiments.all + IdentityExperiments.all + ChurnExperiments.all + DecliningExperiments.all + [
      Attack.starvation
    ] + Attack.all.map(\.experiment)

  public static let omissions: [Omission] = [
    Omission(
      "dknopik: -3.9 % and -4.7 % bandwidth of whole clients with IDONTWANT",
      because: "counts all traffic of a consensus client (sync, discovery, req/resp), which is not modelled"),
    Omission(
      "ProbeLab: duplicates and IHAVE:IWANT ratios on Holesky and mainnet; ethpandaops: 79.5 % duplicates",
      because: "field measurements of a network whose topology, client mix and load are not published"),
    Omission(
      "Protocol Labs: attacker cost of 40,000 USD a month; Bitcoin flooding and ETH2 baselines",
      because: "a price of cloud machines; two other protocols that are not implemented here"),
    Omission(
      "PREAMBLE/IMRECEIVING, IANNOUNCE, Choke/Episub",
      because: "draft protocols that the router does not speak"),
    Omission("RLNC (mump2p)", because: "a vendor's closed protocol"),
    Omission(
      "Nashatyrev's jvm simulator: 100,000 nodes and deterministic replay",
      because: "claims about a tool, not figures"),
    Omission("gossipsub-interop scenarios", because: "they state no expected figures"),
    Omission(
      "EF workshop and ethp2p observatory percentiles", because: "their tables are not published with a setup"
    ),
  ]

  /// The omissions as lines.
  public static var omissionsText: String {
    (["Not reproduced:"] + omissions.map { "  \($0.what): \($0.reason)" }).joined(separator: "\n")
  }
}
