// swift-tools-version: 6.2
// The house, floor by floor: a target may depend on the floors below it and on nothing else (Sources/ARCHITECTURE.md).
// libuv and SQLite are required; libsecp256k1 is optional and found here, see `scripts/setup`.

import Foundation
import PackageDescription

/// Whether a C header of an optional library is installed. SwiftPM caches evaluated manifests, so after
/// installing one, build once with `--manifest-cache none` (the scripts always do).
func isInstalled(_ header: String) -> Bool {
  ["/usr/include", "/usr/local/include", "/opt/homebrew/include"]
    .contains { FileManager.default.fileExists(atPath: "\($0)/\(header)") }
}

let hasSecp256k1 = isInstalled("secp256k1_recovery.h")

let strict: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "avsim",
  products: [
    .executable(name: "avsim", targets: ["avsim"]),
    .library(name: "Basics", targets: ["Basics"]),
    .library(name: "Gossip", targets: ["Gossip"]),
    .library(name: "AVS", targets: ["AVS"]),
    .library(name: "Contracts", targets: ["Contracts"]),
    .library(name: "Participants", targets: ["Participants"]),
    .library(name: "Simulator", targets: ["Simulator"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // System libraries
    .systemLibrary(
      name: "CLibuv", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"])]),

    .target(name: "CMemory"),

    // Basics, Signatures, UV
    .target(name: "Basics", swiftSettings: strict),
    .target(
      name: "Signatures",
      dependencies: ["Basics", .product(name: "Crypto", package: "swift-crypto")]
        + (hasSecp256k1 ? ["CSecp256k1"] : []),
      swiftSettings: strict + (hasSecp256k1 ? [.define("HAS_SECP256K1")] : [])),
    .target(name: "UV", dependencies: ["Basics", "CLibuv"], swiftSettings: strict),

    // Network, Gossip, Libp2p, AVS
    .target(name: "Network", dependencies: ["Basics"], swiftSettings: strict),
    .target(name: "Gossip", dependencies: ["Basics"], swiftSettings: strict),
    .target(name: "Libp2p", dependencies: ["Basics", "Gossip", "Signatures"], swiftSettings: strict),
    .target(name: "AVS", dependencies: ["Basics", "Signatures"], swiftSettings: strict),

    // Contracts, Risk
    .target(name: "Contracts", dependencies: ["Basics", "AVS"], swiftSettings: strict),
    .target(name: "Risk", dependencies: ["Basics"], swiftSettings: strict),
    .target(name: "Vectors", dependencies: ["Contracts"], swiftSettings: strict),

    // Participants
    .target(
      name: "Participants", dependencies: ["Basics", "Signatures", "Network", "Gossip", "AVS", "Contracts"],
      swiftSettings: strict),

    // Scenarios, Reporting
    .target(
      name: "Scenarios",
      dependencies: [
        "Basics", "Signatures", "Network", "Gossip", "AVS", "Contracts", "Participants",
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),
    .target(
      name: "Reporting",
      dependencies: [
        "Basics", "AVS", .product(name: "GRDB", package: "GRDB.swift"),
      ],
      resources: [.embedInCode("Resources")],
      swiftSettings: strict),

    // Runs
    .target(
      name: "Runs",
      dependencies: [
        "Basics", "Signatures", "Network", "Gossip", "AVS", "Contracts", "Risk", "Participants", "Scenarios",
        "Reporting",
      ],
      swiftSettings: strict),

    // Simulator, Cluster
    .target(
      name: "Simulator",
      dependencies: ["Basics", "Network", "Gossip", "AVS", "Contracts", "Participants", "Runs", "CMemory"],
      swiftSettings: strict),
    .target(
      name: "Cluster",
      dependencies: [
        "Basics", "Signatures", "UV", "Network", "Gossip", "Libp2p", "AVS", "Contracts", "Participants",
        "Scenarios", "Reporting", "Runs",
      ],
      swiftSettings: strict),

    // The command line
    .executableTarget(
      name: "avsim",
      dependencies: [
        "Basics", "Signatures", "UV", "Network", "Participants", "Scenarios", "Reporting", "Runs",
        "Simulator",
        "Cluster",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    // Tests, one target a module
    .target(
      name: "TestKit", dependencies: ["Basics", "Gossip"], path: "Tests/TestKit", swiftSettings: strict),
    .testTarget(name: "BasicsTests", dependencies: ["Basics"], swiftSettings: strict),
    .testTarget(name: "SignaturesTests", dependencies: ["Basics", "Signatures"], swiftSettings: strict),
    .testTarget(name: "UVTests", dependencies: ["Basics", "UV"], swiftSettings: strict),
    .testTarget(name: "NetworkTests", dependencies: ["Basics", "Network"], swiftSettings: strict),
    .testTarget(
      name: "GossipTests", dependencies: ["Basics", "Gossip", "TestKit"], swiftSettings: strict),
    .testTarget(
      name: "Libp2pTests", dependencies: ["Basics", "Gossip", "Libp2p", "Signatures"], swiftSettings: strict),
    .testTarget(name: "AVSTests", dependencies: ["Basics", "Signatures", "AVS"], swiftSettings: strict),
    .testTarget(
      name: "ContractsTests", dependencies: ["Basics", "AVS", "Contracts", "Vectors"],
      resources: [.copy("Vectors")], swiftSettings: strict),
    .testTarget(
      name: "RiskTests", dependencies: ["Basics", "Risk", "Vectors"], resources: [.copy("Vectors")],
      swiftSettings: strict),
    .testTarget(
      name: "ParticipantsTests", dependencies: ["Basics", "Signatures", "AVS", "Contracts", "Participants"],
      swiftSettings: strict),
    .testTarget(
      name: "ScenariosTests", dependencies: ["Basics", "Network", "AVS", "Participants", "Scenarios"],
      exclude: ["Malformed", "Good"], swiftSettings: strict),
    .testTarget(
      name: "ReportingTests",
      dependencies: ["Basics", "AVS", "Reporting", .product(name: "GRDB", package: "GRDB.swift")],
      resources: [.copy("Vectors")], swiftSettings: strict),
    .testTarget(
      name: "SimulatorTests",
      dependencies: [
        "Basics", "Network", "AVS", "Participants", "Scenarios", "Reporting", "Runs", "Simulator",
      ],
      exclude: ["Golden"], swiftSettings: strict),
    .testTarget(
      name: "ClusterTests",
      dependencies: [
        "Basics", "Signatures", "UV", "Network", "Gossip", "Libp2p", "AVS", "Contracts", "Participants",
        "Scenarios",
        "Reporting", "Runs", "Simulator", "Cluster",
      ],
      swiftSettings: strict),
  ]
)

if hasSecp256k1 {
  package.targets.append(
    .systemLibrary(
      name: "CSecp256k1", pkgConfig: "libsecp256k1", providers: [.apt(["libsecp256k1-dev"])]))
}
