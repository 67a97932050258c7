import Cryptography
import Ledger
import Primitives
import Replica
import Testing

@testable import Node

extension NodeTests {
    /// Whom a node talks with, as its chain's members come and go.
    @Suite struct PeerRosterTests {
        struct Keys {
            let consensus, certificate: PublicKey

            init() throws {
                consensus = try SoftwareKey.generate(.ed25519).publicKey
                certificate = try SoftwareKey.generate(.p256).publicKey
            }
        }

        private static let names = ["alpha", "bravo", "charlie", "delta"]
        private static let start = Instant(nanoseconds: 1_000_000_000)
        private let keys: [Keys]

        init() throws { keys = try (0..<5).map { _ in try Keys() } }

        private func listed(_ number: Int) -> ListedNode {
            ListedNode(
                name: "node-1.\(number)", organisation: Self.names[number], addresses: [],
                keys: [keys[number].consensus], certificateKey: keys[number].certificate)
        }

        private func organisation(_ text: String, _ keys: Keys) throws -> Organisation {
            let (name, node) = (try #require(MemberName(text)), try #require(MemberName("node-1")))
            return Organisation(
                name: name, authorities: [], administrators: [],
                nodes: [
                    MemberNode(
                        name: node, role: .validator, consensusKey: keys.consensus,
                        certificateKey: keys.certificate, addresses: [try #require(NodeAddress("192.0.2.7:7000"))])
                ])
        }

        private func membership(_ numbers: [Int]) throws -> Membership {
            Membership(
                rule: .majority, organisations: try numbers.map { try organisation(Self.names[$0], keys[$0]) })
        }

        /// Of the first node, whose configuration names the first three, of whom the genesis names the first two.
        private func roster() -> PeerRoster {
            PeerRoster(
                (0..<3).map(listed), own: 0, founding: Set([keys[0], keys[1]].map(\.certificate)), authorities: [])
        }

        private static func later(_ milliseconds: UInt64) -> Instant { start.advanced(byMilliseconds: milliseconds) }

        @Test func thoseOfTheConfigurationArePresentAtFirst() { #expect(roster().present == [0, 1, 2]) }

        @Test func whoIsVotedInGetsANumberAndIsReached() throws {
            var roster = roster()
            let isNew = roster.update(try membership([0, 1, 3]), by: [], at: Self.start)
            #expect(isNew)
            #expect(roster.present == [0, 1, 2, 3] && roster.nodes[3].certificateKey == keys[3].certificate)
            #expect(roster.nodes[3].addresses.map(\.description) == ["192.0.2.7:7000"])
            #expect(roster.directory.node(of: keys[3].consensus) == 3)
            #expect(roster.directory.node(of: keys[0].consensus) == 0)
            let isNewAgain = roster.update(try membership([0, 1, 3]), by: [], at: Self.start)
            #expect(!isNewAgain, "nothing is new")
        }

        @Test func whoIsVotedOutIsToldSoAndThenLetGoOf() throws {
            var roster = roster()
            _ = roster.update(try membership([0, 1, 3]), by: [], at: Self.start)
            // As long as it orders or certifies it is needed.
            _ = roster.update(try membership([0, 3]), by: [keys[1].consensus], at: Self.start)
            let isGoneEarly = roster.expire(at: Self.later(10 * NodeLimits.leaverMilliseconds))
            #expect(!isGoneEarly)
            let left = Self.later(10 * NodeLimits.leaverMilliseconds)
            _ = roster.update(try membership([0, 3]), by: [], at: left)
            let isGoneSoon = roster.expire(at: left.advanced(byMilliseconds: NodeLimits.leaverMilliseconds - 1))
            #expect(!isGoneSoon)
            #expect(roster.present.contains(1))
            let isGone = roster.expire(at: left.advanced(byMilliseconds: NodeLimits.leaverMilliseconds))
            #expect(isGone)
            // The genesis does not name the third one: the state may be too old to know it.
            #expect(roster.present == [0, 2, 3])
            let isBack = roster.update(try membership([0, 1, 3]), by: [], at: left)
            #expect(isBack, "it may come back")
            #expect(roster.present == [0, 1, 2, 3])
        }

        @Test func aNewCertificatesKeyIsAnotherNumber() throws {
            var roster = roster()
            _ = roster.update(try membership([0, 1]), by: [], at: Self.start)
            let renewed = try organisation("bravo", keys[1].with(keys[4].certificate))
            var members = try membership([0])
            members.put(renewed)
            let isAnother = roster.update(members, by: [keys[1].consensus], at: Self.start)
            #expect(isAnother)
            #expect(roster.directory.node(of: keys[1].consensus) == 3, "it is reached by its new certificate")
            #expect(roster.nodes[3].certificateKey == keys[4].certificate && roster.present.contains(3))
        }

        @Test func ourOwnNewCertificateChangesNothingForUs() throws {
            var roster = roster()
            var members = try membership([1])
            members.put(try organisation("alpha", keys[0].with(keys[4].certificate)))
            _ = roster.update(members, by: [], at: Self.start)
            #expect(roster.own == 0 && roster.nodes[0].certificateKey == keys[4].certificate)
            #expect(roster.directory.node(of: keys[0].consensus) == 0 && roster.nodes.count == 3)
        }
    }
}

extension NodeTests.PeerRosterTests.Keys {
    fileprivate init(consensus: PublicKey, certificate: PublicKey) {
        (self.consensus, self.certificate) = (consensus, certificate)
    }

    fileprivate func with(_ certificate: PublicKey) -> Self { Self(consensus: consensus, certificate: certificate) }
}
