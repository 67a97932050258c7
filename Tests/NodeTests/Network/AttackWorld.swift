import Foundation
import Interfaces
import Ledger
import Networking
import Synchronization
import SystemTestSupport
import Testing

@testable import cairn

/// A network of real nodes that is attacked, and what must hold meanwhile.
///
/// It is `@unchecked Sendable` because one task at a time changes it.
final class AttackWorld: @unchecked Sendable {
    /// How much memory a node may take, whatever is done to it. What one peer can make a node hold are the messages that
    /// wait (a third of `NodeLimits.peerMessagesByteCountMax`, 170 MiB), one that comes in (`FrameLimits.bulkBytesMax`,
    /// 128 MiB) and one that is being decoded; a node at rest takes less than 64 MiB. Twice that is no limit any more.
    static let residentByteCountMax = 512 << 20
    /// How long an attack lasts at least.
    static let seconds = ProcessInfo.processInfo.environment["CAIRN_ATTACK_SECONDS"].flatMap(Double.init) ?? 0.7
    /// In how many seconds blocks must have been committed under an attack.
    private static let progressSeconds = 20.0

    let network: NetworkWorld
    /// The honest nodes.
    let honest: [Int]
    /// Once node 3 is the attacker's.
    private(set) var hostile: HostilePeer?
    private var peaks: [Int] = []

    init(seed: UInt64, honest: [Int] = [0, 1, 2]) async throws {
        network = try await NetworkWorld(count: 4, engine: .fbft, seed: seed)
        self.honest = honest
    }

    var genesis: Genesis {
        get throws {
            let file = try NetworkFolder.open(network.networkFolder).genesisFile
            return try Genesis(canonicalBytes: [UInt8](Data(contentsOf: URL(filePath: file))))
        }
    }

    func place(_ number: Int) throws -> NodePlace { try NetworkFolder.open(network.networkFolder).nodes[number] }

    func peerPort(_ number: Int) throws -> UInt16 { try place(number).configuration().network?.listen.port ?? 0 }

    // MARK: The attacker

    /// Stops a node, and gives what its place can be taken with.
    func disguise(as number: Int) throws -> HostilePeer.Disguise {
        if network.nodes[number] != nil { try network.stop(number) }
        return try HostilePeer.Disguise(place(number), genesis: genesis)
    }

    func begin(_ disguise: HostilePeer.Disguise) async throws {
        hostile = try HostilePeer(disguise)
        try await forgive()
    }

    func endHostile() {
        hostile?.stop()
        hostile = nil
    }

    /// Starts those anew who have cut the attacker off: the only way in which they forget it soon. They die without a
    /// word, as in a power failure.
    func forgive(all: Bool = false) async throws {
        for number in honest {
            let hasCutOff = try await isCutOff(by: number)
            guard all || hasCutOff else { continue }
            network.kill(number)
            try network.start(number)
            try await network.waitUntil("node \(number) takes part again") {
                let report = try await self.network.report(number)
                return report.stage == .running && report.connectedCount >= self.honest.count - 1
            }
        }
        guard let hostile else { return }
        try await network.waitUntil("the attacker is connected with all") {
            hostile.connected.isSuperset(of: self.honest.map(UInt32.init))
        }
    }

    /// Connections may be about to come about.
    private func isCutOff(by number: Int) async throws -> Bool {
        guard let hostile else { return false }
        for _ in 0..<20 {
            if hostile.connected.contains(UInt32(number)) { return false }
            try await Task.sleep(for: .milliseconds(50))
        }
        return true
    }

    // MARK: Attacks

    /// Attacks while clients send to the honest nodes: `body` goes on until the flag is set. It must have sent something,
    /// and meanwhile all honest nodes commit blocks and stay within their memory.
    func attack(_ what: String, _ body: @escaping @Sendable (EndFlag) async throws -> AttackAmount) async throws {
        let (watch, cuts) = (try AttackWatch(network, honest), hostile?.cuts ?? [:])
        let before = try await watch.heights()
        watch.forgetPeaks()
        let outcome = Mutex<Result<AttackAmount, any Error>>(.success(AttackAmount()))
        let committed = Mutex((blocks: UInt64(0), seconds: 0.0))
        try await network.load(honest) {
            let ended = EndFlag()
            try? await Task.sleep(for: .milliseconds(100))
            async let seen = watch.wait(
                before, seconds: Self.seconds, limit: Self.seconds + Self.progressSeconds, ended)
            do {
                let amount = try await body(ended)
                outcome.withLock { $0 = .success(amount) }
            } catch { outcome.withLock { $0 = .failure(error) } }
            let end = await seen
            committed.withLock { $0 = end }
        }
        let amount = try outcome.withLock { $0 }.get()
        let ((blocks, seconds), peak) = (committed.withLock { $0 }, watch.peak())
        peaks.append(peak)
        let newCuts = (hostile?.cuts ?? [:]).filter { $0.value > cuts[$0.key] ?? 0 }.keys.sorted()
        print(
            "network attack: \(what): \(amount.count) sent, \(amount.byteCount) bytes; at most \(peak >> 20) MiB,",
            "\(blocks) blocks in \((seconds * 10).rounded() / 10) s"
                + (newCuts.isEmpty ? "" : "; cut off by \(newCuts)"))
        #expect(amount.count > 0, "\(what): nothing was sent")
        #expect(blocks > 0, "\(what): the chain stood still")
        #expect(peak < Self.residentByteCountMax, "\(what)")
        for number in honest {
            #expect(network.nodes[number]?.process.poll() == nil, "\(what): \(network.log(number).suffix(2000))")
        }
    }

    /// Does what blocks its thread on one of its own.
    static func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
        }
    }

    // MARK: The end

    /// The attacker's node is started as it should be, and comes level; nothing is wrong with any ledger.
    func finish(starting number: Int? = nil) async throws {
        endHostile()
        if let number {
            // Whoever has cut it off refuses it still.
            try await forgive(all: true)
            try network.start(number)
            let height = try await network.height(honest[0])
            try await network.waitUntil("node \(number) comes level") {
                let report = try await self.network.report(number)
                return report.height >= height && report.stage == .running
            }
        }
        try await network.load(network.nodes.indices.filter { network.nodes[$0] != nil }) {
            try? await Task.sleep(for: .milliseconds(300))
        }
        #expect(try await network.findings() == [])
        #expect(try await network.finish() == [])
        print(
            "network attacks: \(peaks.count); at most \((peaks.max() ?? 0) >> 20) MiB;",
            "\(network.records.submissionCount) transactions sent, \(network.records.reportCount) reported,",
            "\(network.checker.model.places.count) in \(network.checker.model.height) blocks")
    }
}

/// Looks at the honest nodes while they are attacked, by connections that were there before.
private final class AttackWatch: Sendable {
    private let connections: [RPCConnection]
    private let processes: [Int32]

    init(_ network: NetworkWorld, _ numbers: [Int]) throws {
        connections = try numbers.map { try network.rpc($0) }
        processes = numbers.compactMap { network.nodes[$0]?.process.identifier }
    }

    func heights() async throws -> [UInt64] {
        var heights: [UInt64] = []
        for connection in connections {
            let json = try await connection.call("cairn_network")
            guard let report = NetworkReport(json: json) else { throw ChildProcess.Failure("no report: \(json)") }
            heights.append(report.height)
        }
        return heights
    }

    /// Waits until the time is over and all have more blocks, but no longer than the limit. How many more all have, and after
    /// how many seconds.
    func wait(
        _ before: [UInt64], seconds: Double, limit: Double, _ ended: EndFlag
    ) async -> (blocks: UInt64, seconds: Double) {
        let start = ContinuousClock.now
        var count: UInt64 = 0
        while ContinuousClock.now < start + .seconds(limit) {
            try? await Task.sleep(for: .milliseconds(50))
            if let heights = try? await heights() {
                count = zip(heights, before).map { $0 - min($0, $1) }.min() ?? 0
            }
            if count > 0, ContinuousClock.now > start + .seconds(seconds) { break }
        }
        ended.set()
        return (count, (ContinuousClock.now - start) / .seconds(1))
    }

    // MARK: Memory

    /// The system remembers how much memory each process has had at most, until it is told to forget it.
    func forgetPeaks() {
        for process in processes { try? Data("5".utf8).write(to: URL(filePath: "/proc/\(process)/clear_refs")) }
    }

    /// The most memory that any has had since.
    func peak() -> Int { processes.map(Self.peak).max() ?? 0 }

    private static func peak(of process: Int32) -> Int {
        let status = String(
            decoding: FileManager.default.contents(atPath: "/proc/\(process)/status") ?? Data(), as: UTF8.self)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let kibibytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
        return kibibytes.map { $0 << 10 } ?? .max
    }
}
