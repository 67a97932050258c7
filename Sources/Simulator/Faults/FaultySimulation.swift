internal import Primitives
internal import Storage

/// A process on a virtual disk.
protocol SimulatedProcess: AnyObject {
    /// Its number among processes, and its place among the orderers: twins share a place.
    var number: Int { get }
    var place: Int { get }
    var disk: MemoryDisk { get }
    var actors: [Actor] { get }
    var isUp: Bool { get }
    /// Its disk can't be read any more.
    var isRetired: Bool { get }
    /// What it forgot makes it faulty.
    var isOldCopy: Bool { get }
    func stop()
    func retire()
}

/// A network in which things go wrong by themselves.
protocol FaultySimulation: AnyObject {
    associatedtype Process: SimulatedProcess
    var options: SimulationOptions { get }
    var plan: SimulationPlan { get }
    var generator: SeededGenerator { get set }
    var network: VirtualNetwork { get set }
    var processes: [Process] { get }
    var nanoseconds: UInt64 { get }
    var hasHealed: Bool { get }
    var summary: SimulationSummary { get set }
    func insertFault(at nanoseconds: UInt64)
    func insertRestart(of process: Int, at nanoseconds: UInt64)
    /// Its disk has room again then.
    func insertRoom(for process: Int, at nanoseconds: UInt64)
    /// Then others notice that a node's process has ended, or is there again.
    func insertNotice(of place: Int, isUp: Bool, at nanoseconds: UInt64)
    func tell(_ process: Int, of place: Int, isConnected: Bool) throws
    /// What goes wrong besides.
    var furtherFaults: [() throws -> Void] { get }
}

extension FaultySimulation {
    func injectFault() throws {
        guard !hasHealed else { return }
        insertFault(at: nanoseconds + 5_000_000 + generator.next() % plan.pauseNanosecondsMax)
        var kinds: [() throws -> Void] = []
        if options.faults.contains(.crash) { kinds += [crashOne, crashOne] }
        if options.faults.contains(.disk) { kinds += [crashInWrite, fillDisk, rot] }
        if options.faults.contains(.partition) { kinds += [isolate, cutOneWay, flap, slow] }
        kinds += furtherFaults
        try kinds.randomElement(using: &generator)?()
    }

    // MARK: Processes and disks

    private var anyUp: Process? { processes.filter(\.isUp).randomElement(using: &generator) }

    func crash(_ number: Int, losesPower: Bool, until end: UInt64? = nil) {
        let process = processes[number]
        process.stop()
        process.disk.faults = .init()
        if losesPower {
            process.disk.crash(using: &generator)
        } else {
            // Its machine ends its connections.
            insertNotice(of: process.place, isUp: false, at: nanoseconds + 100_000 + generator.next() % 2_000_000)
        }
        summary.faults.crashes += 1
        let pause = 1_000_000 + generator.next() % plan.faultNanosecondsMax
        insertRestart(of: number, at: end ?? nanoseconds + (hasHealed ? 10_000_000 : pause))
    }

    /// Connections have ended, or are made anew.
    func notice(_ place: Int, isUp: Bool) throws {
        guard processes.contains(where: { $0.place == place && $0.isUp }) == isUp else { return }
        for process in processes where process.place != place && process.isUp {
            try tell(process.number, of: place, isConnected: isUp)
        }
        for process in processes where process.place == place && process.isUp {
            for other in 0..<options.nodeCount where other != place && process.isUp {
                guard processes.contains(where: { $0.place == other && $0.isUp }) else { continue }
                try tell(process.number, of: other, isConnected: true)
            }
        }
    }

    private func crashOne() throws {
        // Sometimes all at once.
        let all = generator.next() % 8 == 0
        for process in all ? processes.filter(\.isUp) : [anyUp].compactMap({ $0 }) {
            crash(process.number, losesPower: generator.next() % 4 != 0)
        }
    }

    /// The next write of a process ends in the middle.
    private func crashInWrite() throws {
        guard let process = anyUp else { return }
        if Bool.random(using: &generator) {
            process.disk.faults.failsSyncs = true
        } else {
            process.disk.faults.bytesUntilFailure = Int(generator.next() % 300)
        }
    }

    private func fillDisk() throws {
        guard let process = anyUp, process.disk.faults.capacity == nil else { return }
        process.disk.faults.capacity = 1000
        insertRoom(for: process.number, at: nanoseconds + 1_000_000_000)
    }

    /// Bits of a journal flip. What a node then has forgotten, nobody knows: it is gone for good.
    private func rot() throws {
        let gone = processes.filter { ($0.isRetired || $0.isOldCopy) && plan.actors[$0.place].isEmpty }.count
        guard gone < plan.retirableCount, let process = anyUp, process.actors.isEmpty else { return }
        process.stop()
        summary.faults.rotten += 1
        for name in (try? process.disk.list("journal")) ?? [] {
            guard let size = try? process.disk.open("journal/\(name)", .existing).size(), size > 0 else { continue }
            try? process.disk.flip(
                "journal/\(name)", at: Int(generator.next() % UInt64(size)), mask: UInt8(1 + generator.next() % 255))
        }
        _ = try? Journal.open(disk: process.disk)
        process.retire()
        summary.faults.retired += 1
    }

    // MARK: Links

    private func drawPlace() -> Int { Int(generator.next() % UInt64(options.nodeCount)) }

    private func isolate() throws {
        summary.faults.partitions += 1
        let members = (0..<options.nodeCount).filter { _ in generator.next() % 2 == 0 }
        let end = nanoseconds + 10_000_000 + generator.next() % plan.faultNanosecondsMax
        for inside in members {
            for outside in 0..<options.nodeCount where !members.contains(outside) {
                network.block(from: inside, to: outside, until: end)
                network.block(from: outside, to: inside, until: end)
            }
        }
    }

    private func cutOneWay() throws {
        summary.faults.partitions += 1
        let end = nanoseconds + 10_000_000 + generator.next() % plan.faultNanosecondsMax
        let (sender, all) = (drawPlace(), generator.next() % 2 == 0)
        for receiver in 0..<options.nodeCount where receiver != sender && (all || generator.next() % 2 == 0) {
            network.block(from: sender, to: receiver, until: end)
        }
    }

    private func flap() throws {
        summary.faults.partitions += 1
        let period = 20_000_000 + generator.next() % 2_000_000_000
        network.flap(from: drawPlace(), to: drawPlace(), period: period, until: drawLongEnd())
    }

    private func slow() throws {
        summary.faults.partitions += 1
        let extra = generator.next() % 1_500_000_000
        network.slow(from: drawPlace(), to: drawPlace(), by: extra, until: drawLongEnd())
    }

    /// What does not cut links off lasts longer.
    private func drawLongEnd() -> UInt64 { nanoseconds + generator.next() % (8 * plan.faultNanosecondsMax) }
}
