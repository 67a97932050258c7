// swift-tools-version: 6.2
// The map of the project: dependencies point down this list only.
import PackageDescription

/// Settings of every Swift target: Swift 6 language mode, no warning survives.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// Settings of the pure modules: besides, nothing unsafe goes unmarked.
let pure = house + [.strictMemorySafety()]

let package = Package(
    name: "cairn",
    products: [
        .executable(name: "cairn", targets: ["cairn"]),
        .library(name: "CairnClient", targets: ["CairnClient"]),
    ],
    targets: [
        // C libraries, one system-library target each.
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CSecp256k1", pkgConfig: "libsecp256k1", providers: [.apt(["libsecp256k1-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CUV", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"])]),
        .systemLibrary(name: "CRocksDB", pkgConfig: "rocksdb", providers: [.apt(["librocksdb-dev"])]),

        // Bytes, digests, 256-bit integers, canonical coding, limits. Pure.
        .target(name: "Primitives", swiftSettings: pure),
        // Suites, hashes, signatures, key stores. Wraps OpenSSL, libsodium, libsecp256k1.
        .target(
            name: "Cryptography",
            dependencies: ["Primitives", "COpenSSL", "CSodium", "CSecp256k1"],
            swiftSettings: house),
        // Disks, the journal, the block log, the key-value store and the write-back store above it.
        .target(name: "Storage", dependencies: ["Primitives", "CRocksDB"], swiftSettings: house),
        // Transactions, blocks, receipts, certificates, the state tree, light-client verification. Pure.
        .target(name: "Ledger", dependencies: ["Primitives", "Cryptography"], swiftSettings: pure),
        // The engine contract, and a folder for each consensus engine. Pure.
        .target(name: "Consensus", dependencies: ["Primitives", "Cryptography", "Ledger"], swiftSettings: pure),
        // The host that contracts see, the engines behind it, the system contracts. Pure.
        .target(name: "Contracts", dependencies: ["Primitives", "Cryptography", "Ledger"], swiftSettings: pure),
        // One group's replica: the pure composition of the above.
        .target(
            name: "Replica",
            dependencies: ["Primitives", "Cryptography", "Storage", "Ledger", "Consensus", "Contracts"],
            swiftSettings: pure),
        // The event loop and the byte streams on it. Wraps libuv.
        .target(name: "Networking", dependencies: ["Primitives", "CUV"], swiftSettings: house),
        // The shell: interprets a replica's effects on real disks, threads and clocks.
        .target(
            name: "Node",
            dependencies: [
                "Primitives", "Cryptography", "Storage", "Ledger", "Consensus", "Contracts", "Replica", "Networking",
            ],
            swiftSettings: house),
        // JSON-RPC over HTTP, and the JSON it speaks.
        .target(
            name: "Interfaces",
            dependencies: ["Primitives", "Cryptography", "Ledger", "Replica", "Networking", "Node"],
            swiftSettings: house),
        // The Swift SDK. Public API.
        .target(
            name: "CairnClient",
            dependencies: ["Primitives", "Cryptography", "Ledger", "Contracts", "Networking", "Interfaces"],
            swiftSettings: house),
        // The command line.
        .executableTarget(
            name: "cairn",
            dependencies: ["Primitives", "Cryptography", "Ledger", "Node", "Interfaces", "CairnClient"],
            swiftSettings: house),

        // How fast the state tree is.
        .executableTarget(
            name: "state-tree-benchmark", dependencies: ["Primitives", "Cryptography", "Ledger", "TestSupport"],
            path: "Benchmarks/StateTree", swiftSettings: house),

        // What tests share: vectors of others, seeded randomness.
        .target(name: "TestSupport", dependencies: ["Primitives"], path: "Tests/TestSupport", swiftSettings: house),
        .testTarget(name: "PrimitivesTests", dependencies: ["Primitives", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "CryptographyTests", dependencies: ["Primitives", "Cryptography", "TestSupport"],
            swiftSettings: house),
        .testTarget(
            name: "StorageTests", dependencies: ["Primitives", "Storage", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "LedgerTests", dependencies: ["Primitives", "Cryptography", "Ledger", "TestSupport"],
            swiftSettings: house),
        .testTarget(
            name: "ContractsTests", dependencies: ["Primitives", "Cryptography", "Ledger", "Contracts", "TestSupport"],
            swiftSettings: house),
        .testTarget(
            name: "ReplicaTests",
            dependencies: [
                "Primitives", "Cryptography", "Storage", "Ledger", "Consensus", "Contracts", "Replica", "TestSupport",
            ],
            swiftSettings: house),
        .testTarget(
            name: "NetworkingTests", dependencies: ["Primitives", "Networking", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "InterfacesTests", dependencies: ["Primitives", "Networking", "Interfaces", "TestSupport"],
            swiftSettings: house),
    ],
    cxxLanguageStandard: .cxx17
)
