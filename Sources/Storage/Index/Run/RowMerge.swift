/// Merges sorted pieces, oldest first, a window at a time: of each piece a part is in memory, and what is at or below
/// the lowest end of these parts can be given out.
struct RowMerge {
    private var inputs: [Input]

    init(_ chunks: [IndexChunk], windowRows: Int) {
        let total = chunks.reduce(0) { $0 + $1.rows.count }
        inputs = chunks.map { Input(chunk: $0, windowRows: Self.share(of: windowRows, $0.rows.count, total)) }
    }

    init(_ runs: [IndexRun], windowRows: Int) {
        let total = runs.reduce(0) { $0 + $1.footer.rowCount }
        inputs = runs.map { Input(run: $0, windowRows: Self.share(of: windowRows, $0.footer.rowCount, total)) }
    }

    /// A piece's part of the window: pieces of all sizes then last equally long.
    private static func share(of windowRows: Int, _ rowCount: Int, _ total: Int) -> Int {
        max(windowRows * rowCount / max(total, 1), IndexRunLayout.rowsPerBlock)
    }

    /// The next rows, ascending; none at the end.
    mutating func next() throws(StorageError) -> [IndexRow] {
        for index in inputs.indices { try inputs[index].fill() }
        let bound = inputs.compactMap(\.bound).min()
        var rows: [IndexRow] = []
        for index in inputs.indices { inputs[index].take(upTo: bound, into: &rows) }
        RowSorter.sort(&rows)
        return rows
    }
}

extension RowMerge {
    private struct Input {
        private let run: IndexRun?
        private let windowRows: Int
        private var nextBlock = 0
        private var rows: [IndexRow] = []
        /// The rows that are visible and not taken.
        private var window = 0..<0

        init(chunk: IndexChunk, windowRows: Int) {
            run = nil
            rows = chunk.rows
            self.windowRows = windowRows
        }

        init(run: IndexRun, windowRows: Int) {
            self.run = run
            self.windowRows = windowRows
        }

        /// The highest row in the window; nil if nothing comes after it.
        var bound: IndexRow? {
            let isAtEnd = run.map { nextBlock == $0.footer.blockCount } ?? (window.upperBound == rows.count)
            return isAtEnd ? nil : rows[window.upperBound - 1]
        }

        /// Widens the window once it is half empty.
        mutating func fill() throws(StorageError) {
            guard window.count <= windowRows / 2 else { return }
            if let run { return try read(run) }
            window = window.lowerBound..<min(rows.count, window.lowerBound + windowRows)
        }

        private mutating func read(_ run: IndexRun) throws(StorageError) {
            let count = max(1, (windowRows - window.count) / IndexRunLayout.rowsPerBlock)
            let blocks = nextBlock..<min(run.footer.blockCount, nextBlock + count)
            guard !blocks.isEmpty else { return }
            rows = Array(rows[window]) + (try run.rows(ofBlocks: blocks))
            window = 0..<rows.count
            nextBlock = blocks.upperBound
        }

        mutating func take(upTo bound: IndexRow?, into result: inout [IndexRow]) {
            let end = bound.map { rows.upperBound(of: $0, in: window) } ?? window.upperBound
            result.append(contentsOf: rows[window.lowerBound..<end])
            window = end..<window.upperBound
        }
    }
}
