internal import Networking
internal import Storage

/// Writes and merges the index's runs, apart from those who append to it and look things up.
final class IndexMaintainer: Sendable {
    enum Message: Sendable {
        /// There may be something to write.
        case look
    }

    private let index: LedgerIndex
    private let threads: NodeThreads

    init(index: LedgerIndex, threads: NodeThreads) {
        self.index = index
        self.threads = threads
    }

    func start() throws(NetworkingError) -> DedicatedThread {
        try threads.index.start(fail: threads.fail) { [index] _ throws(NodeError) in
            try NodeError.storage { () throws(StorageError) in while try index.maintain() {} }
        }
    }
}
