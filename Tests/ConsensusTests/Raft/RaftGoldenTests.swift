import Consensus
import Cryptography
import Primitives
import TestSupport
import Testing

/// The hashes of fixed values of everything that Raft sends or keeps. A line that has to change is a change of format.
@Suite struct RaftGoldenTests {
    private static let entry = Raft.Entry(term: 3, decision: 7, value: [1, 2, 3])
    private static let place = Raft.Place(index: 9, term: 3, decision: 7)
    private static let request = Raft.VoteRequest(
        term: 4, isPrevote: true, isTransfer: false, lastIndex: 9, lastTerm: 3)
    private static let append = Raft.Append(
        term: 4, round: 5, previousIndex: 9, previousTerm: 3, committed: 8, entries: [entry, entry])
    private static let messages: [Raft.Message] = [
        .voteRequest(request), .voteReply(term: 4, isPrevote: false, isGranted: true), .append(append),
        .appendReply(term: 4, round: 3, isAccepted: true, index: 11), .behind(term: 4, place), .timeoutNow(term: 4),
    ]
    private static let record = Raft.Record(term: 4, vote: 2, base: place, previous: 9, entries: [entry])

    private static let formats: [(name: String, hash: String, bytes: [UInt8])] = [
        ("Raft.Entry", "0x6571070e56ac96b357c325eae37c027562ac3b79dace4980800a9fc29f177c4e", entry.canonicalBytes),
        ("Raft.Place", "0xe0ac327b796ca234478fefcaa6a4e33ed91bca8fb1118bf6295144ef5880607f", place.canonicalBytes),
        (
            "Raft.VoteRequest", "0xe3e3fd06cf146775da9bef567919db6cdab4166ae086d9b73647d0d70ae88666",
            request.canonicalBytes
        ),
        ("Raft.Append", "0xad8b62077901ea661f4b3a4103b7c82f71a595f27d6ab127ba91dc8d5c93a8a0", append.canonicalBytes),
        (
            "Raft.Message", "0xf58737284abc551fabe20804457454c13a502784c7496eadc300cee6be51b0bc",
            messages.flatMap(\.canonicalBytes)
        ),
        ("Raft.Record", "0xcb1c93b5fb2f451fb632c4e3b3df23fa27835893e6d86a88e104400abfa87007", record.canonicalBytes),
    ]

    @Test func `formats stay`() {
        for (name, hash, bytes) in Self.formats {
            #expect(Suite.international.hash(bytes).bytes.hexadecimal == hash, "\(name)")
        }
    }

    @Test func `everything comes back as it went`() throws {
        for message in Self.messages { #expect(try Raft.Message(canonicalBytes: message.canonicalBytes) == message) }
        #expect(try Raft.Record(canonicalBytes: Self.record.canonicalBytes) == Self.record)
    }

    @Test func `no bytes trap the decoders`() {
        var generator = SeededGenerator(seed: 4)
        let samples = Self.messages.map(\.canonicalBytes) + [Self.record.canonicalBytes]
        for _ in 0..<20_000 {
            var bytes = samples[Int.random(in: 0..<samples.count, using: &generator)]
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            bytes.removeLast(Int.random(in: 0...2, using: &generator))
            if let message = try? Raft.Message(canonicalBytes: bytes) { #expect(message.canonicalBytes == bytes) }
            if let record = try? Raft.Record(canonicalBytes: bytes) { #expect(record.canonicalBytes == bytes) }
        }
    }
}
