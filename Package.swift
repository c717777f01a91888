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

/// Where blst is: a system copy wins over the one that `scripts/install-blst` builds.
let blstPrefix = ["/usr", "/usr/local", "\(Context.packageDirectory)/.build-assets/blst"]
  .first { FileManager.default.fileExists(atPath: "\($0)/include/blst.h") }
/// Only the copy in this repository needs to be shown to the compiler.
let blstIsLocal = blstPrefix.map { !$0.hasPrefix("/usr") } ?? false

let strict: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Tests are compiled once and run once, so they are not worth optimising; what they test is.
let tests = strict + [.unsafeFlags(["-Onone"], .when(configuration: .release))]

let package = Package(
  name: "avsim",
  products: [
    .executable(name: "avsim", targets: ["avsim"]),
    .library(name: "Basics", targets: ["Basics"]),
    .library(name: "Gossip", targets: ["Gossip"]),
    .library(name: "AVS", targets: ["AVS"]),
    .library(name: "BN254", targets: ["BN254"]),
    .library(name: "Contracts", targets: ["Contracts"]),
    .library(name: "Risk", targets: ["Risk"]),
    .library(name: "Economy", targets: ["Economy"]),
    .library(name: "Participants", targets: ["Participants"]),
    .library(name: "Simulator", targets: ["Simulator"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/attaswift/BigInt", from: "6.0.1"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // System libraries
    .systemLibrary(
      name: "CLibuv", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"])]),

    .target(name: "CMemory"),

    // Basics, Exact, BN254, Signatures, UV
    .target(name: "Basics", swiftSettings: strict),
    .target(
      name: "Exact", dependencies: [.product(name: "BigInt", package: "BigInt")], swiftSettings: strict),
    .target(name: "BN254", dependencies: ["Basics"], swiftSettings: strict),
    .target(
      name: "Signatures",
      dependencies: ["Basics", "BN254", .product(name: "Crypto", package: "swift-crypto")]
        + (hasSecp256k1 ? ["CSecp256k1"] : []) + (blstPrefix != nil ? ["CBLST"] : []),
      swiftSettings: strict + (hasSecp256k1 ? [.define("HAS_SECP256K1")] : [])
        + (blstPrefix != nil ? [.define("HAS_BLST")] : [])
        + (blstIsLocal ? [.unsafeFlags(["-Xcc", "-I\(blstPrefix ?? "")/include"])] : []),
      linkerSettings: blstIsLocal ? [.unsafeFlags(["-L\(blstPrefix ?? "")/lib"])] : []),
    .target(name: "UV", dependencies: ["Basics", "CLibuv"], swiftSettings: strict),

    // Network, Gossip, Libp2p, AVS
    .target(name: "Network", dependencies: ["Basics"], swiftSettings: strict),
    .target(name: "Gossip", dependencies: ["Basics", "CMemory"], swiftSettings: strict),
    .target(
      name: "Libp2p",
      dependencies: ["Basics", "Gossip", "Signatures", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: strict),
    .target(name: "AVS", dependencies: ["Basics", "Signatures"], swiftSettings: strict),

    // Contracts, Risk
    .target(
      name: "Contracts",
      dependencies: [
        "Basics", "Exact", "BN254", "Signatures", "AVS", .product(name: "BigInt", package: "BigInt"),
      ],
      swiftSettings: strict),
    .target(
      name: "Risk", dependencies: ["Basics", "Exact", .product(name: "BigInt", package: "BigInt")],
      swiftSettings: strict),
    .target(
      name: "Vectors",
      dependencies: [
        "Basics", "BN254", "Signatures", "Contracts", .product(name: "BigInt", package: "BigInt"),
      ],
      swiftSettings: strict),

    // Economy: issuers, holders and the market, over both
    .target(
      name: "Economy",
      dependencies: [
        "Basics", "Exact", "Signatures", "AVS", "Contracts", "Risk",
        .product(name: "BigInt", package: "BigInt"),
      ],
      swiftSettings: strict),

    // Participants
    .target(
      name: "Participants",
      dependencies: ["Basics", "Signatures", "Network", "Gossip", "AVS", "Contracts", "Economy"],
      swiftSettings: strict),

    // Scenarios, Reporting
    .target(
      name: "Scenarios",
      dependencies: [
        "Basics", "Signatures", "Network", "Gossip", "AVS", "Contracts", "Economy", "Participants",
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

    // One node that foreign peers talk to
    .target(
      name: "Peer", dependencies: ["Basics", "Signatures", "UV", "Gossip", "Libp2p"], swiftSettings: strict),

    // Published experiments and attacks
    .target(
      name: "Experiments",
      dependencies: ["Basics", "Network", "Gossip", "Scenarios", "Reporting", "Simulator"],
      swiftSettings: strict),

    // Vectors of economics, through everything that computes them
    .target(
      name: "RiskVectors",
      dependencies: ["Basics", "Exact", "Signatures", "AVS", "Contracts", "Risk", "Reporting", "Vectors"],
      swiftSettings: strict),

    // Runs
    .target(
      name: "Runs",
      dependencies: [
        "Basics", "Exact", "Signatures", "Network", "Gossip", "AVS", "Contracts", "Risk", "Economy",
        "Participants",
        "Scenarios", "Reporting",
      ],
      swiftSettings: strict),

    // Simulator, Cluster
    .target(
      name: "Simulator",
      dependencies: [
        "Basics", "Network", "Gossip", "AVS", "Contracts", "Participants", "Reporting", "Runs", "CMemory",
      ],
      swiftSettings: strict),
    .target(
      name: "Cluster",
      dependencies: [
        "Basics", "Signatures", "UV", "Network", "Gossip", "Libp2p", "AVS", "Contracts", "Participants",
        "Scenarios", "Reporting", "Runs",
      ],
      swiftSettings: strict),

    // Search over runs
    .target(
      name: "Exploration",
      dependencies: [
        "Basics", "Gossip", "AVS", "Participants", "Scenarios", "Reporting", "Runs", "Simulator",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: strict),

    // The command line
    .executableTarget(
      name: "avsim",
      dependencies: [
        "AVS", "Basics", "Signatures", "UV", "Network", "Contracts", "Risk", "Economy", "Participants",
        "Scenarios",
        "Reporting", "Runs", "Exploration",
        "Vectors", "RiskVectors", "Simulator", "Experiments", "Gossip", "Libp2p", "Peer",
        "Cluster",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    // Tests, one target a module
    .target(
      name: "TestKit", dependencies: ["Basics", "Gossip", "UV"], path: "Tests/TestKit", swiftSettings: strict),
    .testTarget(name: "BasicsTests", dependencies: ["Basics"], swiftSettings: tests),
    .testTarget(
      name: "ExactTests", dependencies: ["Exact", .product(name: "BigInt", package: "BigInt")],
      swiftSettings: tests),
    .testTarget(
      name: "BN254Tests", dependencies: ["Basics", "BN254"], resources: [.copy("Vectors")],
      swiftSettings: tests),
    .testTarget(
      name: "SignaturesTests", dependencies: ["Basics", "BN254", "Signatures"],
      swiftSettings: tests + (blstPrefix != nil ? [.define("HAS_BLST")] : [])),
    .testTarget(name: "UVTests", dependencies: ["Basics", "TestKit", "UV"], swiftSettings: tests),
    .testTarget(name: "NetworkTests", dependencies: ["Basics", "Network"], swiftSettings: tests),
    .testTarget(
      name: "GossipTests", dependencies: ["Basics", "Gossip", "TestKit"], swiftSettings: tests),
    .testTarget(
      name: "Libp2pTests",
      dependencies: [
        "Basics", "Gossip", "Libp2p", "Signatures", .product(name: "Crypto", package: "swift-crypto"),
        "TestKit",
      ],
      exclude: ["Corpus"], swiftSettings: tests),
    .testTarget(
      name: "PeerTests", dependencies: ["Basics", "Gossip", "Libp2p", "Peer", "Signatures", "TestKit", "UV"],
      swiftSettings: tests),
    .testTarget(
      name: "InteropTests", dependencies: ["Basics", "Libp2p", "Peer", "Signatures", "TestKit", "avsim"],
      exclude: ["Peers"], swiftSettings: tests),
    .testTarget(
      name: "ExperimentsTests",
      dependencies: ["Basics", "Network", "Gossip", "Scenarios", "Simulator", "Experiments"],
      resources: [.copy("nodes-500.json")], swiftSettings: tests),
    .testTarget(name: "AVSTests", dependencies: ["Basics", "Signatures", "AVS"], swiftSettings: tests),
    .testTarget(
      name: "ContractsTests",
      dependencies: [
        "Basics", "Exact", "BN254", "Signatures", "AVS", "Contracts", "Vectors",
        .product(name: "BigInt", package: "BigInt"),
      ],
      resources: [.copy("Vectors")], swiftSettings: tests),
    .testTarget(
      name: "RiskTests", dependencies: ["Basics", "Exact", "Risk", "Vectors"], resources: [.copy("Vectors")],
      swiftSettings: tests),
    .testTarget(
      name: "EconomyTests", dependencies: ["Basics", "Exact", "Contracts", "Risk", "Economy"],
      swiftSettings: tests),
    .testTarget(
      name: "RiskVectorsTests", dependencies: ["Exact", "RiskVectors", "Vectors"],
      resources: [.copy("Vectors")],
      swiftSettings: tests),
    .testTarget(
      name: "ParticipantsTests",
      dependencies: ["Basics", "Signatures", "Gossip", "Network", "AVS", "Contracts", "Participants"],
      swiftSettings: tests),
    .testTarget(
      name: "ScenariosTests", dependencies: ["Basics", "Network", "AVS", "Participants", "Scenarios"],
      exclude: ["Malformed", "Good"], swiftSettings: tests),
    .testTarget(
      name: "ReportingTests",
      dependencies: ["Basics", "AVS", "Reporting", .product(name: "GRDB", package: "GRDB.swift")],
      resources: [.copy("Vectors")], swiftSettings: tests),
    .testTarget(
      name: "SimulatorTests",
      dependencies: [
        "Basics", "Network", "Signatures", "AVS", "Participants", "Scenarios", "Reporting", "Runs",
        "Simulator", "TestKit", .product(name: "GRDB", package: "GRDB.swift"),
      ],
      exclude: ["Golden"], swiftSettings: tests),
    .testTarget(
      name: "ExplorationTests",
      dependencies: [
        "Basics", "AVS", "Network", "Gossip", "Contracts", "Participants", "Scenarios", "Reporting", "Runs",
        "Simulator", "Exploration", "TestKit",
      ], exclude: ["Planted"], swiftSettings: tests),
    .testTarget(
      name: "AgreementTests", dependencies: ["Reporting", "TestKit", "avsim"], exclude: ["Scenarios"],
      swiftSettings: tests),
    .testTarget(
      name: "ClusterTests",
      dependencies: [
        "Basics", "Signatures", "UV", "Network", "Gossip", "Libp2p", "AVS", "Contracts", "Participants",
        "Scenarios",
        "Reporting", "Runs", "Simulator", "Cluster", "Peer", "TestKit",
      ],
      exclude: ["Corpus"], swiftSettings: tests),
  ]
)

if hasSecp256k1 {
  package.targets.append(
    .systemLibrary(
      name: "CSecp256k1", pkgConfig: "libsecp256k1", providers: [.apt(["libsecp256k1-dev"])]))
}

if blstPrefix != nil {
  package.targets.append(.systemLibrary(name: "CBLST", pkgConfig: blstIsLocal ? nil : "libblst"))
}
