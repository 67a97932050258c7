import Contracts
import Cryptography
import Ledger
import Primitives
import TestSupport
import Testing

/// Counts how often each account has called.
enum Counter: NativeContract {
    static let address = Address.system(0x200)

    static func execute(
        _ method: String, _ arguments: inout CanonicalDecoder, in host: inout Host
    ) throws(ContractError) -> [UInt8] {
        guard method == "count" else { throw .failed("noMethod", "there is no method \"\(method)\"") }
        let key = host.caller.bytes
        let before = try host.read(key).flatMap { try? UInt64(canonicalBytes: $0) } ?? 0
        try host.write((before + 1).canonicalBytes, at: key)
        try host.emit("Counted", data: (before + 1).canonicalBytes)
        return (before + 1).canonicalBytes
    }
}

@Suite struct CounterExample {
    /// A chain's state before its first block.
    private final class EmptyState: StateView {
        func value(at key: StateKey) throws(StateUnavailable) -> [UInt8]? { nil }

        func scan(
            prefix: StateKey, from start: StateKey, limit: Int
        ) throws(StateUnavailable) -> [(StateKey, [UInt8])] { [] }
    }

    @Test func `the counter counts for each account apart`() throws {
        let alice = try SoftwareKey(scheme: .ed25519, seed: [UInt8](repeating: 1, count: 32))
        let bob = try SoftwareKey(scheme: .ed25519, seed: [UInt8](repeating: 2, count: 32))
        let rules = ExecutionRules(version: 1, gas: .version1, contracts: NativeEngine([Counter.self]))
        let calls = try [alice, alice, bob, alice].enumerated().map { try call(from: $1, salt: UInt64($0)) }

        let block = BlockContext(group: 1, height: 1, time: Timestamp(milliseconds: 1000))
        let result = try BlockExecution(rules: rules, suite: .international).execute(
            calls, in: block, over: EmptyState())

        #expect(result.receipts.map(\.outcome) == [1, 2, 1, 3].map { .success(UInt64($0).canonicalBytes) })
        #expect(result.receipts.allSatisfy { $0.events.map(\.name) == ["Counted"] })
        #expect(result.changes.count == 2)
    }

    private func call(from key: SoftwareKey, salt: UInt64) throws -> SignedTransaction {
        let sender = try #require(key.publicKey.address(in: .international))
        let transaction = Transaction(
            genesis: .zero, group: 1, sender: sender, contract: Counter.address, method: "count", arguments: [],
            salt: salt, expiry: Timestamp(milliseconds: 60_000), gasLimit: 100_000)
        return try SignedTransaction(signing: transaction, with: [key], suite: .international)
    }

    @Test func `the README shows this contract`() throws {
        let shown = try #require(try ProjectFile.codeBlocks(of: "README.md", in: "swift").first)
        let source = try ProjectFile.text("Tests/ContractsTests/CounterExample.swift")
        #expect(shown.contains("enum Counter: NativeContract"))
        #expect(source.contains(shown))
    }
}
