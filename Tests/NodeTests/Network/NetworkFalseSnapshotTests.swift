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
        /// Makes what others have told into what is wrong somewhere.
        private static func lies(_ truths: [UInt8: [ReplicaMessage]]) -> HostilePeer.Answer {
            let turn = Mutex(SeededGenerator(seed: 3))
            return { _, question in
                turn.withLock { generator in
                    func changed(_ bytes: [UInt8]) -> [UInt8] { bytes.isEmpty ? [] : generator.mutated([bytes]) }
                    switch question.message {
                    case .fetchOffer:
                        guard case .offer(let offer)? = truths[14]?.last, let snapshot = offer.snapshot else {
                            return []
                        }
                        // The certificate is true, and what it is said to be of is not.
                        let lie = OfferedSnapshot(
                            certificate: snapshot.certificate,
                            manifest: Digest(copying: generator.bytes(32).span, at: 0),
                            oldest: 0)
                        return [.offer(SnapshotOffer(loggedHeight: .max, snapshot: lie))]
                    case .fetchManifest(let height):
                        guard case .manifest(_, let bytes)? = truths[16]?.last else { return [] }
                        return [.manifest(height: height, changed(bytes))]
                    case .fetchChunk(let height, let index):
                        return [.chunk(height: height, index: index, generator.bytes(1000))]
                    case .fetchHandOvers, .fetchTail, .fetchBlocks:
                        let kind: UInt8 =
                            switch question.message {
                            case .fetchHandOvers: 12
                            case .fetchTail: 20
                            default: 10
                            }
                        guard let truth = truths[kind]?.last else { return [] }
                        // Changed so that it still is one, if that can be had.
                        for _ in 0..<20 {
                            if let lie = try? ReplicaMessage(canonicalBytes: changed(truth.canonicalBytes)) {
                                return [lie]
                            }
                        }
                        return []
                    default: return []
                    }
                }
            }
        }

        /// Asks the honest what they have, as somebody would who joins.
        private static func truths(_ world: AttackWorld, _ hostile: HostilePeer) async throws -> [UInt8:
            [ReplicaMessage]]
        {
            var truths: [UInt8: [ReplicaMessage]] = [:]
            func ask(_ question: ReplicaMessage, _ kind: UInt8) async throws {
                hostile.send(question, epoch: 1, to: [0])
                try await world.network.waitUntil("the honest answer with \(kind)") {
                    let answers = hostile.received.filter { $0.kind == kind && $0.from == 0 }
                    truths[kind] = answers.compactMap { try? EpochMessage(canonicalBytes: $0.bytes).message }
                    return truths[kind]?.isEmpty == false
                }
            }
            try await ask(.fetchOffer, 14)
            guard case .offer(let offer)? = truths[14]?.last, let snapshot = offer.snapshot else {
                throw ChildProcess.Failure("the honest have no snapshot")
            }
            try await ask(.fetchManifest(height: snapshot.height), 16)
            try await ask(.fetchHandOvers(from: 0), 12)
            try await ask(.fetchTail(from: snapshot.height), 20)
            try await ask(.fetchBlocks(from: 1), 10)
            return truths
        }

        /// The first to come makes an epoch end, and so a snapshot; the second is given that by the honest, and lies by
        /// the attacker. What was said in an epoch before is said again after it.
        @Test(.timeLimit(.minutes(10))) func whoJoinsIsLiedTo() async throws {
            let world = try await AttackWorld(seed: 55)
            let network = world.network
            try await network.load([0, 1, 2]) { try? await network.add("echo") }
            try await world.begin(try world.disguise(as: 3))
            let hostile = try #require(world.hostile)
            try await network.load([0, 1]) { try? await Task.sleep(for: .milliseconds(300)) }
            hostile.answer(Self.lies(try await Self.truths(world, hostile)))
            let failure = Mutex<String?>(nil)
            try await network.load([0, 1, 2]) {
                do { try await network.add("foxtrot") } catch { failure.withLock { $0 = "\(error)" } }
            }
            #expect(failure.withLock { $0 } == nil)
            #expect(network.log(5).contains("joined: the state after block"))
            let (answers, log) = (hostile.answerCounts, network.log(5))
            print("network attack: lies to who joins, by kind of the question: \(answers.sorted { $0.key < $1.key })")
            #expect(answers.values.reduce(0, +) > 0)
            #expect(log.contains("false") || log.contains("refused") || log.contains("cut"), "\(log)")
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
