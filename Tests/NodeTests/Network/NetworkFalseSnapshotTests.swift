import Foundation
import Ledger
import Primitives
import Replica
import SystemTestSupport
import Synchronization
import TestSupport
import Testing

@testable import cairn

extension NodeTests {
    /// A member that lies to those who join.
    @Suite struct NetworkFalseSnapshotTests {
        /// The kinds of questions that joiners ask, in the coding, and of their answers.
        private enum Kind {
            static let (handOvers, offer, manifest, chunk, tail) =
                (11, 13, 15, 17, 19) as (UInt8, UInt8, UInt8, UInt8, UInt8)
            static func answer(_ question: UInt8) -> UInt8 { question + 1 }
        }

        /// Answers as the honest have, but for one kind of question.
        private static func lie(
            about lie: UInt8, _ truths: [UInt8: ReplicaMessage]
        ) -> HostilePeer.Answer {
            let generator = Mutex(SeededGenerator(seed: 3))
            return { _, question in
                let kind = question.message.canonicalBytes[0]
                guard kind == lie else { return truths[Kind.answer(kind)].map { [$0] } ?? [] }
                return generator.withLock { answer(question.message, truths[Kind.answer(kind)], &$0) }
            }
        }

        private static func answer(
            _ question: ReplicaMessage, _ truth: ReplicaMessage?, _ generator: inout SeededGenerator
        ) -> [ReplicaMessage] {
            switch (question, truth) {
            case (.fetchOffer, .offer(let offer)):
                guard let snapshot = offer.snapshot else { return [] }
                // The certificate is true, and what it is said to be of is not.
                let manifest = Digest(copying: generator.bytes(32).span, at: 0)
                let lie = OfferedSnapshot(certificate: snapshot.certificate, manifest: manifest, oldest: 0)
                return [.offer(SnapshotOffer(loggedHeight: .max, snapshot: lie))]
            case (.fetchManifest(let height), .manifest(_, let bytes)):
                return [.manifest(height: height, bytes.dropLast() + [bytes[bytes.count - 1] ^ 1])]
            case (.fetchChunk(let height, let index), _):
                return [.chunk(height: height, index: index, generator.bytes(1000))]
            case (_, let truth?):
                // Changed so that it still is one, if that can be had.
                for _ in 0..<20 {
                    let changed = generator.mutated([truth.canonicalBytes])
                    if let lie = try? ReplicaMessage(canonicalBytes: changed), lie != truth { return [lie] }
                }
                return []
            default: return []
            }
        }

        /// Asks the honest what they have of the present epoch, as somebody would who joins.
        private static func truths(_ world: AttackWorld, _ hostile: HostilePeer) async throws -> [UInt8: ReplicaMessage]
        {
            let epoch = try await world.network.report(0).epoch
            var truths: [UInt8: ReplicaMessage] = [:]
            func ask(_ question: ReplicaMessage, _ isTrue: (ReplicaMessage) -> Bool = { _ in true }) async throws {
                let kind = Kind.answer(question.canonicalBytes[0])
                try await world.network.waitUntil("the honest answer with \(kind)") {
                    hostile.send(question, epoch: epoch, to: [0])
                    try await Task.sleep(for: .milliseconds(200))
                    let last = hostile.last(of: kind, from: 0)
                    truths[kind] = last.flatMap { try? EpochMessage(canonicalBytes: $0).message }
                    return truths[kind].map(isTrue) ?? false
                }
            }
            var height: UInt64 = 0
            try await ask(.fetchOffer) { answer in
                guard case .offer(let offer) = answer, let snapshot = offer.snapshot else { return false }
                height = snapshot.height
                return snapshot.certificate.statement.epoch == epoch
            }
            try await ask(.fetchManifest(height: height))
            try await ask(.fetchHandOvers(from: 0))
            try await ask(.fetchTail(from: height))
            return truths
        }

        /// The newcomer's list of nodes begins with the attacker's, so that it is the first to be asked.
        private static func putFirst(_ name: String, _ place: NodePlace) throws {
            var configuration = try place.configuration()
            guard var nodes = configuration.network?.nodes,
                let index = nodes.firstIndex(where: { $0.name == name })
            else { throw ChildProcess.Failure("\(place.name) knows no \(name)") }
            nodes.insert(nodes.remove(at: index), at: 0)
            configuration.network?.nodes = nodes
            try Data(configuration.json.prettyText.utf8).write(to: URL(filePath: place.configurationFile))
        }

        /// The first to come makes an epoch end, and so a snapshot. Those that come after it are given that by the honest,
        /// and each is lied to about something else by the attacker, whom it asks first. What was said in an epoch before
        /// is said again after it.
        @Test(.timeLimit(.minutes(10))) func whoJoinsIsLiedTo() async throws {
            let world = try await AttackWorld(seed: 55)
            let network = world.network
            try await network.load([0, 1, 2]) { try? await network.add("echo") }
            let attacker = try world.place(3).name
            try await world.begin(try world.disguise(as: 3))
            let hostile = try #require(world.hostile)
            let newcomers: [(name: String, lie: UInt8)] = [
                ("foxtrot", Kind.manifest), ("golf", Kind.chunk), ("hotel", Kind.offer), ("india", Kind.handOvers),
            ]
            for (name, lie) in newcomers {
                try await network.load([0, 1]) { try? await Task.sleep(for: .milliseconds(300)) }
                hostile.answer(Self.lie(about: lie, try await Self.truths(world, hostile)))
                let before = hostile.answerCounts[lie] ?? 0
                // Without clients: the honest would have cut a later state meanwhile, of which the attacker knows nothing.
                try await network.add(name) { try Self.putFirst(attacker, $0) }
                let (log, count) = (network.log(network.nodes.count - 1), (hostile.answerCounts[lie] ?? 0) - before)
                print("network attack: lies to who joins, kind \(lie): \(count)")
                #expect(count > 0, "\(name) has not asked")
                #expect(log.contains("joined: the state after block"), "\(name): \(log)")
                // Whom most others contradict in an offer need not be known for a liar, and who forgets a hand-over is none.
                guard lie == Kind.manifest || lie == Kind.chunk else { continue }
                #expect(log.contains("\(attacker) of delta gives what nobody honest gives"), "\(name): \(log)")
            }
            try await world.forgive()
            let old = hostile.received.compactMap { received in
                (try? EpochMessage(canonicalBytes: received.bytes)).map { ($0.epoch, received.bytes) }
            }.filter { $0.0 < 2 }.map(\.1)
            #expect(!old.isEmpty)
            try await world.attack("votes of an epoch that is over") { ended in
                await hostile.flood([0, 1, 2], until: ended) { old[$0 % old.count] }
            }
            try await world.finish(starting: 3)
        }
    }
}
