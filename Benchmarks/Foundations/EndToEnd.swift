import BenchmarkSupport
import CairnClient
import Contracts
import Cryptography
import Foundation
import HTTP
import Ledger
import Primitives

/// Transfers through a whole node, from the client's message to the durable receipt in its hands: the real program as a
/// process of its own, on the real disk with fsync, beside this load generator on the same cores.
struct EndToEndBenchmark {
    static let accountCount = 64
    static let batchTransactions = 500
    static let batchesInFlight = 8
    static let checksAtOnce = 2000
    /// How many transactions are signed ahead: signatures made much earlier would have expired when they are sent.
    static let portionTransactions = 100_000

    let program: String
    let folder: URL
    /// In blocks.
    let checkpointInterval: String

    /// The threads of the node that clients' messages pass through, besides those that order and execute.
    static let interfaceThreads = ["interface", "door", "publisher"]

    /// - Parameter posted: how many transactions are sent by JSON-RPC over HTTP, before the others.
    func run(transactions count: Int, posted postedCount: Int) async throws -> [Figure] {
        let chain = folder.appending(path: "chain").path
        try Self.output(
            of: program,
            ["chain", "create", "--directory", chain, "--port", "0", "--checkpoint-interval", checkpointInterval])
        let node = try NodeProcess(program: program, configuration: "\(chain)/node.json")
        let client = try CairnClient(endpoint: node.endpoint)
        let keys = try (0..<Self.accountCount).map { index in
            try SoftwareKey(scheme: .ed25519, seed: [UInt8](repeating: UInt8(index + 1), count: 32))
        }
        let load = TransferLoad(terms: try await client.terms(), keys: keys)
        try await load.setUp(client)
        let posted = try await postedRate(try load.transfers(count: postedCount, firstSalt: UInt64(count) + 1), client)
        let bulk = try await runBulk(load, node, count: count)
        let all = try await client.chain()
        let memory = node.residentMegabytes
        try node.stop()
        let size = Double(try Self.byteCount(of: "\(chain)/data"))
        let sent = count + postedCount
        return bulk + [
            Figure("the same by JSON-RPC over HTTP", [posted], "per second"),
            Figure("disk a transfer, everything", [size / Double(sent)], "bytes"),
            Figure("resident memory of the node after this load", [memory], "MB"),
        ] + (try await restart("\(chain)/node.json", height: all.height, transactions: sent))
    }

    /// Sends transfers in bulk, portion by portion; between the portions the clock stands still.
    private func runBulk(_ load: TransferLoad, _ node: NodeProcess, count: Int) async throws -> [Figure] {
        var (rates, checking): ([Double], [Double]) = ([], [])
        var elapsed = 0.0
        let before = node.threadTimes
        for start in stride(from: 0, to: count, by: Self.portionTransactions) {
            let signed = try load.transfers(
                count: min(Self.portionTransactions, count - start), firstSalt: UInt64(start) + 1)
            checking.append(checkingRate(signed, load.terms))
            let time = try await BulkLoad(endpoint: node.endpoint).run(signed).inSeconds
            rates.append(Double(signed.count) / time)
            elapsed += time
        }
        let after = node.threadTimes
        let checks = Figure("signature checks alone", checking, "per second, both cores")
        let rate = Double(count) / elapsed
        return [
            Figure("transfers through solo, end to end", rates, "per second, both cores, fsync on"),
            Figure("all \(count) of them", [rate], "per second"),
            Figure(
                "interface, door and publisher, a transfer in bulk",
                [after.nanoseconds(since: before, of: Self.interfaceThreads) / Double(count)],
                "ns of processor: " + Self.parts(before, after, count)),
            Figure(
                "the whole node, a transfer in bulk", [after.nanoseconds(since: before) / Double(count)],
                "ns of processor"),
            checks, Figure("end to end as a part of that", [rate / checks.median * 100], "%"),
        ]
    }

    /// How many of these signatures both cores check in a second, with nothing else to do.
    private func checkingRate(_ signed: [SignedTransaction], _ terms: ChainTerms) -> Double {
        let checks = signed.flatMap { StatelessCheck(terms: terms).signatureChecks(of: $0) }
        let verifier = PooledVerifier(threadCount: 2)
        defer { verifier.stop() }
        // In portions that the pool's queue takes, so that its threads share each.
        return Double(checks.count)
            / seconds {
                for start in stride(from: 0, to: checks.count, by: Self.checksAtOnce) {
                    _ = verifier.verify(Array(checks[start..<min(start + Self.checksAtOnce, checks.count)]))
                }
            }
    }

    /// Starts the node again on its chain, some times.
    private func restart(_ configuration: String, height: UInt64, transactions: Int) async throws -> [Figure] {
        var (starts, memory): ([Double], [Double]) = ([], [])
        for _ in 0..<3 {
            var node: NodeProcess?
            starts.append(try seconds { node = try NodeProcess(program: program, configuration: configuration) } * 1000)
            guard let node else { continue }
            guard try await CairnClient(endpoint: node.endpoint).chain().height == height else {
                throw BenchmarkError("the chain is not as high as before")
            }
            memory.append(node.residentMegabytes)
            try node.stop()
        }
        return [
            Figure("start on a chain of \(transactions) transactions", starts, "ms, until it answers"),
            Figure("resident memory then", memory, "MB"),
        ]
    }

    private static func parts(_ before: ThreadTimes, _ after: ThreadTimes, _ count: Int) -> String {
        after.parts(since: before).prefix(9).map { part in
            "\(part.name) \(Int(part.nanoseconds / Double(count)))"
        }.joined(separator: ", ")
    }

    private func postedRate(_ transactions: [SignedTransaction], _ client: CairnClient) async throws -> Double {
        let batches = stride(from: 0, to: transactions.count, by: Self.batchTransactions).map {
            Array(transactions[$0..<min($0 + Self.batchTransactions, transactions.count)])
        }
        let start = ContinuousClock.now
        try await submit(batches, client)
        return Double(transactions.count) / (ContinuousClock.now - start).inSeconds
    }

    /// Sends all batches, a few at a time, each waiting for the receipt of its last transaction.
    private func submit(_ batches: [[SignedTransaction]], _ client: CairnClient) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var rest = batches[...]
            for _ in 0..<Self.batchesInFlight {
                if let batch = rest.popFirst() { group.addTask { try await submit(batch, client) } }
            }
            while try await group.next() != nil {
                if let batch = rest.popFirst() { group.addTask { try await submit(batch, client) } }
            }
        }
    }

    private func submit(_ batch: [SignedTransaction], _ client: CairnClient) async throws {
        let parameters: JSON = [.array(batch.map { .string($0.canonicalBytes.hexadecimal) })]
        let answers = try await client.call("cairn_sendTransactions", parameters)
        for answer in answers.arrayValue ?? [] where answer["identity"] == nil {
            throw BenchmarkError("refused: \(answer)")
        }
        // Transactions are ordered as they came, so the last receipt is there when all are.
        guard let last = batch.last else { return }
        guard case .committed = try await client.wait(for: last.identity) else {
            throw BenchmarkError("no receipt")
        }
    }

    @discardableResult
    private static func output(of program: String, _ arguments: [String]) throws -> Data {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw BenchmarkError("\(arguments) failed") }
        return output
    }

    private static func byteCount(of folder: String) throws -> Int {
        try FileManager.default.subpathsOfDirectory(atPath: folder).reduce(0) { sum, path in
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(path)")
            guard attributes[.type] as? FileAttributeType == .typeRegular else { return sum }
            return sum + (attributes[.size] as? Int ?? 0)
        }
    }
}

/// A node as a process of its own.
final class NodeProcess {
    let endpoint: String
    private let process = Process()

    init(program: String, configuration: String) throws {
        let output = Pipe()
        process.executableURL = URL(filePath: program)
        process.arguments = ["node", "run", "--config", configuration, "--json"]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        var text = Data()
        while !text.contains(UInt8(ascii: "}")) {
            let part = output.fileHandleForReading.availableData
            guard !part.isEmpty else {
                throw BenchmarkError("the node did not start: \(String(decoding: text, as: UTF8.self))")
            }
            text += part
        }
        guard let endpoint = try JSON(parsing: Array(text))["endpoint"]?.stringValue else {
            throw BenchmarkError("the node did not say where it is")
        }
        self.endpoint = endpoint
    }

    var threadTimes: ThreadTimes { ThreadTimes(process: process.processIdentifier) }

    var residentMegabytes: Double {
        let status = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return (line.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0) / 1024
    }

    func stop() throws {
        process.terminate()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw BenchmarkError("the node did not stop as it should") }
    }
}

/// Signed transfers among a few accounts.
struct TransferLoad {
    let terms: ChainTerms
    let keys: [SoftwareKey]

    func setUp(_ client: CairnClient) async throws {
        var create = CanonicalEncoder()
        create.encode("GOLD")
        create.encode("GOLD")
        create.encode(UInt8(2))
        var all = [try signed("create", create.bytes, by: 0, salt: 0)]
        for index in keys.indices { all.append(try signed("issue", movement(to: index, 1 << 40), by: 0, salt: 0)) }
        for transaction in all {
            guard case .committed = try await client.submit(transaction) else {
                throw BenchmarkError("the asset could not be made")
            }
        }
    }

    func transfers(count: Int, firstSalt: UInt64 = 1) throws -> [SignedTransaction] {
        var generator = SplitMix(state: firstSalt)
        return try (0..<count).map { index in
            let from = Int(generator.next() % UInt64(keys.count))
            let to = Int(generator.next() % UInt64(keys.count))
            return try signed("transfer", movement(to: to, 1), by: from, salt: firstSalt + UInt64(index))
        }
    }

    private func movement(to index: Int, _ amount: UInt64) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.encode("GOLD")
        encoder.encode(address(of: index))
        encoder.encode(UInt256(amount))
        return encoder.bytes
    }

    private func address(of index: Int) -> Address { keys[index].publicKey.address(in: terms.suite) ?? .zero }

    private func signed(_ method: String, _ arguments: [UInt8], by index: Int, salt: UInt64) throws -> SignedTransaction
    {
        let now = UInt64(Date().timeIntervalSince1970 * 1000)
        let transaction = Transaction(
            genesis: terms.genesis, group: terms.group, sender: address(of: index), contract: Assets.address,
            method: method, arguments: arguments, salt: salt,
            expiry: Timestamp(milliseconds: now + terms.limits.expiryWindowMilliseconds), gasLimit: 100_000)
        return try SignedTransaction(signing: transaction, with: [keys[index]], suite: terms.suite)
    }
}
