import HTTP
import Networking
import Testing
import Primitives
import TestSupport

@Suite struct HTTPRequestParserTests {
    /// Parses bytes that come in pieces of these sizes; the last size is repeated.
    private func requests(_ bytes: [UInt8], pieces: [Int], bodyBytesMax: Int = 1000) throws -> [HTTPRequest] {
        var parser = HTTPRequestParser(
            peer: try SocketAddress(host: "127.0.0.1", port: 1), bodyBytesMax: bodyBytesMax)
        var found: [HTTPRequest] = []
        var start = 0
        var sizes = pieces[...]
        while start < bytes.count {
            let size = sizes.count > 1 ? sizes.removeFirst() : sizes[sizes.startIndex]
            let piece = Array(bytes[start..<min(start + size, bytes.count)])
            start += piece.count
            var offset = 0
            while offset < piece.count {
                if case .request(let request) = try parser.take(piece.span, &offset) { found.append(request) }
            }
        }
        return found
    }

    private func parse(_ text: String, bodyBytesMax: Int = 1000) throws -> [HTTPRequest] {
        try requests(Array(text.utf8), pieces: [Int.max / 2], bodyBytesMax: bodyBytesMax)
    }

    private func status(_ text: String) -> Int? {
        do {
            _ = try parse(text)
            return nil
        } catch {
            return (error as? HTTPFailure)?.status
        }
    }

    static let conversation =
        "\r\nPOST /a?b=c HTTP/1.1\r\nHost: localhost:80\r\nContent-Length: 5\r\nX-Empty:\r\nX-Two:\t a b \r\n\r\nhello"
        + "GET / HTTP/1.1\r\nhOsT: [::1]\r\n\r\n"
        + "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "3\r\nabc\r\n00A;name=\"value\"\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"
        + "POST http://h/d HTTP/1.1\r\nHost: H\r\nContent-Length: 0\r\n\r\n"

    private func check(_ found: [HTTPRequest], _ note: Comment) {
        #expect(found.map(\.target) == ["/a?b=c", "/", "/c", "/d"], note)
        #expect(found.map { String(decoding: $0.body, as: UTF8.self) } == ["hello", "", "abc0123456789", ""], note)
        #expect(found.map(\.method) == [.post, .get, .post, .post], note)
        #expect(found.map(\.host) == ["localhost:80", "[::1]", "h", "H"], note)
        #expect(found.first?.headers["x-two"] == "a b", note)
        #expect(found.first?.headers["X-EMPTY"] == "", note)
        #expect(found.first?.headers["X-None"] == nil, note)
    }

    @Test func requestsSplitAtEveryByte() throws {
        let bytes = Array(Self.conversation.utf8)
        for first in 1..<bytes.count { check(try requests(bytes, pieces: [first, bytes.count]), "split at \(first)") }
        for size in 1..<20 { check(try requests(bytes, pieces: [size]), "pieces of \(size)") }
    }

    @Test(arguments: [
        // Lengths that two readers could take differently.
        "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5, 5\r\n", "Content-Length: +5\r\n", "Content-Length: -5\r\n", "Content-Length: 0x5\r\n",
        "Content-Length: 5 5\r\n", "Content-Length:\r\n", "Content-Length: 1e1\r\n", "Content-Length: ٥\r\n",
        "Content-Length: 99999999999999999999999\r\n", "Content-Length: 18446744073709551621\r\n",
        // Codings that one of two readers could overlook.
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity\r\n", "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding: chunked;x\r\n", "Transfer-Encoding: \"chunked\"\r\n",
        "Transfer-Encoding: CHUNKED\r\n", "Transfer-Encoding:\r\n", "Transfer-Encoding: \u{0B}chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        // Field lines that one of two readers could overlook.
        "Transfer-Encoding : chunked\r\n", "Content-Length : 5\r\n", "Content-Length\t: 5\r\n",
        " Content-Length: 5\r\n",
        "X: y\r\n Content-Length: 5\r\n", "X: y\r\n\tfolded\r\n", "X\r\n", ": y\r\n", "X Y: z\r\n", "X(: y\r\n",
        "X: a\u{0}b\r\n", "X: a\rb\r\n", "X: a\nContent-Length: 5\r\n", "X: y\n", "\u{0}: y\r\n", "é: y\r\n",
        "X: \u{7F}\r\n",
        // Hosts.
        "Host: other\r\n", "Host: localhost\r\n",
    ])
    func ambiguousHeadersAreRefused(lines: String) {
        #expect(status("POST / HTTP/1.1\r\nHost: localhost\r\n\(lines)\r\nhello") == 400)
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400),
        ("GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", 400), ("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400), ("GET /  HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 400), ("GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        (" GET / HTTP/1.1\r\nHost: h\r\n\r\n", 400), ("GET /\r\nHost: h\r\n\r\n", 400), ("GET\r\n\r\n", 400),
        ("GET / http/1.1\r\nHost: h\r\n\r\n", 400), ("GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505),
        ("GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505), ("GET / HTTP/1.1 \r\nHost: h\r\n\r\n", 400),
        ("GET x HTTP/1.1\r\nHost: h\r\n\r\n", 400), ("GET /é HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("GET / HTTP/1.1\nHost: h\n\n", 400), ("\n", 400), ("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("PUT / HTTP/1.1\r\nHost: h\r\n\r\n", 405), ("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", 405),
        ("get / HTTP/1.1\r\nHost: h\r\n\r\n", 405), ("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 405),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: h\r\nExpect: more\r\n\r\n", 417),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n", 413),
        ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\n", 400),
    ])
    func malformedRequestsAreRefused(text: String, expected: Int) { #expect(status(text) == expected) }

    @Test(arguments: [
        ("\r\n", 400), ("x\r\n", 400), ("-1\r\n", 400), ("0x3\r\nabc\r\n", 400), (" 3\r\nabc\r\n", 400),
        ("3 \r\nabc\r\n", 400),
        ("3\nabc\r\n", 400), ("3\rabc\r\n", 400), ("3\r\nabc\n", 400), ("3\r\nabcd\r\n", 400),
        ("3\r\nab\r\n0\r\n\r\n", 400),
        ("3;a\nb\r\nabc\r\n", 400), ("3;\u{0}\r\nabc\r\n", 400), ("0\r\n X: y\r\n\r\n", 400),
        ("0\r\nX : y\r\n\r\n", 400),
        ("0\r\nX: y\n\r\n", 400), ("3E9\r\n", 413), ("FFFFFFFFFFFFFFFF\r\n", 413),
        ("10000000000000003\r\nabc\r\n", 413),
        ("8000000000000000\r\n", 413), ("3e8\r\n" + String(repeating: "a", count: 1000) + "\r\n1\r\n", 413),
        (String(repeating: "0", count: 200) + "3\r\n", 400), ("3;" + String(repeating: "a", count: 200) + "\r\n", 400),
        (String(repeating: "1;" + String(repeating: "a", count: 100) + "\r\nb\r\n", count: 50), 400),
        ("0\r\nX: " + String(repeating: "a", count: 5000) + "\r\n\r\n", 431),
    ])
    func malformedChunksAreRefused(text: String, expected: Int) {
        #expect(status("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + text) == expected)
    }

    @Test func sizesAreLimited() throws {
        let target = "/" + String(repeating: "a", count: HTTPLimits.startLineBytesMax - 16)
        #expect(try parse("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n").count == 1)
        #expect(status("GET \(target)a HTTP/1.1\r\nHost: h\r\n\r\n") == 414)
        #expect(status(String(repeating: "A", count: 10_000)) == 414)
        #expect(status(String(repeating: "A", count: 100_000)) == 414)
        let head = "GET / HTTP/1.1\r\nHost: h\r\nX: "
        let filler = String(repeating: "x", count: HTTPLimits.headBytesMax - head.utf8.count - 4)
        #expect(try parse(head + filler + "\r\n\r\n").count == 1)
        #expect(status(head + filler + "x\r\n\r\n") == 431)
        let lines = String(repeating: "A: b\r\n", count: HTTPLimits.headerCountMax - 1)
        #expect(try parse("GET / HTTP/1.1\r\nHost: h\r\n\(lines)\r\n").count == 1)
        #expect(status("GET / HTTP/1.1\r\nHost: h\r\n\(lines)A: b\r\n\r\n") == 431)
        #expect(try parse("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", bodyBytesMax: 5).count == 1)
        #expect(throws: HTTPFailure.self) {
            try parse("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", bodyBytesMax: 4)
        }
    }

    @Test func permissionToGoOnIsAskedForOnce() throws {
        var parser = HTTPRequestParser(peer: try SocketAddress(host: "127.0.0.1", port: 1), bodyBytesMax: 10)
        let head = Array("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n".utf8)
        var offset = 0
        guard case .wantsContinue = try parser.take(head.span, &offset) else {
            Issue.record("the body was not asked for")
            return
        }
        #expect(parser.position == .body)
        offset = 0
        guard case .request(let request) = try parser.take([1, 2].span, &offset) else {
            Issue.record("the body was not taken")
            return
        }
        #expect(request.body == [1, 2])
        // A client that sends the body at once has no need of it.
        let all = head + [1, 2]
        offset = 0
        guard case .request = try parser.take(all.span, &offset) else {
            Issue.record("the request was not taken at once")
            return
        }
    }

    @Test func randomDamageNeverTrapsAndSplitsNeverMatter() throws {
        let whole = Array(Self.conversation.utf8)
        for seed in UInt64(0)..<30_000 {
            var generator = SeededGenerator(seed: seed)
            var bytes = whole
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch generator.next() % 3 {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: place)
                default: bytes.insert([10, 13, 32, 48, 58][Int(generator.next() % 5)], at: place)
                }
            }
            let pieces = (0..<20).map { _ in Int.random(in: 1...40, using: &generator) }
            let once = Result { try requests(bytes, pieces: [bytes.count]) }
            let split = Result { try requests(bytes, pieces: pieces) }
            switch (once, split) {
            case (.success(let left), .success(let right)):
                #expect(left.map(\.body) == right.map(\.body), "seed \(seed)")
                #expect(left.map(\.target) == right.map(\.target), "seed \(seed)")
            case (.failure(let left), .failure(let right)):
                #expect(left as? HTTPFailure == right as? HTTPFailure, "seed \(seed)")
            default: Issue.record("seed \(seed): splitting changed the outcome")
            }
        }
    }

    @Test func randomBytesNeverTrap() throws {
        for seed in UInt64(0)..<20_000 {
            var generator = SeededGenerator(seed: seed)
            _ = try? requests(generator.bytes(200), pieces: [7])
        }
    }
}
