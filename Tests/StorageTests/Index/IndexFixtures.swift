import Storage
import Primitives
import TestSupport

/// The index as one would write it on a napkin, with the blocks that it is made from.
struct NaiveIndex {
    private(set) var blocks: [[IndexRow]] = []
    private var positions: [IndexKey: Set<IndexPosition>] = [:]
    let first: UInt64

    init(first: UInt64 = 1) { self.first = first }

    var next: UInt64 { first + UInt64(blocks.count) }
    var heights: ClosedRange<UInt64>? { blocks.isEmpty ? nil : first...next - 1 }
    var rowCount: Int { positions.values.reduce(0) { $0 + $1.count } }

    mutating func append(_ rows: [IndexRow]) {
        blocks.append(rows)
        for row in rows { positions[row.key, default: []].insert(row.position) }
    }

    func rows(of height: UInt64) -> [IndexRow] { blocks[Int(height - first)] }

    func positions(
        of key: IndexKey, in range: ClosedRange<IndexPosition>, order: IndexOrder, limit: Int
    ) -> [IndexPosition] {
        let found = (positions[key] ?? []).filter(range.contains).sorted()
        return Array((order == .ascending ? found : found.reversed()).prefix(limit))
    }
}

/// How a test's rows are spread.
struct RowMaker {
    let keyCount: UInt64
    /// Whether keys lie close together, or all over as hashes do.
    let areKeysSmall: Bool

    func key(_ number: UInt64) -> IndexKey {
        if areKeysSmall { return IndexKey(rawValue: number == 3 ? .max : number) }
        var generator = SeededGenerator(seed: number)
        return IndexKey(rawValue: generator.next())
    }

    func randomKey(_ generator: inout SeededGenerator) -> IndexKey {
        // The minimum of two: so that some keys have many rows.
        let numbers = (0..<2).map { _ in UInt64.random(in: 0..<keyCount, using: &generator) }
        return key(min(numbers[0], numbers[1]))
    }

    /// A block's rows, out of order and some of them twice.
    func rows(of height: UInt64, count: Int, _ generator: inout SeededGenerator) -> [IndexRow] {
        var rows = (0..<count).map { number in
            let index: UInt32? = number % 7 == 6 ? nil : UInt32(number / 2)
            return IndexRow(key: randomKey(&generator), position: IndexPosition(height: height, index: index))
        }
        if let again = rows.randomElement(using: &generator) { rows.append(again) }
        if Bool.random(using: &generator) { rows.shuffle(using: &generator) }
        return rows
    }
}

extension LedgerIndex {
    /// Opens group 7's index of the model's blocks, and appends what it lacks.
    static func rebuilt(
        _ disk: any Disk, _ model: NaiveIndex, limits: LedgerIndexLimits = .small
    ) throws -> (index: LedgerIndex, report: LedgerIndexReport) {
        let opened = try open(disk: disk, group: 7, stamp: 99, heights: model.heights, limits: limits)
        if let heights = model.heights, let needed = opened.index.rowsNeeded(for: heights) {
            for height in needed { opened.index.append(height: height, rows: model.rows(of: height)) }
        }
        return (opened.index, opened.report)
    }

    /// What differs from the model for some random look-ups; nil if nothing does.
    func difference(
        from model: NaiveIndex, _ maker: RowMaker, count: Int, _ generator: inout SeededGenerator
    ) throws -> String? {
        let top = IndexPosition.all(in: 0...model.next + 2).upperBound
        for _ in 0..<count {
            let key = maker.randomKey(&generator)
            let bounds = (0..<2).map { _ in
                IndexPosition(rawValue: UInt64.random(in: 0...top.rawValue, using: &generator))
            }
            let isWhole = Int.random(in: 0..<3, using: &generator) == 0
            let range = isWhole ? .lowest ... .highest : min(bounds[0], bounds[1])...max(bounds[0], bounds[1])
            let order: IndexOrder = Bool.random(using: &generator) ? .ascending : .descending
            let limit = [0, 1, 3, 50, 100_000].randomElement(using: &generator) ?? 1
            let found = try positions(of: key, in: range, order: order, limit: limit)
            let expected = model.positions(
                of: key, in: range, order: order, limit: min(limit, StorageLimits.indexPositionsMax))
            if found != expected {
                return "\(key) in \(range), \(order), \(limit): \(found.count) rather than \(expected.count)"
            }
        }
        return nil
    }
}

extension LedgerIndexLimits {
    static var small: LedgerIndexLimits {
        var limits = LedgerIndexLimits()
        limits.chunkRowsMax = 100
        limits.mergeWindowRows = 300
        return limits
    }
}

/// A disk that fails for good after some changes: where a process might have been killed.
final class FailingDisk: Disk, @unchecked Sendable {
    // Used by one thread.
    private let base: any Disk
    fileprivate(set) var changesLeft: Int

    init(base: any Disk, changesLeft: Int) { (self.base, self.changesLeft) = (base, changesLeft) }

    var isSpent: Bool { changesLeft <= 0 }

    fileprivate func change(_ path: String) throws(StorageError) {
        changesLeft -= 1
        if changesLeft < 0 { throw .system(.write, path: path, code: 5, text: "injected fault") }
    }

    func mend() { changesLeft = .max }

    func open(_ path: String, _ mode: OpenMode) throws(StorageError) -> any DiskFile {
        if mode != .existing { try change(path) }
        return FailingFile(base: try base.open(path, mode), disk: self)
    }

    func list(_ folder: String) throws(StorageError) -> [String] { try base.list(folder) }

    func remove(_ path: String) throws(StorageError) {
        try change(path)
        try base.remove(path)
    }

    func rename(_ path: String, to newPath: String) throws(StorageError) {
        try change(path)
        try base.rename(path, to: newPath)
    }

    func makeFolder(_ path: String) throws(StorageError) {
        try change(path)
        try base.makeFolder(path)
    }

    func sync(folder: String) throws(StorageError) {
        try change(folder)
        try base.sync(folder: folder)
    }

    func freeSpace() throws(StorageError) -> FreeSpace { try base.freeSpace() }
}

private final class FailingFile: DiskFile {
    private let base: any DiskFile
    private let disk: FailingDisk

    init(base: any DiskFile, disk: FailingDisk) { (self.base, self.disk) = (base, disk) }

    var path: String { base.path }
    func size() throws(StorageError) -> Int { try base.size() }
    func read(at offset: Int, count: Int) throws(StorageError) -> [UInt8] { try base.read(at: offset, count: count) }

    func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) {
        try disk.change(path)
        try base.write(bytes, at: offset)
    }

    func truncate(to size: Int) throws(StorageError) {
        try disk.change(path)
        try base.truncate(to: size)
    }

    func reserve(_ range: Range<Int>) throws(StorageError) { try base.reserve(range) }

    func sync() throws(StorageError) {
        try disk.change(path)
        try base.sync()
    }
}
