import Consensus
import Contracts
import Cryptography
import Ledger
import Primitives
import Replica
import TestSupport
import Testing

/// The replica, input by input.
@Suite struct ReplicaTests {
    private let chain: SimulatedChain
    private var replica: Replica
    private var maker: LedgerMaker
    private var wall = SimulatedChain.start.milliseconds + 1000

    init() throws {
        chain = try .with()
        maker = try LedgerMaker(chain)
        replica = Replica(
            genesis: chain.genesis, gas: .version1, certifier: 0, engine: Solo(), head: Head(genesis: chain.genesis),
            uncertified: [])
        _ = give(.start)
    }

    private mutating func give(_ input: ReplicaInput) -> [ReplicaEffect] {
        let now = ClockReading(monotonic: Instant(nanoseconds: wall), wall: Timestamp(milliseconds: wall))
        var effects: [ReplicaEffect] = []
        replica.handle(input, at: now, into: &effects)
        return effects
    }

    private mutating func transaction(expiresIn milliseconds: UInt64 = 2000) throws -> SignedTransaction {
        try maker.transaction(.create("GOLD"), expiry: Timestamp(milliseconds: wall + milliseconds))
    }

    /// What an effect is, in a word.
    private func words(_ effects: [ReplicaEffect]) -> [String] {
        effects.map { effect in
            switch effect {
            case .answer(let ticket, let rejections):
                rejections.map { $0.map { "refused \(ticket) \($0.code)" } ?? "taken \(ticket)" }
                    .joined(separator: ", ")
            case .verify(let batch, let checks): "verify \(batch) \(checks.count)"
            case .persist(let request, let records): "persist \(request) \(records.map(\.kind))"
            case .execute(let decision): "execute \(decision.number) \(decision.transactions.count)"
            case .sign(let height, _): "sign \(height)"
            case .committed(let decision, let blocks): "committed \(decision) \(blocks.map(\.height))"
            case .drained: "drained"
            }
        }
    }

    private mutating func say(_ input: ReplicaInput) -> [String] { words(give(input)) }

    private func signature(_ effects: [ReplicaEffect]) throws -> [ReplicaInput] {
        try effects.compactMap { effect in
            guard case .sign(let height, let digest) = effect else { return nil }
            return .signed(height: height, try chain.certifier.sign(digest))
        }
    }

    private func submissions(_ transactions: SignedTransaction...) -> ReplicaInput {
        .submit(transactions.enumerated().map { Submission(ticket: UInt64($0), transactions: [$1]) })
    }

    // MARK: The way of a transaction

    @Test mutating func `nothing is told before its decision and its result are durable`() throws {
        let signed = try transaction()
        #expect(say(submissions(signed)) == ["verify 0 1"])
        #expect(say(.verified(batch: 0, [true])) == ["taken 0", "persist 1 [1]", "execute 1 1"])
        let result = try maker.executor.execute(
            Decision(number: 1, reading: Timestamp(milliseconds: wall), transactions: [signed]))
        let effects = give(.executed(result))
        #expect(words(effects) == ["sign 1"])
        #expect(say(try signature(effects)[0]) == ["persist 2 [2]"])
        #expect(say(.persisted(request: 1)) == [], "the decision alone tells nothing")
        #expect(say(.persisted(request: 2)) == ["committed 1 [1]"])
        #expect(say(.persisted(request: 2)) == [])
    }

    @Test mutating func `of two decisions the first is told first`() throws {
        let (first, second) = (try transaction(), try transaction())
        _ = give(submissions(first))
        #expect(say(.verified(batch: 0, [true])) == ["taken 0", "persist 1 [1]", "execute 1 1"])
        _ = give(submissions(second))
        #expect(say(.verified(batch: 1, [true])) == ["taken 0", "persist 2 [1]", "execute 2 1"])
        let third = try transaction()
        _ = give(submissions(third))
        #expect(say(.verified(batch: 2, [true])) == ["taken 0"], "the window is full")
        var asked: [[ReplicaEffect]] = []
        for (number, signed) in [(UInt64(1), first), (2, second)] {
            let decision = Decision(
                number: number, reading: Timestamp(milliseconds: wall), transactions: [signed])
            asked.append(give(.executed(try maker.executor.execute(decision))))
        }
        // The second is signed and durable before the first is signed.
        #expect(say(try signature(asked[1])[0]) == ["persist 3 [2]"])
        #expect(say(.persisted(request: 3)) == [])
        #expect(say(try signature(asked[0])[0]) == ["persist 4 [2]"])
        #expect(say(.persisted(request: 4)) == ["committed 1 [1]", "persist 5 [1]", "execute 3 1", "committed 2 [2]"])
    }

    @Test mutating func `signatures come in any order, and each goes to its block`() throws {
        let many = try (0..<9).map { _ in try transaction() }
        let result = try maker.executor.execute(
            Decision(number: 1, reading: Timestamp(milliseconds: wall), transactions: many))
        replica = Replica(
            genesis: chain.genesis, gas: .version1, certifier: 0, engine: Solo(), head: maker.executor.head,
            uncertified: [result])
        let effects = give(.start)
        #expect(words(effects) == ["sign 1", "sign 2", "sign 3"])
        let inputs = try signature(effects)
        #expect(say(inputs[2]) == [])
        #expect(say(inputs[2]) == [], "a second time changes nothing")
        #expect(say(inputs[0]) == [])
        #expect(say(inputs[1]) == ["persist 1 [2]"])
        guard case .committed(_, let blocks)? = give(.persisted(request: 1)).first else {
            Issue.record("nothing was committed")
            return
        }
        var client = LightClient(genesis: chain.genesis, verifier: chain.verifier)
        for block in blocks { _ = try client.accept(block.certified.certificate) }
        #expect(blocks.count == 3)
    }

    // MARK: At the door

    @Test mutating func `duplicates, expired and wrongly signed ones are refused`() throws {
        let (first, second) = (try transaction(), try transaction())
        #expect(say(submissions(first, first, second)) == ["verify 0 3"])
        let answers = say(.verified(batch: 0, [true, true, false]))
        #expect(answers.prefix(3) == ["taken 0", "refused 1 -32020", "refused 2 -32019"])
        #expect(say(submissions(first)) == ["refused 0 -32020"], "taken before")
        #expect(say(submissions(second)) == ["verify 1 1"], "a wrong signature takes nobody's place")
        #expect(say(submissions(try transaction(expiresIn: 0))) == ["refused 0 -32014"])
        #expect(say(submissions(try transaction(expiresIn: 60_000))) == ["refused 0 -32015"])
    }

    @Test mutating func `a signature without an answer is not valid`() throws {
        _ = give(submissions(try transaction(), try transaction()))
        #expect(say(.verified(batch: 0, [])) == ["refused 0 -32019", "refused 1 -32019"])
        #expect(say(.verified(batch: 0, [true, true])) == [], "the batch was answered")
        #expect(say(.verified(batch: 99, [true])) == [])
    }

    @Test mutating func `the transactions that are being verified are bounded by their bytes`() throws {
        let wide = try SimulatedChain.with {
            $0.transactionByteCountMax = 128 << 10
            $0.blockByteCountMax = 1 << 20
        }
        replica = Replica(
            genesis: wide.genesis, gas: .version1, certifier: 0, engine: Solo(), head: Head(genesis: wide.genesis),
            uncertified: [])
        let large = Transaction(
            genesis: wide.terms.genesis, group: 7, sender: wide.addresses[0], contract: Assets.address,
            method: "create", arguments: [UInt8](repeating: 0, count: 127 << 10), salt: 0,
            expiry: Timestamp(milliseconds: wall + 1000), gasLimit: 2_000_000)
        let signed = try SignedTransaction(signing: large, with: wide.keys, suite: wide.suite)
        let count = ReplicaLimits.poolByteCountMax / signed.byteCount + 10
        let many = (0..<count).map { Submission(ticket: UInt64($0), transactions: [signed]) }
        let refused = say(.submit(many)).filter { $0.hasSuffix("-32021") }.count
        #expect(refused > 0 && refused < 20)
        #expect(say(.submit([many[0]])) == ["refused 0 -32021"])
    }

    @Test mutating func `what is refused for want of room is taken once there is some`() throws {
        let signed = try transaction()
        _ = give(submissions(signed))
        #expect(say(.refuse(.diskFull(path: "data", freeByteCount: 1, neededByteCount: 2))) == [])
        #expect(say(submissions(try transaction())) == ["refused 0 -32023"])
        let taken = say(.verified(batch: 0, [true]))
        #expect(taken == ["taken 0", "persist 1 [1]", "execute 1 1"], "what was at the door already goes its way")
        #expect(say(.refuse(nil)) == [])
        #expect(say(submissions(try transaction())) == ["verify 1 1"])
    }

    @Test mutating func `nothing is ordered while the log lags, and everything afterwards`() throws {
        _ = give(submissions(try transaction(), try transaction()))
        #expect(say(.hold(true)) == [])
        #expect(say(.verified(batch: 0, [true, true])) == ["taken 0", "taken 1"])
        #expect(replica.waitingByteCount > 0)
        _ = give(.waiting(until: Timestamp(milliseconds: wall + 10)))
        wall += 1000
        #expect(say(.tick) == [], "no empty block either")
        #expect(say(.hold(false)) == ["persist 1 [1]", "execute 1 2"])
        #expect(replica.waitingByteCount == 0)
    }

    @Test mutating func `draining takes nothing new and finishes what was taken`() throws {
        let signed = try transaction()
        _ = give(submissions(signed))
        #expect(say(.drain) == [])
        #expect(say(submissions(try transaction())) == ["refused 0 -32022"])
        #expect(say(.verified(batch: 0, [true])) == ["taken 0", "persist 1 [1]", "execute 1 1"])
        let result = try maker.executor.execute(
            Decision(number: 1, reading: Timestamp(milliseconds: wall), transactions: [signed]))
        let effects = give(.executed(result))
        _ = give(try signature(effects)[0])
        #expect(say(.persisted(request: 2)) == ["committed 1 [1]", "drained"])
    }

    @Test mutating func `draining with only expired transactions ends`() throws {
        // Three fill the window of two; the third expires while it waits.
        for batch in 0..<3 {
            _ = give(submissions(try transaction(expiresIn: 50)))
            _ = give(.verified(batch: UInt64(batch), [true]))
        }
        _ = give(.drain)
        for number in 1...2 {
            let decision = Decision(number: UInt64(number), reading: Timestamp(milliseconds: wall), transactions: [])
            let effects = give(.executed(try maker.executor.execute(decision)))
            _ = give(try signature(effects)[0])
        }
        wall += 100
        #expect(say(.persisted(request: 4)) == ["committed 1 [1]", "committed 2 [2]", "drained"])
    }

    // MARK: Those who wait

    private mutating func orderEmptyBlock(_ number: UInt64) throws -> [String] {
        let effects = give(.tick)
        guard words(effects).contains("execute \(number) 0") else { return words(effects) }
        let decision = Decision(number: number, reading: Timestamp(milliseconds: wall), transactions: [])
        let signing = try signature(give(.executed(try maker.executor.execute(decision))))
        let persisting = give(signing[0])
        guard case .persist(let request, _)? = persisting.first else { return ["nothing to persist"] }
        return say(.persisted(request: request))
    }

    @Test mutating func `one empty block is ordered after an expiry that somebody waits for`() throws {
        #expect(say(.tick) == [])
        #expect(say(.waiting(until: Timestamp(milliseconds: wall + 500))) == [])
        wall += 400
        #expect(say(.tick) == [])
        wall += 300
        #expect(try orderEmptyBlock(1) == ["committed 1 [1]"])
        wall += 10_000
        #expect(say(.tick) == [], "nobody waits any more")
    }

    @Test mutating func `one who waits for long does not put off the others`() throws {
        _ = give(.waiting(until: Timestamp(milliseconds: wall + 200)))
        _ = give(.waiting(until: Timestamp(milliseconds: Timestamp.millisecondsMax)))
        wall += 500
        #expect(try orderEmptyBlock(1) == ["committed 1 [1]"])
        #expect(say(.tick) == [])
        // The far one is cut to what an expiry may be.
        wall += chain.genesis.limits.expiryWindowMilliseconds
        #expect(try orderEmptyBlock(2) == ["committed 2 [2]"])
        wall += 1_000_000
        #expect(say(.tick) == [])
    }

    // MARK: Engines that decide anything

    /// Decides a value of its own.
    private struct Arbitrary: ConsensusEngine {
        let value: [UInt8]
        var liveRecords: [[UInt8]] { [] }
        var status: EngineStatus { EngineStatus(phase: "arbitrary", view: 0, leader: nil, decided: 0) }

        mutating func handle(_ input: EngineInput, at now: Instant, into effects: inout [EngineEffect]) {
            if case .start = input { effects.append(.decided(decision: 1, value: value, proof: nil)) }
        }
    }

    @Test(arguments: [[], [9, 9, 9], [1, 0, 0, 0, 0, 0, 0, 0, 0, 200, 200, 200]])
    mutating func `a decided value that does not decode orders nothing`(_ value: [UInt8]) throws {
        replica = Replica(
            genesis: chain.genesis, gas: .version1, certifier: 0, engine: Arbitrary(value: value),
            head: Head(genesis: chain.genesis), uncertified: [])
        #expect(say(.start) == ["persist 1 [1]", "execute 1 0"])
        // Recovery reads the journal's record in the same way.
        let decision = Decision(number: 1, value: value, check: StatelessCheck(terms: chain.terms))
        #expect(decision.transactions.isEmpty && decision.reading.milliseconds == 0)
    }

    @Test func `what does not decode within a value is passed over`() throws {
        var maker = maker
        let good = try maker.transaction(.create("GOLD"))
        let value = Proposal(
            reading: SimulatedChain.start, transactions: [[], good.canonicalBytes, good.canonicalBytes + [0]])
        let decision = Decision(number: 4, value: value.canonicalBytes, check: StatelessCheck(terms: chain.terms))
        #expect(decision.transactions == [good])
    }

    @Test func `records of the journal are read as they were written`() throws {
        let block = try {
            var maker = maker; return try maker.decide([])[0]
        }()
        let records: [ReplicaRecord] = [
            .decision(number: 3, value: [1, 2, 3]), .result(decision: 4, certificates: [block.certified.certificate]),
            .logged(decision: 5, height: 6),
        ]
        for record in records {
            #expect(try ReplicaRecord(kind: record.kind, payload: record.payload) == record)
            for count in 0..<min(record.payload.count, 60) {
                let cut = try? ReplicaRecord(kind: record.kind, payload: Array(record.payload.prefix(count)))
                #expect(cut != record)
            }
        }
        #expect(throws: CodingError.self) { try ReplicaRecord(kind: 9, payload: []) }
    }
}
