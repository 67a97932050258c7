import Cryptography
import Primitives
import TestSupport
import Testing

@testable import Ledger

/// Which members a chain may have, and how they are coded.
@Suite struct MembershipTests {
    /// Made once, as each signature of P-256 is another.
    private static let root = Result { try certificate(isAuthority: true) }
    private static let holder = Result { try certificate(isAuthority: false) }

    private static func certificate(isAuthority: Bool) throws -> [UInt8] {
        let (key, time) = (try key(200, .p256), Timestamp(milliseconds: 1_700_000_000_000))
        let root = try CertificateAuthority.root(
            organisation: "acme", commonName: "acme root", days: 100, key: key, at: time)
        guard !isAuthority else { return root.certificate.bytes }
        let request = try CertificateRequest(
            organisation: "acme", commonName: "node", role: .node, key: try Self.key(201, .p256))
        return try root.issue(request, CertificateGrant(commonName: "node", use: .holder(.node), days: 9), at: time)
            .bytes
    }

    private static func key(_ number: UInt8, _ scheme: SignatureScheme = .ed25519) throws -> SoftwareKey {
        try SoftwareKey(scheme: scheme, seed: [UInt8](repeating: number, count: 32))
    }

    private func name(_ text: String) throws -> MemberName { try #require(MemberName(text)) }

    private func node(_ number: UInt8, _ role: NodeRole = .validator) throws -> MemberNode {
        MemberNode(
            name: try name("node-\(number)"), role: role, consensusKey: try Self.key(number).publicKey,
            certificateKey: try Self.key(number, .p256).publicKey, addresses: [])
    }

    private func organisation(_ text: String, _ number: UInt8, _ nodes: [MemberNode]) throws -> Organisation {
        // The certificates of different organisations differ, and so must their bytes.
        Organisation(
            name: try name(text), authorities: [try Self.root.get()], administrators: [.system(UInt16(number))],
            nodes: nodes)
    }

    private func two() throws -> Membership {
        var other = try organisation("bank", 2, [node(2)])
        other.authorities = [try Self.certificate(isAuthority: true)]
        return Membership(rule: .majority, organisations: [other, try organisation("acme", 1, [node(1)])])
    }

    private func refusal(_ change: (inout Membership) throws -> Void) throws -> MembershipError? {
        var membership = try two()
        try change(&membership)
        do throws(MembershipError) { try membership.check(in: .international) } catch { return error }
        return nil
    }

    private func changing(
        _ text: String, _ change: (inout Organisation) throws -> Void
    ) throws -> MembershipError? {
        try refusal { membership in
            var organisation = try #require(membership.organisation(try name(text)))
            try change(&organisation)
            membership.put(organisation)
        }
    }

    @Test func `members that fit together are taken`() throws {
        let membership = try two()
        #expect(try refusal { _ in } == nil)
        #expect(membership.organisations.map(\.name.description) == ["acme", "bank"])
        #expect(try membership.validatorKeys == [Self.key(1).publicKey, Self.key(2).publicKey])
        #expect(try Membership(canonicalBytes: membership.canonicalBytes) == membership)
    }

    @Test func `what two organisations can't both have is refused`() throws {
        let one = try node(1)
        #expect(try changing("bank") { $0.nodes.append(one) } == .repeatedKey(one.consensusKey))
        let same = MemberNode(
            name: try name("other"), role: .observer, consensusKey: try Self.key(9).publicKey,
            certificateKey: one.certificateKey, addresses: [])
        #expect(try changing("bank") { $0.nodes.append(same) } == .repeatedKey(one.certificateKey))
        #expect(try changing("bank") { $0.administrators = [.system(1)] } == .repeatedAdministrator(.system(1)))
        let root = try Self.root.get()
        #expect(try changing("bank") { $0.authorities = [root] } == .repeatedAuthority(try name("bank")))
        #expect(
            try refusal { $0 = Membership(rule: .all, organisations: $0.organisations + [$0.organisations[0]]) }
                == .organisationExists(try name("acme")))
    }

    @Test func `what an organisation lacks or has too much of is refused`() throws {
        let acme = try name("acme")
        #expect(try changing("acme") { $0.administrators = [] } == .noAdministrator(acme))
        #expect(try changing("acme") { $0.authorities = [] } == .noAuthority(acme))
        #expect(try changing("acme") { $0.nodes = [] } == nil)
        #expect(
            try refusal { membership in
                for organisation in membership.organisations {
                    var organisation = organisation
                    organisation.nodes = []
                    membership.put(organisation)
                }
            } == .noValidator)
        #expect(try refusal { $0 = Membership(rule: .all, organisations: []) } == .noOrganisation)
        let many = (0...UInt16(MemberLimits.administratorsMax)).map { Address.system(100 + $0) }
        #expect(
            try changing("acme") { $0.administrators = many }
                == .tooMany("administrators of one organisation", maximum: 16))
        let nodes = try (10...UInt8(10 + MemberLimits.organisationNodesMax)).map { try node($0, .observer) }
        #expect(
            try changing("acme") { $0.nodes += nodes } == .tooMany("nodes of one organisation", maximum: 64))
        #expect(try changing("acme") { $0.nodes.append(try node(1)) } == .nodeExists(try name("node-1"), of: acme))
    }

    @Test func `a rule must be one that can be met`() throws {
        #expect(try refusal { $0.rule = .number(3) } == .ruleTooHigh(.number(3), organisations: 2))
        for rule: VotingRule in [.majority, .twoThirds, .all, .number(1), .number(2)] {
            #expect(try refusal { $0.rule = rule } == nil)
        }
    }

    @Test func `keys and certificates are such as the chain can use`() throws {
        let acme = try name("acme")
        for bytes in [[], [1, 2, 3], try Self.holder.get(), [UInt8](repeating: 48, count: 5_000)] {
            let refused = try changing("acme") { $0.authorities = [bytes] }
            guard case .authorityNotTaken(acme, let why) = refused else {
                Issue.record("\(bytes.count) bytes: \(String(describing: refused))")
                continue
            }
            #expect(!why.isEmpty)
        }
        func replaced(_ consensus: PublicKey, _ certificate: PublicKey) throws -> MembershipError? {
            let node = MemberNode(
                name: try name("node-1"), role: .validator, consensusKey: consensus, certificateKey: certificate,
                addresses: [])
            return try changing("acme") { $0.nodes = [node] }
        }
        let (good, certified) = (try Self.key(1).publicKey, try Self.key(1, .p256).publicKey)
        let sm2 = try Self.key(1, .sm2).publicKey
        #expect(try replaced(sm2, certified) == .schemeNotOfSuite(.sm2, suite: .international))
        #expect(try replaced(good, try Self.key(3).publicKey) == .schemeNotOfSuite(.ed25519, suite: .international))
        let bad = try #require(PublicKey(scheme: .ed25519, bytes: [UInt8](repeating: 2, count: 32)))
        #expect(try replaced(bad, certified) == .invalidKey(bad))
        var membership = try two()
        #expect(throws: MembershipError.self) { try membership.check(in: .national) }
        membership.rule = .all
        #expect(throws: Never.self) { try membership.check(in: .international) }
    }

    @Test func `how many organisations a rule asks for`() {
        let needed = (1...7).map { count in
            [VotingRule.majority, .twoThirds, .all, .number(2)].map { $0.needed(of: count) }
        }
        #expect(
            needed == [
                [1, 1, 1, 2], [2, 2, 2, 2], [2, 2, 3, 2], [3, 3, 4, 2], [3, 4, 5, 2], [4, 4, 6, 2], [4, 5, 7, 2],
            ])
        for text in ["majority", "two-thirds", "all", "1", "12"] { #expect(VotingRule(text)?.description == text) }
        for text in ["", "0", "01", "+1", "-1", "half", "4294967296"] { #expect(VotingRule(text) == nil) }
    }

    @Test func `names and addresses`() {
        for text in ["a", "acme", "node-1", "a2", String(repeating: "x", count: 32)] {
            #expect(MemberName(text)?.description == text)
        }
        for text in ["", "1a", "-a", "a-", "Acme", "a_b", "a.b", "é", "\u{212A}", String(repeating: "x", count: 33)] {
            #expect(MemberName(text) == nil, "\(text)")
        }
        for text in ["a:1", "node-1.acme.example:7000", "192.0.2.7:65535", "[2001:db8::7]:1", "[::ffff:1.2.3.4]:9"] {
            #expect(NodeAddress(text)?.description == text)
        }
        for text in [
            "", ":1", "a", "a:", "a:0", "a:01", "a:65536", "a:+1", "A:1", "-a:1", "a-:1", ".a:1", "a b:1", "[]:1",
            "[a]:1", "[::1:1", "::1:1", "[::G]:1", "\(String(repeating: "a", count: 129)):1",
        ] { #expect(NodeAddress(text) == nil, "\(text)") }
        for (left, right) in [("a", "b"), ("a", "a0"), ("a-b", "a0")] {
            guard let left = MemberName(left), let right = MemberName(right) else { continue }
            #expect(left < right && !(right < left))
        }
    }
}

// MARK: - As bytes, and in a genesis

extension MembershipTests {
    @Test func `hostile bytes are refused or coded as they were`() throws {
        var generator = SeededGenerator(seed: 5)
        var samples = Samples(seed: 6)
        let seeds = (0..<20).map { _ in samples.membership().canonicalBytes }
        var (taken, refused) = (0, 0)
        for _ in 0..<20_000 {
            let bytes = generator.mutated(seeds)
            if let membership = try? Membership(canonicalBytes: bytes) {
                #expect(membership.canonicalBytes == bytes)
                taken += 1
            } else {
                refused += 1
            }
        }
        #expect(taken > 100 && refused > 1000, "\(taken) \(refused)")
    }

    private func genesis(
        _ members: Membership?, executionVersion: UInt32 = 3, validators: [PublicKey]? = nil
    ) throws -> Genesis {
        let keys = try validators ?? [Self.key(2).publicKey, Self.key(1).publicKey]
        return Genesis(
            name: "test", suite: .international, group: 1, time: Timestamp(milliseconds: 1), faultModels: [.crash],
            epoch: EpochConfiguration(
                number: 0, engine: .raft, verification: .all, orderers: keys, certifiers: keys),
            executionVersion: executionVersion, limits: ChainLimits(), members: members)
    }

    private func refusal(of genesis: Genesis) -> GenesisError? {
        do throws(GenesisError) { try genesis.check() } catch { return error }
        return nil
    }

    @Test func `a genesis with members is of version 3, and one without of version 2`() throws {
        let (with, without) = (try genesis(two()), try genesis(nil))
        #expect(refusal(of: with) == nil && refusal(of: without) == nil)
        #expect(with.canonicalBytes.prefix(2) == [3, 0] && without.canonicalBytes.prefix(2) == [2, 0])
        #expect(try Genesis(canonicalBytes: with.canonicalBytes) == with)
        #expect(try Genesis(canonicalBytes: without.canonicalBytes) == without)
        #expect(try Genesis(canonicalBytes: without.canonicalBytes).members == nil)
        #expect(
            with.canonicalBytes == [3, 0] + without.canonicalBytes.dropFirst(2) + (with.members?.canonicalBytes ?? []))
        for version in [0, 1, 4] as [UInt8] {
            #expect(throws: CodingError.self) {
                try Genesis(canonicalBytes: [version, 0] + with.canonicalBytes.dropFirst(2))
            }
        }
        // One can't pass for the other.
        #expect(throws: CodingError.self) { try Genesis(canonicalBytes: [2, 0] + with.canonicalBytes.dropFirst(2)) }
        #expect(throws: CodingError.self) {
            try Genesis(canonicalBytes: [3, 0] + without.canonicalBytes.dropFirst(2))
        }
    }

    @Test func `a genesis agrees with its members`() throws {
        let (one, two, other) = (try Self.key(1).publicKey, try Self.key(2).publicKey, try Self.key(3).publicKey)
        for keys in [[one], [one, two, other], [one, other]] {
            #expect(try refusal(of: genesis(self.two(), validators: keys)) == .validatorsAreNotTheMembers)
        }
        #expect(
            try refusal(of: genesis(self.two(), executionVersion: 2)) == .executionVersionWithoutMembers(2))
        var members = try self.two()
        members.rule = .number(9)
        let refused = try genesis(members)
        #expect(refusal(of: refused) == .members(.ruleTooHigh(.number(9), organisations: 2)))
        #expect(throws: CodingError.self) { try Genesis(canonicalBytes: refused.canonicalBytes) }
    }
}
