internal import Consensus
internal import Cryptography
internal import Ledger
internal import Primitives
internal import Replica
internal import Storage

// Nodes that join while everything goes on, and what they are told.
extension ReplicaSimulation {
    /// Of those who don't order at first some are not there yet.
    func drawJoiners() {
        guard options.changes?.changesMembers ?? false else { return }
        let members = Set(chain.genesis.epoch.orderers.compactMap { chain.directory.node(of: $0).map(Int.init) })
        for process in processes where process.actors.isEmpty && !members.contains(process.place) {
            guard generator.next() % 2 == 0 else { continue }
            process.joins = true
            insertRestart(of: process.number, at: 1_000_000 + generator.next() % plan.busyNanoseconds)
        }
    }

    /// To the present epoch, by somebody who is in it.
    var invitation: Invitation {
        let epoch = checker.epochs.current
        return Invitation(epoch: epoch.number, digest: epoch.digest(in: chain.suite))
    }

    func tickJoiner(_ number: Int) throws {
        let process = processes[number]
        try giveJoiner(.tick, to: number)
        guard process.isUp, process.joiner != nil else { return }
        queue.insert(
            .joining(process: number, life: process.life),
            at: nanoseconds + ReplicaLimits.tickMilliseconds * 1_000_000)
    }

    /// Gives a joiner an input, and does what it says, until it has nothing more to say.
    func giveJoiner(_ input: JoinerInput, to number: Int) throws {
        let process = processes[number]
        var inputs = [input]
        while !inputs.isEmpty, process.isUp, process.joiner != nil {
            var effects: [JoinerEffect] = []
            process.joiner?.handle(inputs.removeFirst(), at: Instant(nanoseconds: nanoseconds), into: &effects)
            for effect in effects where process.isUp {
                if let answer = try perform(effect, of: process) { inputs.append(answer) }
            }
        }
    }

    private func perform(_ effect: JoinerEffect, of process: ReplicaProcess) throws -> JoinerInput? {
        switch effect {
        case .send(let peer, let bytes): try send(bytes, from: process, to: [Int(peer)])
        case .verify(let token, let checks):
            summary.signatureChecks += checks.count
            return .verified(token, signatures.verify(checks))
        case .begin(_, let statement, _):
            try checker.believes(statement, by: process.place)
            return try onDisk(joining: process) { () throws(JoiningError) in try process.performJoining(effect) } ?? nil
        case .store, .keep, .readEpoch:
            return try onDisk(joining: process) { () throws(JoiningError) in try process.performJoining(effect) } ?? nil
        case .refused(let peer, let fault):
            summary.joining.refused += 1
            guard !plan.actors[Int(peer)].isEmpty else {
                throw SimulationFailure(
                    .evidence, "\(process.place), who joins, accuses \(peer), who is honest: \(fault)")
            }
        case .ended(let outcome): try end(outcome, of: process)
        }
        return nil
    }

    private func end(_ outcome: JoinerOutcome, of process: ReplicaProcess) throws {
        switch outcome {
        case .restored(let state):
            try checker.believes(state.statement, by: process.place)
            process.provenEpochs = state.epochs
            guard try onDisk(joining: process, { try process.finishJoining(state) }) != nil else { return }
            summary.joining.restored += 1
            process.stop()
            try start(process.number)
            if let heights = process.loggedHeights {
                try checker.holds(heights, after: state.statement.height, by: process.place)
            }
        case .followFromGenesis(let epochs):
            process.provenEpochs = epochs
            process.joins = false
            summary.joining.fromGenesis += 1
            process.stop()
            try start(process.number)
        case .failed(.contradictoryResults(let height, _, _)) where isRetired(epochOf: height):
            // Nobody could show it that they have no say any more.
            summary.joining.invitedAgain += 1
            process.invitation = nil
            process.stop()
            try start(process.number)
        case .failed(let failure):
            throw SimulationFailure(.evidence, "\(process.place) can't join: \(failure)")
        }
    }

    /// Whether those who certified a block may have lost their keys since.
    private func isRetired(epochOf height: UInt64) -> Bool {
        guard height >= 1, height <= checker.height else { return false }
        return checker.statements[Int(height) - 1].epoch < checker.epochs.current.number
    }

    /// A process whose disk fails ends, and begins again.
    private func onDisk<Result>(
        joining process: ReplicaProcess, _ body: () throws -> Result
    ) throws -> Result? {
        do { return try body() } catch is StorageError {} catch let error as JoiningError {
            switch error {
            case .storage, .snapshot(.storage): break
            default: throw SimulationFailure(.durability, "\(process.place) can't join: \(error)")
            }
        }
        summary.faults.failedWrites += 1
        crash(process.number, losesPower: true)
        return nil
    }

    // MARK: Those who are there

    /// Answers somebody who joins, and gives how long the answer is.
    func serve(_ question: ReplicaMessage, to node: Int, by process: ReplicaProcess) throws -> Int {
        let answer: ReplicaMessage?
        do throws(JoiningError) { answer = try process.answer(question) } catch {
            guard process.isHonest else { return 0 }
            throw SimulationFailure(.durability, "\(process.place) can't answer who joins: \(error)")
        }
        return try answer.map { try tell($0, to: node, by: process) } ?? 0
    }

    /// Tells somebody what it asked for, and gives how long that is; a liar may say something else, or nothing.
    func tell(_ answer: ReplicaMessage, to node: Int, by process: ReplicaProcess) throws -> Int {
        var told: ReplicaMessage? = answer
        if process.actors.contains(.oldKeys), let invited = processes[processesAt[node][0]].invitation {
            let forger = HistoryForger(
                chain: chain, signatures: signatures, epochs: checker.entered, statements: checker.statements)
            told = try forger.answer(answer, before: invited.epoch)
        }
        if let truth = told, process.actors.contains(.lyingSynchroniser), generator.next() % 2 == 0 {
            told = SynchronisationLie.draw(for: truth, suite: chain.suite, &generator)
        }
        return try told.map { try send($0, from: process, to: node) } ?? 0
    }
}
