import Consensus
import Cryptography
import Dissemination
import Foundation
import Ledger
import Networking
import Node
import Primitives
import Replica
import SystemTestSupport
import TestSupport
import Testing

@testable import Networking
@testable import cairn

extension NodeTests {
    /// Attacks on a live network of four by one of its members: its node's place is taken by an attacker who has its
    /// certificate, its keys and its address. The other three go on, within their memory.
    ///
    /// `CAIRN_ATTACK_SECONDS` says how long each lasts: in CI under a second, in long runs as long as you like.
    @Suite struct NetworkAttackTests {
        // MARK: Beneath the messages

        /// What breaks the rules of frames is done by a channel of its own, and costs the member its connection.
        @Test(.timeLimit(.minutes(10))) func anAdmittedPeerBreaksTheFrames() async throws {
            let world = try await AttackWorld(seed: 53)
            let disguise = try world.disguise(as: 3)
            let ports = try (0..<3).map { try world.peerPort($0) }
            try await Self.refusedHellos(world, disguise, ports[0])
            try await world.attack("frames that never end") { ended in
                try await AttackWorld.onThread {
                    var amount = AttackAmount()
                    let channels = try ports.map { try Self.logIn(disguise, $0) }
                    let start = AttackChannel.unfinishedAnnouncement(
                        .bulk, group: disguise.group, byteCount: UInt32(FrameLimits.bulkBytesMax))
                    for channel in channels where try channel.send(start) { amount.add(start.count) }
                    while !ended.isSet {
                        for channel in channels where try channel.send([0]) { amount.add(1) }
                        usleep(50_000)
                    }
                    return amount
                }
            }
            try await world.attack("questions whose answers are not read") { ended in
                try await AttackWorld.onThread {
                    var amount = AttackAmount()
                    let channels = try ports.map { try Self.logIn(disguise, $0) }
                    while !ended.isSet {
                        for channel in channels {
                            let questions: [ReplicaMessage] = [.fetchBlocks(from: 1), .fetchDecisions(from: 1)]
                            for question in questions {
                                let bytes = EpochMessage(epoch: 0, message: question).canonicalBytes
                                let frames = OutgoingMessage.frames(.consensus, group: disguise.group, bytes)
                                if try channel.send(frames) { amount.add(frames.count) }
                            }
                        }
                        usleep(200)
                    }
                    return amount
                }
            }
            let group = disguise.group
            let broken: [(what: String, bytes: [UInt8])] = [
                (
                    "a frame of four gigabytes",
                    AttackChannel.frame(FrameKind.consensus.rawValue, group: group, bodyBytes: .max, [])
                ),
                (
                    "a message longer than its class allows",
                    AttackChannel.announcement(
                        .consensus, group: group, byteCount: UInt32(FrameLimits.consensusBytesMax) + 1,
                        [UInt8](repeating: 1, count: FrameLimits.pieceBytes))
                ),
                (
                    "garbage in place of compressed bytes",
                    AttackChannel.announcement(
                        .bulk, group: group, byteCount: 60_000, isCompressed: true, [UInt8](repeating: 7, count: 999))
                ),
            ]
            for (number, (what, bytes)) in broken.enumerated() {
                try await world.attack("\(what), again and again") { ended in
                    try await AttackWorld.onThread {
                        var amount = AttackAmount()
                        let channel = try Self.logIn(disguise, ports[number])
                        try channel.send(bytes)
                        amount.add(bytes.count)
                        #expect(channel.socket.isEnded(seconds: 5), "\(what) is borne")
                        while !ended.isSet {
                            guard let again = AttackSocket(to: ports[number], from: "127.0.0.1") else { continue }
                            let channel = try AttackChannel(again, disguise.identity)
                            guard (try? channel.shakeHands()) == true else { continue }
                            #expect((try? channel.logIn(disguise.hello)) != .welcome, "\(what) is forgotten")
                            amount.count += 1
                            usleep(10_000)
                        }
                        return amount
                    }
                }
            }
            try await world.finish(starting: 3)
        }

        private static func logIn(_ disguise: HostilePeer.Disguise, _ port: UInt16) throws -> AttackChannel {
            guard let socket = AttackSocket(to: port, from: "127.0.0.1") else {
                throw ChildProcess.Failure("the port does not answer")
            }
            let channel = try AttackChannel(socket, disguise.identity)
            guard try channel.shakeHands() else { throw ChildProcess.Failure("the attacker's TLS is not taken") }
            let answer = try channel.logIn(disguise.hello)
            guard answer == .welcome else { throw ChildProcess.Failure("the attacker is not let in: \(answer as Any)") }
            return channel
        }

        private static func refusedHellos(
            _ world: AttackWorld, _ disguise: HostilePeer.Disguise, _ port: UInt16
        ) async throws {
            let genesis = disguise.genesis.digest
            let hellos = [
                HostilePeer.Disguise.hello(.zero, [disguise.group]),
                HostilePeer.Disguise.hello(genesis, [disguise.group + 1]), HostilePeer.Disguise.hello(genesis, []),
            ]
            try await world.attack("hellos for other chains and groups") { ended in
                try await AttackWorld.onThread {
                    var amount = AttackAmount()
                    while !ended.isSet {
                        guard let socket = AttackSocket(to: port, from: "127.0.0.1") else { continue }
                        let channel = try AttackChannel(socket, disguise.identity)
                        guard try channel.shakeHands() else { continue }
                        #expect(try channel.logIn(hellos[amount.count % hellos.count]) != .welcome)
                        amount.count += 1
                    }
                    return amount
                }
            }
        }

        // MARK: By messages

        @Test(.timeLimit(.minutes(10))) func anAdmittedPeerSendsWhatItLikes() async throws {
            let world = try await AttackWorld(seed: 54)
            try await world.network.load([0, 1, 2, 3]) { try? await Task.sleep(for: .milliseconds(300)) }
            try await world.begin(try world.disguise(as: 3))
            let hostile = try #require(world.hostile)
            let all: [UInt32] = [0, 1, 2]
            try await world.attack("a member that says nothing") { ended in
                while !ended.isSet { try? await Task.sleep(for: .milliseconds(10)) }
                let heard = hostile.received
                return AttackAmount(count: heard.count, byteCount: heard.reduce(0) { $0 + $1.bytes.count })
            }
            // What kinds it has heard: votes, batches and results, which are sent again below.
            #expect(Set(hostile.received.map(\.kind)).isSuperset(of: [0, 1, 2]))
            try await Self.uselessRequests(world, hostile, all)
            try await Self.replay(world, hostile, all)
            try await world.forgive()
            try await world.attack("long messages that nobody asked for") { ended in
                let manifest = [UInt8](repeating: 1, count: ReplicaLimits.snapshotManifestByteCountMax)
                let message = EpochMessage(epoch: 0, message: .manifest(height: 1, manifest)).canonicalBytes
                return await hostile.flood(all, .bulk, together: 1, until: ended) { _ in message }
            }
            try await world.forgive()
            try await Self.garbageBatches(world, hostile, all)
            try await world.forgive()
            // Each of these is cut off for it: so each has another victim.
            try await world.attack("garbage of all kinds and classes") { ended in
                await Self.burst(hostile, to: 0, until: ended) { number in
                    var generator = SeededGenerator(seed: UInt64(number))
                    let kind = UInt8(number % 24)
                    return UInt64(0).canonicalBytes + [kind]
                        + generator.bytes(Int.random(in: 0...200, using: &generator))
                }
            }
            try await world.attack("messages for a group that is not carried") { ended in
                let heard = hostile.received.map(\.bytes)
                return await hostile.flood([1], group: 77, until: ended) { heard[$0 % heard.count] }
            }
            try await world.attack("others' messages, changed and cut short") { ended in
                let heard = hostile.received.map(\.bytes).filter { $0.count < 4096 }
                return await Self.burst(hostile, to: 2, until: ended) { number in
                    var generator = SeededGenerator(seed: UInt64(number))
                    return generator.mutated(heard)
                }
            }
            let cuts = hostile.cuts
            for victim: UInt32 in [0, 1, 2] { #expect(cuts[victim, default: 0] > 0, "node \(victim) bears it all") }
            // The longest that its class allows, of a kind that is an engine's, and so to be decoded.
            try await world.forgive()
            try await world.attack("the longest messages there are, of garbage") { ended in
                let message = UInt64(0).canonicalBytes + [UInt8](repeating: 0, count: FrameLimits.bulkBytesMax - 8)
                return await hostile.flood(all, .bulk, together: 1, until: ended) { _ in message }
            }
            try await world.finish(starting: 3)
        }

        /// Gives a node as much at once as may be decided on before it knows what its peer is.
        private static func burst(
            _ hostile: HostilePeer, to node: UInt32, until ended: EndFlag, _ make: @Sendable (Int) -> [UInt8]
        ) async -> AttackAmount {
            var amount = AttackAmount()
            var next = 0
            while !ended.isSet {
                for messageClass in MessageClass.allCases {
                    for _ in 0..<100 {
                        let bytes = make(next)
                        next += 1
                        if hostile.send(bytes, messageClass, to: [node]) == 1 { amount.add(bytes.count) }
                    }
                }
                try? await Task.sleep(for: .milliseconds(5))
            }
            return amount
        }

        private static func uselessRequests(
            _ world: AttackWorld, _ hostile: HostilePeer, _ all: [UInt32]
        ) async throws {
            try await world.attack("questions for what may not be there") { ended in
                await hostile.flood(all, until: ended) { number in
                    var generator = SeededGenerator(seed: UInt64(number))
                    let height = generator.next() >> UInt64.random(in: 0...63, using: &generator)
                    let message: ReplicaMessage =
                        switch number % 7 {
                        case 0: .fetchDecisions(from: height)
                        case 1: .fetchBlocks(from: height)
                        case 2: .fetchHandOvers(from: height)
                        case 3: .fetchOffer
                        case 4: .fetchManifest(height: height)
                        case 5: .fetchChunk(height: height, index: UInt32(truncatingIfNeeded: height))
                        default: .fetchTail(from: height)
                        }
                    return EpochMessage(epoch: number % 3 == 0 ? height : 0, message: message).canonicalBytes
                }
            }
        }

        /// What others have said is said again: to those who said it, to others, and much later.
        private static func replay(_ world: AttackWorld, _ hostile: HostilePeer, _ all: [UInt32]) async throws {
            let heard = hostile.received.map(\.bytes)
            try await world.attack("votes and all else that was heard, said again") { ended in
                await hostile.flood(all, until: ended) { heard[$0 % heard.count] }
            }
        }

        /// Batches of its own, rightly signed, whose transactions are none: as many lanes as there may be, each batch as
        /// long as it may be.
        private static func garbageBatches(
            _ world: AttackWorld, _ hostile: HostilePeer, _ all: [UInt32]
        ) async throws {
            let disguise = hostile.disguise
            let suite = disguise.genesis.suite
            let contexts =
                hostile.received.compactMap { received -> Digest? in
                    guard let message = try? EpochMessage(canonicalBytes: received.bytes),
                        case .dissemination(let bytes) = message.message,
                        case .batch(let batch)? = try? DisseminationMessage(canonicalBytes: bytes)
                    else { return nil }
                    return batch.header.context
                }
            let context = try #require(contexts.first)
            let owner = try #require(disguise.genesis.epoch.orderers.firstIndex(of: disguise.key.publicKey))
            let length = DisseminationLimits.batchByteCountMax / 40
            try await world.attack("batches of garbage in lanes of its own") { ended in
                await hostile.flood(all, together: 1, until: ended) { number in
                    var generator = SeededGenerator(seed: UInt64(number))
                    let transactions = (0..<40).map { _ in
                        generator.bytes(8) + [UInt8](repeating: UInt8(number & 255), count: length - 8)
                    }
                    let header = BatchHeader(
                        context: context,
                        lane: LaneIdentifier(owner: UInt32(owner), incarnation: UInt64(number) + 1000),
                        position: 1, parent: .zero, transactionCount: 40, byteCount: UInt64(40 * length), gas: 1000,
                        payload: Batch.payload(of: transactions, in: suite))
                    guard let signature = try? disguise.key.sign(header.digest(in: suite)) else { return [] }
                    let batch = Batch(header: header, signature: signature, link: .first, transactions: transactions)
                    let message = DisseminationMessage.batch(batch).canonicalBytes
                    return EpochMessage(epoch: 0, message: .dissemination(message)).canonicalBytes
                }
            }
        }
    }
}
