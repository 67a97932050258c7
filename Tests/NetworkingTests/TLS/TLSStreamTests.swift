import Cryptography
import Primitives
import TestSupport
import Testing

@testable import Networking

@Suite struct TLSStreamTests {
    @Test func `both ends know each other's chain, and data goes both ways`() throws {
        let server = try TLSServer {
            let end = TLSEnd()
            end.opened = { stream in
                end.recorder.react = { if case .received(let bytes) = $0 { stream.send(bytes) } }
            }
            return end
        }
        defer { server.loop.stop() }
        var generator = SeededGenerator(seed: 1)
        let bytes = generator.bytes(3_000_000)
        let identity = try TLSIdentity.new("client")
        let client = TLSEnd()
        client.opened = { $0.send(bytes) }
        let stream = try #require(try server.connect(identity, end: client).outcome.takeFirst()?.get())
        let accepted = try #require(try server.ends.takeFirst()?.outcome.takeFirst()?.get())
        var received: [StreamEvent] = []
        while received.bytes.count < bytes.count, let more = client.recorder.events.takeAll(waitMilliseconds: 10_000),
            !more.isEmpty
        { received += more }
        #expect(received.first == .connected)
        // As one truth: unequal arrays of this size would be compared for their differences.
        let isSame = received.bytes == bytes
        #expect(isSame)
        try server.loop.run {
            #expect(stream.peerChain == server.identity.chain)
            #expect(accepted.peerChain == identity.chain)
            let value = stream.exporterValue(label: "EXPORTER-test", context: [1], byteCount: 32)
            #expect(value == accepted.exporterValue(label: "EXPORTER-test", context: [1], byteCount: 32))
            #expect(value != accepted.exporterValue(label: "EXPORTER-test", context: [2], byteCount: 32))
            #expect(value != accepted.exporterValue(label: "EXPORTER-other", context: [1], byteCount: 32))
        }
    }

    @Test func `two connections of the same ends export different values`() throws {
        let server = try TLSServer()
        defer { server.loop.stop() }
        let identity = try TLSIdentity.new()
        let streams = try (0..<2).map { _ in
            try #require(try server.connect(identity).outcome.takeFirst()?.get())
        }
        let values = try server.loop.run {
            streams.map { $0.exporterValue(label: "EXPORTER-test", context: [], byteCount: 32) }
        }
        #expect(values[0] != values[1])
    }

    @Test func `what is sent in one event comes together`() throws {
        let server = try TLSServer {
            let end = TLSEnd()
            end.opened = { stream in for byte in 0..<100 { stream.send([UInt8(byte)]) } }
            return end
        }
        defer { server.loop.stop() }
        let client = try server.connect(.new())
        let events = client.recorder.eventsUntilClosed(milliseconds: 500)
        #expect(events == [.connected, .received((0..<100).map { UInt8($0) })])
    }

    @Test func `closing ends with the farewell, after all data`() throws {
        let server = try TLSServer {
            let end = TLSEnd()
            end.opened = { stream in
                stream.send([UInt8](repeating: 7, count: 500_000))
                stream.close()
            }
            return end
        }
        defer { server.loop.stop() }
        let client = TLSEnd()
        client.opened = { stream in client.recorder.react = { if $0 == .peerFinished { stream.close() } } }
        let events = try server.connect(.new(), end: client).recorder.eventsUntilClosed()
        #expect(events.bytes.count == 500_000)
        #expect(events.suffix(2) == [.peerFinished, .closed(nil)])
        #expect(try #require(server.ends.takeFirst()).recorder.eventsUntilClosed().last == .closed(nil))
    }

    @Test func `an end without the farewell is an error`() throws {
        let server = try TLSServer()
        defer { server.loop.stop() }
        let client = TLSEnd()
        client.opened = { stream in stream.lower.close() }
        _ = try server.connect(.new(), end: client)
        let accepted = try #require(server.ends.takeFirst())
        #expect(accepted.recorder.eventsUntilClosed().last == .closed(.tls(.cutShort)))
    }

    @Test func `pausing in the midst of reading holds back what has come`() throws {
        let pauses = Mailbox<TLSStream>(capacity: 1000)
        let server = try TLSServer {
            let end = TLSEnd()
            end.opened = { stream in
                end.recorder.react = { event in
                    guard case .received = event else { return }
                    stream.pauseReading()
                    _ = pauses.send(stream)
                }
            }
            return end
        }
        defer { server.loop.stop() }
        let bytes = SeededGenerator(seed: 3).copyOfBytes(1_000_000)
        let client = TLSEnd()
        client.opened = { $0.send(bytes) }
        _ = try server.connect(.new(), end: client)
        let accepted = try #require(server.ends.takeFirst())
        var received: [UInt8] = []
        while received.count < bytes.count, let stream = pauses.takeFirst() {
            let events = accepted.recorder.events.takeAll(waitMilliseconds: 10) ?? []
            #expect(events.count == 1)
            received += events.bytes
            server.loop.post { stream.resumeReading() }
        }
        let isSame = received == bytes
        #expect(isSame)
    }
}

extension SeededGenerator {
    func copyOfBytes(_ count: Int) -> [UInt8] {
        var copy = self
        return copy.bytes(count)
    }
}
