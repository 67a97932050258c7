internal import Consensus
internal import Cryptography
internal import Ledger
internal import Primitives
internal import Replica
internal import Storage

/// A network of whole replicas on one seed: dissemination, engine, execution, certificates, journal, logs and state, with
/// clients, clocks, links, disks and liars around them.
///
/// While it is busy faults of all kinds go on; then everything heals, but for those who lie or whose disks are gone, and
/// what clients asked for must be in everybody's ledger within a bound. Whatever happens is a function of the options.
package final class ReplicaSimulation: FaultySimulation {
    enum Event {
        case deliver([UInt8], from: Int, to: Int)
        case timer(WorkToken, process: Int, life: Int)
        case verified(WorkToken, [Bool], process: Int, life: Int)
        case synced(process: Int, life: Int)
        case executed(process: Int, life: Int)
        case logged(process: Int, life: Int)
        case joining(process: Int, life: Int)
        case client
        case change
        case resubmission
        case fault
        case restart(process: Int)
        case room(process: Int)
        case notice(place: Int, isUp: Bool)
        case heal
    }

    let options: SimulationOptions
    let plan: SimulationPlan
    var generator: SeededGenerator
    var queue = EventQueue<Event>()
    var network: VirtualNetwork
    let signatures: Signatures
    let chain: SimulatedChain
    private(set) var processes: [ReplicaProcess] = []
    /// By place: one, or two that are twins.
    private(set) var processesAt: [[Int]]
    var misbehaviours: [Misbehaviour] = []
    var checker: LedgerChecker
    var catchUp = CatchUpChecker()
    var clients = SimulatedClients()
    private(set) var nanoseconds: UInt64 = 1
    private(set) var hasHealed = false
    /// When a block was told of that nobody had told of, and its epoch.
    private var lastCommit: (nanoseconds: UInt64, epoch: UInt64) = (0, 0)
    /// How many transactions waited when everything healed.
    private var backlog = 0
    package internal(set) var summary = SimulationSummary()
    /// Reused.
    var effects: [NetworkReplicaEffect] = []

    package init(_ options: SimulationOptions) throws {
        self.options = options
        generator = SeededGenerator(seed: options.seed &* 0x2545_F491_4F6C_DD1D &+ UInt64(options.nodeCount))
        signatures = try Signatures(
            count: SimulatedChain.keyCount(options), signing: options.signing, generator: &generator)
        let isShared = generator.next() % 3 == 0
        let drawn: VerificationMode = options.engine == .fbft && isShared ? .shared : .all
        plan = SimulationPlan(options, &generator)
        let all = (0..<options.nodeCount).filter { !(options.prefilled?.emptyPlaces.contains($0) ?? false) }
        let members =
            options.engine == .solo || options.changes?.changesMembers ?? false
            ? plan.drawMembers(options.engine, [], changesMembers: true, absent: [], &generator) : all
        chain = try SimulatedChain(options, options.verification ?? drawn, members, signatures)
        network = VirtualNetwork(
            count: options.nodeCount, latency: plan.latency, lossPermille: plan.lossPermille,
            repeatPermille: plan.repeatPermille, bandwidth: options.bandwidth)
        checker = LedgerChecker(chain, signatures, nodeCount: options.nodeCount)
        processesAt = Array(repeating: [], count: options.nodeCount)
        try makeProcesses()
        try prefill()
    }

    /// Gives nodes the chain that there is before the start.
    private func prefill() throws {
        guard let prefilling = options.prefilled else { return }
        let prefilled = try PrefilledDisk(prefilling, chain, signatures)
        checker.begin(after: prefilled)
        lastCommit.epoch = prefilled.epoch.number
        for process in processes { process.chunkByteCount = ReplicaLimits.snapshotChunkByteCount }
        for process in processes where !prefilling.emptyPlaces.contains(process.place) { process.take(prefilled) }
        for place in prefilling.emptyPlaces {
            processes[place].joins = prefilling.joinsBySnapshot
            insertRestart(of: place, at: Prefilling.emptyStartMilliseconds * 1_000_000)
        }
    }

    /// Whether it begins later than others.
    private func beginsLater(_ process: ReplicaProcess) -> Bool {
        process.joins || options.prefilled?.emptyPlaces.contains(process.place) ?? false
    }

    /// Notes when those who began with nothing have all that there was before the start.
    func noteCaughtUp(_ process: ReplicaProcess) {
        guard let prefilling = options.prefilled, prefilling.emptyPlaces.contains(process.place),
            process.loggedHeight >= prefilling.blockCount, summary.catchingUp[process.place] == nil
        else { return }
        summary.catchingUp[process.place] = CatchingUp(
            nanoseconds: nanoseconds - Prefilling.emptyStartMilliseconds * 1_000_000,
            byteCount: network.arrivedByteCounts[process.place])
    }

    private func makeProcesses() throws {
        let twins = (0..<options.nodeCount).filter { plan.actors[$0].contains(.equivocator) }
        for (number, place) in (Array(0..<options.nodeCount) + twins).enumerated() {
            let process = try ReplicaProcess(number: number, place: place, chain: chain)
            process.actors = plan.actors[place]
            if options.faults.contains(.clock) {
                process.clockPermille = 900 + generator.next() % 200
                process.wallOffset = Int64(generator.next() % 1600) - 800
            }
            // Some are left behind.
            if options.faults.contains(.clock), generator.next() % 16 == 0 { process.slowness = 50 }
            processes.append(process)
            processesAt[place].append(number)
            misbehaviours.append(Misbehaviour(actors: process.actors, seed: generator.next(), isReplica: true))
        }
    }

    // MARK: The run

    /// Runs to the end. Throws what is wrong, with its time.
    package func run(progress: (SimulationSummary) -> Void = { _ in }) throws {
        do {
            drawJoiners()
            for process in processes where !beginsLater(process) { try start(process.number) }
            queue.insert(.client, at: 1)
            if options.changes != nil { queue.insert(.change, at: 200_000_000) }
            queue.insert(.resubmission, at: 500_000_000)
            queue.insert(.heal, at: plan.busyNanoseconds)
            if plan.hasTimedFaults { queue.insert(.fault, at: nanoseconds + 100_000_000) }
            while try step() { if summary.events % 10_000 == 0 { progress(summary) } }
            finish()
        } catch var failure as SimulationFailure {
            failure.nanoseconds = nanoseconds
            finish()
            throw failure
        }
    }

    /// Lets more time go by once all is done, and gives how many messages came in it.
    package func linger(milliseconds: UInt64) throws -> Int {
        let end = nanoseconds + milliseconds * 1_000_000
        var count = 0
        while let (time, event) = queue.popFirst(), time <= end {
            nanoseconds = max(nanoseconds, time)
            if case .deliver = event { count += 1 }
            try happen(event)
        }
        return count
    }

    /// Lets the next thing happen. False if all is done.
    private func step() throws -> Bool {
        guard let (time, event) = queue.popFirst() else {
            throw SimulationFailure(.liveness, "nothing is left to happen")
        }
        nanoseconds = max(nanoseconds, time)
        summary.events += 1
        summary.traceHash.mix(nanoseconds)
        if !hasHealed, summary.events >= options.eventsMax { try heal() }
        try happen(event)
        try checkCatchUp()
        return try !isDone()
    }

    private func happen(_ event: Event) throws {
        switch event {
        case .deliver(let bytes, let sender, let receiver): try deliver(bytes, from: sender, to: receiver)
        case .timer(let token, let process, let life):
            if isAlive(process, life) { try give(.timer(token), to: process) }
        case .verified(let token, let mask, let process, let life):
            if isAlive(process, life) { try give(.verified(token, mask), to: process) }
        case .synced(let process, let life): if isAlive(process, life) { try sync(process) }
        case .executed(let process, let life): if isAlive(process, life) { try execute(process) }
        case .logged(let process, let life): if isAlive(process, life) { try syncLogs(process) }
        case .joining(let process, let life): if isAlive(process, life) { try tickJoiner(process) }
        case .client: try submit()
        case .change: try changeEpoch()
        case .resubmission: try resubmit()
        case .fault: try injectFault()
        case .restart(let process): if !processes[process].isUp { try restart(process) }
        case .notice(let place, let isUp): try notice(place, isUp: isUp)
        case .room(let process): processes[process].disk.faults.capacity = nil
        case .heal: try heal()
        }
    }

    func noteCommit() {
        let epoch = checker.statements.last?.epoch ?? 0
        // Clients ask for nothing after that.
        if epoch > lastCommit.epoch, !hasHealed {
            summary.longestHandOverNanoseconds = max(
                summary.longestHandOverNanoseconds, nanoseconds - lastCommit.nanoseconds)
        }
        lastCommit = (nanoseconds, epoch)
    }

    private func isAlive(_ process: Int, _ life: Int) -> Bool {
        processes[process].isUp && processes[process].life == life
    }

    private func finish() {
        summary.virtualNanoseconds = nanoseconds
        summary.decisions = checker.decisions
        summary.commands = UInt64(checker.committed.count)
        summary.reads = checker.reads.count
        summary.epochs = checker.epochs.current.number
        summary.switches = checker.switchCount
        summary.longestCatchUpNanoseconds = catchUp.longestNanoseconds
        summary.longestJoiningNanoseconds = catchUp.longestJoiningNanoseconds
        summary.faults.lost = network.lostCount
        summary.faults.repeated = network.repeatedCount
        summary.faults.blocked = network.blockedCount
        summary.faults.lies = misbehaviours.reduce(0) { $0 + $1.count }
    }

    func insertFault(at nanoseconds: UInt64) { queue.insert(.fault, at: nanoseconds) }
    func insertRestart(of process: Int, at nanoseconds: UInt64) {
        queue.insert(.restart(process: process), at: nanoseconds)
    }
    func insertNotice(of place: Int, isUp: Bool, at nanoseconds: UInt64) {
        queue.insert(.notice(place: place, isUp: isUp), at: nanoseconds)
    }
    func tell(_ process: Int, of place: Int, isConnected: Bool) throws {
        let node = UInt32(place)
        try give(isConnected ? .connected(node) : .disconnected(node), to: process)
        try giveJoiner(isConnected ? .connected(node) : .disconnected(node), to: process)
    }
    private func restart(_ process: Int) throws {
        try start(process)
        // Where nothing goes wrong the network is well all the time.
        if options.faults.isEmpty, options.prefilled == nil { beginCatchUp(processes[process], executing: 0) }
        insertNotice(of: processes[process].place, isUp: true, at: nanoseconds + 1_000_000)
    }
    func insertRoom(for process: Int, at nanoseconds: UInt64) {
        queue.insert(.room(process: process), at: nanoseconds)
    }
    var furtherFaults: [() throws -> Void] {
        (options.faults.contains(.clock) ? [moveClock] : [])
            + (options.faults.contains(.disk) ? [takeImage, putBack] : [])
            // Where it is about them there are more.
            + (options.changes != nil ? [leaveForLong] : [])
            + (options.oldCopies != nil ? [takeImage, takeImage, putBack, putBack] : [])
    }

    private func takeImage() throws {
        // One of an earlier life is kept.
        processes.filter { $0.isUp && mayBePutBack($0) && !(plan.oldCopy != nil && $0.hasImage) }.randomElement(
            using: &generator)?.takeImage()
    }

    private func mayBePutBack(_ process: ReplicaProcess) -> Bool { plan.oldCopy.map { $0 == process.place } ?? true }

    /// A disk is put back to an old copy. Where engines bear crashes alone there is no room for one that isn't found out.
    private func putBack() throws {
        guard options.engine.faultModel == .byzantine && options.changes == nil || options.oldCopies != nil else {
            return
        }
        let faulty = processes.filter { plan.actors[$0.place].isEmpty && ($0.isRetired || $0.isOldCopy) }.count
        let putBack = processes.filter { $0.putBackCount > 0 }.count
        let isAllowed = options.oldCopies.map { putBack < $0 } ?? (faulty < plan.retirableCount)
        guard isAllowed,
            let process = processes.filter({ $0.isHonest && $0.hasImage && $0.isUp })
                .randomElement(using: &generator),
            // One of the same life is not always found out.
            plan.oldCopy == nil || process.hasImageOfEarlierLife
        else { return }
        process.putBack()
        summary.oldCopies += 1
        if options.oldCopies == nil { process.isOldCopy = true } else { checker.forget(process.number) }
        insertRestart(of: process.number, at: nanoseconds + 1_000_000 + generator.next() % plan.faultNanosecondsMax)
    }

    /// A wall clock is set anew, a little off.
    private func moveClock() {
        guard let process = processes.randomElement(using: &generator) else { return }
        process.wallOffset = Int64(generator.next() % 1600) - 800
    }

    // MARK: The end

    private func heal() throws {
        guard !hasHealed else { return }
        hasHealed = true
        network.heal()
        summary.healedNanoseconds = nanoseconds
        let executing = processes.map { $0.isExecuting ? $0.slowness * plan.executionNanoseconds : 0 }
        for process in processes where !process.isRetired {
            process.disk.faults = .init()
            process.slowness = 1
            if !process.isUp { try start(process.number) }
            if process.hasUnsynced { scheduleSync(process.number) }
        }
        for process in processes {
            for place in 0..<options.nodeCount where place != process.place && process.isUp {
                try tell(process.number, of: place, isConnected: true)
            }
        }
        backlog = clients.waiting.count
        for process in processes { beginCatchUp(process, executing: executing[process.number]) }
        try resubmitAll()
    }

    /// Whether everything that was asked for is in the ledger of everybody who counts.
    private func isDone() throws -> Bool {
        guard hasHealed else { return false }
        guard nanoseconds <= summary.healedNanoseconds + plan.livenessBoundNanoseconds(for: backlog) else {
            let late = processes.filter { $0.isHonest && !$0.isRetired && !isComplete($0) }
            throw SimulationFailure(
                .liveness,
                "\(clients.waiting.count) transactions wait; at \(checker.height) is not all of \(late.map(\.place)): "
                    + late.map { "\($0.loggedHeight) \($0.replica.map { "\($0.status) \($0.backlog)" } ?? "down")" }
                    .joined(separator: "; "))
        }
        guard clients.waiting.isEmpty else { return false }
        return processes.allSatisfy { !$0.isHonest || $0.isRetired || isComplete($0) }
    }

    private func isComplete(_ process: ReplicaProcess) -> Bool {
        process.isUp && process.loggedHeight == checker.height && (process.replica?.isIdle ?? false)
    }
}
