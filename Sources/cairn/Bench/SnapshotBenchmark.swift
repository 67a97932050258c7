import CairnClient
import Contracts
import Cryptography
import Foundation
import HTTP
import Ledger
import Primitives

/// Measures how long a new organisation's node takes to join by a snapshot of many keys.
struct SnapshotBenchmark {
    private let plan: NetworkPlan
    private let keys: Int

    private static let senders = 64
    /// How many transactions are signed before they are sent.
    private static let togetherCount = 50_000
    private static let pollMilliseconds = 20
    private static let cutMilliseconds = 120_000
    /// How much longer than the duplicates' window it waits.
    private static let windowMarginSeconds = 5

    init(_ invocation: Invocation) throws {
        plan = try BenchNetwork.plan(invocation)
        keys = try invocation.number("keys", default: 1_000_000)
        guard plan.engine == .fbft || plan.engine == .pbft else {
            throw CommandError.usage("a snapshot is measured with the engines fbft and pbft", invocation.command)
        }
        guard (1...100_000_000).contains(keys) else {
            throw CommandError.usage("--keys takes 1 to 100000000", invocation.command)
        }
    }

    struct Figures: BenchFigures {
        let plan: NetworkPlan
        let keys: Int
        /// Until each node had cut its snapshot, from the vote that ended the epoch; that the new node took to restore one,
        /// from its first question; and from the command to add it until it followed, its vote included.
        let cutSeconds, restoreSeconds, addSeconds: Double

        var json: JSON {
            [
                "nodes": .unsigned(UInt64(plan.organisations.count)), "engine": .string("\(plan.engine)"),
                "suite": .string("\(plan.suite)"), "keys": .unsigned(UInt64(keys)), "cutSeconds": .rounded(cutSeconds),
                "restoreSeconds": .rounded(restoreSeconds), "addSeconds": .rounded(addSeconds),
            ]
        }

        var lines: [String] {
            func shown(_ value: Double) -> String { String(format: "%.1f s", value) }
            return [
                "\(plan.organisations.count) nodes, \(plan.engine), \(plan.suite), \(keys) keys",
                "cut         \(shown(cutSeconds)) from a vote until all nodes had a snapshot of the state",
                "restored    \(shown(restoreSeconds)), from the new node's first question to the state",
                "added       \(shown(addSeconds)), from the command until the new node followed",
            ]
        }
    }

    func run() async throws -> Figures {
        try await BenchNetwork.run(plan, senders: Self.senders) { network in
            try await network.fund(keys)
            for start in stride(from: 0, to: keys, by: Self.togetherCount) {
                Terminal.progress("making \(keys) keys", UInt64(start), of: UInt64(keys))
                try await make(min(Self.togetherCount, keys - start), network)
            }
            try await waitForWindow()
            Terminal.progress("the nodes cut their snapshots", 0, of: 2)
            let cutSeconds = try await cut(network)
            Terminal.progress("an organisation joins", 1, of: 2)
            guard let name = MemberName("newcomer") else { throw CommandError.failed("no name for a newcomer") }
            let start = ContinuousClock.now
            let added = try await NetworkGrowth(folder: network.folder, organisation: name, isValidator: false).run()
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            let metrics = try await BenchStages.read([added.endpoint])
            Terminal.endProgress()
            guard let restore = metrics[0]["cairn_joining_seconds"] else {
                throw CommandError.failed("the new node has executed the chain from its beginning")
            }
            return Figures(plan: plan, keys: keys, cutSeconds: cutSeconds, restoreSeconds: restore, addSeconds: seconds)
        }
    }

    /// Transfers to accounts that were not there.
    private func make(_ count: Int, _ network: BenchNetwork) async throws {
        var generator = SystemRandomNumberGenerator()
        var signed: [SignedTransaction] = []
        for index in 0..<count {
            let bytes = (0..<Address.byteCount).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let call = try network.transfer(to: AccountAddress(Address(copying: bytes.span, at: 0)))
            signed.append(try await network.sign(call, account: index % Self.senders))
        }
        let failed = try await network.send(signed, to: Array(network.endpoints.indices))
        guard failed == 0 else { throw CommandError.failed("\(failed) transfers failed") }
    }

    /// A newcomer gets the blocks of the duplicates' window, too, which would be all those that made the keys.
    private func waitForWindow() async throws {
        let seconds = Int(ChainLimits().expiryWindowMilliseconds / 1000) + Self.windowMarginSeconds
        for second in 0..<seconds {
            Terminal.progress(
                "waiting until no transaction counts as a duplicate", UInt64(second), of: UInt64(seconds))
            try await Task.sleep(for: .seconds(1))
        }
    }

    /// Ends the epoch: the states at its end and at the beginning of the next one are cut, of which newcomers need the
    /// later. Waits until each node has done so.
    private func cut(_ network: BenchNetwork) async throws -> Double {
        let start = ContinuousClock.now
        let epoch = try await network.report(0).epoch
        let other: EngineKind = plan.engine == .fbft ? .pbft : .fbft
        try await NetworkBallot(folder: network.folder).carry([.changeEngine(other, .all)], "another engine")
        while try await network.report(0).epoch == epoch {
            try await Task.sleep(for: .milliseconds(Self.pollMilliseconds))
        }
        guard try await network.send(network.transfers(1), to: [0]) == 0 else {
            throw CommandError.failed("a transfer in the next epoch failed")
        }
        while ContinuousClock.now - start < .milliseconds(Self.cutMilliseconds) {
            let epochs = try await BenchStages.read(network.endpoints).map { $0["cairn_snapshot_epoch"] ?? 0 }
            if epochs.allSatisfy({ $0 > Double(epoch) }) { return (ContinuousClock.now - start) / .seconds(1) }
            try await Task.sleep(for: .milliseconds(Self.pollMilliseconds))
        }
        throw CommandError.failed("not all nodes have cut a snapshot within \(Self.cutMilliseconds / 1000) s")
    }
}
