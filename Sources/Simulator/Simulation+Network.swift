internal import Consensus
internal import Primitives

// Messages, and the decisions that those who are behind ask for.
extension Simulation {
    func send(_ bytes: [UInt8], from process: EngineProcess, to receiver: Int?) throws {
        guard bytes.count <= ConsensusLimits.messageByteCountMax else {
            throw SimulationFailure(.bounds, "a message of \(bytes.count) bytes")
        }
        let receivers = receiver.map { [$0] } ?? (0..<options.nodeCount).filter { $0 != process.place }
        for place in receivers where place != process.place {
            guard !misbehaviours[process.number].isFaultless else {
                post(.engine(bytes), from: process.place, to: place, twin: process.number)
                continue
            }
            for (bytes, delay) in misbehaviours[process.number].send(bytes, to: place) {
                post(.engine(bytes), from: process.place, to: place, twin: process.number, after: delay)
            }
        }
    }

    /// Puts a packet on its way. A twin reaches its own part of the others only.
    private func post(_ packet: Packet, from sender: Int, to place: Int, twin: Int, after delay: UInt64 = 0) {
        guard reaches(place, twin) else { return }
        let delay = delay + plannedDelay(of: sender)
        let (first, second) = network.deliveries(
            of: packet.byteCount, from: sender, to: place, at: nanoseconds, &generator)
        for time in [first, second] {
            guard let time else { continue }
            queue.insert(.deliver(packet, from: sender, to: place), at: time + delay)
        }
        if case .engine(let bytes) = packet { summary.note(message: bytes) }
    }

    private func plannedDelay(of place: Int) -> UInt64 {
        let planned = options.delays.first {
            $0.place == place && $0.milliseconds.contains(nanoseconds / 1_000_000)
        }
        return (planned?.delayMilliseconds ?? 0) * 1_000_000
    }

    /// Whether a process talks to a place. Twins hear everything, but the first talks to one part of the others, the
    /// second to another, and both to some.
    private func reaches(_ place: Int, _ process: Int) -> Bool {
        guard plan.actors[processes[process].place].contains(.equivocator) else { return true }
        return plan.reach[place] == .both || (plan.reach[place] == .first) == (process < options.nodeCount)
    }

    func deliver(_ packet: Packet, from sender: Int, to place: Int) throws {
        for number in processesAt[place] where processes[number].isUp {
            let process = processes[number]
            switch packet {
            case .engine(let bytes):
                summary.traceHash.mix(bytes)
                if options.explains { trace.note(bytes, from: sender, to: place, at: nanoseconds, options.engine) }
                try give(.message(from: UInt32(sender), bytes), to: process.number)
            case .fetch(let from): serve(from, from: process, to: sender)
            case .decisions(let decisions): try take(decisions, process)
            }
        }
    }

    // MARK: Catching up

    /// Asks somebody for the decisions that are missing, and later again.
    func fetch(_ number: Int) throws {
        let process = processes[number]
        let others = (0..<options.nodeCount).filter { $0 != process.place }
        guard let peer = others.randomElement(using: &generator) else { return }
        process.fetchAttempt += 1
        summary.fetches += 1
        post(.fetch(from: UInt64(process.decisions.count) + 1), from: process.place, to: peer, twin: number)
        queue.insert(
            .fetch(process: number, life: process.life, attempt: process.fetchAttempt), at: nanoseconds + 400_000_000)
    }

    /// Gives out decisions that are durable.
    private func serve(_ first: UInt64, from process: EngineProcess, to place: Int) {
        guard first >= 1, first <= process.durableDecision else { return }
        let end = min(process.durableDecision, first + 31)
        let decisions = Array(process.decisions[Int(first) - 1..<Int(end)])
        post(.decisions(decisions), from: process.place, to: place, twin: process.number)
    }

    private func take(_ decisions: [KeptDecision], _ process: EngineProcess) throws {
        process.take(decisions)
        process.mayBeMore = decisions.count == 32
        if let next = process.nextArrived() { try give(next.input, to: process.number) }
    }
}
