import Glibc
import HTTP
import Networking
import Synchronization
import Testing
import Primitives
import TestSupport

@Suite struct HTTPServerTests {
    @Test func pipelinedPostsInOnePacketAreAnsweredInOrder() throws {
        let server = try TestServer()
        let text = try server.exchange((0..<50).map { post("body \($0);") }.joined())
        #expect(statuses(text) == Array(repeating: 200, count: 50))
        let bodies = text.split(separator: "\r\n\r\n").dropFirst().map { $0.prefix { $0 != ";" } }
        #expect(bodies == (0..<50).map { "body \($0)" })
    }

    @Test func aRequestSplitAtEveryByte() throws {
        let server = try TestServer()
        let request = Array(post("hello").utf8)
        let socket = try server.connect()
        for place in 1..<request.count {
            socket.send(Array(request[..<place]))
            socket.send(Array(request[place...]))
            let reply = socket.receive(until: "hello")
            #expect(statuses(reply) == [200], "split at \(place)")
        }
    }

    @Test func aChunkedBodySplitAtEveryByte() throws {
        let server = try TestServer()
        let request = Array(
            ("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nT: u\r\n\r\n").utf8)
        let socket = try server.connect()
        for place in 1..<request.count {
            socket.send(Array(request[..<place]))
            socket.send(Array(request[place...]))
            #expect(statuses(socket.receive(until: "hello")) == [200], "split at \(place)")
        }
    }

    @Test func smuggledRequestsNeverReachTheHandler() throws {
        let seen = Mutex<[String]>([])
        let server = try TestServer { request, responder in
            seen.withLock { $0.append(request.target) }
            responder.respond(status: 200)
        }
        let smuggled = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
        for lines in [
            "Content-Length: 0\r\nContent-Length: \(smuggled.utf8.count)",
            "Content-Length: 0\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nContent-Length: 0", "Transfer-Encoding: identity",
            "Transfer-Encoding : chunked",
            "Content-Length : 0", "Transfer-Encoding: xchunked", "X: y\n", "Transfer-Encoding:\u{0B}chunked",
        ] {
            let text = try server.exchange("POST /a HTTP/1.1\r\nHost: localhost\r\n\(lines)\r\n\r\n\(smuggled)")
            #expect(statuses(text) == [400])
            #expect(text.contains("Connection: close\r\n"))
        }
        #expect(seen.withLock { $0 } == [])
    }

    @Test func aMalformedRequestIsRefusedAfterTheRepliesBeforeIt() throws {
        let server = try TestServer { request, responder in
            _ = request.body
            Delays.run(afterMilliseconds: 30) {
                responder.respond(status: 200)
            }
        }
        #expect(statuses(try server.exchange(post("a") + post("b") + "BAD\r\n\r\n" + post("c"))) == [200, 200, 400])
    }

    @Test func onlyGetAndPostAreServed() throws {
        let server = try TestServer()
        let text = try server.exchange("DELETE / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(statuses(text) == [405])
        #expect(text.contains("Allow: GET, POST\r\n"))
        // A reply to HEAD states a length, but has no body.
        #expect(try server.exchange("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n").hasSuffix("\r\n\r\n"))
    }

    @Test func closeIsHonouredAndOldClientsAreAnsweredAndClosed() throws {
        let server = try TestServer()
        for request in [
            post("x", "Connection: close\r\n"), post("x", "connection: foo , CLOSE\r\n"),
            "POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\nx", "GET / HTTP/1.0\r\n\r\n",
        ] {
            let socket = try server.connect()
            socket.send(request + post("never answered"))
            let text = socket.receiveAll()
            #expect(statuses(text) == [200])
            #expect(text.contains("Connection: close\r\n"))
        }
    }

    @Test func permissionForABodyKeepsItsPlace() throws {
        let server = try TestServer { request, responder in
            Delays.run(afterMilliseconds: 20) {
                responder.respond(status: 200, body: request.body)
            }
        }
        let socket = try server.connect()
        socket.send(post("first"))
        socket.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\nExpect: 100-continue\r\n\r\n")
        let before = socket.receive(until: "100 Continue\r\n\r\n")
        #expect(statuses(before) == [200, 100])
        #expect(before.contains("first"))
        socket.send("second")
        #expect(statuses(socket.receive(until: "second")) == [200])
    }

    @Test func repliesGivenOutOfOrderFromOtherThreadsKeepTheirOrder() throws {
        let waiting = Mutex<[(Int, HTTPResponder)]>([])
        let server = try TestServer { request, responder in
            let number = Int(String(decoding: request.body, as: UTF8.self)) ?? -1
            let all: [(Int, HTTPResponder)] = waiting.withLock { waiting in
                waiting.append((number, responder))
                guard waiting.count == 10 else { return [] }
                defer { waiting = [] }
                return waiting
            }
            let thread = try? DedicatedThread(name: "answers") {
                for (number, responder) in all.reversed() {
                    responder.respond(status: 200, body: Array("answer \(number);".utf8))
                    responder.respond(status: 500)
                }
            }
            thread?.join()
        }
        let text = try server.exchange((0..<50).map { post(String($0)) }.joined())
        #expect(statuses(text) == Array(repeating: 200, count: 50))
        #expect(
            text.split(separator: "answer ").dropFirst().map { Int($0.prefix { $0 != ";" }) }
                == (0..<50).map { Int($0) })
    }

    @Test func readingStopsWhileTooManyRepliesAreDue() throws {
        var configuration = HTTPServerConfiguration()
        configuration.pipelineDepthMax = 4
        let due = Mutex<[HTTPResponder]>([])
        let server = try TestServer(configuration) { _, responder in due.withLock { $0.append(responder) } }
        let socket = try server.connect()
        socket.send((0..<100).map { post(String($0)) }.joined())
        var answered = 0
        while answered < 100 {
            var ready: [HTTPResponder] = []
            while ready.isEmpty {
                ready = due.withLock { due in
                    defer { due = [] }
                    return due
                }
            }
            #expect(ready.count <= 4)
            answered += ready.count
            for responder in ready { responder.respond(status: 200, body: Array("ok;".utf8)) }
        }
        #expect(statuses(socket.receive(until: "ok;", times: 100)).count == 100)
    }

    @Test func aForgottenResponderAnswersThatTheServerFailed() throws {
        let server = try TestServer { _, _ in }
        #expect(statuses(try server.exchange(post("x"))) == [500])
    }

    @Test func aHandlersMalformedHeaderDoesNotReachTheWire() throws {
        let server = try TestServer { _, responder in
            responder.respond(status: 200, headers: [("X", "a\r\nInjected: b")], body: [])
        }
        let text = try server.exchange(post("x"))
        #expect(statuses(text) == [500])
        #expect(!text.contains("Injected"))
    }

    // MARK: - Limits

    @Test func anOversizeBodyIsRefusedAndTheReplyStillArrives() throws {
        var configuration = HTTPServerConfiguration()
        configuration.bodyBytesMax = 1000
        let server = try TestServer(configuration)
        // The client sends on for a while; without lingering its own unread bytes would cost it the reply.
        for head in ["Content-Length: 3000000\r\n", "Transfer-Encoding: chunked\r\n"] {
            let socket = try server.connect()
            socket.send("POST / HTTP/1.1\r\nHost: localhost\r\n\(head)\r\n2DC6C0\r\n")
            for _ in 0..<30 { socket.send([UInt8](repeating: 65, count: 100_000)) }
            let text = socket.receiveAll()
            #expect(statuses(text) == [413])
            #expect(text.contains("longer than 1000 bytes"))
        }
    }

    @Test func anOversizeHeaderIsRefused() throws {
        let server = try TestServer()
        let text = try server.exchange("GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 100_000))")
        #expect(statuses(text) == [431])
        #expect(statuses(try server.exchange("GET /\(String(repeating: "a", count: 100_000))")) == [414])
    }

    @Test func slowSendersAreCutOff() throws {
        var configuration = HTTPServerConfiguration()
        configuration.headMilliseconds = 200
        configuration.bodyMilliseconds = 200
        let server = try TestServer(configuration)
        for text in [
            "GET / HTTP/1.1\r\nHost: localhost\r\nX: ",
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90\r\n\r\n",
        ] {
            let socket = try server.connect()
            let clock = ContinuousClock()
            let lasted = clock.measure {
                // A byte every now and then does not extend the deadline.
                socket.send(text)
                for _ in 0..<8 {
                    _ = usleepMilliseconds(20)
                    socket.send("a")
                }
                #expect(statuses(socket.receiveAll()) == [408])
            }
            #expect(lasted >= .milliseconds(190) && lasted < .milliseconds(2_000))
        }
    }

    @Test func idleConnectionsAreClosedAndBusyOnesAreNot() throws {
        var configuration = HTTPServerConfiguration()
        configuration.idleMilliseconds = 200
        let server = try TestServer(configuration) { _, responder in
            Delays.run(afterMilliseconds: 600) {
                // Longer than the idle time: a client that waits for us is not idle.
                responder.respond(status: 200, body: Array("late".utf8))
            }
        }
        let idle = try server.connect()
        let busy = try server.connect()
        busy.send(post("x"))
        #expect(idle.receive() == [])
        #expect(statuses(busy.receive(until: "late")) == [200])
        #expect(busy.receive() == [])
    }

    @Test func aClientThatNeverReadsIsHeldBackAndCutOff() throws {
        var configuration = HTTPServerConfiguration()
        configuration.idleMilliseconds = 300
        configuration.stream.highWaterBytes = 256 << 10
        let served = Atomic<Int>(0)
        let server = try TestServer(configuration) { _, responder in
            served.add(1, ordering: .relaxed)
            responder.respond(status: 200, body: [UInt8](repeating: 65, count: 64 << 10))
        }
        let socket = try RawSocket(server.address, receiveBufferBytes: 4096)
        let requests = String(repeating: post(""), count: 1000)
        // The server stops reading; then it breaks the connection off.
        for _ in 0..<1000 where !socket.send(requests) { break }
        #expect(!socket.send(requests))
        // Each reply has 64 KiB: what was served fits the high-water mark and the kernel's buffers.
        #expect(served.load(ordering: .relaxed) < 200)
    }

    @Test func connectionsBeyondTheLimitAreTurnedAway() throws {
        var configuration = HTTPServerConfiguration()
        configuration.connectionsMax = 20
        let server = try TestServer(configuration)
        var sockets = try (0..<20).map { _ in try server.connect() }
        for socket in sockets {
            socket.send(post("hello"))
            #expect(statuses(socket.receive(until: "hello")) == [200])
        }
        let more = try (0..<30).map { _ in try server.connect() }
        for socket in more { #expect(statuses(socket.receiveAll()) == [503]) }
        for socket in sockets {
            socket.send(post("still served"))
            #expect(statuses(socket.receive(until: "still served")) == [200])
        }
        // Room is made as soon as others leave.
        sockets = []
        var status: [Int] = []
        for _ in 0..<100 where status != [200] {
            _ = usleepMilliseconds(10)
            status = statuses(try server.exchange(post("again")))
        }
        #expect(status == [200])
    }

    @Test func manyConnectionsComeAndGo() throws {
        let server = try TestServer()
        for round in 0..<20 {
            let sockets = try (0..<100).map { _ in try server.connect() }
            for (index, socket) in sockets.enumerated() {
                // Some leave in the middle of a request, some without a word, some after their reply.
                switch (index + round) % 3 {
                case 0: socket.send("POST / HTTP/1.1\r\nHo")
                case 1: break
                default:
                    socket.send(post("hello"))
                    #expect(statuses(socket.receive(until: "hello")) == [200])
                }
            }
        }
    }

    @Test func randomBytesAndDamagedRequestsNeverStopTheServer() throws {
        let server = try TestServer()
        let whole = Array(HTTPRequestParserTests.conversation.utf8)
        for seed in UInt64(0)..<500 {
            var generator = SeededGenerator(seed: seed)
            let socket = try server.connect()
            var bytes = seed % 2 == 0 ? generator.bytes(300) : whole
            bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8.random(in: 0...255, using: &generator)
            socket.send(bytes)
            socket.finishSending()
            _ = socket.receiveAll()
        }
        #expect(statuses(try server.exchange(post("fine"))) == [200])
    }

    // MARK: - Whom it answers

    @Test func otherNamesAndPagesAreRefusedOnALoopbackAddress() throws {
        let server = try TestServer()
        func status(_ host: String, _ more: String = "") throws -> [Int] {
            statuses(try server.exchange("GET / HTTP/1.1\r\nHost: \(host)\r\n\(more)\r\n"))
        }
        for host in ["localhost", "LOCALHOST:8545", "127.0.0.1", "127.0.0.1:1", "127.1.2.3", "[::1]", "[::1]:80"] {
            #expect(try status(host) == [200], "\(host)")
        }
        for host in [
            "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "[::2]", "localhostx",
        ] {
            #expect(try status(host) == [403], "\(host)")
        }
        #expect(try status("localhost", "Origin: https://evil.example\r\n") == [403])
        #expect(try status("localhost", "Origin: null\r\n") == [403])
    }

    @Test func namesAndPagesCanBeAllowed() throws {
        var configuration = HTTPServerConfiguration()
        configuration.access = HTTPAccess(hosts: .named(["node.example"])) { $0 == "https://app.example" }
        let server = try TestServer(configuration)
        let good = "GET / HTTP/1.1\r\nHost: Node.Example:8545\r\nOrigin: https://app.example\r\n\r\n"
        #expect(statuses(try server.exchange(good)) == [200])
        let two =
            "GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: https://app.example\r\nOrigin: https://evil.example\r\n\r\n"
        #expect(statuses(try server.exchange(two)) == [403])
        #expect(statuses(try server.exchange("GET / HTTP/1.1\r\nHost: other.example\r\n\r\n")) == [403])
    }

    // MARK: - Ending

    @Test func closingAnswersWhatIsDue() throws {
        let due = Mutex<HTTPResponder?>(nil)
        let server = try TestServer { _, responder in due.withLock { $0 = responder } }
        let socket = try server.connect()
        let idle = try server.connect()
        socket.send(post("x"))
        while due.withLock({ $0 == nil }) {}
        server.server.close()
        #expect(idle.receive() == [])
        due.withLock { responder in
            responder?.respond(status: 200, body: Array("last".utf8))
            responder = nil
        }
        #expect(statuses(socket.receiveAll()) == [200])
        #expect(throws: RawSocketError.self) { try server.connect() }
    }

    @Test func aPortInUseIsReported() throws {
        let server = try TestServer()
        #expect(throws: NetworkingError.portInUse(address: "127.0.0.1", port: server.address.port)) {
            try HTTPServer(on: server.loop, address: server.address) { _, _ in }
        }
    }

    /// Replies that wait behind a slow one are bounded; those beyond are refused in their turn, and the rest goes on.
    @Test func `waiting replies have a budget`() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.waitingReplyBytesMax = 100_000
        let held = Mutex<HTTPResponder?>(nil)
        let server = try TestServer(configuration) { request, responder in
            if request.body == Array("slow".utf8) {
                held.withLock { $0 = responder }
            } else {
                responder.respond(status: 200, body: [UInt8](repeating: 65, count: 40_000))
            }
        }
        let socket = try server.connect()
        socket.send(post("slow") + post("a") + post("b") + post("c") + post("d"))
        while held.withLock({ $0 == nil }) { usleep(1000) }
        usleep(50_000)
        held.withLock { $0?.respond(status: 200) }
        socket.finishSending()
        #expect(statuses(socket.receiveAll()) == [200, 200, 200, 503, 503])
        // What was set aside has been given back.
        #expect(statuses(try server.exchange(post("a") + post("b"))) == [200, 200])
    }
}
