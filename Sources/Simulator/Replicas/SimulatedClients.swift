internal import Ledger
internal import Primitives
internal import Replica

/// What clients have sent and do not see in the ledger.
struct SimulatedClients {
    struct Waiting {
        let signed: SignedTransaction
        var sentAt: UInt64
    }

    /// In the order of first sending.
    private(set) var waiting: [Waiting] = []
    private(set) var sentCount: UInt64 = 0

    mutating func send(_ signed: SignedTransaction, at nanoseconds: UInt64) {
        waiting.append(Waiting(signed: signed, sentAt: nanoseconds))
        sentCount += 1
    }

    mutating func committed(_ identities: Set<Digest>) { waiting.removeAll { identities.contains($0.signed.identity) } }

    /// What has expired by now never comes.
    mutating func forgetExpired(at time: Timestamp) { waiting.removeAll { $0.signed.expiry <= time } }

    /// What has waited for long, which is sent again now.
    mutating func due(before nanoseconds: UInt64, at now: UInt64) -> [SignedTransaction] {
        var due: [SignedTransaction] = []
        for index in waiting.indices where waiting[index].sentAt <= nanoseconds {
            waiting[index].sentAt = now
            due.append(waiting[index].signed)
        }
        return due
    }
}

// Clients.
extension ReplicaSimulation {
    var wall: Timestamp { Timestamp(milliseconds: SimulatedChain.start.milliseconds + nanoseconds / 1_000_000) }

    private static let waitingTransactionsMax = 2000

    /// Clients ask for something at some nodes, until the network heals.
    func submit() throws {
        guard !hasHealed else { return }
        // Now and then they pause.
        let pauses = generator.next() % 100 == 0 && options.steadyClientMilliseconds == nil
        let pause: UInt64 = pauses ? 1_500_000_000 : 0
        let delay = plan.clientNanoseconds / 2 + generator.next() % plan.clientNanoseconds
        queue.insert(.client, at: nanoseconds + pause + delay)
        // Clients whose transactions wait ask for no more.
        guard clients.waiting.count < Self.waitingTransactionsMax else { return }
        for _ in 0..<plan.commandsPerSubmission {
            let (signed, isForged) = try nextTransaction()
            // Most clients know one node; some send to several at once.
            let copies = isForged ? processes.count : 1 + (generator.next() % 4 == 0 ? 1 : 0)
            for process in hosts.shuffled(using: &generator).prefix(copies) {
                try give(.submit([Submission(ticket: 0, transactions: [signed])]), to: process.number)
            }
        }
        if options.engine == .raft, let process = processes.filter(\.isUp).randomElement(using: &generator) {
            try give(.read(checker.reads.ask(after: checker.decisions)), to: process.number)
        }
    }

    /// Whom clients ask: whoever is there, or, where a steady load is wanted, those who take something in.
    private var hosts: [ReplicaProcess] {
        let up = processes.filter(\.isUp)
        guard options.steadyClientMilliseconds != nil else { return up }
        let orderers = checker.newestEpoch.orderers.compactMap { chain.directory.node(of: $0) }
        return up.filter { orderers.contains(UInt32($0.place)) }
    }

    private func nextTransaction() throws -> (SignedTransaction, isForged: Bool) {
        let count = clients.sentCount
        let receiver = Int(generator.next() % UInt64(SimulatedChain.accountCount))
        let amount = 1 + generator.next() % 50
        let account = Int(generator.next() % UInt64(SimulatedChain.accountCount))
        let action: SimulatedChain.Action
        switch count {
        case 0: action = .create
        case 1...3: action = .issue(to: receiver, 1000)
        default: action = generator.next() % 8 == 0 ? .issue(to: receiver, amount) : .transfer(to: receiver, amount)
        }
        let sender = if case .transfer = action { account } else { 0 }
        // Some expire soon.
        let life = generator.next() % 10 == 0 ? 100 + generator.next() % 1000 : 110_000
        let expiry = Timestamp(milliseconds: wall.milliseconds + life)
        let isForged = generator.next() % 12 == 0
        let signed = try chain.transaction(
            action, by: sender, salt: generator.next(), expiry: expiry, isForged: isForged)
        if !isForged {
            checker.register(signed, action, by: sender)
            clients.send(signed, at: nanoseconds)
        }
        return (signed, isForged)
    }

    /// Clients try other nodes with what they have waited for.
    func resubmit() throws {
        queue.insert(.resubmission, at: nanoseconds + 500_000_000)
        // No node's clock is so far behind.
        clients.forgetExpired(at: Timestamp(milliseconds: wall.milliseconds - min(wall.milliseconds, 2000)))
        let due = clients.due(before: nanoseconds - min(nanoseconds, 2_000_000_000), at: nanoseconds)
        let up = processes.filter(\.isUp)
        for signed in due {
            guard let process = up.randomElement(using: &generator), process.isUp else { continue }
            try give(.submit([Submission(ticket: 0, transactions: [signed])]), to: process.number)
        }
    }

    /// All that waits, to all.
    func resubmitAll() throws {
        let due = clients.due(before: nanoseconds, at: nanoseconds)
        guard !due.isEmpty else { return }
        for process in processes where process.isUp {
            try give(.submit([Submission(ticket: 0, transactions: due)]), to: process.number)
        }
    }
}
