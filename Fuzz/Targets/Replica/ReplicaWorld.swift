internal import Consensus
internal import Cryptography
internal import Ledger
internal import Primitives
internal import Replica

/// Whole replicas, one of which lies, and the messages between them. The others must commit one history, each epoch of
/// it certified by those whom the one before has named, and accuse nobody honest.
final class ReplicaWorld {
    struct Envelope {
        let from: Int
        let to: Int
        let bytes: [UInt8]
    }

    static let liar = ReplicaChain.liar
    private static let mailMax = 600
    private static let effectsMax = 400
    let chain: ReplicaChain
    private(set) var nodes: [ReplicaNode] = []
    private(set) var mail: [Envelope] = []
    /// What was said in each epoch, the newest of it.
    private(set) var said: [[Envelope]] = []
    private var saidCounts: [Int] = []
    private static let saidMax = 200
    private(set) var milliseconds: UInt64 = 1
    /// How many inputs replicas were given: an input of bytes ends with so many.
    private var inputCount = 0
    private static let inputsMax = 4000
    var isExhausted: Bool { inputCount > Self.inputsMax }
    private var salt: UInt64 = 0
    /// What the honest ones have committed, and how their epochs follow each other.
    private(set) var blocks: [CertifiedBlock] = []
    private(set) var epochs: [EpochConfiguration]
    /// What an input has come to.
    private(set) var landmarks: Set<String> = []
    /// Whether what is said to the liar does not reach its replica: then it answers nothing, or by lies.
    var isLiarDeaf = false

    init(_ chain: ReplicaChain) throws(FuzzFailure) {
        self.chain = chain
        epochs = [chain.genesis.epoch]
        for number in 0..<chain.nodeCount {
            guard let node = try? ReplicaNode(number: number, chain: chain) else {
                throw FuzzFailure("a replica does not start")
            }
            nodes.append(node)
        }
        for number in 0..<chain.nodeCount { try give(.start, to: number) }
    }

    var honest: [ReplicaNode] { nodes.filter { $0.number != Self.liar } }

    func node(_ byte: UInt8) -> Int { Int(byte) % nodes.count }

    func note(_ landmark: String) { landmarks.insert(landmark) }

    // MARK: What happens

    private var expiry: Timestamp { Timestamp(milliseconds: ReplicaChain.start.milliseconds + milliseconds + 60_000) }

    func submit(to number: Int) throws(FuzzFailure) {
        salt += 1
        guard let signed = chain.work(salt, expiry: expiry) else { return }
        try give(.submit([Submission(ticket: 0, transactions: [signed])]), to: number)
        try give(.read(salt), to: number)
    }

    /// Those who certify where a node is vote for what is to follow, but for some.
    func vote(at number: Int, for next: EpochConfiguration, abstaining: UInt8) throws(FuzzFailure) {
        var votes: [SignedTransaction] = []
        for (place, voter) in nodes[number].epoch.certifiers.enumerated() where abstaining & (1 << place) == 0 {
            salt += 1
            if let vote = chain.vote(for: next, by: voter, salt, expiry: expiry) { votes.append(vote) }
        }
        try give(.submit([Submission(ticket: 0, transactions: votes)]), to: number)
    }

    func deliver(at place: Int) throws(FuzzFailure) {
        guard !mail.isEmpty else { return }
        let envelope = mail.remove(at: place % mail.count)
        try give(.message(from: UInt32(envelope.from), envelope.bytes), to: envelope.to)
    }

    /// The oldest messages, and those that they lead to.
    func deliver(count: Int) throws(FuzzFailure) { for _ in 0..<count where !mail.isEmpty { try deliver(at: 0) } }

    func drop(at place: Int) { if !mail.isEmpty { mail.remove(at: place % mail.count) } }

    /// Something that the liar says.
    func lie(_ bytes: [UInt8], to number: Int) throws(FuzzFailure) {
        try give(.message(from: UInt32(Self.liar), bytes), to: number)
    }

    /// A message of the others, changed by the liar and sent under its own name.
    func deliverChanged(at place: Int, offset: Int, change: UInt8) throws(FuzzFailure) {
        guard !mail.isEmpty else { return }
        let envelope = mail[place % mail.count]
        var bytes = envelope.bytes
        bytes[offset % bytes.count] ^= change
        try lie(bytes, to: envelope.to)
    }

    /// What was said some time comes again.
    func repeatMessage(of epoch: Int, at place: Int, to other: Int?) throws(FuzzFailure) {
        guard epoch < said.count, !said[epoch].isEmpty else { return }
        let envelope = said[epoch][place % said[epoch].count]
        let receiver = nodes[other ?? envelope.to]
        if receiver.epoch.number > UInt64(epoch) { note("a message of an ended epoch comes again") }
        guard let other else { return try give(.message(from: UInt32(envelope.from), envelope.bytes), to: envelope.to) }
        try lie(envelope.bytes, to: other)
    }

    func fire(_ number: Int) throws(FuzzFailure) {
        milliseconds += 301
        guard !nodes[number].timers.isEmpty else { return }
        try give(.timer(nodes[number].timers.removeFirst()), to: number)
    }

    /// Begins anew with what is on its disk.
    func restart(_ number: Int) throws(FuzzFailure) {
        if nodes[number].epoch.number > 0 { note("a node restarts after a hand-over") }
        do { try nodes[number].restart() } catch { throw FuzzFailure("\(number) can't begin anew: \(error)") }
        try noteEpoch(of: nodes[number])
        try give(.start, to: number)
        if nodes[number].epoch.number > 0 { note("a node restarts in the midst of a later epoch") }
    }

    /// Makes the logs of a node durable, and lets it go on; without what it needs no more in its journal.
    func log(_ number: Int, releases: Bool = false) throws(FuzzFailure) {
        let told: NetworkReplicaInput?
        do { told = try nodes[number].sync() } catch { throw FuzzFailure("\(number) can't log: \(error)") }
        if let told { try give(told, to: number) }
        if releases { nodes[number].release() }
    }

    // MARK: Effects

    private func give(_ input: NetworkReplicaInput, to number: Int) throws(FuzzFailure) {
        var inputs = [input]
        while !inputs.isEmpty {
            inputCount += 1
            let now = ClockReading(
                monotonic: Instant(nanoseconds: milliseconds * 1_000_000),
                wall: Timestamp(milliseconds: ReplicaChain.start.milliseconds + milliseconds))
            let effects = nodes[number].handle(inputs.removeFirst(), at: now)
            try demand(effects.count < Self.effectsMax, "an input had \(effects.count) effects")
            for effect in effects { if let answer = try perform(effect, of: nodes[number]) { inputs.append(answer) } }
            try checkRole(of: nodes[number])
        }
    }

    private func perform(
        _ effect: NetworkReplicaEffect, of node: ReplicaNode
    ) throws(FuzzFailure) -> NetworkReplicaInput? {
        let isLiar = node.number == Self.liar
        switch effect {
        case .persist(let request, let records):
            node.persist(records)
            return .persisted(request: request)
        case .send(let receivers, let bytes): for place in receivers { post(bytes, from: node.number, to: Int(place)) }
        case .setTimer(let token, _): node.timers.append(token)
        case .sign(let token, let digest, let key): return .signed(token, StandInKeys.signature(digest, by: key))
        case .verify(let token, let checks): return .verified(token, checks.map(StandInKeys.holds))
        case .execute(let decision): return .executed(try execute(decision, by: node))
        case .replay(let block, let isLastOfEpoch):
            guard let executed = try? node.follow(block, isLastOfEpoch: isLastOfEpoch) else {
                throw FuzzFailure("block \(block.header.height) can't be executed")
            }
            note("a node follows certified blocks")
            return .replayed(executed)
        case .followed(let block): try archive([block], by: node) { () throws in try node.archive(block) }
        case .committed(let decision, let blocks):
            try archive(blocks, by: node) { () throws in try node.archive(decision, blocks) }
        case .entered(let epoch): try enter(epoch, node)
        case .refused(let sender, let fault):
            let isExcused = sender == Self.liar || isLiar || fault == .unacceptable
            try demand(isExcused, "\(node.number) accuses \(sender) of \(fault)")
        case .isOldCopy: try demand(isLiar, "\(node.number) takes its journal for an old copy")
        case .halted(let reason): try demand(isLiar, "\(node.number) halts: \(reason)")
        // FBFT and PBFT have no read index; the epochs of Raft are among the honest.
        case .readable(_, let decision):
            try demand(decision == nil || node.epoch.engine == .raft, "\(node.number) lets somebody read")
        case .serveDecisions, .serveCertificate, .serveBlocks, .serveEpochEnd, .serveJoiner:
            return serve(effect, by: node)
        case .answer, .evidence, .isRelieved: break
        }
        return nil
    }

    private func execute(_ decision: Decision, by node: ReplicaNode) throws(FuzzFailure) -> ExecutedDecision {
        try demand(
            decision.number <= node.end ?? .max || node.number == Self.liar,
            "\(node.number) has decision \(decision.number) beyond the end of epoch \(node.epoch.number)")
        guard let executed = try? node.execute(decision) else {
            throw FuzzFailure("decision \(decision.number) can't be executed")
        }
        return executed
    }

    private func serve(_ effect: NetworkReplicaEffect, by node: ReplicaNode) -> NetworkReplicaInput? {
        switch effect {
        case .serveDecisions(let peer, let first):
            let byteCount = node.servedDecisions(from: first).reduce(0) { count, record in
                count + post(.decision(record), from: node, to: Int(peer))
            }
            return .served(to: peer, byteCount: byteCount)
        case .serveCertificate(let peer, let height):
            if let found = node.certificate(at: height) { _ = post(.certificate(found), from: node, to: Int(peer)) }
        case .serveBlocks(let peer, let first):
            let byteCount = post(.blocks(node.servedBlocks(from: first)), from: node, to: Int(peer))
            return .served(to: peer, byteCount: byteCount)
        // There are no snapshots.
        case .serveJoiner(let peer, _): return .served(to: peer, byteCount: 0)
        case .serveEpochEnd(let peer, let epoch):
            guard let found = node.certificate(ofEndOf: epoch) else { break }
            note("who is behind is shown the end of its epoch")
            _ = post(.epochEnd(found), from: node, to: Int(peer))
        default: break
        }
        return nil
    }

    /// Gives how long it is.
    private func post(_ message: ReplicaMessage, from sender: ReplicaNode, to receiver: Int) -> Int {
        let bytes = EpochMessage(epoch: sender.epoch.number, message: message).canonicalBytes
        post(bytes, from: sender.number, to: receiver)
        return bytes.count
    }

    private func post(_ bytes: [UInt8], from sender: Int, to receiver: Int) {
        guard receiver != sender, mail.count < Self.mailMax else { return }
        let envelope = Envelope(from: sender, to: receiver, bytes: bytes)
        if receiver != Self.liar || !isLiarDeaf { mail.append(envelope) }
        keep(envelope, of: Int(nodes[sender].epoch.number))
    }

    private func keep(_ envelope: Envelope, of epoch: Int) {
        while said.count <= epoch {
            said.append([])
            saidCounts.append(0)
        }
        let place = saidCounts[epoch] % Self.saidMax
        if place < said[epoch].count { said[epoch][place] = envelope } else { said[epoch].append(envelope) }
        saidCounts[epoch] += 1
    }

    // MARK: What must hold

    private func archive(
        _ blocks: [CommittedBlock], by node: ReplicaNode, _ archive: () throws -> Void
    ) throws(FuzzFailure) {
        if node.number != Self.liar { for block in blocks { try check(block.certified, of: node.number) } }
        do { try archive() } catch { throw FuzzFailure("\(node.number) can't log: \(error)") }
    }

    /// One history: each block is certified by those who certify in its epoch, and an epoch ends with the block that
    /// names the next one.
    private func check(_ block: CertifiedBlock, of number: Int) throws(FuzzFailure) {
        let (index, statement) = (Int(block.height) - 1, block.certificate.statement)
        guard index >= blocks.count else {
            return try demand(
                blocks[index].certificate.statement == statement, "\(number) has another block \(block.height)")
        }
        try demand(index == blocks.count, "\(number) commits block \(block.height) too early")
        let last = blocks.last?.certificate.statement
        let epoch = (last?.epoch ?? 0) + (last.map { $0.nextEpoch != .zero } ?? false ? 1 : 0)
        try demand(statement.epoch == epoch, "block \(block.height) is of epoch \(statement.epoch), not \(epoch)")
        guard epoch < UInt64(epochs.count),
            let checks = try? epochs[Int(epoch)].checks(of: block.certificate, on: chain.genesis.terms)
        else { throw FuzzFailure("block \(block.height) has no quorum") }
        try demand(checks.allSatisfy(StandInKeys.holds), "block \(block.height) has signatures that don't hold")
        blocks.append(block)
    }

    /// Who orders does not give that up before its epoch has ended.
    private func checkRole(of node: ReplicaNode) throws(FuzzFailure) {
        guard node.number != Self.liar, node.isFollowing else { return }
        let own = chain.directory.keysByNode[node.number]
        guard node.epoch.orderers.contains(where: own.contains) else { return }
        let hasEnded = nodes.contains { other in
            other.blocks.contains {
                let statement = $0.certified.certificate.statement
                return statement.epoch == node.epoch.number && statement.nextEpoch != .zero
            }
        }
        try demand(hasEnded, "\(node.number) orders no more, though epoch \(node.epoch.number) goes on")
    }

    private func enter(_ epoch: EpochConfiguration, _ node: ReplicaNode) throws(FuzzFailure) {
        let isWhole = node.isLogged || node.number == Self.liar
        try demand(isWhole, "\(node.number) enters epoch \(epoch.number) before its log has all that was before")
        do { try node.enter(epoch) } catch { throw FuzzFailure("\(node.number) can't log: \(error)") }
        try noteEpoch(of: node)
    }

    /// The epoch that a node is in is the one that the others are in, and that its last block has named.
    private func noteEpoch(of node: ReplicaNode) throws(FuzzFailure) {
        let (epoch, last) = (node.epoch, node.blocks.last?.certified.certificate.statement)
        guard node.number != Self.liar else { return }
        if last?.epoch != epoch.number, epoch.number > 0 {
            let isNamed = last?.nextEpoch == epoch.digest(in: chain.genesis.suite)
            try demand(isNamed, "\(node.number) is in an epoch that its last block does not name")
        }
        if epoch.number == UInt64(epochs.count) { epochs.append(epoch) }
        let isKnown = epoch.number < UInt64(epochs.count) && epochs[Int(epoch.number)] == epoch
        try demand(isKnown, "\(node.number) is in another epoch \(epoch.number)")
        noteHandOver()
    }

    private func noteHandOver() {
        let least = honest.map(\.epoch.number).min() ?? 0
        for number in 0..<least {
            note("all enter epoch \(number + 1)")
            let (before, after) = (epochs[Int(number)], epochs[Int(number) + 1])
            if before.engine != after.engine { note("all go over from \(before.engine) to \(after.engine)") }
            if Set(before.orderers) != Set(after.orderers) { note("all go over to other orderers") }
        }
    }
}
