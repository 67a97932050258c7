// How fast a WebSocket is, by the processor's time of the server's thread: for small texts, and for bulk.
//
// The client is ours, on a loop of its own. Times are of the server's loop alone; the client's are printed beside it.
import Glibc
import HTTP
import Networking
import Synchronization

/// What a thread has used, in seconds. On that thread.
@Sendable func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

final class Server: WebSocketSession, @unchecked Sendable {
    let connection: WebSocketConnection
    let echoes: Bool

    init(_ connection: WebSocketConnection, echoes: Bool) {
        self.connection = connection
        self.echoes = echoes
    }

    func received(text: [UInt8]) { if echoes { connection.send(.text(text)) } else { answerLast(text) } }
    func received(binary: [UInt8]) { if echoes { connection.send(.binary(binary)) } else { answerLast(binary) } }
    func closed(_ closure: WebSocketClosure) {}

    private func answerLast(_ bytes: [UInt8]) { if bytes.first == 0 { connection.send(.binary([0])) } }
}

/// Keeps a number of messages on their way, and counts what comes back.
final class Client: WebSocketSession, @unchecked Sendable {
    let connection: WebSocketConnection
    let message: WebSocketMessage
    let count: Int
    let echoes: Bool
    var sent = 0
    var received = 0
    let done: @Sendable () -> Void
    let window: Int

    init(
        _ connection: WebSocketConnection, _ message: WebSocketMessage, count: Int, echoes: Bool, window: Int,
        done: @Sendable @escaping () -> Void
    ) {
        self.connection = connection
        self.message = message
        self.count = count
        self.echoes = echoes
        self.window = window
        self.done = done
    }

    func received(text: [UInt8]) { came() }
    func received(binary: [UInt8]) { came() }
    func drained() { fill() }
    func closed(_ closure: WebSocketClosure) { if received < count { print("closed: \(closure)") } }

    func came() {
        received += echoes ? 1 : count
        if received >= count { done() } else { fill() }
    }

    func fill() {
        while sent < count, !connection.isAboveHighWater, !echoes || sent - received < window {
            sent += 1
            let isLast = sent == count && !echoes
            connection.send(isLast ? .binary([0] + message.bytes.dropFirst()) : message)
        }
    }
}

func measure(_ name: String, _ message: WebSocketMessage, count: Int, echoes: Bool, window: Int) throws {
    var results: [(server: Double, client: Double)] = []
    for _ in 0..<5 {
        let serverLoop = try EventLoop(name: "server")
        let clientLoop = try EventLoop(name: "client")
        let server = try HTTPServer(
            on: serverLoop, address: SocketAddress(host: "127.0.0.1", port: 0),
            webSocket: { _ in { Server($0, echoes: echoes) } }, handler: { $1.respond(status: 404) })
        let done = Mailbox<Bool>(capacity: 2)
        let before = (try serverLoop.run { threadSeconds() }, try clientLoop.run { threadSeconds() })
        WebSocketConnection.open(
            on: clientLoop, to: HTTPEndpoint(host: "127.0.0.1", port: server.address.port),
            makeSession: {
                let client = Client($0, message, count: count, echoes: echoes, window: window) { _ = done.send(true) }
                clientLoop.post { client.fill() }
                return client
            }, completion: { _ in })
        _ = done.takeAll()
        results.append(
            (try serverLoop.run { threadSeconds() } - before.0, try clientLoop.run { threadSeconds() } - before.1))
        serverLoop.stop()
        clientLoop.stop()
    }
    let sorted = results.sorted { $0.server < $1.server }
    func show(_ seconds: Double) -> String {
        let perSecond = Int(Double(count) / seconds)
        let megabytes = Int(Double(count * message.bytes.count) / seconds / 1e6)
        return "\(perSecond)/s, \(megabytes) MB/s"
    }
    print(
        "\(name): server best \(show(sorted[0].server)); median \(show(sorted[2].server)); client \(show(sorted[0].client))"
    )
}

func bytes(_ count: Int) -> [UInt8] { Array(repeating: UInt8(ascii: "a"), count: count) }

try measure("texts of 64 B, echoed", .text(bytes(64)), count: 1_000_000, echoes: true, window: 2_000)
try measure("texts of 64 B, in", .text(bytes(64)), count: 1_000_000, echoes: false, window: 0)
try measure("binaries of 64 KiB, echoed", .binary(bytes(64 << 10)), count: 10_000, echoes: true, window: 16)
try measure("binaries of 64 KiB, in", .binary(bytes(64 << 10)), count: 10_000, echoes: false, window: 0)
try measure("binaries of 1 MiB, echoed", .binary(bytes(1 << 20)), count: 600, echoes: true, window: 2)
try measure("binaries of 1 MiB, in", .binary(bytes(1 << 20)), count: 600, echoes: false, window: 0)

/// The frame reader alone: what the decision not to use wslay's rests on.
func measureReader(_ length: Int, count: Int) throws {
    var frame: [UInt8] = [0x82]
    if length < 126 {
        frame.append(0x80 | UInt8(length))
    } else {
        frame.append(0xFF)
        for shift in stride(from: 56, through: 0, by: -8) { frame.append(UInt8(truncatingIfNeeded: length >> shift)) }
    }
    frame += [1, 2, 3, 4] + bytes(length)
    var seconds: [Double] = []
    for _ in 0..<5 {
        var reader = WebSocketFrameReader(.server)
        let before = threadSeconds()
        for _ in 0..<count {
            var offset = 0
            while offset < frame.count {
                let end = min(offset + (64 << 10), frame.count)
                var place = 0
                let piece = frame.span.extracting(offset..<end)
                while place < piece.count { _ = try reader.take(piece, &place) }
                offset = end
            }
        }
        seconds.append(threadSeconds() - before)
    }
    seconds.sort()
    func show(_ seconds: Double) -> String {
        let each = Int(seconds / Double(count) * 1e9)
        return "\(each) ns, \(Int(Double(count * length) / seconds / 1e6)) MB/s"
    }
    print("frame reader, \(length) B: best \(show(seconds[0])); median \(show(seconds[2]))")
}

try measureReader(64, count: 2_000_000)
try measureReader(64 << 10, count: 10_000)
try measureReader(1 << 20, count: 1_000)
