import Contracts
import HTTP
import Primitives
import SystemTestSupport
import TestSupport

/// Holds a node that came back against what the clients were told, and against the model of its blocks.
struct LedgerChecker {
    private(set) var model: LedgerModel
    private let accounts: [TestAccount]
    private let records: ClientRecords
    private var checkedReports = 0

    init(accounts: [TestAccount], records: ClientRecords, allowsOthers: Bool = false) {
        self.accounts = accounts
        self.records = records
        model = LedgerModel(accountCount: accounts.count)
        model.allowsOthers = allowsOthers
    }

    /// What is wrong; nothing if all is right. Nobody else may be sending transactions.
    mutating func check(_ rpc: RPCConnection, _ generator: inout SeededGenerator) async throws -> [String] {
        var findings = try await checkOldBlocks(rpc)
        guard findings.isEmpty else { return findings }
        var isSettled = false
        // What recovery executed but nobody had signed is certified in the node's first moments.
        for _ in 0..<50 where !isSettled && findings.isEmpty {
            findings += try await takeBlocks(rpc)
            let (differences, height) = try await differences(rpc)
            isSettled = height == model.height
            if isSettled { findings += differences }
        }
        if findings.isEmpty, !isSettled { findings.append("the chain grows although nobody sends anything") }
        guard findings.isEmpty else { return findings }
        findings += checkReports()
        findings += try await checkReceipts(rpc, &generator)
        return findings
    }

    /// The chain may only have grown: its hashes make one block stand for all before it.
    private func checkOldBlocks(_ rpc: RPCConnection) async throws -> [String] {
        guard let hash = model.hash else { return [] }
        let block = try await rpc.call("cairn_getBlock", [.unsigned(model.height)])
        return block["hash"]?.stringValue == hash ? [] : ["block \(model.height) is gone, or another"]
    }

    private mutating func takeBlocks(_ rpc: RPCConnection) async throws -> [String] {
        let head = try await rpc.call("cairn_chain")["height"]?.uint64Value ?? 0
        var findings: [String] = []
        while model.height < head, findings.isEmpty {
            let heights = model.height + 1...min(head, model.height + 50)
            let blocks = try await rpc.calls(heights.map { ("cairn_getBlock", [.unsigned($0)]) }).map { try $0.get() }
            var receipts = try await receipts(blocks.flatMap(LedgerModel.identities), rpc)[...]
            for block in blocks {
                let own = receipts.prefix(LedgerModel.identities(of: block).count)
                receipts = receipts.dropFirst(own.count)
                findings += model.take(block, Array(own), records)
            }
        }
        return findings
    }

    private func receipts(_ identities: [Digest], _ rpc: RPCConnection) async throws -> [JSON] {
        var receipts: [JSON] = []
        var rest = identities[...]
        while !rest.isEmpty {
            let calls = rest.prefix(100).map { ("cairn_getReceipt", [.string($0.description)] as JSON) }
            receipts += try await rpc.calls(calls).map { try $0.get() }
            rest = rest.dropFirst(100)
        }
        return receipts
    }

    /// Where the node's balances are not the model's, and the height of the answer.
    private func differences(_ rpc: RPCConnection) async throws -> ([String], height: UInt64) {
        let calls = accounts.map { account in
            let arguments = AssetArguments.balance(CrashWorld.symbol, of: account.address)
            return (
                "cairn_call",
                [.string(Assets.address.description), "balance", .string(arguments.hexadecimal)] as JSON
            )
        }
        var findings: [String] = []
        var height: UInt64 = 0
        for (index, answer) in try await rpc.calls(calls).enumerated() {
            let json = try answer.get()
            height = max(height, json["height"]?.uint64Value ?? 0)
            let bytes = json["value"]?.stringValue.flatMap([UInt8].init(hexadecimal:))
            let holding = bytes.flatMap { try? Holding(canonicalBytes: $0) }
            // Before the asset is created, there is no balance.
            guard holding != nil || model.balances[index] != 0 else { continue }
            if holding?.balance != UInt256(model.balances[index]) {
                findings.append("account \(index) has \(json), but should have \(model.balances[index])")
            }
        }
        return (findings, height)
    }

    /// Everything that was reported committed is there, as it was reported.
    private mutating func checkReports() -> [String] {
        let reports = records.reports(from: checkedReports)
        checkedReports += reports.count
        return reports.compactMap { report in
            guard model.places[report.identity] != report.place else { return nil }
            let found = model.places[report.identity].map { "\($0)" } ?? "nothing"
            return "transaction \(report.identity) was reported as \(report.place), but there is \(found)"
        }
    }

    /// Some older receipts, so that places that an older state has to learn again are looked at.
    private func checkReceipts(_ rpc: RPCConnection, _ generator: inout SeededGenerator) async throws -> [String] {
        let sample = (0..<100).compactMap { _ in model.order.randomElement(using: &generator) }
        let found = try await receipts(sample, rpc).map { Place($0) }
        return zip(sample, found).compactMap { identity, place in
            place == model.places[identity] ? nil : "the receipt of \(identity) is now \(String(describing: place))"
        }
    }
}
