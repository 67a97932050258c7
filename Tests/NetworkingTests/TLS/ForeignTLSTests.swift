import Cryptography
import Foundation
import Networking
import Testing

/// OpenSSL's own program as the other end.
@Suite struct ForeignTLSTests {
    /// A folder with a key on P-256, its certificate, and the key in PKCS #8 and DER.
    private static func makeFiles() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "cairn-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try run(
            folder,
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=foreign -keyout key.pem"
                + " -out certificate.pem")
        try run(folder, "pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out key.der")
        try run(folder, "x509 -in certificate.pem -outform DER -out certificate.der")
        return folder
    }

    /// Runs the program, and gives back what it says on both its outputs.
    @discardableResult
    private static func run(_ folder: URL, _ arguments: String, input: String = "") throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["timeout", "8", "openssl"] + arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = folder
        let (inputs, outputs) = (Pipe(), Pipe())
        process.standardInput = inputs
        process.standardOutput = outputs
        process.standardError = outputs
        try process.run()
        inputs.fileHandleForWriting.write(Data(input.utf8))
        inputs.fileHandleForWriting.closeFile()
        let text = outputs.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: text, as: UTF8.self)
    }

    @Test func `s_client speaks with us, and we with its key`() throws {
        let folder = try Self.makeFiles()
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try TLSServer {
            let end = TLSEnd()
            end.opened = { stream in
                end.recorder.react = { event in
                    guard case .received(let bytes) = event else { return }
                    stream.send(Array("got ".utf8) + bytes)
                    stream.close()
                }
            }
            return end
        }
        defer { server.loop.stop() }
        let said = try Self.run(
            folder,
            "s_client -connect 127.0.0.1:\(server.address.port) -tls1_3 -alpn cairn/1 -cert certificate.pem"
                + " -key key.pem -ign_eof", input: "hello\n")
        #expect(said.contains("got hello"))
        #expect(said.contains("TLS_AES_256_GCM_SHA384"))
        #expect(said.contains("ALPN protocol: cairn/1"))
        #expect(!said.contains("New Session Ticket"))
        let accepted = try #require(try server.ends.takeFirst()?.outcome.takeFirst()?.get())
        let certificate = Array(try Data(contentsOf: folder.appending(path: "certificate.der")))
        #expect(accepted.peerChain == [certificate])

        let key = Array(try Data(contentsOf: folder.appending(path: "key.der")))
        let identity = try TLSIdentity(chain: [certificate], pkcs8: key)
        let client = TLSEnd()
        client.opened = { $0.send(Array("we".utf8)) }
        #expect(try server.connect(identity, end: client).recorder.eventsUntilClosed().bytes == Array("got we".utf8))
    }

    @Test(arguments: [
        ("-tls1_2 -cert certificate.pem -key key.pem", "unsupported protocol"),
        ("-tls1_3 -alpn cairn/1 -ign_eof", "peer did not return a certificate"),
        ("-tls1_3 -alpn other/1 -cert certificate.pem -key key.pem", "no application protocol"),
    ]) func `s_client is refused`(_ arguments: String, _ reason: String) throws {
        let folder = try Self.makeFiles()
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try TLSServer()
        defer { server.loop.stop() }
        let said = try Self.run(folder, "s_client -connect 127.0.0.1:\(server.address.port) \(arguments)", input: "x\n")
        #expect(said.contains("alert"))
        #expect(try #require(server.ends.takeFirst()).failure == .tls(.refused(reason: reason)))
    }

    @Test func `a key on another curve is refused`() throws {
        let folder = try Self.makeFiles()
        defer { try? FileManager.default.removeItem(at: folder) }
        try Self.run(
            folder,
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -days 2 -subj /CN=foreign -keyout other.pem"
                + " -out other-certificate.pem")
        try Self.run(folder, "pkcs8 -topk8 -nocrypt -in other.pem -outform DER -out other.der")
        let server = try TLSServer()
        defer { server.loop.stop() }
        let said = try Self.run(
            folder,
            "s_client -connect 127.0.0.1:\(server.address.port) -tls1_3 -alpn cairn/1 -cert other-certificate.pem"
                + " -key other.pem -ign_eof", input: "x\n")
        #expect(said.contains("alert"))
        let failure = try #require(server.ends.takeFirst()).failure
        guard case .tls(.refused) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        let key = Array(try Data(contentsOf: folder.appending(path: "other.der")))
        let certificate = Array(try Data(contentsOf: folder.appending(path: "certificate.der")))
        #expect(throws: NetworkingError.self) { try TLSIdentity(chain: [certificate], pkcs8: key) }
    }
}
