internal import Consensus
internal import Cryptography
package import Ledger
internal import Primitives
internal import Replica

/// How epochs follow each other in a simulated network.
package struct EpochChanges: Sendable, Hashable {
    /// What the next one's engine is drawn from.
    package var engines: [EngineKind]
    /// Whether nodes come and go, and change their keys.
    package var changesMembers: Bool

    package init(engines: [EngineKind], changesMembers: Bool) {
        self.engines = engines
        self.changesMembers = changesMembers
    }
}

// Changes that certifiers vote for, as any client would.
extension ReplicaSimulation {
    /// Certifiers vote for another epoch, until the network heals.
    func changeEpoch() throws {
        guard let changes = options.changes, !hasHealed else { return }
        queue.insert(.change, at: nanoseconds + 50_000_000 + generator.next() % 1_500_000_000)
        guard checker.epochs.planned == nil || generator.next() % 8 == 0 else { return }
        let next = drawEpoch(changes)
        // A few abstain; some want something else.
        for voter in checker.epochs.current.certifiers where generator.next() % 10 > 0 {
            guard let node = chain.directory.node(of: voter) else { continue }
            let wanted = generator.next() % 16 == 0 ? drawEpoch(changes) : next
            let expiry = Timestamp(milliseconds: wall.milliseconds + 110_000)
            let action = SimulatedChain.Action.vote(wanted, by: voter)
            let signed = try chain.transaction(action, by: Int(node), salt: generator.next(), expiry: expiry)
            checker.register(signed, action, by: Int(node))
            clients.send(signed, at: nanoseconds)
            for process in processes.filter(\.isUp).shuffled(using: &generator).prefix(2) {
                try give(.submit([Submission(ticket: 0, transactions: [signed])]), to: process.number)
            }
        }
    }

    /// Whoever does not order any more, and is not needed, may go: it comes back some time.
    func leave(_ process: ReplicaProcess) {
        guard !hasHealed, options.faults.contains(.crash), generator.next() % 2 == 0 else { return }
        summary.stragglers += 1
        crash(process.number, losesPower: false, until: nanoseconds + generator.next() % plan.busyNanoseconds)
    }

    /// Somebody is away while epochs pass.
    func leaveForLong() {
        guard options.faults.contains(.crash), !processes.contains(where: { !$0.isUp && !$0.isRetired }),
            let process = processes.filter(\.isUp).randomElement(using: &generator)
        else { return }
        summary.stragglers += 1
        crash(process.number, losesPower: false, until: plan.busyNanoseconds)
    }

    private func drawEpoch(_ changes: EpochChanges) -> EpochConfiguration {
        let current = checker.epochs.current
        let engine = changes.engines.randomElement(using: &generator) ?? current.engine
        let present = current.orderers.compactMap { chain.directory.node(of: $0).map(Int.init) }
        // Whoever is yet to join is voted in once it follows.
        let absent = processes.filter { $0.joins || $0.joiner != nil }.map(\.place)
        let members = plan.drawMembers(
            engine, present, changesMembers: changes.changesMembers, absent: absent, &generator)
        let keys = members.map { node -> PublicKey in
            let keys = chain.directory.keysByNode[node]
            let used = keys.firstIndex { current.orderers.contains($0) } ?? 0
            // Now and then a node takes its next key.
            guard changes.changesMembers, generator.next() % 4 == 0 else { return keys[used] }
            return keys[(used + 1) % keys.count]
        }
        let shift = generator.next() % 2 == 0 ? 0 : 1
        let certifiers = keys.indices.map { keys[($0 + shift) % keys.count] }
        let isShared = engine.faultModel == .byzantine && shift == 0 && generator.next() % 3 == 0
        return EpochConfiguration(
            number: current.number + 1, engine: engine, verification: isShared ? .shared : .all, orderers: keys,
            certifiers: certifiers)
    }
}

extension SimulationPlan {
    /// Nodes that order with an engine: no more liars among them than it bears.
    func drawMembers(
        _ engine: EngineKind, _ present: [Int], changesMembers: Bool, absent: [Int],
        _ generator: inout SeededGenerator
    ) -> [Int] {
        let honest = actors.indices.filter { actors[$0].isEmpty && !absent.contains($0) }
        if engine == .solo {
            // Who is alone has nobody who could tell it that its disk is old.
            let reliable = honest.filter { $0 != oldCopy }
            let candidates = changesMembers || present.isEmpty ? reliable : reliable.filter(present.contains)
            return [candidates.randomElement(using: &generator) ?? reliable.first ?? 0]
        }
        var members = present
        if changesMembers || present.count == 1 {
            // Some go, some come.
            let others = actors.indices.filter { !present.contains($0) && !absent.contains($0) }
            members.removeAll { _ in generator.next() % 4 == 0 }
            members += others.filter { _ in generator.next() % 2 == 0 }
        }
        if engine.faultModel != .byzantine { members.removeAll { !actors[$0].isEmpty } }
        for node in honest where members.count < 4 && !members.contains(node) { members.append(node) }
        // Honest ones join until the liars are few enough.
        for node in honest where liarCount(members) > (members.count - 1) / 3 && !members.contains(node) {
            members.append(node)
        }
        while liarCount(members) > (members.count - 1) / 3,
            let liar = members.firstIndex(where: { !actors[$0].isEmpty })
        {
            members.remove(at: liar)
        }
        return members
    }

    private func liarCount(_ members: [Int]) -> Int { members.count { !actors[$0].isEmpty || $0 == oldCopy } }
}
