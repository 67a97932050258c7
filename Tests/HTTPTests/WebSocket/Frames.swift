import HTTP
import Networking
import Synchronization

/// A frame as it lies on the wire, well-formed or not.
func frame(
    _ opcode: UInt8, _ payload: [UInt8] = [], isFinal: Bool = true, reserved: UInt8 = 0,
    mask: [UInt8]? = [0x37, 0xFA, 0x21, 0x3D], lengthBytes: Int? = nil, statedLength: UInt64? = nil
) -> [UInt8] {
    let length = statedLength ?? UInt64(payload.count)
    let lengthBytes = lengthBytes ?? (length < 126 ? 0 : length <= 0xFFFF ? 2 : 8)
    let maskBit: UInt8 = mask == nil ? 0 : 0x80
    var bytes = [(isFinal ? 0x80 : 0) | reserved << 4 | opcode]
    bytes.append(maskBit | (lengthBytes == 0 ? UInt8(length) : lengthBytes == 2 ? 126 : 127))
    for index in (0..<lengthBytes).reversed() { bytes.append(UInt8(truncatingIfNeeded: length >> UInt64(8 * index))) }
    guard let mask else { return bytes + payload }
    return bytes + mask + payload.enumerated().map { $0.element ^ mask[$0.offset % 4] }
}

func text(_ string: String, isFinal: Bool = true) -> [UInt8] { frame(1, Array(string.utf8), isFinal: isFinal) }

func close(_ code: UInt16, _ reason: String = "") -> [UInt8] {
    frame(8, [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8))
}

/// A client that sends exactly the bytes that a test wants, and reads frames.
final class RawWebSocket {
    struct Frame: Equatable, CustomStringConvertible {
        var opcode: UInt8
        var payload: [UInt8]
        var text: String { String(decoding: payload, as: UTF8.self) }
        var closeCode: UInt16? {
            opcode == 8 && payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : nil
        }
        var description: String { "\(opcode): \(payload.count) bytes" }
    }

    let socket: RawSocket
    private var bytes: [UInt8] = []
    private var start = 0

    static let request = """
        GET /any?path HTTP/1.1\r
        Host: localhost\r
        Upgrade: websocket\r
        Connection: keep-alive, Upgrade\r
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
        Sec-WebSocket-Version: 13\r
        \r

        """

    /// - Parameter first: sent in one piece with the request.
    init(_ address: SocketAddress, first: [UInt8] = [], receiveBufferBytes: Int32? = nil) throws {
        socket = try RawSocket(address, receiveBufferBytes: receiveBufferBytes)
        socket.send(Array(RawWebSocket.request.utf8) + first)
        while String(decoding: bytes, as: UTF8.self).range(of: "\r\n\r\n") == nil {
            guard let more = socket.receive(), !more.isEmpty else { throw RawSocketError.notConnected(0) }
            bytes += more
        }
        while !bytes[start...].starts(with: "\r\n\r\n".utf8) { start += 1 }
        head = String(decoding: bytes[..<start], as: UTF8.self)
        start += 4
    }

    private(set) var head = ""

    func send(_ frames: [UInt8]...) { for frame in frames { socket.send(frame) } }

    /// The next frame, or nil when the connection has ended. Frames of servers are whole messages and not masked.
    func next() -> Frame? {
        guard let header = take(2) else { return nil }
        precondition(header[0] & 0x70 == 0 && header[0] & 0x80 != 0 && header[1] & 0x80 == 0)
        var length = Int(header[1])
        if length >= 126 {
            guard let digits = take(length == 126 ? 2 : 8) else { return nil }
            length = digits.reduce(0) { $0 << 8 | Int($1) }
        }
        guard let payload = take(length) else { return nil }
        return Frame(opcode: header[0] & 0x0F, payload: payload)
    }

    private func take(_ count: Int) -> [UInt8]? {
        while bytes.count - start < count {
            guard let more = socket.receive(), !more.isEmpty else { return nil }
            bytes.removeFirst(start)
            start = 0
            bytes += more
        }
        defer { start += count }
        return Array(bytes[start..<start + count])
    }

    /// Reads on to the end. The code of the Close that comes, if one does.
    func closeCode() -> UInt16? {
        var code: UInt16?
        while let frame = next() { if frame.opcode == 8 { code = frame.closeCode ?? 1005 } }
        return code
    }
}

/// What a test's server does with a WebSocket: echoes, and writes down what happens.
final class EchoSession: WebSocketSession, @unchecked Sendable {
    enum Happening: Equatable, Sendable {
        case opened, text(String), binary(Int), congested, drained
        case closed(UInt16, WebSocketClosure.Side)
    }

    /// What happened, in order.
    final class Log: Sendable {
        let mailbox = Mailbox<Happening>(capacity: 1 << 20)
        let connections = Mutex<[WebSocketConnection]>([])

        func closure() -> Happening? {
            while let happened = mailbox.takeAll(waitMilliseconds: 10_000), !happened.isEmpty {
                if let last = happened.last, case .closed = last { return last }
            }
            return nil
        }
    }

    private let connection: WebSocketConnection
    private let log: Log

    init(_ connection: WebSocketConnection, _ log: Log) {
        self.connection = connection
        self.log = log
        log.connections.withLock { $0.append(connection) }
        _ = log.mailbox.send(.opened)
    }

    func received(text: [UInt8]) {
        _ = log.mailbox.send(.text(String(decoding: text.prefix(100), as: UTF8.self)))
        connection.send(.text(text))
    }

    func received(binary: [UInt8]) {
        _ = log.mailbox.send(.binary(binary.count))
        connection.send(.binary(binary))
    }

    func congested() { _ = log.mailbox.send(.congested) }
    func drained() { _ = log.mailbox.send(.drained) }
    func closed(_ closure: WebSocketClosure) { _ = log.mailbox.send(.closed(closure.code.rawValue, closure.side)) }
}

/// A server that echoes messages.
final class EchoServer: Sendable {
    let loop: EventLoop
    let server: HTTPServer
    let log = EchoSession.Log()

    init(_ configuration: HTTPServerConfiguration = HTTPServerConfiguration()) throws {
        loop = try EventLoop(name: "echo server")
        let log = log
        server = try HTTPServer(
            on: loop, address: SocketAddress(host: "127.0.0.1", port: 0), configuration: configuration,
            webSocket: { _ in { EchoSession($0, log) } }, handler: TestServer.echo)
    }

    deinit { loop.stop() }

    var endpoint: HTTPEndpoint { HTTPEndpoint(host: "127.0.0.1", port: server.address.port) }

    func connect(first: [UInt8] = [], receiveBufferBytes: Int32? = nil) throws -> RawWebSocket {
        try RawWebSocket(server.address, first: first, receiveBufferBytes: receiveBufferBytes)
    }
}
