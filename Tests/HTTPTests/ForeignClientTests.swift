import Foundation
import HTTP
import Networking
import Testing

/// Clients that others wrote.
@Suite struct ForeignClientTests {
    private func run(_ program: String, _ arguments: [String]) throws -> (output: String, status: Int32) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (String(decoding: output, as: UTF8.self), process.terminationStatus)
    }

    @Test func curl() throws {
        let server = try TestServer()
        let address = server.endpoint.description
        let (small, smallStatus) = try run("curl", ["-sS", "-m", "10", "-d", "hello", address])
        #expect(small == "hello" && smallStatus == 0)
        // More than a megabyte is refused, with the reply arriving although curl is still sending.
        let file = FileManager.default.temporaryDirectory.appending(path: "cairn-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(repeating: 65, count: 900_000).write(to: file)
        // curl asks for permission to send so large a body.
        let (large, _) = try run("curl", ["-sS", "-m", "10", "--data-binary", "@\(file.path)", address])
        #expect(large.utf8.count == 900_000)
        let (chunked, _) = try run(
            "curl", ["-sS", "-m", "10", "-H", "Transfer-Encoding: chunked", "--data-binary", "@\(file.path)", address])
        #expect(chunked.utf8.count == 900_000)
        try Data(repeating: 65, count: 5_000_000).write(to: file)
        for more in [["-H", "Expect:"], ["-H", "Transfer-Encoding: chunked"], []] {
            let arguments = [
                "-s", "-m", "10", "-o", "/dev/null", "-w", "%{http_code}", "--data-binary", "@\(file.path)",
            ]
            #expect(try run("curl", arguments + more + [address]).output == "413")
        }
        #expect(try run("curl", ["-sS", "-m", "10", "-0", "-d", "old", address]).output == "old")
        #expect(
            try run("curl", ["-s", "-m", "10", "-I", "-o", "/dev/null", "-w", "%{http_code}", address]).output == "405")
        #expect(try run("curl", ["-sS", "-m", "10", "-d", "a", address, address, address]).output == "aaa")
    }

    @Test func pythonKeepsItsConnection() throws {
        let server = try TestServer()
        let script = """
            import http.client
            c = http.client.HTTPConnection("127.0.0.1", \(server.address.port), timeout=10)
            c.connect()
            first = c.sock.getsockname()
            for i in range(1000):
                c.request("POST", "/p%d" % i, body="b" * (i * 3))
                r = c.getresponse()
                assert r.status == 200 and r.getheader("X-Target") == "/p%d" % i
                assert r.read() == b"b" * (i * 3)
                c.request("POST", "/", body=iter([b"abc", b"", b"def" * i]), encode_chunked=True)
                r = c.getresponse()
                assert r.read() == b"abc" + b"def" * i
            assert c.sock.getsockname() == first
            print("ok")
            """
        #expect(try run("python3", ["-c", script]).output == "ok\n")
    }
}
