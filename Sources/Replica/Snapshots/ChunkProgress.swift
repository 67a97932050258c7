/// Which chunks are there, and which ones are to be asked for.
struct ChunkProgress: Sendable {
    private(set) var isComplete: [Bool]
    private(set) var completeCount: Int
    /// All before were asked for once.
    private var next = 0
    /// Those to be asked for again.
    private var again: [Int] = []

    init(isComplete: [Bool]) {
        self.isComplete = isComplete
        completeCount = isComplete.count { $0 }
    }

    var isWhole: Bool { completeCount == isComplete.count }

    mutating func complete(_ chunk: Int) {
        guard !isComplete[chunk] else { return }
        isComplete[chunk] = true
        completeCount += 1
    }

    mutating func askAgain(_ chunk: Int) {
        if !isComplete[chunk] { again.append(chunk) }
    }

    /// Takes the first chunk that somebody may be asked for, with who that is.
    mutating func take(_ peer: (Int) -> UInt32?) -> (chunk: Int, peer: UInt32)? {
        again.removeAll { isComplete[$0] }
        for (index, chunk) in again.enumerated() {
            guard let found = peer(chunk) else { continue }
            again.remove(at: index)
            return (chunk, found)
        }
        while next < isComplete.count, isComplete[next] { next += 1 }
        guard next < isComplete.count, let found = peer(next) else { return nil }
        defer { next += 1 }
        return (next, found)
    }
}
