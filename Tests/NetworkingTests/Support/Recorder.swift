import Networking

/// What a stream told its handler.
enum StreamEvent: Sendable, Equatable {
    case connected
    case received([UInt8])
    case peerFinished
    case drained
    case closed(NetworkingError?)
}

/// A handler that passes on what it is told, and does what a test wants besides.
final class Recorder: StreamHandler, @unchecked Sendable {
    let events = Mailbox<StreamEvent>(capacity: 1 << 20)
    /// Set before the handler is in use; called on the loop's thread.
    var react: (StreamEvent) -> Void = { _ in }

    func connected() { note(.connected) }

    func received(_ bytes: Span<UInt8>) {
        var copy: [UInt8] = []
        for index in 0..<bytes.count { copy.append(bytes[index]) }
        note(.received(copy))
    }

    func peerFinished() { note(.peerFinished) }

    func drained() { note(.drained) }

    func closed(_ error: NetworkingError?) {
        note(.closed(error))
        events.close()
    }

    private func note(_ event: StreamEvent) {
        _ = events.send(event)
        react(event)
    }

    /// All events up to the stream's end, or those of `milliseconds` if it does not end.
    func eventsUntilClosed(milliseconds: UInt64 = 10_000) -> [StreamEvent] {
        var all: [StreamEvent] = []
        while let more = events.takeAll(waitMilliseconds: milliseconds), !more.isEmpty { all.append(contentsOf: more) }
        return all
    }
}

extension [StreamEvent] {
    var bytes: [UInt8] {
        flatMap { event -> [UInt8] in
            if case .received(let bytes) = event { bytes } else { [] }
        }
    }
}

/// A loop with a listener whose connections a test's closure equips.
struct Server {
    let loop: EventLoop
    let address: SocketAddress

    init(
        options: ConnectionOptions = ConnectionOptions(),
        accept: @Sendable @escaping (Connection) -> (any StreamHandler)?
    ) throws {
        let loop = try EventLoop(name: "test")
        self.loop = loop
        address = try loop.run { () throws(NetworkingError) in
            try TCPListener(
                on: loop, address: SocketAddress(host: "127.0.0.1", port: 0), options: options, accept: accept
            ).address
        }
    }

    /// Connects to the server, or elsewhere, from the same loop.
    func connect(
        host: String = "127.0.0.1", port: UInt16? = nil, options: ConnectionOptions = ConnectionOptions(),
        _ recorder: Recorder, opened: @Sendable @escaping (Connection) -> Void = { _ in }
    ) throws -> Mailbox<Result<Connection, NetworkingError>> {
        let outcome = Mailbox<Result<Connection, NetworkingError>>(capacity: 1)
        let loop = loop
        let port = port ?? address.port
        try loop.run {
            _ = Connection.connect(on: loop, host: host, port: port, options: options) { result in
                _ = outcome.send(result)
                if case .success(let connection) = result { opened(connection) }
                return recorder
            }
        }
        return outcome
    }
}

extension Mailbox {
    func takeFirst() -> Message? { takeAll(waitMilliseconds: 10_000)?.first }
}
