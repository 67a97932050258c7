import BenchmarkSupport
import Contracts
import Cryptography
import Ledger
import Primitives

/// How long a transaction takes from its bytes to what the node works with, its identity included.
struct DecodingBenchmark {
    static let transactionCount = 20_000

    func run() throws -> [Figure] {
        let execution = try ExecutionBenchmark()
        let codings = try execution.makeTransfers(count: Self.transactionCount).map(\.canonicalBytes)
        let check = StatelessCheck(terms: execution.genesis.terms)
        let suite = execution.genesis.suite
        let runs = 15
        let decoding = try (0..<runs).map { _ in
            try processorSeconds {
                for bytes in codings { _ = try SignedTransaction(canonicalBytes: bytes, suite: suite) }
            }
        }
        let checking = try (0..<runs).map { _ in
            try processorSeconds { for bytes in codings { _ = try check.decode(bytes) } }
        }
        func nanoseconds(_ runs: [Double]) -> [Double] { runs.map { $0 / Double(codings.count) * 1e9 } }
        return [
            Figure("a transaction decoded, with its identity", nanoseconds(decoding), "ns"),
            Figure("a transaction decoded and checked at the door", nanoseconds(checking), "ns"),
        ]
    }
}
