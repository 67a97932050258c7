import Networking
import Testing

@Suite struct MailboxTests {
    @Test func messagesComeInOrder() {
        let mailbox = Mailbox<Int>(capacity: 8)
        for number in 0..<5 { #expect(mailbox.send(number) == .accepted) }
        #expect(mailbox.takeAll(waitMilliseconds: 0) == [0, 1, 2, 3, 4])
        #expect(mailbox.takeAll(waitMilliseconds: 0) == [])
    }

    @Test func aFullMailboxRefuses() {
        let mailbox = Mailbox<Int>(capacity: 2)
        #expect(mailbox.send(1) == .accepted)
        #expect(mailbox.send(2) == .accepted)
        #expect(mailbox.send(3) == .full)
        #expect(mailbox.takeAll() == [1, 2])
        #expect(mailbox.send(4) == .accepted)
    }

    @Test func aClosedMailboxGivesWhatItHoldsAndThenNothing() {
        let mailbox = Mailbox<Int>(capacity: 2)
        _ = mailbox.send(1)
        mailbox.close()
        #expect(mailbox.send(2) == .closed)
        #expect(mailbox.takeAll() == [1])
        #expect(mailbox.takeAll() == nil)
    }

    @Test func waitingEndsWithItsTime() {
        let mailbox = Mailbox<Int>(capacity: 1)
        let clock = ContinuousClock()
        let waited = clock.measure { #expect(mailbox.takeAll(waitMilliseconds: 50) == []) }
        #expect(waited >= .milliseconds(45))
    }

    @Test func closingWakesTheTaker() throws {
        let mailbox = Mailbox<Int>(capacity: 1)
        let thread = try DedicatedThread(name: "closer") { mailbox.close() }
        #expect(mailbox.takeAll() == nil)
        thread.join()
    }

    @Test func nothingIsLostBetweenThreads() throws {
        let mailbox = Mailbox<(sender: Int, number: Int)>(capacity: 1000)
        let perSender = 50_000
        let senders = try (0..<4).map { sender in
            try DedicatedThread(name: "sender \(sender)") {
                for number in 0..<perSender {
                    while mailbox.send((sender, number)) == .full {}
                }
            }
        }
        var next = [0, 0, 0, 0]
        var count = 0
        while count < 4 * perSender, let batch = mailbox.takeAll(waitMilliseconds: 10_000), !batch.isEmpty {
            for message in batch {
                #expect(next[message.sender] == message.number)
                next[message.sender] += 1
                count += 1
            }
        }
        for sender in senders { sender.join() }
        #expect(next == [perSender, perSender, perSender, perSender])
    }
}

@Suite struct DedicatedThreadTests {
    @Test func itRunsItsBodyOnAnotherThreadWithItsStack() throws {
        let mailbox = Mailbox<Int>(capacity: 1)
        let thread = try DedicatedThread(name: "a name of more than fifteen bytes", stackBytes: 16 << 20) {
            _ = mailbox.send(sumByRecursion(100_000))
        }
        #expect(!thread.isCurrent)
        thread.join()
        #expect(mailbox.takeAll() == [5_000_050_000])
    }

    @Test func anImpossibleStackIsAnError() {
        #expect(throws: NetworkingError.self) { try DedicatedThread(name: "none", stackBytes: 1) {} }
    }
}

/// Takes about a hundred bytes of stack a level.
@inline(never)
private func sumByRecursion(_ count: Int) -> Int {
    count == 0
        ? 0
        : withUnsafeTemporaryAllocation(of: Int.self, capacity: 8) { memory in
            memory.initialize(repeating: count)
            return sumByRecursion(count - 1) + memory[count % 8]
        }
}
