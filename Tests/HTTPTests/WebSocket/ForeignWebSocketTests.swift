import Foundation
import HTTP
import Networking
import Testing

/// The interpreter, and what runs in it.
private enum PythonWebSockets {
    static let python = ProcessInfo.processInfo.environment["CAIRN_PYTHON"] ?? "python3"
    static let isThere = (try? run("import websockets.sync.client, websockets.sync.server"))?.status == 0

    static func run(_ script: String) throws -> (output: String, status: Int32) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [python, "-c", script]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (String(decoding: output, as: UTF8.self), process.terminationStatus)
    }
}

/// A client and a server that others wrote: the Python package `websockets`.
///
/// They run with the interpreter that `CAIRN_PYTHON` names, `python3` if it names none, and only if that has the package:
/// `pip install websockets`.
@Suite(.serialized, .enabled(if: PythonWebSockets.isThere, "CAIRN_PYTHON (or python3) has no package websockets"))
struct ForeignWebSocketTests {
    @Test func theirClientOnOurServer() throws {
        let server = try EchoServer()
        let script = """
            from websockets.sync.client import connect
            from websockets.exceptions import ConnectionClosed, InvalidStatus
            url = "ws://127.0.0.1:\(server.server.address.port)/"
            with connect(url, max_size=None) as ws:
                assert ws.response.status_code == 101 and not ws.protocol.extensions
                for n in [0, 1, 125, 126, 127, 65535, 65536, 1000000]:
                    ws.send("x" * n); assert ws.recv() == "x" * n
                    ws.send(b"y" * n); assert ws.recv() == b"y" * n
                ws.send(b"z" * 4194304); assert ws.recv() == b"z" * 4194304
                ws.send(iter(["fra", "", "g", "ment\\u00fc"])); assert ws.recv() == "fragment\\u00fc"
                assert ws.ping(b"p").wait(5)
                for i in range(2000): ws.send(str(i))
                for i in range(2000): assert ws.recv() == str(i)
                ws.send("t" * 1048577)
                try: ws.recv(); assert False
                except ConnectionClosed as e: assert e.rcvd.code == 1009, e
            with connect(url) as ws: ws.close(4000, "bye")
            assert ws.close_code == 4000
            try: connect(url, origin="https://evil.example"); assert False
            except InvalidStatus as e: assert e.response.status_code == 403
            print("ok")
            """
        #expect(try PythonWebSockets.run(script).output == "ok\n")
        #expect(server.log.closure() != nil)
    }

    @Test func ourClientOnTheirServer() async throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        let script = """
            import os, sys, threading
            from websockets.sync.server import serve
            threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
            def echo(ws):
                for m in ws:
                    if m == "close": ws.close(4001, "as asked")
                    elif m == "fragments": ws.send(iter(["a", "b", "c"]))
                    elif m == "ping": assert ws.ping().wait(5); ws.send("pong")
                    else: ws.send(m)
            with serve(echo, "127.0.0.1", 0, max_size=None, compression=None) as s:
                print(s.socket.getsockname()[1], flush=True)
                s.serve_forever()
            """
        process.arguments = [PythonWebSockets.python, "-c", script]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        let input = Pipe()
        process.standardInput = input
        try process.run()
        // It ends when nobody holds the other end of its input any more.
        defer { try? input.fileHandleForWriting.close() }
        let line = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
        let port = try #require(UInt16(line.prefix { $0 != "\n" }))
        let loop = try EventLoop(name: "client")
        defer { loop.stop() }
        let client = try await WebSocketClient.connect(on: loop, to: HTTPEndpoint(host: "127.0.0.1", port: port))
        for length in [0, 1, 125, 126, 65_535, 65_536, 3_000_000] {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
            try await client.send(.binary(bytes))
            #expect(try await client.receive() == .binary(bytes))
        }
        try await client.send(text: "fragments")
        #expect(try await client.receive() == .text("abc"))
        try await client.send(text: "ping")
        #expect(try await client.receive() == .text("pong"))
        try await client.send(text: "close")
        let closure = await #expect(throws: WebSocketClosure.self) { try await client.receive() }
        #expect(closure?.code.rawValue == 4001 && closure?.reason == "as asked" && closure?.side == .peer)
    }
}
