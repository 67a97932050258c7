internal import Primitives

/// Changes in memory: a hash table for look-ups, and the order of keys only as far as someone asked for it.
///
/// Entries stand in the order in which their keys came; the table maps a key to its entry. A scan sorts the entries
/// that came since the last one into a run and merges runs of like size, so that code that never scans pays nothing
/// and n keys cost O(n log n) in all, however many scans there are.
struct Overlay: Sendable {
    struct Entry: Sendable {
        let key: StoreKey
        let value: StoreValue?
    }

    /// Keys and values apart, so that a look-up touches its value only.
    private var keys: [StoreKey] = []
    private var values: [StoreValue?] = []
    private var table = StoreKeyTable()
    /// The numbers of entries, each run ascending by key and at least twice as long as the next.
    private var runs: [[UInt32]] = []
    /// How many entries the runs hold.
    private var sortedCount = 0
    /// Of keys and values.
    private(set) var byteCount = 0

    var count: Int { keys.count }

    /// nil if the key is unchanged, `.some(nil)` if it is deleted.
    func get(_ key: StoreKey) -> StoreValue?? {
        guard let number = table.number(of: key, in: keys) else { return nil }
        return .some(values[number])
    }

    mutating func set(_ key: StoreKey, _ value: StoreValue?) {
        byteCount += value?.count ?? 0
        let (number, isNew) = table.claim(key, in: keys)
        if isNew {
            byteCount += key.count
            keys.append(key)
            values.append(value)
        } else {
            byteCount -= values[number]?.count ?? 0
            values[number] = value
        }
    }

    /// Sorts what came since the last scan.
    mutating func sortNew() {
        guard sortedCount < keys.count else { return }
        var run = sorted(sortedCount..<keys.count)
        while let last = runs.last, last.count < 2 * run.count {
            run = merge(last, run)
            runs.removeLast()
        }
        runs.append(run)
        sortedCount = keys.count
    }

    /// All changes, ascending by key.
    func sortedChanges() -> [KeyValueChange] {
        sorted(0..<keys.count).map { KeyValueChange(keys[Int($0)], values[Int($0)]?.bytes) }
    }

    /// Compares the first 16 bytes before it looks at the keys themselves, which lie all over the memory.
    private func sorted(_ range: Range<Int>) -> [UInt32] {
        var items = range.map { index in
            let words = keys[index].words
            return (first: words[0], second: words[1], index: UInt32(index))
        }
        items.sort { left, right in
            if left.first != right.first { return left.first < right.first }
            if left.second != right.second { return left.second < right.second }
            return keys[Int(left.index)] < keys[Int(right.index)]
        }
        return items.map(\.index)
    }

    private func merge(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        var merged: [UInt32] = []
        merged.reserveCapacity(left.count + right.count)
        var index = 0
        for number in left {
            while index < right.count, keys[Int(right[index])] < keys[Int(number)] {
                merged.append(right[index])
                index += 1
            }
            merged.append(number)
        }
        return merged + right[index...]
    }
}

extension Overlay {
    /// A place in the ordered keys of an overlay, whose new keys have been sorted.
    struct Cursor {
        private let overlay: Overlay
        /// The next position in each run.
        private var positions: [Int]
        private let prefix: StoreKey

        init(_ overlay: Overlay, from start: StoreKey, prefix: StoreKey) {
            self.overlay = overlay
            self.prefix = prefix
            positions = overlay.runs.map { overlay.lowerBound(of: start, in: $0) }
        }

        /// The next entry with the prefix, or nil.
        mutating func next() -> Entry? {
            var best: (run: Int, entry: Entry)?
            for (run, position) in positions.enumerated() where position < overlay.runs[run].count {
                let entry = overlay.entry(overlay.runs[run][position])
                if let found = best, found.entry.key < entry.key { continue }
                best = (run, entry)
            }
            guard let best, best.entry.key.hasPrefix(prefix) else { return nil }
            positions[best.run] += 1
            return best.entry
        }
    }

    private func entry(_ number: UInt32) -> Entry { Entry(key: keys[Int(number)], value: values[Int(number)]) }

    private func lowerBound(of key: StoreKey, in run: [UInt32]) -> Int {
        var range = 0..<run.count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            let isBelow = keys[Int(run[middle])] < key
            range = isBelow ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }
}
