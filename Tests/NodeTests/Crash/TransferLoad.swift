import Foundation
import HTTP
import Ledger
import Primitives
import Synchronization
import SystemTestSupport
import TestSupport

private final class StopFlag: Sendable {
    let value = Atomic<Bool>(false)
}

/// Clients that send transfers and wait for their receipts until the node dies.
struct TransferLoad: Sendable {
    let accounts: [TestAccount]
    let terms: ChainTerms
    let records: ClientRecords
    let endpoint: String

    static let clientCount = 4

    /// Runs all clients until `stop`, which kills the node, has returned.
    func run(seed: UInt64, stop: @escaping @Sendable () async -> Void) async throws {
        let isStopped = StopFlag()
        try await withThrowingTaskGroup { group in
            for client in 0..<Self.clientCount {
                group.addTask { try await runClient(SeededGenerator(seed: seed &+ UInt64(client)), isStopped) }
            }
            await stop()
            isStopped.value.store(true, ordering: .releasing)
            try await group.waitForAll()
        }
    }

    private func runClient(_ seeded: SeededGenerator, _ isStopped: StopFlag) async throws {
        var generator = seeded
        let rpc = try RPCConnection(endpoint)
        while !isStopped.value.load(ordering: .acquiring) {
            let batch = try nextBatch(&generator)
            // The node may die at any moment; what was not answered is not known.
            guard (try? await send(batch, rpc)) != nil else { return }
        }
    }

    private func nextBatch(_ generator: inout SeededGenerator) throws -> [SignedTransaction] {
        var batch: [SignedTransaction] = []
        for _ in 0..<Int.random(in: 1...12, using: &generator) {
            // Now and then one is sent again: it may be known, lost or on its way, but must never count twice.
            if Int.random(in: 0..<10, using: &generator) == 0, let old = records.recent(&generator) {
                batch.append(old)
            }
            batch.append(try transfer(&generator))
        }
        return batch
    }

    private func transfer(_ generator: inout SeededGenerator) throws -> SignedTransaction {
        let from = Int.random(in: 0..<accounts.count, using: &generator)
        let to = (from + Int.random(in: 1..<accounts.count, using: &generator)) % accounts.count
        // One in twenty asks for more than there is.
        let isTooMuch = Int.random(in: 0..<20, using: &generator) == 0
        let amount = isTooMuch ? 1 << 60 : UInt64.random(in: 0...500, using: &generator)
        let lifetime = UInt64.random(in: 3000...110_000, using: &generator)
        return try CrashWorld.sign(
            .transfer(from: from, to: to, amount: amount), accounts, terms, records, lifetimeMilliseconds: lifetime,
            salt: generator.next())
    }

    /// Sends a batch, waits for what becomes of it, and records what the node says.
    private func send(_ batch: [SignedTransaction], _ rpc: RPCConnection) async throws {
        let coded = batch.map { JSON.string($0.canonicalBytes.hexadecimal) }
        let answers = try await rpc.call("cairn_sendTransactions", [.array(coded)]).arrayValue ?? []
        let taken = zip(batch, answers).filter { $1["identity"] != nil }.map(\.0)
        guard !taken.isEmpty else { return }
        let waits = taken.map { ("cairn_waitForReceipt", [.string($0.identity.description)] as JSON) }
        for (signed, result) in zip(taken, try await rpc.calls(waits)) {
            guard let receipt = try? result.get()["receipt"], let place = Place(receipt) else { continue }
            records.report(signed.identity, place)
        }
    }
}
