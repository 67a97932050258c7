internal import Networking
internal import Storage

/// Writes and merges the index's runs, apart from those who append to it and look things up.
final class IndexMaintainer: Sendable {
    enum Message: Sendable {
        /// There may be something to write.
        case look
    }

    private let index: LedgerIndex
    private let room: DiskRoom
    private let threads: NodeThreads

    init(index: LedgerIndex, room: DiskRoom, threads: NodeThreads) {
        self.index = index
        self.room = room
        self.threads = threads
    }

    func start() throws(NetworkingError) -> DedicatedThread {
        try threads.index.start(fail: threads.fail) { [index, room] _ throws(NodeError) in
            try NodeError.storage { () throws(StorageError) in try index.maintain(in: room) }
        }
    }
}

extension LedgerIndex {
    /// Does all that there is to do, waiting for room on the disk. What a stopping node leaves undone is made again at
    /// the next start.
    func maintain(in room: DiskRoom) throws(StorageError) {
        var isDone = false
        while !isDone {
            let isWritten = try room.wait { () throws(StorageError) in isDone = try !maintain() }
            guard isWritten else { return }
        }
    }
}
