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
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        // Frames of WebSockets, to hold ours against. It has no pkg-config file.
        .systemLibrary(name: "CWslay", providers: [.apt(["libwslay-dev"])]),

        // SHA-256 of tree nodes with the processor's SHA instructions, which Swift cannot reach.
        .target(name: "CSHA256"),
        // SM3 of tree nodes in the lanes of wide vectors, chosen by what the processor has.
        .target(name: "CSM3"),
        // C shims, one target each: what Swift cannot say.
        // Memory asked for before it is needed.
        .target(name: "CMemory"),
        // CRC-32C by the processor's instruction where there is one, by table elsewhere.
        .target(name: "CChecksum"),
        // Room set aside for a file, by a call that Glibc's module does not show.
        .target(name: "CFileRoom"),
        // Many Ed25519 checks at once: field and point arithmetic, eight lanes wide where there is AVX-512 IFMA, and four
        // where there is AVX2.
        .target(name: "CEd25519"),

        // Bytes, digests, 256-bit integers, canonical coding, limits. Pure.
        .target(name: "Primitives", swiftSettings: pure),
        // Suites, hashes, signatures, key stores. Wraps OpenSSL, libsodium, libsecp256k1.
        .target(
            name: "Cryptography",
            dependencies: [
                "Primitives", "COpenSSL", "CSodium", "CSecp256k1", "CMemory", "CSHA256", "CSM3", "CEd25519",
            ],
            swiftSettings: house),
        // Disks, the journal, the block log, compression, the key-value store and the write-back store above it.
        .target(
            name: "Storage", dependencies: ["Primitives", "CChecksum", "CFileRoom", "CZstd", "CRocksDB"],
            swiftSettings: house),
        // Transactions, blocks, receipts, certificates, the state tree, light-client verification. Pure.
        .target(name: "Ledger", dependencies: ["Primitives", "Cryptography"], swiftSettings: pure),
        // The engine contract, and a folder for each consensus engine. Pure.
        .target(name: "Consensus", dependencies: ["Primitives", "Cryptography", "Ledger"], swiftSettings: pure),
        // Batches on lanes, their certificates, the mempool, and what decisions order of them. Pure.
        .target(
            name: "Dissemination", dependencies: ["Primitives", "Cryptography", "Ledger", "Consensus"],
            swiftSettings: pure),
        // The host that contracts see, the engines behind it, the system contracts. Pure.
        .target(name: "Contracts", dependencies: ["Primitives", "Cryptography", "Ledger"], swiftSettings: pure),
        // One group's replica: the pure composition of the above.
        .target(
            name: "Replica",
            dependencies: [
                "Primitives", "Cryptography", "Storage", "Ledger", "Consensus", "Dissemination", "Contracts",
            ],
            swiftSettings: pure),
        // The event loop, the byte streams on it, and the transport between nodes. Wraps libuv, TLS and compression.
        .target(
            name: "Networking", dependencies: ["Primitives", "Cryptography", "CUV", "COpenSSL", "CZstd"],
            swiftSettings: house),
        // What operators watch a node by: counters, durations, and their text for Prometheus.
        .target(name: "Operations", swiftSettings: house),
        // The shell: interprets a replica's effects on real disks, threads and clocks.
        .target(
            name: "Node",
            dependencies: [
                "Primitives", "Cryptography", "Storage", "Ledger", "Consensus", "Contracts", "Replica", "Networking",
                "Operations",
            ],
            swiftSettings: house),
        // Finds the structure of a JSON text (simdjson), behind a C interface.
        .target(name: "CSimdjson", linkerSettings: [.linkedLibrary("simdjson")]),
        // JSON, HTTP/1.1, WebSocket and JSON-RPC 2.0, for both ends of a connection.
        .target(name: "HTTP", dependencies: ["Primitives", "Networking", "CSimdjson"], swiftSettings: house),
        // What a node answers to clients: the JSON-RPC methods.
        .target(
            name: "Interfaces",
            dependencies: [
                "Primitives", "Cryptography", "Ledger", "Contracts", "Replica", "Networking", "HTTP", "Operations",
                "Node",
            ],
            swiftSettings: house),
        // The Swift SDK. Public API.
        .target(
            name: "CairnClient",
            dependencies: ["Primitives", "Cryptography", "Ledger", "Contracts", "Networking", "HTTP"],
            swiftSettings: house),
        // A whole network on one seed: virtual time, network and disks, faulty actors, checkers.
        .target(
            name: "Simulator",
            dependencies: [
                "Primitives", "Cryptography", "Storage", "Ledger", "Consensus", "Dissemination", "Contracts", "Replica",
            ],
            swiftSettings: house),
        // The command line.
        .executableTarget(
            name: "cairn",
            dependencies: [
                "Primitives", "Cryptography", "Storage", "Ledger", "Consensus", "Contracts", "Replica", "Networking",
                "HTTP", "Operations", "Node", "Interfaces", "CairnClient", "Simulator",
            ],
            swiftSettings: house),

        // What benchmarks share: figures and how they are shown, and clocks.
        .target(name: "BenchmarkSupport", path: "Benchmarks/Support", swiftSettings: house),
        // How fast the state tree is.
        .executableTarget(
            name: "state-tree-benchmark",
            dependencies: ["Primitives", "Cryptography", "Ledger", "TestSupport", "BenchmarkSupport"],
            path: "Benchmarks/StateTree", swiftSettings: house),

        // How fast signatures are checked, with and without attackers' among them.
        .executableTarget(
            name: "signatures-benchmark",
            dependencies: ["Primitives", "Cryptography", "TestSupport", "BenchmarkSupport"],
            path: "Benchmarks/Signatures", swiftSettings: house),

        // What a whole node achieves, beside what its parts do.
        .executableTarget(
            name: "foundations-benchmark",
            dependencies: [
                "Primitives", "Cryptography", "Storage", "Ledger", "Contracts", "Replica", "Networking", "HTTP",
                "CairnClient", "cairn", "BenchmarkSupport", "state-tree-benchmark", "signatures-benchmark",
            ],
            path: "Benchmarks/Foundations", swiftSettings: house),

        // What the engines do in the simulator.
        .executableTarget(
            name: "consensus-benchmark", dependencies: ["Ledger", "Simulator", "BenchmarkSupport"],
            path: "Benchmarks/Consensus", swiftSettings: house),

        // How fast nodes talk to each other.
        .executableTarget(
            name: "transport-benchmark",
            dependencies: ["Primitives", "Cryptography", "Networking", "BenchmarkSupport"],
            path: "Benchmarks/Transport", swiftSettings: house),

        // What a WebSocket's server spends on a message.
        .executableTarget(
            name: "websocket-benchmark", dependencies: ["Networking", "HTTP"], path: "Benchmarks/WebSocket",
            swiftSettings: house),

        // What fuzzing runs: for each decoder, and for the host's calls, a function over any bytes.
        .target(
            name: "FuzzTargets",
            dependencies: [
                "Primitives", "Cryptography", "Storage", "Ledger", "Consensus", "Dissemination", "Contracts", "Replica",
                "Networking", "HTTP", "TestSupport",
            ],
            path: "Fuzz/Targets", swiftSettings: house),
        // The program that libFuzzer drives, built by script/fuzz. Without libFuzzer it replays files.
        .executableTarget(
            name: "fuzz", dependencies: ["FuzzTargets"], path: "Fuzz/Driver",
            swiftSettings: house + [.unsafeFlags(["-parse-as-library"])]),

        // What tests share: vectors of others, seeded randomness.
        .target(name: "TestSupport", dependencies: ["Primitives"], path: "Tests/TestSupport", swiftSettings: house),
        // What tests of the whole program share: processes, nodes, calls.
        .target(
            name: "SystemTestSupport",
            dependencies: ["Primitives", "Cryptography", "Ledger", "Contracts", "Networking", "HTTP", "TestSupport"],
            path: "Tests/SystemTestSupport", swiftSettings: house),
        .testTarget(name: "PrimitivesTests", dependencies: ["Primitives", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "CryptographyTests",
            dependencies: ["Primitives", "Cryptography", "CEd25519", "COpenSSL", "CSodium", "TestSupport"],
            exclude: ["Peers"], swiftSettings: house),
        .testTarget(
            name: "StorageTests", dependencies: ["Primitives", "Storage", "TestSupport", "SystemTestSupport"],
            swiftSettings: house),
        .testTarget(
            name: "LedgerTests", dependencies: ["Primitives", "Cryptography", "Ledger", "TestSupport"],
            swiftSettings: house),
        .testTarget(
            name: "ContractsTests", dependencies: ["Primitives", "Cryptography", "Ledger", "Contracts", "TestSupport"],
            swiftSettings: house),
        .testTarget(name: "OperationsTests", dependencies: ["Operations"], swiftSettings: house),
        // The rules that source text can show.
        .testTarget(name: "ArchitectureTests", swiftSettings: house),
        .testTarget(
            name: "ConsensusTests", dependencies: ["Primitives", "Cryptography", "Ledger", "Consensus", "TestSupport"],
            swiftSettings: house),
        .testTarget(
            name: "ReplicaTests",
            dependencies: [
                "Primitives", "Cryptography", "Storage", "Ledger", "Consensus", "Dissemination", "Contracts", "Replica",
                "TestSupport",
            ],
            swiftSettings: house),
        .testTarget(
            name: "NetworkingTests", dependencies: ["Primitives", "Cryptography", "Networking", "TestSupport"],
            swiftSettings: house),
        .testTarget(
            name: "HTTPTests",
            dependencies: ["Primitives", "Cryptography", "Networking", "HTTP", "TestSupport", "CWslay"],
            swiftSettings: house),
        // What fuzzing found once.
        .testTarget(
            name: "FuzzRegressionTests", dependencies: ["Primitives", "FuzzTargets", "TestSupport"],
            exclude: ["Crashes"],
            swiftSettings: house),
        .testTarget(
            name: "DisseminationTests",
            dependencies: ["Primitives", "Cryptography", "Ledger", "Consensus", "Dissemination", "TestSupport"],
            swiftSettings: house),
        .testTarget(
            name: "SimulatorTests",
            dependencies: [
                "Primitives", "Cryptography", "Storage", "Ledger", "Consensus", "Replica", "Simulator",
                "SystemTestSupport", "TestSupport",
                "cairn",
            ],
            swiftSettings: house),
        // These run the program itself.
        .testTarget(
            name: "NodeTests",
            dependencies: [
                "Primitives", "Cryptography", "Ledger", "Contracts", "Networking", "HTTP", "Consensus", "Dissemination",
                "Replica", "Node", "Interfaces",
                "CairnClient", "SystemTestSupport", "TestSupport", "cairn",
            ], exclude: ["Peers"], swiftSettings: house),
        .testTarget(
            name: "CommandLineTests",
            dependencies: ["Primitives", "HTTP", "CairnClient", "SystemTestSupport", "TestSupport", "cairn"],
            swiftSettings: house),
    ],
    cxxLanguageStandard: .cxx17
)
