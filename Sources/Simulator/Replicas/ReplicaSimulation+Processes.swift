internal import Consensus
internal import Cryptography
internal import Dissemination
internal import Ledger
internal import Primitives
internal import Replica
internal import Storage

// Between replicas and the world.
extension ReplicaSimulation {
    /// Starts a process, with what its disk holds.
    func start(_ number: Int) throws {
        let process = processes[number]
        guard !process.isRetired else { return }
        let plants = ReplicaProcess.Plants(
            // Liars heed nothing that keeps old copies from lying.
            replica: process.actors.isEmpty ? options.replicaPlant : options.replicaPlant ?? .trustsOldCopy,
            dissemination: liarsPlant(process) ?? options.disseminationPlant,
            process: options.processPlant)
        do {
            guard try !process.beginJoining(invitation, plant: options.joinerPlant) else {
                return try tickJoiner(number)
            }
            let (plan, options, actors) = (plan, options, process.actors)
            try process.start(
                with: { plan.engine($0.engine, options, actors) }, seed: generator.next(), plants)
        } catch StorageError.noSpace {
            summary.faults.fullDisk += 1
            return insertRestart(of: number, at: nanoseconds + 50_000_000)
        } catch let failure as SimulationFailure {
            throw failure
        } catch {
            guard process.isHonest else { return process.retire() }
            throw SimulationFailure(.durability, "\(process.place) can't start: \(error)")
        }
        if process.isHonest { try checker.recovered(process.loggedHeight, by: number) }
        noteCaughtUp(process)
        catchUp.holds(process.loggedHeight, by: process.number, at: nanoseconds)
        try give(.start, to: number)
    }

    private func liarsPlant(_ process: ReplicaProcess) -> DisseminationPlant? {
        if process.actors.contains(.vouchesForGarbage) { return .proposesGarbage }
        return process.actors.contains(.censor) ? .censors : nil
    }

    private func clock(of process: ReplicaProcess) -> ClockReading {
        ClockReading(
            monotonic: Instant(nanoseconds: nanoseconds / 1000 * process.clockPermille),
            wall: Timestamp(milliseconds: UInt64(Int64(wall.milliseconds) + process.wallOffset)))
    }

    /// Gives a replica an input, and does what it says, until it has nothing more to say.
    func give(_ input: NetworkReplicaInput, to number: Int) throws {
        let process = processes[number]
        var inputs = [input]
        var next = 0
        var asked: [NetworkReplicaEffect] = []
        while next < inputs.count {
            process.handle(inputs[next], at: clock(of: process), into: &effects)
            next += 1
            asked.removeAll(keepingCapacity: true)
            swap(&asked, &effects)
            guard asked.count <= Self.effectsMax else {
                throw SimulationFailure(.bounds, "an input had \(asked.count) effects")
            }
            for effect in asked {
                if let answer = try perform(effect, of: process) { inputs.append(answer) }
                guard process.isUp else { return }
            }
        }
        if let status = process.status { summary.note(status, of: number) }
    }

    private static let effectsMax = 10_000

    private func perform(_ effect: NetworkReplicaEffect, of process: ReplicaProcess) throws -> NetworkReplicaInput? {
        switch effect {
        case .send(let receivers, let bytes): try send(bytes, from: process, to: receivers.map(Int.init))
        case .setTimer(let token, let milliseconds):
            let delay = milliseconds * 1_000_000 / process.clockPermille * 1000
            queue.insert(.timer(token, process: process.number, life: process.life), at: nanoseconds + delay)
        case .persist(let request, let records):
            try onDisk(of: process) { try process.append(request, records) }
            guard process.isUp else { return nil }
            scheduleSync(process.number)
            if options.processPlant == .skipsSync { return process.lastRequest.map { .persisted(request: $0) } }
        case .sign(let token, let digest, let key):
            guard chain.directory.node(of: key) == UInt32(process.place) else {
                throw SimulationFailure(.validity, "\(process.place) signs by a key that is not its own")
            }
            guard process.signs() || !process.isHonest else {
                throw SimulationFailure(
                    .agreement, "\(process.place) signs again, whose disk has forgotten what it signed")
            }
            return .signed(token, try signatures.sign(digest, by: key))
        case .verify(let token, let checks):
            summary.signatureChecks += checks.count
            let isGullible = misbehaviours[process.number].callsEverythingValid
            let mask = isGullible ? Array(repeating: true, count: checks.count) : signatures.verify(checks)
            guard plan.verificationNanoseconds > 0 else { return .verified(token, mask) }
            let delay = generator.next() % plan.verificationNanoseconds
            queue.insert(
                .verified(token, mask, process: process.number, life: process.life), at: nanoseconds + delay)
        case .answer: break
        case .readable(let ticket, let decision):
            if process.isHonest { try checker.reads.answered(ticket, decision, by: process.number) }
        case .execute(let decision):
            process.queue(decision)
            scheduleExecution(process.number)
        case .replay(let block, let isLastOfEpoch):
            process.queue(block, isLastOfEpoch: isLastOfEpoch)
            scheduleExecution(process.number)
        case .followed(let block):
            try committed([block], isWholeDecision: false, by: process) { try process.archive(block) }
        case .committed(let decision, let blocks):
            try committed(blocks, isWholeDecision: true, by: process) { try process.archive(decision, blocks) }
        case .serveDecisions(let peer, let first):
            summary.fetches += 1
            let byteCount = try process.loggedDecisions(from: first).reduce(0) { count, record in
                count + (try send(.decision(record), from: process, to: Int(peer)))
            }
            return .served(to: peer, byteCount: byteCount)
        case .serveCertificate(let peer, let height):
            guard let certificate = try process.log?.reader(at: height)?.certificate else { break }
            _ = try send(.certificate(certificate), from: process, to: Int(peer))
        case .serveEpochEnd(let peer, let epoch):
            guard let certificate = try process.certificate(ofEndOf: epoch) else { break }
            _ = try send(.epochEnd(certificate), from: process, to: Int(peer))
        case .serveBlocks(let peer, let first):
            let answer = try ReplicaMessage.blocks(process.loggedBlocks(from: first))
            return .served(to: peer, byteCount: try tell(answer, to: Int(peer), by: process))
        case .serveJoiner(let peer, let question):
            return .served(to: peer, byteCount: try serve(question, to: Int(peer), by: process))
        case .entered(let epoch):
            if let proven = process.provenEpochs.first(where: { $0.number == epoch.number }), proven != epoch {
                throw SimulationFailure(.epochs, "\(process.place) enters another epoch than was proven to it")
            }
            if process.isHonest { try checker.entered(epoch, by: process.place) }
            try onDisk(of: process) { try process.enter(epoch.number) }
            let orders = epoch.orderers.contains { chain.directory.node(of: $0) == UInt32(process.place) }
            if options.processPlant == .leavesAtOnce, !orders, process.isUp { process.retire() }
        case .isRelieved: leave(process)
        case .evidence(let evidence, let epoch): try take(evidence, of: epoch, by: process)
        case .refused(let sender, let fault):
            summary.refusals[fault, default: 0] += 1
            // Where things go wrong what a node knows may be too little to vote.
            let isExcused = fault == .unacceptable && options.faults != []
            guard !plan.actors[Int(sender)].isEmpty || !process.isHonest || isExcused else {
                throw SimulationFailure(.evidence, "\(process.place) accuses \(sender), who is honest, of \(fault)")
            }
        case .isOldCopy:
            if process.putBackCount > 0 { summary.oldCopiesFound += 1 }
            guard process.isHonest, process.putBackCount == 0 else { break }
            throw SimulationFailure(.evidence, "\(process.place) takes its disk for an old copy")
        case .halted(let reason):
            guard process.isHonest else { process.retire(); break }
            throw SimulationFailure(.agreement, "\(process.place) halts: \(reason)")
        }
        return nil
    }

    private func take(_ evidence: ReplicaEvidence, of epoch: UInt64, by process: ReplicaProcess) throws {
        summary.evidence += 1
        guard case .dissemination(let evidence) = evidence, process.isHonest else { return }
        let orderers = checker.orderers(in: epoch)
        let places: [UInt32] =
            switch evidence {
            case .fork(let fork): [fork.first.header.lane.owner]
            case .vouch(let vouch):
                vouch.culprits(
                    among: orderers, by: StatelessCheck(terms: chain.genesis.terms),
                    verify: signatures.verify)
            }
        let culprits = places.compactMap {
            Int($0) < orderers.count ? chain.directory.node(of: orderers[Int($0)]) : nil
        }
        for culprit in culprits where plan.actors[Int(culprit)].isEmpty {
            throw SimulationFailure(.evidence, "there is evidence against \(culprit), who is honest")
        }
    }

    // MARK: Messages

    /// What a process says of its logs, and how long that is.
    func send(_ message: ReplicaMessage, from process: ReplicaProcess, to node: Int) throws -> Int {
        let bytes = EpochMessage(epoch: process.replica?.epoch.number ?? 0, message: message).canonicalBytes
        try send(bytes, from: process, to: [node])
        return bytes.count
    }

    func send(_ bytes: [UInt8], from process: ReplicaProcess, to receivers: [Int]) throws {
        guard bytes.count <= ReplicaLimits.messageByteCountMax else {
            throw SimulationFailure(.bounds, "a message of \(bytes.count) bytes")
        }
        if process.isHonest, bytes.dropFirst(EpochMessage.messageOffset).first == ReplicaMessage.resultKind,
            case .result(let result, _)? = (try? EpochMessage(canonicalBytes: bytes))?.message
        {
            try checker.told(result, by: process.place)
        }
        for place in receivers where place != process.place {
            guard !misbehaviours[process.number].isFaultless else {
                post(bytes, from: process, to: place)
                continue
            }
            for (bytes, delay) in misbehaviours[process.number].send(bytes, to: place) {
                post(bytes, from: process, to: place, after: delay)
            }
        }
    }

    private func post(_ bytes: [UInt8], from process: ReplicaProcess, to place: Int, after delay: UInt64 = 0) {
        guard reaches(place, process) else { return }
        let (first, second) = network.deliveries(
            of: bytes.count, from: process.place, to: place, at: nanoseconds, &generator)
        for time in [first, second] {
            guard let time else { continue }
            queue.insert(.deliver(bytes, from: process.place, to: place), at: time + delay)
        }
        summary.note(message: bytes.dropFirst(EpochMessage.messageOffset))
    }

    /// Whether a process talks to a place. Twins hear everything, but the first talks to one part of the others, the
    /// second to another, and both to some.
    private func reaches(_ place: Int, _ process: ReplicaProcess) -> Bool {
        guard process.actors.contains(.equivocator) else { return true }
        return plan.reach[place] == .both || (plan.reach[place] == .first) == (process.number < options.nodeCount)
    }

    func deliver(_ bytes: [UInt8], from sender: Int, to place: Int) throws {
        summary.traceHash.mix(bytes)
        for number in processesAt[place] where processes[number].isUp {
            try give(.message(from: UInt32(sender), bytes), to: number)
            try giveJoiner(.message(from: UInt32(sender), bytes), to: number)
        }
    }

    // MARK: Executing

    private func scheduleExecution(_ number: Int) {
        let process = processes[number]
        guard !process.isExecuting, process.hasToExecute else { return }
        process.isExecuting = true
        queue.insert(
            .executed(process: number, life: process.life),
            at: nanoseconds + process.slowness * plan.executionNanoseconds)
    }

    func execute(_ number: Int) throws {
        let process = processes[number]
        process.isExecuting = false
        // A liar's result may be another.
        let lies = process.actors.contains(.vouchesForGarbage) && generator.next() % 50 == 0
        // With a bug of the replica's its second life alone is planted, as the first would show itself.
        let isPlanted =
            options.processPlant == .executesOtherwise && process.place == 0
            && (options.replicaPlant == nil || process.life > 0)
        let leavesOut = lies || isPlanted && generator.next() % 2 == 0
        guard let executed = try process.execute(leavesOut: leavesOut) else { return }
        scheduleExecution(number)
        try give(executed, to: number)
    }

    private func committed(
        _ blocks: [CommittedBlock], isWholeDecision: Bool, by process: ReplicaProcess, archive: () throws -> Void
    ) throws {
        // What a quorum has signed is true whoever tells of it, and nobody else may have it yet.
        if process.isHonest || checker.isNewAndCertified(blocks) {
            let height = checker.height
            try checker.committed(blocks, isWholeDecision: isWholeDecision, by: process.number)
            clients.committed(Set(blocks.flatMap { $0.certified.block.transactions.map(\.identity) }))
            if checker.height > height { noteCommit() }
            summary.traceHash.mix(blocks.last?.header.decision ?? 0)
        }
        try onDisk(of: process, archive)
        guard process.isUp, !process.isLogging else { return }
        process.isLogging = true
        queue.insert(
            .logged(process: process.number, life: process.life), at: nanoseconds + plan.logNanoseconds)
    }

    // MARK: The disk

    private func onDisk(of process: ReplicaProcess, _ body: () throws -> Void) throws {
        do { try body() } catch is StorageError {
            // A process whose disk fails ends.
            summary.faults.failedWrites += 1
            crash(process.number, losesPower: true)
        }
    }

    func scheduleSync(_ number: Int) {
        let process = processes[number]
        guard !process.isSyncing else { return }
        process.isSyncing = true
        queue.insert(.synced(process: number, life: process.life), at: nanoseconds + plan.syncNanoseconds)
    }

    func sync(_ number: Int) throws {
        let process = processes[number]
        process.isSyncing = false
        let done: UInt64?
        do throws(StorageError) { done = try process.sync() } catch .noSpace {
            // The disk is full: there will be room again.
            summary.faults.fullDisk += 1
            process.isSyncing = true
            return queue.insert(.synced(process: number, life: process.life), at: nanoseconds + 50_000_000)
        } catch {
            summary.faults.failedWrites += 1
            return crash(number, losesPower: true)
        }
        if process.hasUnsynced { scheduleSync(number) }
        if let done { try give(.persisted(request: done), to: number) }
        if generator.next() % 64 == 0, process.isUp { try release(number) }
    }

    /// What a replica holds is bounded, however slow its disk and far the others.
    private func checkBounds(of process: ReplicaProcess) throws {
        guard let replica = process.replica, process.isHonest else { return }
        let decisions = replica.backlog.decisions
        let byteCount = replica.liveRecords.reduce(0) { $0 + $1.payload.count }
        guard decisions <= Self.decisionsMax, byteCount <= Self.liveByteCountMax else {
            throw SimulationFailure(
                .bounds, "\(process.place) holds \(decisions) decisions, and \(byteCount) bytes of live records")
        }
    }

    private static let decisionsMax =
        ReplicaLimits.decisionsInFlightMax
        + Int(ConsensusLimits.executionLagDecisions + ReplicaLimits.unloggedDecisionsMax)
    private static let liveByteCountMax = 16 << 20

    private func release(_ number: Int) throws {
        try checkBounds(of: processes[number])
        do throws(StorageError) { try processes[number].release() } catch .noSpace {
            // The same is tried again later.
            summary.faults.fullDisk += 1
        } catch {
            summary.faults.failedWrites += 1
            crash(number, losesPower: true)
        }
    }

    func syncLogs(_ number: Int) throws {
        let process = processes[number]
        process.isLogging = false
        let last: NetworkReplicaInput
        do throws(StorageError) { last = try process.syncLogs() } catch .noSpace {
            summary.faults.fullDisk += 1
            process.isLogging = true
            return queue.insert(.logged(process: number, life: process.life), at: nanoseconds + 50_000_000)
        } catch {
            summary.faults.failedWrites += 1
            return crash(number, losesPower: true)
        }
        if process.isHonest { checker.logged(process.loggedHeight, by: number) }
        noteCaughtUp(process)
        catchUp.holds(process.loggedHeight, by: process.number, at: nanoseconds)
        try give(last, to: number)
    }
}
