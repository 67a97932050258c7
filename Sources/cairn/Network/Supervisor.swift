import Foundation
import Glibc
import Interfaces
import Networking
import Node
import Primitives

/// Runs the nodes of a network, a process each, until it is told to stop.
///
/// ```
/// starting ──all have the first block──▶ running ──SIGTERM, SIGINT, SIGHUP──▶ stopping ──all gone──▶ the end
///     │                                     └─ a node that ends is started again, later each time
///     └──a node ends, or it takes too long──▶ stopping
/// ```
/// The process has the folder's lock. Everything here happens on one thread; signals and what is asked of the nodes
/// come in by a mailbox.
final class Supervisor {
    enum Event: Sendable {
        /// Somebody wants an end.
        case stop
        /// A node may have ended.
        case nodeEnded
        case ready
        case notReady(String)
    }

    private struct Child {
        let place: NodePlace
        var process: pid_t?
        var restarts: UInt64 = 0
        var backoff = RestartBackoff()
        var startedAt = Instant(nanoseconds: 0)
        /// When it is started again.
        var dueAt: Instant?
        /// Where its log began with this process.
        var logStart: UInt64 = 0
    }

    private enum Phase {
        case starting
        case running
        case stopping(killAt: Instant)
    }

    private static let eventsMax = 4096

    private var folder: NetworkFolder
    /// From where the time until the network works is counted.
    private let began: ContinuousClock.Instant
    private let onReady: (SupervisorState) -> Void
    private let events = Mailbox<Event>(capacity: Supervisor.eventsMax)
    private var children: [Child]
    private var phase = Phase.starting
    private var readyMilliseconds: UInt64?
    private var failure: String?
    private var written: SupervisorState?

    private init(_ folder: NetworkFolder, began: ContinuousClock.Instant, onReady: @escaping (SupervisorState) -> Void)
    {
        (self.folder, self.began, self.onReady) = (folder, began, onReady)
        children = folder.nodes.map { Child(place: $0) }
    }

    /// Runs the nodes until the end, on a thread of its own: the tasks' threads are needed to ask the nodes. Throws if
    /// the network did not come to work.
    static func run(
        _ folder: NetworkFolder, began: ContinuousClock.Instant,
        onReady: @escaping @Sendable (SupervisorState) -> Void
    ) async throws {
        let (stream, continuation) = AsyncStream<Result<Void, any Error>>.makeStream()
        let thread = try DedicatedThread(name: "supervisor") {
            continuation.yield(Result { try Supervisor(folder, began: began, onReady: onReady).run() })
            continuation.finish()
        }
        defer { thread.join() }
        for await result in stream { try result.get() }
    }

    private func run() throws {
        let signals = try watchSignals()
        defer { signals.stop() }
        do {
            try StrayNodes.stop(children.map(\.place.configurationFile))
            try requireFreePorts()
            for index in children.indices { try start(index) }
        } catch {
            giveUp(Self.text(of: error))
        }
        let readiness = Self.awaitReadiness(of: folder, tell: events)
        defer { readiness.cancel() }
        var lastTick = SystemClock.monotonic
        while !isDone {
            writeState()
            for event in events.takeAll(waitMilliseconds: waitMilliseconds) ?? [] { take(event) }
            takeEnded()
            startDue()
            killLate()
            let now = SystemClock.monotonic
            guard now >= lastTick.advanced(byMilliseconds: NetworkLimits.tickMilliseconds) else { continue }
            lastTick = now
            for child in children { child.place.log.rotate() }
            startAdded()
        }
        writeState()
        if let failure { throw CommandError.failed(failure) }
        say("stopped")
    }

    private static func awaitReadiness(of folder: NetworkFolder, tell events: Mailbox<Event>) -> Task<Void, Never> {
        Task.detached {
            do {
                try await NetworkReadiness(folder: folder).wait()
                _ = events.send(.ready)
            } catch {
                _ = events.send(.notReady(text(of: error)))
            }
        }
    }

    private func watchSignals() throws -> EventLoop {
        let loop = try EventLoop(name: "signals")
        try loop.run { [events] () throws(NetworkingError) in
            for signal in [SIGTERM, SIGINT, SIGHUP] { try loop.watch(signal: signal) { _ in _ = events.send(.stop) } }
            try loop.watch(signal: SIGCHLD) { _ in _ = events.send(.nodeEnded) }
        }
        return loop
    }

    /// A line for whoever reads it; it goes on if nobody does.
    private func say(_ text: String) {
        Terminal.tryWrite("\(Terminal.errors.dim(Date().ISO8601Format())) \(text)\n", to: STDERR_FILENO)
    }

    private static func text(of error: any Error) -> String {
        if case CommandError.failed(let reason) = error { return reason }
        return "\(error)"
    }
}

// MARK: - Starting

extension Supervisor {
    /// Says which port is taken, and by whose configuration it is wanted, before anything is started.
    private func requireFreePorts() throws {
        let ports = try FreePorts()
        defer { ports.release() }
        for child in children {
            let configuration = try child.place.configuration()
            guard configuration.rpcPort > 0 else {
                throw CommandError.failed(
                    "\(child.place.configurationFile) has no \"rpc.port\" of its own; give it one")
            }
            let wanted =
                [("rpc.port", configuration.rpcPort)]
                + (configuration.network.map { [("network.listen", $0.listen.port)] } ?? [])
            for (key, port) in wanted where try ports.isTaken(port) {
                throw CommandError.failed(
                    "another program listens on port \(port), which is \"\(key)\" in "
                        + "\(child.place.configurationFile); stop it, or change the port there")
            }
        }
    }

    private func start(_ index: Int) throws {
        let place = children[index].place
        children[index].logStart = place.log.length
        children[index].dueAt = nil
        children[index].startedAt = SystemClock.monotonic
        children[index].process = try ProgramLaunch(
            arguments: ["node", "run", "--config", place.configurationFile], log: place.log.path
        ).start()
    }

    /// Starts the nodes of organisations that the network has come to have.
    private func startAdded() {
        guard case .running = phase, let grown = try? NetworkFolder.open(folder.path), grown.plan != folder.plan else {
            return
        }
        folder = grown
        for place in grown.nodes where !children.contains(where: { $0.place == place }) {
            say("\(place.name) is new")
            children.append(Child(place: place))
            do { try start(children.count - 1) } catch {
                say("\(place.name) can't be started: \(Self.text(of: error))")
                rest(children.count - 1, afterMilliseconds: 0)
            }
        }
    }

    /// Starts the nodes that have rested.
    private func startDue() {
        let now = SystemClock.monotonic
        for index in children.indices {
            guard let due = children[index].dueAt, due <= now else { continue }
            children[index].restarts += 1
            do { try start(index) } catch {
                say("\(children[index].place.name) can't be started: \(Self.text(of: error))")
                rest(index, afterMilliseconds: 0)
            }
        }
    }

    private func rest(_ index: Int, afterMilliseconds run: UInt64) {
        let milliseconds = children[index].backoff.end(afterMilliseconds: run)
        children[index].dueAt = SystemClock.monotonic.advanced(byMilliseconds: milliseconds)
        say("\(children[index].place.name) is started again in \(milliseconds) ms")
    }
}

// MARK: - What happens

extension Supervisor {
    private func take(_ event: Event) {
        switch (event, phase) {
        case (.stop, .stopping):
            // Who asks twice does not want to wait.
            phase = .stopping(killAt: SystemClock.monotonic)
        case (.stop, _): stop()
        case (.ready, .starting):
            phase = .running
            let (seconds, attoseconds) = began.duration(to: .now).components
            readyMilliseconds = UInt64(max(0, seconds)) * 1000 + UInt64(max(0, attoseconds / 1_000_000_000_000_000))
            writeState()
            onReady(state)
        case (.notReady(let reason), .starting): giveUp(reason)
        case (.nodeEnded, _), (.ready, _), (.notReady, _): break
        }
    }

    /// Looks which nodes have ended.
    private func takeEnded() {
        for index in children.indices {
            guard let process = children[index].process, let ending = ProcessEnding(of: process) else { continue }
            let child = children[index]
            children[index].process = nil
            switch phase {
            case .stopping: break
            case .starting:
                let lines = child.place.log.lastLines(since: child.logStart)
                let said = lines.isEmpty ? "" : "; its log ends with: " + lines.joined(separator: " | ")
                giveUp("\(child.place.name) \(ending) while the network was starting\(said)")
            case .running:
                say("\(child.place.name), process \(process), \(ending)")
                let run = SystemClock.monotonic.nanoseconds - child.startedAt.nanoseconds
                rest(index, afterMilliseconds: run / 1_000_000)
            }
        }
    }

    private func giveUp(_ reason: String) {
        if failure == nil { failure = reason }
        if case .stopping = phase { return }
        stop()
    }

    private func stop() {
        phase = .stopping(killAt: SystemClock.monotonic.advanced(byMilliseconds: NetworkLimits.stopMilliseconds))
        let running = children.compactMap(\.process)
        if !running.isEmpty { say(running.count == 1 ? "stopping 1 node" : "stopping \(running.count) nodes") }
        for index in children.indices { children[index].dueAt = nil }
        for process in running { kill(process, SIGTERM) }
    }

    private func killLate() {
        guard case .stopping(let time) = phase, time <= SystemClock.monotonic else { return }
        for child in children {
            guard let process = child.process else { continue }
            say("\(child.place.name), process \(process), does not stop and is killed")
            kill(process, SIGKILL)
        }
        phase = .stopping(killAt: Instant(nanoseconds: .max))
    }

    private var isDone: Bool {
        guard case .stopping = phase else { return false }
        return children.allSatisfy { $0.process == nil }
    }

    /// Until the next thing that the clock brings.
    private var waitMilliseconds: UInt64 {
        var next = children.compactMap(\.dueAt)
        if case .stopping(let time) = phase { next.append(time) }
        let now = SystemClock.monotonic.nanoseconds
        guard let first = next.min()?.nanoseconds else { return NetworkLimits.tickMilliseconds }
        return min(NetworkLimits.tickMilliseconds, first > now ? (first - now) / 1_000_000 + 1 : 0)
    }
}

// MARK: - What others see

extension Supervisor {
    private var state: SupervisorState {
        SupervisorState(
            process: getpid(), readyMilliseconds: readyMilliseconds, failure: failure,
            nodes: children.map {
                SupervisorState.Node(name: $0.place.name, process: $0.process, restarts: $0.restarts)
            })
    }

    private func writeState() {
        let state = state
        guard state != written else { return }
        written = state
        do { try state.write(to: folder.stateFile) } catch { say(Self.text(of: error)) }
    }
}
