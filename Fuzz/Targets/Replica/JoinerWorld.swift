internal import Cryptography
internal import Ledger
internal import Primitives
internal import Replica
internal import Storage
internal import TestSupport

/// A joiner with its disk, what it asked for, and what it was given. Whatever it restores must be the chain's, and the
/// honest peer is not accused.
final class JoinerWorld {
    struct Question: Equatable {
        let peer: UInt32
        let message: ReplicaMessage
        let askedAt: UInt64
    }

    static let honest: UInt32 = 0
    static let liars: [UInt32] = [1, 2]
    private static let own: UInt32 = 3
    private static let effectsMax = 100
    private static let questionsMax = 200
    private static let saidMax = 200
    private let start: JoinerStart
    /// How many epochs before the invitation's have lost their keys.
    let lostCount: Int
    private var joiner: Joiner
    private let disk = MemoryDisk()
    private let store: MemoryKeyValueStore
    private var joining: JoiningDisk
    private(set) var milliseconds: UInt64 = 1
    private(set) var questions: [Question] = []
    /// What liars may say again.
    private(set) var said: [ReplicaMessage] = []
    /// What is done and not yet told to the joiner, if that is to wait.
    private var waiting: [JoinerInput] = []
    var isSlow = false
    private(set) var outcome: JoinerOutcome?
    private var begun: ResultStatement?
    /// In whatever life.
    private var hasBegun = false
    private var manifest: SnapshotManifest?
    private var keptCount = 0
    /// What it was not answered yet, of its own disk and of the verifier.
    private var storing = 0
    private var keeping = 0
    private var verifying = 0
    private(set) var refused: Set<UInt32> = []
    private(set) var landmarks: Set<String> = []

    /// Invited by nobody, or to one of the later epochs.
    init(invitedTo epoch: Int) throws(FuzzFailure) {
        let (chain, group) = (JoinerChain.honest, JoinerChain.honest.genesis.group)
        let invitation =
            epoch == 0
            ? nil : Invitation(epoch: UInt64(epoch), digest: chain.epochs[epoch].digest(in: chain.genesis.suite))
        lostCount = epoch
        start = JoinerStart(
            genesis: chain.genesis, invitation: invitation, nodeCount: Int(Self.own) + 1, own: Self.own)
        joiner = Joiner(start)
        guard let store = try? MemoryKeyValueStore() else { throw FuzzFailure("there is no store of group \(group)") }
        self.store = store
        joining = Self.joiningDisk(disk, store)
    }

    private static func joiningDisk(_ disk: MemoryDisk, _ store: MemoryKeyValueStore) -> JoiningDisk {
        // So few bytes that chunks come into the store one by one.
        JoiningDisk(
            genesis: JoinerChain.honest.genesis, disk: disk, store: store, segmentBytes: 4096, batchByteCount: 500)
    }

    private func note(_ landmark: String) { landmarks.insert(landmark) }

    /// Whether it knows that the epoch before the newest one has ended.
    var knowsNewest: Bool { joiner.status.epoch == JoinerChain.honest.epochs.last?.number }

    // MARK: What happens

    func tick(milliseconds more: UInt64) throws(FuzzFailure) {
        milliseconds += more
        try give(.tick)
    }

    func connect(_ peer: UInt32, isHere: Bool) throws(FuzzFailure) {
        // What it was asked before is lost.
        questions.removeAll { $0.peer == peer }
        try give(isHere ? .connected(peer) : .disconnected(peer))
    }

    /// What was asked is answered as it should be, even by a liar.
    func answer(at place: Int) throws(FuzzFailure) {
        guard let question = take(at: place), let answer = JoinerChain.honest.answer(question.message) else { return }
        try tell(answer, by: question.peer)
    }

    /// Nobody answers.
    func take(at place: Int) -> Question? {
        questions.isEmpty ? nil : questions.remove(at: place % questions.count)
    }

    func tell(_ message: ReplicaMessage, by peer: UInt32) throws(FuzzFailure) {
        said.append(message)
        if said.count > Self.saidMax { said.removeFirst() }
        try tell(EpochMessage(epoch: 0, message: message).canonicalBytes, by: peer)
    }

    func tell(_ bytes: [UInt8], by peer: UInt32) throws(FuzzFailure) { try give(.message(from: peer, bytes)) }

    /// What was done for it is told late, and in any order.
    func release(at place: Int) throws(FuzzFailure) {
        guard !waiting.isEmpty else { return }
        try give(waiting.remove(at: place % waiting.count))
    }

    /// Ends in the midst of it, and begins anew with what is on its disk.
    func restart(seed: UInt8) throws(FuzzFailure) {
        guard outcome == nil else { return }
        var generator = SeededGenerator(seed: UInt64(seed))
        disk.crash(using: &generator)
        store.crash()
        guard let standing = try? JoiningDisk.standing(of: start.genesis.group, disk: disk, store: store) else {
            throw FuzzFailure("the disk does not say where it stands")
        }
        switch standing {
        case .none: try demand(!hasBegun, "the disk does not know any more that joining is under way")
        case .underWay: note("it goes on with what is on its disk")
        case .whole: throw FuzzFailure("it takes itself for a whole node")
        }
        (joiner, joining) = (Joiner(start), Self.joiningDisk(disk, store))
        (questions, waiting, begun, manifest) = ([], [], nil, nil)
        (storing, keeping, verifying, keptCount) = (0, 0, 0, 0)
        refused = []
    }

    // MARK: Effects

    private func give(_ input: JoinerInput) throws(FuzzFailure) {
        var inputs = [input]
        while !inputs.isEmpty, outcome == nil {
            let next = inputs.removeFirst()
            noteAnswer(next)
            var effects: [JoinerEffect] = []
            joiner.handle(next, at: Instant(nanoseconds: milliseconds * 1_000_000), into: &effects)
            try demand(effects.count < Self.effectsMax, "an input had \(effects.count) effects")
            for effect in effects {
                guard let answer = try perform(effect) else { continue }
                if isSlow { waiting.append(answer) } else { inputs.append(answer) }
            }
            try checkBounds()
        }
    }

    private func noteAnswer(_ input: JoinerInput) {
        switch input {
        case .stored: storing -= 1
        case .kept: keeping -= 1
        case .verified: verifying -= 1
        default: break
        }
    }

    /// What it has taken in and waits for.
    private func checkBounds() throws(FuzzFailure) {
        try demand(storing <= ReplicaLimits.snapshotRequestsMax, "\(storing) chunks are being stored")
        try demand(keeping <= 1, "\(keeping) parts of a tail are being kept")
        try demand(verifying <= 2 * Int(Self.own) + 1, "\(verifying) answers are being verified")
        let chunks = questions.count { question in
            guard case .fetchChunk = question.message, question.peer == Self.honest else { return false }
            return milliseconds < question.askedAt + ReplicaLimits.snapshotLateMilliseconds
        }
        // A turn that a liar's end cuts short begins anew with what was asked already.
        try demand(chunks <= ReplicaLimits.snapshotRequestsMax, "\(chunks) chunks are asked of one at once")
    }

    private func perform(_ effect: JoinerEffect) throws(FuzzFailure) -> JoinerInput? {
        try check(effect)
        switch effect {
        case .send(let peer, let bytes):
            guard let message = try? EpochMessage(canonicalBytes: bytes).message else {
                throw FuzzFailure("it says what does not decode")
            }
            if questions.count == Self.questionsMax { questions.removeFirst() }
            questions.append(Question(peer: peer, message: message, askedAt: milliseconds))
        case .verify(let token, let checks):
            verifying += 1
            return .verified(token, checks.map(StandInKeys.holds))
        case .refused(let peer, let fault):
            try demand(peer != Self.honest, "the honest one is accused: \(fault)")
            try demand(refused.insert(peer).inserted, "\(peer) is accused twice")
            note("a liar is found out")
        case .ended(let outcome): try end(outcome)
        case .begin, .store, .keep, .readEpoch:
            do throws(JoiningError) { return try joining.perform(effect) } catch {
                throw FuzzFailure("the disk refuses: \(error)")
            }
        }
        return nil
    }

    // MARK: What must hold

    /// Nothing is stored that is not the chain's.
    private func check(_ effect: JoinerEffect) throws(FuzzFailure) {
        let chain = JoinerChain.honest
        switch effect {
        case .begin(_, let statement, let manifest):
            try demand(chain.holds(statement), "another state is restored")
            let isTrue = (try? manifest.check(against: statement, in: chain.genesis.suite)) != nil
            try demand(isTrue, "a manifest of another state")
            if begun != statement { (keptCount, storing) = (0, 0) }
            (begun, hasBegun, self.manifest) = (statement, true, manifest)
            note("a state is being restored")
        case .store(_, let chunk):
            guard let manifest else { throw FuzzFailure("a chunk of no manifest") }
            let isTrue = chunk.index < manifest.chunks.count
            try demand(isTrue, "a chunk that its manifest does not have")
            storing += 1
        case .keep(_, let blocks): try checkTail(blocks)
        default: break
        }
    }

    private func checkTail(_ blocks: [CommittedBlock]) throws(FuzzFailure) {
        keeping += 1
        for block in blocks {
            guard let begun, let own = JoinerChain.honest[block.height] else {
                throw FuzzFailure("a tail of no state, or a block that the chain does not have")
            }
            let (certificate, statement) = (block.certified.certificate, own.certificate.statement)
            try demand(block.height == begun.height - UInt64(keptCount), "block \(block.height) is not the next one")
            let isSame = block.certified.block == own.block && block.certified.receipts == own.receipts
            try demand(isSame && certificate.statement == statement, "block \(block.height) is another")
            let epoch = JoinerChain.honest.epochs[Int(statement.epoch)]
            let checks = try? epoch.checks(of: certificate, on: JoinerChain.honest.genesis.terms)
            try demand(checks?.allSatisfy(StandInKeys.holds) ?? false, "block \(block.height) is not certified")
            keptCount += 1
            if statement.nextEpoch != .zero { note("its tail reaches into an earlier epoch") }
        }
    }

    private func end(_ outcome: JoinerOutcome) throws(FuzzFailure) {
        self.outcome = outcome
        let epochs: [EpochConfiguration]
        switch outcome {
        case .restored(let state):
            epochs = state.epochs
            try checkRestored(state)
            note("the state is restored")
        case .followFromGenesis(let proven): epochs = proven
        case .failed(let failure): throw FuzzFailure("it fails: \(failure)")
        }
        if epochs.count > 1 { note("it believes a hand-over") }
        try demand(epochs.first?.number == UInt64(lostCount), "it begins with another epoch than it was invited to")
        for epoch in epochs {
            let number = Int(epoch.number)
            let isTrue = number < JoinerChain.honest.epochs.count && JoinerChain.honest.epochs[number] == epoch
            try demand(isTrue, "it believes in another epoch \(number)")
        }
    }

    /// What is on the disk is a node of the chain's, to which what follows can be added.
    private func checkRestored(_ state: JoinedState) throws(FuzzFailure) {
        let (chain, height) = (JoinerChain.honest, state.statement.height)
        try demand(chain.holds(state.statement) && state.certificate.statement == begun, "another state")
        let record: ReplicaRecord
        do throws(JoiningError) { record = try joining.finish(state) } catch {
            throw FuzzFailure("the disk refuses: \(error)")
        }
        try checkWhole(record, at: height)
    }

    private func checkWhole(_ record: ReplicaRecord, at height: UInt64) throws(FuzzFailure) {
        let chain = JoinerChain.honest
        guard let standing = try? JoiningDisk.standing(of: chain.genesis.group, disk: disk, store: store),
            standing == .whole(record), case .logged(_, height) = record
        else { throw FuzzFailure("the disk does not hold a whole node of height \(height)") }
        let contents = try? JoinerChain.contents(of: store)
        try demand(contents == chain.contents[height], "the store holds another state")
        do { try checkExecution(after: height, record) } catch let failure as FuzzFailure { throw failure } catch {
            throw FuzzFailure("the node does not start: \(error)")
        }
    }

    private func checkExecution(after height: UInt64, _ record: ReplicaRecord) throws {
        let (chain, group) = (JoinerChain.honest, JoinerChain.honest.genesis.group)
        let recorded = JournalRecord(group: group, kind: record.kind, payload: record.payload)
        let contents = try JournalContents(group: group, records: [RecoveredRecord(sequence: 1, record: recorded)])
        let log = try BlockLog.open(disk: disk, group: group, requiredHeight: height, segmentBytes: 4096).log
        let state = GroupState(group: group, store: try WriteBackStore(store: store, group: group))
        let recovered = try NetworkRecovered(
            genesis: chain.genesis, log: log, state: state, store: store, contents: contents
        ) { [disk] epoch, _ throws(StorageError) in
            try BlockLog.open(
                disk: disk, group: group, name: NetworkRecovered.decisionsFolder(of: epoch), segmentBytes: 4096
            ).log
        }
        var executor = recovered.executor
        try demand(executor.head.height == height, "the node's head is \(executor.head.height), not \(height)")
        for block in chain.blocks.dropFirst(Int(height)).map(\.certified) {
            let violation = try executor.violation(of: block.block)
            try demand(violation == nil, "block \(block.height) is refused")
            let statement = block.certificate.statement
            let executed = try executor.follow(block.block, isLastOfEpoch: statement.nextEpoch != .zero)
            try demand(executed.blocks.first?.statement == statement, "block \(block.height) has another result")
        }
    }

    // MARK: The end

    /// So many steps of so much time: longer than the longest turn of a liar's.
    private static let lastStepsMax = 40_000
    private static let lastStepMilliseconds: UInt64 = 5000

    /// With the honest peer answering at once and the liars silent it comes to its end.
    func finish() throws(FuzzFailure) {
        isSlow = false
        while !waiting.isEmpty { try release(at: 0) }
        try connect(Self.honest, isHere: false)
        try connect(Self.honest, isHere: true)
        try answerAll()
        // Who has heard of no snapshot for long enough before this may have done with asking.
        guard outcome == nil else { return }
        for _ in 0..<Self.lastStepsMax where outcome == nil {
            try tick(milliseconds: Self.lastStepMilliseconds)
            try answerAll()
        }
        guard case .restored? = outcome else { throw FuzzFailure("it does not get there: \(joiner.status)") }
    }

    private func answerAll() throws(FuzzFailure) {
        var place = 0
        while outcome == nil, place < questions.count {
            if questions[place].peer == Self.honest { try answer(at: place) } else { place += 1 }
        }
        questions.removeAll { $0.peer != Self.honest }
    }
}
