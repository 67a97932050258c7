package import Consensus

/// What happened in a simulation, so that people and tests can see that anything did.
package struct SimulationSummary: Sendable, Hashable {
    package struct Faults: Sendable, Hashable {
        package var crashes = 0
        package var failedWrites = 0
        package var fullDisk = 0
        package var rotten = 0
        package var retired = 0
        package var partitions = 0
        package var lost = 0
        package var repeated = 0
        package var blocked = 0
        /// What liars did.
        package var lies = 0

        package var named: [(name: String, count: Int)] {
            [
                ("crashes", crashes), ("failed writes", failedWrites), ("full disk", fullDisk),
                ("rotten disks", rotten), ("partitions", partitions), ("messages blocked", blocked),
                ("messages lost", lost), ("messages repeated", repeated), ("lies", lies),
            ]
        }
    }

    package var events = 0
    package var virtualNanoseconds: UInt64 = 0
    package var healedNanoseconds: UInt64 = 0
    package var decisions: UInt64 = 0
    package var commands: UInt64 = 0
    package var signatureChecks = 0
    package var proofs = 0
    /// Readers that got an answer.
    package var reads = 0
    package var evidence = 0
    package var fetches = 0
    package var joining = Joining()
    /// By place, of those who began with nothing where others had a chain.
    package var catchingUp: [Int: CatchingUp] = [:]
    /// Disks that were put back to old copies, and starts that found that out.
    package var oldCopies = 0
    package var oldCopiesFound = 0
    /// Epochs that followed others, and how often the engine was another then.
    package var epochs: UInt64 = 0
    package var switches = 0
    /// Nodes that went away while epochs passed.
    package var stragglers = 0
    /// The longest time from the last block of an epoch to the first one of the next, both certified.
    package var longestHandOverNanoseconds: UInt64 = 0
    /// The longest time, once the network was well again, until a node held what others had certified: one that was
    /// behind, and one that joined.
    package var longestCatchUpNanoseconds: UInt64 = 0
    package var longestJoiningNanoseconds: UInt64 = 0
    package var faults = Faults()
    package var refusals: [MessageFault: Int] = [:]
    /// By kind of message, its second byte.
    package var messages = [Int](repeating: 0, count: 16)
    package var messageBytes = 0
    /// The phases that engines were in, in the order in which they were first seen, and how often one followed another.
    private var knownPhases: [String] = []
    private var transitionCounts = [Int](repeating: 0, count: phasesMax * phasesMax)
    private var lastPhases: [Int] = []
    package var traceHash = TraceHash()

    package init() {}

    private static let phasesMax = 32

    /// Ascending.
    package var phases: [String] { knownPhases.sorted() }

    /// How many different pairs of phases followed each other.
    package var transitionCount: Int { transitionCounts.count { $0 > 0 } }

    mutating func note(message bytes: some RandomAccessCollection<UInt8>) {
        messages[min(Int(bytes.dropFirst().first ?? 15), 15)] += 1
        messageBytes += bytes.count
    }

    mutating func note(_ status: EngineStatus, of process: Int) {
        let phase = number(of: status.phase)
        while lastPhases.count <= process { lastPhases.append(phase) }
        guard lastPhases[process] != phase else { return }
        transitionCounts[lastPhases[process] * Self.phasesMax + phase] += 1
        lastPhases[process] = phase
    }

    private mutating func number(of phase: String) -> Int {
        if let known = knownPhases.firstIndex(of: phase) { return known }
        precondition(knownPhases.count < Self.phasesMax, "an engine has more phases than that")
        knownPhases.append(phase)
        return knownPhases.count - 1
    }

    /// Adds what another run had.
    package mutating func add(_ other: SimulationSummary) {
        events += other.events
        virtualNanoseconds += other.virtualNanoseconds
        decisions += other.decisions
        commands += other.commands
        signatureChecks += other.signatureChecks
        proofs += other.proofs
        evidence += other.evidence
        fetches += other.fetches
        reads += other.reads
        epochs += other.epochs
        switches += other.switches
        stragglers += other.stragglers
        longestHandOverNanoseconds = max(longestHandOverNanoseconds, other.longestHandOverNanoseconds)
        longestCatchUpNanoseconds = max(longestCatchUpNanoseconds, other.longestCatchUpNanoseconds)
        longestJoiningNanoseconds = max(longestJoiningNanoseconds, other.longestJoiningNanoseconds)
        joining.restored += other.joining.restored
        joining.fromGenesis += other.joining.fromGenesis
        joining.refused += other.joining.refused
        joining.invitedAgain += other.joining.invitedAgain
        oldCopies += other.oldCopies
        oldCopiesFound += other.oldCopiesFound
        messageBytes += other.messageBytes
        for index in messages.indices { messages[index] += other.messages[index] }
        for (fault, count) in other.refusals { refusals[fault, default: 0] += count }
        for (place, count) in other.transitionCounts.enumerated() where count > 0 {
            let first = number(of: other.knownPhases[place / Self.phasesMax])
            let second = number(of: other.knownPhases[place % Self.phasesMax])
            transitionCounts[first * Self.phasesMax + second] += count
        }
        for phase in other.knownPhases { _ = number(of: phase) }
        faults.crashes += other.faults.crashes
        faults.failedWrites += other.faults.failedWrites
        faults.fullDisk += other.faults.fullDisk
        faults.rotten += other.faults.rotten
        faults.retired += other.faults.retired
        faults.partitions += other.faults.partitions
        faults.lost += other.faults.lost
        faults.repeated += other.faults.repeated
        faults.blocked += other.faults.blocked
        faults.lies += other.faults.lies
        traceHash.mix(other.traceHash.value)
    }
}

/// Nodes that joined by a snapshot, that found none, how often they refused what a liar gave, and how often old keys
/// stopped one, which needed a newer invitation.
package struct Joining: Sendable, Hashable {
    package var restored = 0
    package var fromGenesis = 0
    package var refused = 0
    package var invitedAgain = 0
}

/// How long it took until a node had all that others had before the start, and how many bytes it was sent for it.
package struct CatchingUp: Sendable, Hashable {
    package let nanoseconds: UInt64
    package let byteCount: UInt64
}

/// A number that differs if anything that happened does.
package struct TraceHash: Sendable, Hashable {
    package private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func mix(_ word: UInt64) { value = (value ^ word) &* 0x9E37_79B9_7F4A_7C15 ^ (value >> 29) }

    mutating func mix(_ bytes: [UInt8]) {
        var word = UInt64(bytes.count)
        for index in bytes.indices {
            word = word << 8 | UInt64(bytes[index])
            if index & 7 == 7 { mix(word) }
        }
        mix(word)
    }
}
