import Cryptography
import Networking
import Primitives
import Testing

/// Two ends of a handshake, joined without a network.
private struct HandshakePair {
    let suite: Suite
    let keys: [SoftwareKey]
    var ends: [PeerHandshake]
    /// What each end has come to, besides what it sends.
    var outcomes: [[PeerHandshake.Effect]] = [[], []]
    /// What each end has sent.
    var sent: [[(FrameKind, [UInt8])]] = [[], []]
    /// May change what is on its way to an end.
    var meddle: (Int, FrameKind, [UInt8]) -> (FrameKind, [UInt8])? = { ($1, $2) }
    /// Which certificates an end takes for good, as keys.
    var admit: (Int, [[UInt8]]) -> Result<PeerIdentity, PeerRefusal>

    static let genesis = Suite.international.hash([1])

    init(
        _ suite: Suite, keys: [SoftwareKey]? = nil, channels: [[UInt8]] = [[1, 2], [1, 2]],
        hello: (Int, [[UInt8]]) -> PeerHello = Self.hello
    ) throws {
        let scheme: SignatureScheme = suite == .national ? .sm2 : .p256
        let keys = try keys ?? [.generate(scheme), .generate(scheme)]
        (self.suite, self.keys) = (suite, keys)
        ends = (0..<2).map { end in
            PeerHandshake(
                suite, end == 0 ? .initiator : .responder,
                hello: hello(end, suite == .national ? [keys[end].publicKey.bytes] : []),
                transportChain: [keys[1 - end].publicKey.bytes], channel: channels[end])
        }
        admit = { end, chain in
            let key = keys[1 - end].publicKey
            guard chain == [key.bytes] else { return .failure(.notAdmitted(.notOnList)) }
            return .success(PeerIdentity(number: UInt32(1 - end), key: key, name: "peer"))
        }
    }

    static func hello(_ end: Int, _ chain: [[UInt8]]) -> PeerHello {
        PeerHello(
            genesis: genesis, groups: [0, UInt32(end + 1)], role: .validator, chain: chain, software: "cairn/0.1.0")
    }

    mutating func run() {
        var waiting: [(to: Int, FrameKind, [UInt8])] = []
        for end in 0..<2 { perform(ends[end].start(), end, &waiting) }
        while !waiting.isEmpty {
            let (to, kind, bytes) = waiting.removeFirst()
            guard let (kind, bytes) = meddle(to, kind, bytes) else { continue }
            perform(ends[to].handle(.frame(kind, bytes)), to, &waiting)
        }
    }

    private mutating func perform(
        _ effects: [PeerHandshake.Effect], _ end: Int, _ waiting: inout [(to: Int, FrameKind, [UInt8])]
    ) {
        for effect in effects {
            switch effect {
            case .send(let kind, let bytes):
                sent[end].append((kind, bytes))
                waiting.append((1 - end, kind, bytes))
            case .sign(let digest):
                perform(ends[end].handle(.signed(try? keys[end].sign(digest))), end, &waiting)
            case .admit(let chain, _): perform(ends[end].handle(.judged(admit(end, chain))), end, &waiting)
            case .connected, .refused, .refusedByPeer: outcomes[end].append(effect)
            }
        }
    }

    /// The peer that an end has come to be connected with.
    func connected(_ end: Int) -> UInt32? {
        guard outcomes[end].count == 1, case .connected(let identity, _) = outcomes[end][0] else { return nil }
        return identity.number
    }
}

@Suite struct PeerHandshakeTests {
    @Test(arguments: Suite.allCases) func `both ends are connected`(_ suite: Suite) throws {
        var pair = try HandshakePair(suite)
        pair.run()
        #expect(pair.connected(0) == 1 && pair.connected(1) == 0)
        let kinds: [FrameKind] = suite == .national ? [.hello, .proof, .welcome] : [.hello, .welcome]
        #expect(pair.sent.map { $0.map(\.0) } == [kinds, kinds])
    }

    /// One end differs; the other refuses it, and it is told why.
    private func expect(_ refusal: PeerRefusal, _ pair: HandshakePair, by end: Int = 1) {
        var pair = pair
        pair.run()
        #expect(pair.outcomes[end].first == .refused(refusal))
        #expect(pair.outcomes[1 - end].contains(.refusedByPeer(refusal)) || pair.connected(1 - end) == nil)
        #expect(pair.connected(0) == nil && pair.connected(1) == nil)
        #expect(pair.sent[end].contains { $0.0 == .refusal && $0.1 == refusal.canonicalBytes })
    }

    @Test(arguments: Suite.allCases) func `another version, chain or group is refused`(_ suite: Suite) throws {
        func pair(
            version: UInt16 = 1, genesis: Digest = HandshakePair.genesis, groups: Set<UInt32> = [0]
        ) throws -> HandshakePair {
            try HandshakePair(suite) { end, chain in
                PeerHello(
                    version: end == 0 ? version : 1, genesis: end == 0 ? genesis : HandshakePair.genesis,
                    groups: end == 0 ? groups : [0], role: .observer, chain: chain, software: "s")
            }
        }
        expect(.wrongVersion(ours: 1), try pair(version: 2))
        expect(.wrongGenesis(ours: HandshakePair.genesis), try pair(genesis: .zero))
        expect(.noCommonGroup, try pair(groups: [7, 8]))
        expect(.noCommonGroup, try pair(groups: []))
    }

    @Test(arguments: Suite.allCases) func `who is not admitted is told why`(_ suite: Suite) throws {
        for reason: AdmissionRefusal in [
            .certificateMalformed, .certificateUntrusted, .certificateExpired, .certificateRevoked, .notOnList,
            .other("no reason"),
        ] {
            var pair = try HandshakePair(suite)
            let admit = pair.admit
            pair.admit = { $0 == 1 ? .failure(.notAdmitted(reason)) : admit($0, $1) }
            expect(.notAdmitted(reason), pair)
        }
    }

    @Test func `certificates belong where the suite has them`() throws {
        var pair = try HandshakePair(.international) { end, _ in HandshakePair.hello(end, [[1, 2, 3]]) }
        pair.run()
        #expect(pair.outcomes[0].first == .refused(.malformed("certificates at the wrong place")))
        pair = try HandshakePair(.national) { end, _ in HandshakePair.hello(end, []) }
        pair.run()
        #expect(pair.outcomes[0].first == .refused(.malformed("no certificate")))
    }

    // MARK: Proofs

    @Test func `a signature by another key is refused`() throws {
        let keys = try [SoftwareKey.generate(.sm2), SoftwareKey.generate(.sm2)]
        var pair = try HandshakePair(.national, keys: keys)
        let other = try SoftwareKey.generate(.sm2)
        pair.meddle = { to, kind, bytes in
            kind == .proof && to == 1 ? (kind, (try? other.sign(.zero).bytes) ?? []) : (kind, bytes)
        }
        expect(.wrongProof, pair)
    }

    /// Whoever stands between has a channel with each: signatures of one are not of the other.
    @Test func `a relayed signature is refused`() throws {
        expect(.wrongProof, try HandshakePair(.national, channels: [[1, 2], [1, 3]]))
    }

    /// Who answers with what we send has our own certificate, and our own signature.
    @Test func `a reflected signature is refused`() throws {
        let key = try SoftwareKey.generate(.sm2)
        let hello = HandshakePair.hello(0, [key.publicKey.bytes])
        var end = PeerHandshake(.national, .initiator, hello: hello, transportChain: [[1]], channel: [5])
        let reflected = end.start().compactMap { effect -> [UInt8]? in
            if case .send(_, let bytes) = effect { bytes } else { nil }
        }
        guard case .sign(let digest)? = end.handle(.frame(.hello, reflected[0])).first,
            case .send(.proof, let proof)? = end.handle(.signed(try key.sign(digest))).first,
            case .admit(let chain, _)? = end.handle(.frame(.proof, proof)).first
        else {
            Issue.record("the handshake took another course")
            return
        }
        #expect(chain == [key.publicKey.bytes])
        let identity = PeerIdentity(number: 0, key: key.publicKey, name: "we")
        #expect(end.handle(.judged(.success(identity))).last == .refused(.wrongProof))
    }

    @Test func `a replayed signature is refused`() throws {
        let keys = try [SoftwareKey.generate(.sm2), SoftwareKey.generate(.sm2)]
        var earlier = try HandshakePair(.national, keys: keys, channels: [[1], [1]])
        earlier.run()
        let proof = try #require(earlier.sent[0].first { $0.0 == .proof }).1
        var pair = try HandshakePair(.national, keys: keys, channels: [[2], [2]])
        pair.meddle = { to, kind, bytes in (kind, kind == .proof && to == 1 ? proof : bytes) }
        expect(.wrongProof, pair)
        // In its own channel it holds.
        pair = try HandshakePair(.national, keys: keys, channels: [[1], [1]])
        pair.meddle = { to, kind, bytes in (kind, kind == .proof && to == 1 ? proof : bytes) }
        pair.run()
        #expect(pair.connected(1) == 0)
    }

    @Test func `a changed hello breaks the signatures`() throws {
        var pair = try HandshakePair(.national)
        let changed = PeerHello(
            genesis: HandshakePair.genesis, groups: [0], role: .observer, chain: [pair.keys[0].publicKey.bytes],
            software: "x")
        pair.meddle = { to, kind, bytes in (kind, kind == .hello && to == 1 ? changed.canonicalBytes : bytes) }
        pair.run()
        #expect(pair.outcomes[1].first == .refused(.wrongProof))
    }

    @Test func `a proof of another scheme is refused`() throws {
        let key = try SoftwareKey.generate(.p256)
        var pair = try HandshakePair(.national, keys: [key, .generate(.sm2)])
        pair.run()
        #expect(pair.outcomes[1].first == .refused(.wrongProof))
    }

    // MARK: Hostile frames

    @Test(arguments: Suite.allCases) func `frames out of their turn end the handshake`(_ suite: Suite) throws {
        for kind in FrameKind.allCases where kind != .hello && kind != .refusal {
            var pair = try HandshakePair(suite)
            _ = pair.ends[0].start()
            let effects = pair.ends[0].handle(.frame(kind, []))
            #expect(effects.last == .refused(.malformed("a frame \(kind) out of its turn")))
            #expect(pair.ends[0].handle(.frame(.hello, [])) == [])
        }
        var pair = try HandshakePair(suite)
        pair.meddle = { to, kind, bytes in (kind == .welcome && to == 0 ? .hello : kind, bytes) }
        pair.run()
        #expect(pair.connected(0) == nil)
    }

    @Test func `two welcomes are one too many`() throws {
        var pair = try HandshakePair(.national)
        let hello = HandshakePair.hello(1, [pair.keys[1].publicKey.bytes]).canonicalBytes
        _ = pair.ends[0].handle(.frame(.hello, hello))
        #expect(pair.ends[0].handle(.frame(.welcome, [])) == [])
        #expect(pair.ends[0].handle(.frame(.welcome, [])).last == .refused(.malformed("a second welcome")))
    }

    @Test func `a refusal of any bytes ends the handshake`() throws {
        for bytes: [UInt8] in [[], [255], PeerRefusal.noCommonGroup.canonicalBytes, [3, 1, 0x1B]] {
            var pair = try HandshakePair(.international)
            let effects = pair.ends[0].handle(.frame(.refusal, bytes))
            let refusal = (try? PeerRefusal(canonicalBytes: bytes)) ?? .malformed("a refusal that can't be read")
            #expect(effects == [.refusedByPeer(refusal)])
        }
    }
}
