import Cryptography
import Networking
import TestSupport
import Testing

@Suite struct TLSRefusalTests {
    @Test(arguments: ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "cairn cairn cairn"])
    func `bytes that are not TLS are refused`(_ text: String) throws {
        let server = try TLSServer()
        defer { server.loop.stop() }
        let recorder = Recorder()
        let (loop, port) = (server.loop, server.address.port)
        try loop.run {
            _ = Connection.connect(on: loop, host: "127.0.0.1", port: port) { result in
                if case .success(let connection) = result { connection.send(Array(text.utf8)) }
                return recorder
            }
        }
        let failure = try #require(server.ends.takeFirst()).failure
        guard case .tls(.refused) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(recorder.events.takeFirst() == .connected)
    }

    @Test func `who connects and says nothing is cut off`() throws {
        var options = TLSOptions.peers
        options.handshakeMilliseconds = 100
        let server = try TLSServer(options)
        defer { server.loop.stop() }
        let recorder = Recorder()
        let (loop, port) = (server.loop, server.address.port)
        try loop.run { _ = Connection.connect(on: loop, host: "127.0.0.1", port: port) { _ in recorder } }
        let failure = try #require(server.ends.takeFirst()).failure
        #expect(failure == .timedOut(operation: "the TLS handshake", milliseconds: 100))
        #expect(recorder.eventsUntilClosed().last == .closed(.connectionReset))
    }

    @Test func `a handshake of too many bytes is cut off`() throws {
        var options = TLSOptions.peers
        options.handshakeBytesMax = 100
        let server = try TLSServer(options)
        defer { server.loop.stop() }
        _ = try server.connect(.new())
        #expect(try #require(server.ends.takeFirst()).failure == .tls(.handshakeTooLong(bytes: 100)))
    }

    @Test func `another protocol is refused, and so is none`() throws {
        let server = try TLSServer()
        defer { server.loop.stop() }
        let other = TLSOptions(protocols: ["other/1"], peerCertificate: .required, demandsP256: true)
        #expect(try server.connect(.new(), other).failure == .tls(.alert(.noApplicationProtocol)))
        guard case .tls(.refused) = try #require(server.ends.takeFirst()).failure else {
            Issue.record("the server took another protocol")
            return
        }
        let none = TLSOptions(protocols: [], peerCertificate: .required, demandsP256: true)
        _ = try server.connect(.new(), none)
        #expect(try #require(server.ends.takeFirst()).failure == .tls(.noCommonProtocol))
    }

    @Test func `an identity needs its own key`() throws {
        let identity = try TLSIdentity.new()
        #expect(throws: NetworkingError.self) { try TLSIdentity(chain: identity.chain, key: .generate(.p256)) }
        #expect(throws: NetworkingError.self) { try TLSIdentity(chain: [], key: .generate(.p256)) }
        #expect(throws: NetworkingError.self) { try TLSIdentity(chain: [[1, 2, 3]], key: .generate(.p256)) }
        #expect(throws: NetworkingError.self) { try TLSIdentity.selfSigned(.generate(.sm2), name: "n") }
        #expect(throws: NetworkingError.self) { try TLSIdentity(chain: identity.chain, pkcs8: [48, 0]) }
        let chain = [[UInt8]](repeating: identity.chain[0], count: TLSLimits.chainCertificatesMax + 1)
        #expect(throws: NetworkingError.self) { try TLSIdentity(chain: chain, key: .generate(.p256)) }
    }
}
