import Glibc
import Networking
import Testing

@Suite struct EventLoopTests {
    @Test func postedWorkRunsInOrderOnTheLoopsThread() throws {
        let loop = try EventLoop(name: "test")
        defer { loop.stop() }
        let mailbox = Mailbox<(Int, Bool)>(capacity: 10_000)
        for number in 0..<10_000 { loop.post { _ = mailbox.send((number, loop.isCurrent)) } }
        try loop.run {}
        let taken = try #require(mailbox.takeAll(waitMilliseconds: 0))
        #expect(taken.map(\.0) == Array(0..<10_000))
        #expect(taken.allSatisfy { $0.1 })
        #expect(!loop.isCurrent)
    }

    @Test func runGivesBackValuesAndErrors() throws {
        let loop = try EventLoop(name: "test")
        defer { loop.stop() }
        #expect(try loop.run { 7 } == 7)
        #expect(try loop.run { () throws(NetworkingError) in try loop.run { 8 } } == 8)
        #expect(throws: NetworkingError.connectionReset) {
            try loop.run { () throws(NetworkingError) in throw .connectionReset }
        }
    }

    @Test func timersRunInTheirOrderUnlessCancelled() throws {
        let loop = try EventLoop(name: "test")
        defer { loop.stop() }
        let mailbox = Mailbox<Int>(capacity: 100)
        try loop.run {
            loop.schedule(afterMilliseconds: 60) { _ = mailbox.send(3) }
            loop.schedule(afterMilliseconds: 5) { _ = mailbox.send(1) }
            loop.schedule(afterMilliseconds: 20) { _ = mailbox.send(2) }.cancel()
        }
        var taken: [Int] = []
        while taken.count < 2, let more = mailbox.takeAll(waitMilliseconds: 5_000), !more.isEmpty { taken += more }
        #expect(taken == [1, 3])
    }

    @Test func aRepeatingTimerRunsUntilCancelled() throws {
        let loop = try EventLoop(name: "test")
        defer { loop.stop() }
        let mailbox = Mailbox<Int>(capacity: 100)
        try loop.run {
            var count = 0
            var timer: Timer?
            timer = loop.schedule(everyMilliseconds: 2) {
                count += 1
                _ = mailbox.send(count)
                if count == 3 { timer?.cancel() }
            }
        }
        var taken: [Int] = []
        while taken.count < 3, let more = mailbox.takeAll(waitMilliseconds: 5_000), !more.isEmpty { taken += more }
        #expect(mailbox.takeAll(waitMilliseconds: 30) == [])
        #expect(taken == [1, 2, 3])
    }

    @Test func stoppingEndsEverything() throws {
        let loop = try EventLoop(name: "test")
        try loop.run { () throws(NetworkingError) in
            _ = loop.schedule(everyMilliseconds: 1_000_000) {}
            _ = try TCPListener(on: loop, address: SocketAddress(host: "127.0.0.1", port: 0)) { _ in nil }
        }
        loop.stop()
        loop.stop()
        #expect(!loop.post {})
        #expect(throws: NetworkingError.loopStopped) { try loop.run {} }
    }

    @Test func signalsAreTold() throws {
        let loop = try EventLoop(name: "test")
        defer { loop.stop() }
        let mailbox = Mailbox<Int32>(capacity: 10)
        try loop.watchForTermination { _ = mailbox.send($0) }
        kill(getpid(), SIGTERM)
        #expect(mailbox.takeAll(waitMilliseconds: 5_000) == [SIGTERM])
        kill(getpid(), SIGINT)
        #expect(mailbox.takeAll(waitMilliseconds: 5_000) == [SIGINT])
    }
}
