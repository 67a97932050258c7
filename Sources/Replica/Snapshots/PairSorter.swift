internal import Cryptography
internal import Ledger
internal import Primitives
internal import Storage

/// Puts pairs in the order of their paths, in bounded memory: sorts some at a time, writes them to a file as a run, and
/// merges the runs.
struct PairSorter {
    private struct Entry {
        let leaf: StateProof.Leaf
        let start: Int
        let byteCount: Int
    }

    private let suite: Suite
    private let file: any DiskFile
    private let runByteCount: Int
    /// Of the present run: what is to be sorted, and the codings.
    private var entries: [Entry] = []
    private var codings = CanonicalEncoder()
    /// Where each run that is in the file ends.
    private var ends: [Int] = []
    private var scratch: [UInt8] = []

    /// With an empty file, which nobody needs afterwards.
    init(suite: Suite, file: any DiskFile, runByteCount: Int) {
        (self.suite, self.file, self.runByteCount) = (suite, file, runByteCount)
    }

    mutating func append(_ pair: SnapshotPair) throws(StorageError) {
        let start = codings.bytes.count
        codings.encode(pair)
        let leaf = StateProof.Leaf(
            path: pair.key.path(in: suite, &scratch),
            value: StateKey.digest(ofValue: StoreValue(pair.value), in: suite, &scratch))
        entries.append(Entry(leaf: leaf, start: start, byteCount: codings.bytes.count - start))
        guard codings.bytes.count + entries.count * PairRecord.headByteCount >= runByteCount else { return }
        let bytes = takeRun()
        try file.write(bytes, at: ends.last ?? 0)
        ends.append((ends.last ?? 0) + bytes.count)
    }

    /// The pairs in their order. The last run stays in memory.
    mutating func sorted() throws(SnapshotError) -> PairMerge {
        var readers: [PairRunReader] = []
        var start = 0
        for end in ends {
            readers.append(try PairRunReader(file, start..<end))
            start = end
        }
        readers.append(try PairRunReader(takeRun()))
        return PairMerge(readers)
    }

    private mutating func takeRun() -> [UInt8] {
        entries.sort { $0.leaf.path < $1.leaf.path }
        var run = CanonicalEncoder(
            reservingCapacity: codings.bytes.count + entries.count * PairRecord.headByteCount)
        for entry in entries {
            PairRecord.encodeHead(entry.leaf, byteCount: entry.byteCount, to: &run)
            run.bytes.append(contentsOf: codings.bytes[entry.start..<entry.start + entry.byteCount])
        }
        entries.removeAll(keepingCapacity: true)
        codings.bytes.removeAll(keepingCapacity: true)
        return run.bytes
    }
}

/// Reads a run from its beginning to its end.
struct PairRunReader {
    /// Nil for one in memory.
    private let file: (any DiskFile)?
    /// What is not read yet.
    private var rest: Range<Int>
    private var buffer: [UInt8]
    private var position = 0
    /// The pair that is next; nil at the end.
    private(set) var next: PairRecord?

    init(_ file: any DiskFile, _ range: Range<Int>) throws(SnapshotError) {
        (self.file, rest, buffer) = (file, range, [])
        try advance()
    }

    init(_ bytes: [UInt8]) throws(SnapshotError) {
        (file, rest, buffer) = (nil, 0..<0, bytes)
        try advance()
    }

    mutating func advance() throws(SnapshotError) {
        next = nil
        try fill(PairRecord.headByteCount)
        guard position < buffer.count else { return }
        let head: (leaf: StateProof.Leaf, count: Int)
        do throws(CodingError) { head = try PairRecord.decodeHead(buffer, at: position) } catch {
            throw .damaged("a sorted run: \(error)")
        }
        position += PairRecord.headByteCount
        try fill(head.count)
        guard position + head.count <= buffer.count else { throw .damaged("a sorted run ends within a pair") }
        next = PairRecord(leaf: head.leaf, coding: buffer[position..<position + head.count])
        position += head.count
    }

    /// Reads on until so many bytes are there, or none are left.
    private mutating func fill(_ byteCount: Int) throws(SnapshotError) {
        guard let file, position + byteCount > buffer.count, !rest.isEmpty else { return }
        // Not cut off in place: who took the last pair still holds the bytes.
        var filled = Array(buffer[position...])
        let wanted = min(rest.count, max(byteCount - filled.count, ReplicaLimits.snapshotReadByteCount))
        do throws(StorageError) { filled += try file.read(at: rest.lowerBound, count: wanted) } catch {
            throw .storage(error)
        }
        rest = rest.dropFirst(wanted)
        (buffer, position) = (filled, 0)
    }
}

/// The pairs of several runs in the order of their paths.
struct PairMerge {
    private var readers: [PairRunReader]
    /// The places of readers that have a next pair, as a heap: none before its parent.
    private var heap: [Int] = []

    init(_ readers: [PairRunReader]) {
        self.readers = readers
        for place in readers.indices where readers[place].next != nil {
            heap.append(place)
            siftUp()
        }
    }

    mutating func next() throws(SnapshotError) -> PairRecord? {
        guard let place = heap.first, let pair = readers[place].next else { return nil }
        try readers[place].advance()
        if readers[place].next == nil {
            let last = heap.removeLast()
            if !heap.isEmpty { heap[0] = last }
        }
        siftDown()
        return pair
    }

    private func isBefore(_ left: Int, _ right: Int) -> Bool {
        guard let first = readers[heap[left]].next, let second = readers[heap[right]].next else { return false }
        return first.leaf.path < second.leaf.path
    }

    private mutating func siftUp() {
        var index = heap.count - 1
        while index > 0, isBefore(index, (index - 1) / 2) {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func siftDown() {
        var index = 0
        while 2 * index + 1 < heap.count {
            var child = 2 * index + 1
            if child + 1 < heap.count, isBefore(child + 1, child) { child += 1 }
            guard isBefore(child, index) else { return }
            heap.swapAt(index, child)
            index = child
        }
    }
}
