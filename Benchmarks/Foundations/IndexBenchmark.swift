import BenchmarkSupport
import Foundation
import Storage

/// The index of a group, written and read by one core: rows of random keys, as those of transactions and state keys
/// are, and of accounts that recur. Times are of the processor, for one thread.
struct IndexBenchmark {
    static let blockTransactions = 5_000
    static let rowsPerTransaction = 8
    static let accountCount: UInt64 = 50_000
    /// Blocks that become one run; four of these runs are merged.
    static let blocksPerRun = 25
    static let runCount = 10
    static let lookUpCount = 200_000

    let folder: URL

    func run() throws -> [Figure] { try hashing() + writing() + reading() }

    private func hashing() throws -> [Figure] {
        let hash = IndexKeyHash(seed: (1, 2))
        let thing = [UInt8](repeating: 7, count: 32)
        var sum: UInt64 = 0
        let runs = (0..<5).map { _ in
            1_000_001 / processorSeconds { for _ in 0..<1_000_001 { sum &+= hash.key(kind: 1, thing).rawValue } }
        }
        guard sum != 0 else { throw BenchmarkError("nothing was hashed") }
        return [Figure("index keys hashed, of 32 bytes", runs, "per second, one core")]
    }

    /// Four runs, and one merge of them.
    private func writing() throws -> [Figure] {
        var (appended, sealed, merged, whole): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
        for attempt in 0..<3 {
            let index = try open("written-\(attempt)")
            var (appending, sealing, merging) = (0.0, 0.0, 0.0)
            for run in 0..<4 {
                for block in 0..<Self.blocksPerRun {
                    let height = UInt64(run * Self.blocksPerRun + block + 1)
                    let rows = rows(of: height)
                    appending += processorSeconds { index.append(height: height, rows: rows) }
                }
                index.seal(upTo: UInt64((run + 1) * Self.blocksPerRun))
                let work = try processorSeconds { _ = try index.maintain() }
                sealing += work
            }
            merging = try processorSeconds { while try index.maintain() {} }
            guard index.statistics.runCount == 1 else { throw BenchmarkError("the runs were not merged") }
            let count = Double(4 * Self.blocksPerRun * Self.blockTransactions * Self.rowsPerTransaction)
            appended.append(count / appending)
            sealed.append(count / sealing)
            merged.append(count / merging)
            whole.append(count / (appending + sealing + merging))
        }
        return [
            Figure("index rows appended in memory", appended, "per second, one core"),
            Figure("index rows written to runs", sealed, "per second, one core"),
            Figure("index rows merged four to one", merged, "per second, one core"),
            Figure("index rows written (segments), all of this", whole, "per second, one core"),
        ]
    }

    private func reading() throws -> [Figure] {
        var limits = LedgerIndexLimits()
        // So that the runs stay ten.
        limits.runRowsMax = 1
        let index = try open("read", limits)
        for run in 0..<Self.runCount {
            for block in 1...Self.blocksPerRun {
                let height = UInt64(run * Self.blocksPerRun + block)
                index.append(height: height, rows: rows(of: height))
            }
            index.seal(upTo: UInt64((run + 1) * Self.blocksPerRun))
            while try index.maintain() {}
        }
        guard index.statistics.runCount == Self.runCount else { throw BenchmarkError("there are not ten runs") }
        let bytes = Double(index.statistics.runMemoryByteCount) / Double(index.statistics.runRowCount)
        let height = UInt64(Self.runCount * Self.blocksPerRun)
        for block in 1...UInt64(Self.blocksPerRun) {
            index.append(height: height + block, rows: rows(of: height + block))
        }
        var (inRuns, inMemory, absent, pages): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
        var generator = SplitMix(state: 5)
        for _ in 0..<3 {
            inRuns.append(try lookUps(index, &generator, heights: 1...height))
            inMemory.append(try lookUps(index, &generator, heights: height + 1...height + UInt64(Self.blocksPerRun)))
            absent.append(
                try perSecond(Self.lookUpCount) { _ in
                    _ = try index.positions(of: IndexKey(rawValue: generator.next()))
                })
            pages.append(
                try perSecond(Self.lookUpCount / 10) { _ in
                    let key = Self.accountKey(generator.next() % Self.accountCount)
                    let found = try index.positions(of: key, order: .descending, limit: 10)
                    guard found.count == 10 else { throw BenchmarkError("an account has too few transactions") }
                })
        }
        return [
            Figure("index look-ups of one row in \(Self.runCount) runs", inRuns, "per second, one core"),
            Figure("index look-ups of one row in memory, newest first", inMemory, "per second, one core"),
            Figure("index look-ups of what is not there", absent, "per second, one core"),
            Figure("index look-ups of an account's newest ten", pages, "per second, one core"),
            Figure("index memory for each row in a run", [bytes], "bytes"),
        ]
    }

    private func lookUps(
        _ index: LedgerIndex, _ generator: inout SplitMix, heights: ClosedRange<UInt64>
    ) throws -> Double {
        let transactions = UInt64(Self.blockTransactions)
        let wanted = (0..<Self.lookUpCount).map { _ in
            let height = heights.lowerBound + generator.next() % UInt64(heights.count)
            return (height: height, index: generator.next() % transactions)
        }
        return try perSecond(wanted.count) { number in
            let (height, place) = wanted[number]
            let key = Self.transactionKey(height, place)
            let found = try index.positions(of: key, order: .descending, limit: 10)
            guard found == [IndexPosition(height: height, index: UInt32(place))] else {
                throw BenchmarkError("a transaction was not found")
            }
        }
    }

    // MARK: Rows

    private static func transactionKey(_ height: UInt64, _ index: UInt64) -> IndexKey {
        var mix = SplitMix(state: height << 32 | index << 4)
        return IndexKey(rawValue: mix.next())
    }

    private static func accountKey(_ number: UInt64) -> IndexKey {
        var mix = SplitMix(state: number << 40 | 0xFFFF)
        return IndexKey(rawValue: mix.next())
    }

    /// Each transaction: itself, two accounts, five that occur once.
    private func rows(of height: UInt64) -> [IndexRow] {
        var generator = SplitMix(state: height)
        var rows: [IndexRow] = []
        rows.reserveCapacity(Self.blockTransactions * Self.rowsPerTransaction)
        for index in 0..<UInt64(Self.blockTransactions) {
            let position = IndexPosition(height: height, index: UInt32(index))
            rows.append(IndexRow(key: Self.transactionKey(height, index), position: position))
            for _ in 0..<2 {
                let account = Self.accountKey(generator.next() % Self.accountCount)
                rows.append(IndexRow(key: account, position: position))
            }
            for _ in 3..<Self.rowsPerTransaction {
                rows.append(IndexRow(key: IndexKey(rawValue: generator.next()), position: position))
            }
        }
        return rows
    }

    private func open(_ name: String, _ limits: LedgerIndexLimits = LedgerIndexLimits()) throws -> LedgerIndex {
        let disk = try FileDisk(root: folder.appending(path: "index-\(name)").path)
        return try LedgerIndex.open(disk: disk, group: 1, stamp: 1, heights: nil, limits: limits).index
    }

    private func perSecond(_ count: Int, _ body: (Int) throws -> Void) rethrows -> Double {
        Double(count) / (try processorSeconds { for number in 0..<count { try body(number) } })
    }
}
