internal import Networking
internal import Synchronization

/// A thread of the node with its mailbox: it takes what waits, all at once, until it is closed.
final class NodeThread<Message: Sendable>: Sendable {
    let name: String
    private let mailbox: Mailbox<Message>
    /// How many messages were offered since the thread last took what waited.
    private let offered = Atomic<Int>(0)
    private let onOverrun: @Sendable (NodeError) -> Void

    init(name: String, onOverrun: @escaping @Sendable (NodeError) -> Void) {
        self.name = name
        mailbox = Mailbox(capacity: NodeLimits.threadMessagesMax)
        self.onOverrun = onOverrun
    }

    /// Sends what must not be lost: an overrun ends the node.
    func send(_ message: Message) {
        if mailbox.send(message) == .full { onOverrun(.overrun(thread: name)) }
    }

    /// Sends what comes from clients; false if it was refused. They get a part of the mailbox only, so that however much
    /// they send, what the node's own threads send each other always has room.
    func offer(_ message: Message) -> Bool {
        guard offered.add(1, ordering: .relaxed).newValue <= NodeLimits.clientMessagesMax else { return false }
        return mailbox.send(message) == .accepted
    }

    /// Starts the thread. `body` is given what waits; nothing when as long has passed without a message as
    /// `waitMilliseconds` says, which is asked each time: nil to wait for one, 0 where there is other work. The thread ends
    /// when the mailbox is closed and empty, or when `body` throws, which ends the node.
    func start(
        waitMilliseconds: @escaping @Sendable () -> UInt64? = { nil },
        fail: @escaping @Sendable (NodeError) -> Void,
        body: @escaping @Sendable ([Message]) throws(NodeError) -> Void
    ) throws(NetworkingError) -> DedicatedThread {
        try DedicatedThread(name: name) { [self] in
            do throws(NodeError) {
                while let messages = mailbox.takeAll(waitMilliseconds: waitMilliseconds()) {
                    offered.store(0, ordering: .relaxed)
                    try body(messages)
                }
            } catch {
                fail(error)
            }
        }
    }

    func close() { mailbox.close() }
}

/// The node's threads by their mailboxes: made first, so that each thread can be given the others.
struct NodeThreads: Sendable {
    /// Decodes and checks what clients send in bulk, so that the interface does not wait for it.
    let door: NodeThread<@Sendable () -> Void>
    let replica: NodeThread<ReplicaThread.Message>
    let executor: NodeThread<ExecutorThread.Message>
    let journal: NodeThread<JournalWriter.Message>
    let archive: NodeThread<ArchiveThread.Message>
    let flusher: NodeThread<Flusher.Message>
    let index: NodeThread<IndexMaintainer.Message>
    /// Reads blocks and shows them to clients, so that neither the replica nor the interface waits for a disk.
    let reader: NodeThread<@Sendable () -> Void>
    /// Answers questions about earlier heights, which may take far longer.
    let earlier: NodeThread<EarlierThread.Message>
    /// Cuts snapshots for nodes that join.
    let snapshots: NodeThread<Snapshotter.Message>
    /// Called when the node can't go on.
    let fail: @Sendable (NodeError) -> Void

    init(fail: @escaping @Sendable (NodeError) -> Void) {
        door = NodeThread(name: "door", onOverrun: fail)
        replica = NodeThread(name: "replica", onOverrun: fail)
        executor = NodeThread(name: "executor", onOverrun: fail)
        journal = NodeThread(name: "journal", onOverrun: fail)
        archive = NodeThread(name: "archive", onOverrun: fail)
        flusher = NodeThread(name: "flusher", onOverrun: fail)
        index = NodeThread(name: "index", onOverrun: fail)
        reader = NodeThread(name: "reader", onOverrun: fail)
        earlier = NodeThread(name: "earlier", onOverrun: fail)
        snapshots = NodeThread(name: "snapshots", onOverrun: fail)
        self.fail = fail
    }
}
