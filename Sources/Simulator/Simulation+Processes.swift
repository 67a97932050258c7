internal import Consensus
internal import Cryptography
internal import Primitives
internal import Storage

// Between engines and the world.
extension Simulation {
    /// Starts a process, with what its disk holds.
    func start(_ number: Int) throws {
        let process = processes[number]
        guard !process.isRetired else { return }
        guard let records = process.start(with: plan.engine(options.engine, options, process.actors)) else {
            summary.faults.retired += 1
            return
        }
        if process.isHonest { try checker.recovered(process.decisions.count, by: number) }
        let start = EngineStart(
            epoch: epoch, context: context, suite: Self.suite, own: UInt32(process.place),
            lastDecision: UInt64(process.decisions.count), lastProof: process.decisions.last?.proof,
            records: misbehaviours[number].forgets ? [] : records, seed: generator.next())
        try give(.start(start), to: number)
        let first = process.firstUndecided
        for command in first..<max(first, checker.submittedCount + 1) { process.take(command) }
        if process.hasCommands { try give(.pending, to: number) }
    }

    func clock(of process: EngineProcess) -> Instant {
        Instant(nanoseconds: nanoseconds / 1000 * process.clockPermille)
    }

    /// Gives an engine an input, and does what it says, until it has nothing more to say.
    func give(_ input: EngineInput, to number: Int) throws {
        let process = processes[number]
        var inputs = [input]
        var next = 0
        var asked: [EngineEffect] = []
        while next < inputs.count {
            process.engine.handle(inputs[next], at: clock(of: process), into: &effects)
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
        summary.note(process.engine.status, of: number)
    }

    static let effectsMax = 1000
    /// Values are of a few hundred bytes, and Raft keeps up to 4096 of them.
    private static let liveByteCountMax = 4 << 20

    private func perform(_ effect: EngineEffect, of process: EngineProcess) throws -> EngineInput? {
        switch effect {
        case .persist(let token, let record, let releases):
            try onDisk(of: process) { () throws(StorageError) in
                try process.append(record: record, token, releases: releases)
            }
        case .send(let receiver, let bytes): try send(bytes, from: process, to: receiver.map(Int.init))
        case .setTimer(let token, let milliseconds):
            let delay = milliseconds * 1_000_000 / process.clockPermille * 1000
            queue.insert(.timer(token, process: process.number, life: process.life), at: nanoseconds + delay)
        case .sign(let token, let digest): return .signed(token, try signatures.sign(digest, as: process.place))
        case .verify(let token, let checks):
            summary.signatureChecks += checks.count
            guard plan.verificationNanoseconds > 0 else { return .verified(token, signatures.verify(checks)) }
            let delay = generator.next() % plan.verificationNanoseconds
            queue.insert(
                .verified(token, signatures.verify(checks), process: process.number, life: process.life),
                at: nanoseconds + delay)
        case .requestValue(let token, _, let after): return .value(token, value(of: process, after: after))
        case .validate(let token, _, let value, let after, _):
            return .validity(token, isValid(value, after: after, for: process))
        case .decided(let decision, let value, let proof):
            try decided(KeptDecision(number: decision, value: value, proof: proof), by: process)
            if let next = process.nextArrived() { return next.input }
            if process.mayBeMore, process.isUp {
                process.mayBeMore = false
                try fetch(process.number)
            }
            return process.hasCommands ? .pending : nil
        case .evidence: summary.evidence += 1
        case .needDecisions: try fetch(process.number)
        case .readable(let token, let decision): try checker.reads.answered(token.number, decision, by: process.number)
        case .refused(let sender, let fault):
            summary.refusals[fault, default: 0] += 1
            guard !plan.actors[Int(sender)].isEmpty else {
                throw SimulationFailure(.evidence, "\(process.place) accuses \(sender), who is honest, of \(fault)")
            }
        }
        return nil
    }

    // MARK: Values

    private func value(of process: EngineProcess, after: [[UInt8]]) -> [UInt8]? {
        let taken = after.flatMap { CommandValue.commands(in: $0) ?? [] }
        let commands = process.commands(
            atMost: hasHealed ? CommandValue.commandsMax : plan.commandsPerValue, without: taken)
        guard !commands.isEmpty else { return nil }
        nextMark += 1
        if let other = misbehaviours[process.number].value(for: commands, mark: nextMark) {
            return other.isEmpty ? nil : other
        }
        return CommandValue.encode(commands, mark: nextMark)
    }

    private func isValid(_ value: [UInt8], after: [[UInt8]], for process: EngineProcess) -> Bool {
        if misbehaviours[process.number].callsEverythingValid { return true }
        guard let commands = CommandValue.commands(in: value), Set(commands).count == commands.count else {
            return false
        }
        let taken = after.flatMap { CommandValue.commands(in: $0) ?? [] }
        return commands.allSatisfy {
            $0 >= 1 && $0 <= checker.submittedCount && !process.hasDecided($0) && !taken.contains($0)
        }
    }

    // MARK: Decisions

    private func decided(_ decision: KeptDecision, by process: EngineProcess) throws {
        if process.isHonest {
            try checker.decided(decision, by: process.number, after: process.decisions.count)
            if checker.history.count > decisionNanoseconds.count {
                decisionNanoseconds.append(nanoseconds)
                decisionCommandCounts.append(CommandValue.commands(in: decision.value)?.count ?? 0)
            }
            summary.traceHash.mix(decision.number)
        } else if decision.number != UInt64(process.decisions.count) + 1 {
            return process.retire()
        }
        try onDisk(of: process) { () throws(StorageError) in try process.append(decision) }
    }

    // MARK: The disk

    private func onDisk(of process: EngineProcess, _ body: () throws(StorageError) -> Void) throws {
        do throws(StorageError) { try body() } catch {
            // A process whose disk fails ends.
            return crash(process.number, losesPower: true)
        }
        scheduleSync(process.number)
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
        let done: [EngineProcess.Waiting]
        do throws(StorageError) {
            done = try process.sync()
        } catch .noSpace {
            // The disk is full: there will be room again.
            summary.faults.fullDisk += 1
            process.isSyncing = true
            return queue.insert(.synced(process: number, life: process.life), at: nanoseconds + 50_000_000)
        } catch {
            summary.faults.failedWrites += 1
            return crash(number, losesPower: true)
        }
        if process.hasUnsynced { scheduleSync(number) }
        if process.isHonest { checker.reported(process.durableDecision, by: number) }
        for waiting in done {
            guard process.isUp else { return }
            try release(waiting, of: process)
        }
        if generator.next() % 64 == 0, process.isUp { try letGo(process) }
    }

    /// Lets go of old records. What an engine must keep is bounded.
    private func letGo(_ process: EngineProcess) throws {
        let byteCount = process.engine.liveRecords.reduce(0) { $0 + $1.count }
        guard byteCount <= Self.liveByteCountMax else {
            throw SimulationFailure(.bounds, "\(process.place) has \(byteCount) bytes of live records")
        }
        do throws(StorageError) { try process.release() } catch .noSpace {
            // The same is tried again later.
            summary.faults.fullDisk += 1
        } catch {
            summary.faults.failedWrites += 1
            crash(process.number, losesPower: true)
        }
    }

    private func release(_ waiting: EngineProcess.Waiting, of process: EngineProcess) throws {
        switch waiting {
        case .record(let token, let releases):
            for effect in releases { _ = try perform(effect, of: process) }
            try give(.persisted(token), to: process.number)
        case .decision(let number):
            queue.insert(
                .executed(number, process: process.number, life: process.life),
                at: nanoseconds + plan.executionNanoseconds)
        }
    }
}
