/// How much of what peers have sent waits for the replica, and how much of each: no peer gets more than a fair part of the
/// room (`NodeLimits.peerMessagesFreeDivisor`), whatever it sends. A value.
struct PeerShares: Sendable {
    /// Messages and their bytes.
    struct Amount: Hashable, Sendable {
        var count = 0
        var byteCount = 0

        fileprivate mutating func add(_ bytes: Int) {
            count += 1
            byteCount += bytes
        }
    }

    private let countMax, byteCountMax, divisor: Int
    /// Invariant: the sum of what waits of each peer, and within the bounds.
    private(set) var waiting = Amount()
    /// By the peers' numbers.
    private var waitingByNode: [Amount] = []
    private var droppedByNode: [Amount] = []

    init(
        countMax: Int = NodeLimits.peerMessagesMax, byteCountMax: Int = NodeLimits.peerMessagesByteCountMax,
        divisor: Int = NodeLimits.peerMessagesFreeDivisor
    ) {
        precondition(countMax > 0 && byteCountMax > 0 && divisor > 0)
        (self.countMax, self.byteCountMax, self.divisor) = (countMax, byteCountMax, divisor)
    }

    /// Counts a message that has come as waiting; false if there is no room for it, so that it is to be dropped.
    mutating func enter(from node: UInt32, byteCount: Int) -> Bool {
        let node = Int(node)
        while waitingByNode.count <= node {
            waitingByNode.append(Amount())
            droppedByNode.append(Amount())
        }
        let own = waitingByNode[node]
        guard own.count < (countMax - waiting.count) / divisor,
            own.byteCount + byteCount <= (byteCountMax - waiting.byteCount) / divisor
        else {
            droppedByNode[node].add(byteCount)
            return false
        }
        waitingByNode[node].add(byteCount)
        waiting.add(byteCount)
        return true
    }

    /// A message that waited is taken.
    mutating func leave(from node: UInt32, byteCount: Int) {
        waitingByNode[Int(node)].count -= 1
        waitingByNode[Int(node)].byteCount -= byteCount
        waiting.count -= 1
        waiting.byteCount -= byteCount
    }

    /// What was dropped of each peer of which something was, ascending by number.
    var dropped: [(number: UInt32, amount: Amount)] {
        droppedByNode.indices.filter { droppedByNode[$0].count > 0 }.map { (UInt32($0), droppedByNode[$0]) }
    }
}
