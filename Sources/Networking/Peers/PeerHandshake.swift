package import Cryptography
package import Primitives

/// The handshake of two nodes inside their channel, as one of them sees it: a state machine without a socket or clock.
///
/// ```
/// hello ─▶        ◀─ hello         who one is; checked at once
/// proof ─▶        ◀─ proof         the national suite's signatures; the other suite goes without
/// welcome ─▶      ◀─ welcome       the other end is admitted; who has sent and got it is connected
/// refusal ─▶                       instead of any of these: why, and the end
/// ```
package struct PeerHandshake {
    package enum Input: Sendable {
        /// A frame of the other end's.
        case frame(FrameKind, [UInt8])
        /// The signature that was asked for; nil if the key could not be used.
        case signed(Signature?)
        /// The answer to `admit`.
        case judged(Result<PeerIdentity, PeerRefusal>)
    }

    package enum Effect: Hashable, Sendable {
        case send(FrameKind, [UInt8])
        case sign(Digest)
        /// Is whoever shows these certificates to be let in? Of the effects of an input it is the last.
        case admit(chain: [[UInt8]], PeerProof)
        /// Both ends have let each other in.
        case connected(PeerIdentity, PeerHello)
        /// We refuse the other end, after having told it.
        case refused(PeerRefusal)
        /// The other end refuses us.
        case refusedByPeer(PeerRefusal)
    }

    private enum State {
        case awaitsHello
        /// The national suite: the other end's signature is due.
        case awaitsProof(PeerHello)
        /// Whether it is let in is being decided.
        case isJudged(PeerHello, PeerProof)
        /// It is let in by us.
        case admitted(PeerIdentity, PeerHello)
        case ended
    }

    private let suite: Suite
    private let side: PeerSide
    private let hello: PeerHello
    private let helloBytes: [UInt8]
    /// What TLS has shown of the other end.
    private let transportChain: [[UInt8]]
    /// What only the two ends of the channel know.
    private let channel: [UInt8]
    private var peerHelloBytes: [UInt8] = []
    private var state = State.awaitsHello
    private var isWelcome = false

    package init(
        _ suite: Suite, _ side: PeerSide, hello: PeerHello, transportChain: [[UInt8]], channel: [UInt8]
    ) {
        self.suite = suite
        self.side = side
        self.hello = hello
        self.transportChain = transportChain
        self.channel = channel
        helloBytes = hello.canonicalBytes
    }

    package func start() -> [Effect] { [.send(.hello, helloBytes)] }

    package mutating func handle(_ input: Input) -> [Effect] {
        switch (state, input) {
        case (.ended, _): return []
        case (_, .frame(.refusal, let bytes)): return refusedByPeer(bytes)
        case (.awaitsHello, .frame(.hello, let bytes)): return take(hello: bytes)
        case (.awaitsProof(let peer), .frame(.proof, let bytes)): return take(proof: bytes, peer)
        case (_, .signed(let signature?)): return [.send(.proof, signature.bytes)]
        case (_, .signed(nil)): return refuse(.notAdmitted(.other("the node can't use its own key")))
        case (.isJudged(let peer, let proof), .judged(let judgement)): return take(judgement, peer, proof)
        case (.isJudged, .frame(.welcome, _)), (.awaitsProof, .frame(.welcome, _)):
            // The other end may be through with us before we are with it, but says so once only.
            guard !isWelcome else { return refuse(.malformed("a second welcome")) }
            isWelcome = true
            return []
        case (.admitted(let identity, let peer), .frame(.welcome, _)):
            guard !isWelcome else { return refuse(.malformed("a second welcome")) }
            state = .ended
            return [.connected(identity, peer)]
        case (_, .frame(let kind, _)): return refuse(.malformed("a frame \(kind) out of its turn"))
        case (_, .judged): return []
        }
    }

    /// Ends the handshake from our side.
    package mutating func refuse(_ refusal: PeerRefusal) -> [Effect] {
        state = .ended
        return [.send(.refusal, refusal.canonicalBytes), .refused(refusal)]
    }

    // MARK: - Frames

    private mutating func take(hello bytes: [UInt8]) -> [Effect] {
        guard let version = PeerHello.version(in: bytes) else { return refuse(.malformed("no hello")) }
        guard version == hello.version else { return refuse(.wrongVersion(ours: hello.version)) }
        guard let peer = try? PeerHello(canonicalBytes: bytes) else { return refuse(.malformed("no hello")) }
        guard peer.genesis == hello.genesis else { return refuse(.wrongGenesis(ours: hello.genesis)) }
        guard !Set(peer.groups).isDisjoint(with: hello.groups) else { return refuse(.noCommonGroup) }
        peerHelloBytes = bytes
        switch suite {
        case .international:
            guard peer.chain.isEmpty, !transportChain.isEmpty else {
                return refuse(.malformed("certificates at the wrong place"))
            }
            state = .isJudged(peer, .transport)
            return [.admit(chain: transportChain, .transport)]
        case .national:
            guard !peer.chain.isEmpty else { return refuse(.malformed("no certificate")) }
            state = .awaitsProof(peer)
            return [.sign(digest(signer: side))]
        }
    }

    private mutating func take(proof bytes: [UInt8], _ peer: PeerHello) -> [Effect] {
        guard bytes.count == Signature.byteCount else { return refuse(.malformed("no signature")) }
        let proof = PeerProof.signature(Signature(copying: bytes.span, at: 0), of: digest(signer: side.other))
        state = .isJudged(peer, proof)
        return [.admit(chain: peer.chain, proof)]
    }

    private func digest(signer: PeerSide) -> Digest {
        let isInitiator = side == .initiator
        return PeerProof.digest(
            suite, channel: channel, signer: signer, initiator: isInitiator ? helloBytes : peerHelloBytes,
            responder: isInitiator ? peerHelloBytes : helloBytes)
    }

    private mutating func take(
        _ judgement: Result<PeerIdentity, PeerRefusal>, _ peer: PeerHello, _ proof: PeerProof
    ) -> [Effect] {
        switch judgement {
        case .failure(let refusal): return refuse(refusal)
        case .success(let identity):
            if case .signature(let signature, let digest) = proof {
                let check = SignatureCheck(publicKey: identity.key, digest: digest, signature: signature)
                guard identity.key.scheme == .sm2, check.isValid else { return refuse(.wrongProof) }
            }
            state = isWelcome ? .ended : .admitted(identity, peer)
            return [.send(.welcome, [])] + (isWelcome ? [.connected(identity, peer)] : [])
        }
    }

    private mutating func refusedByPeer(_ bytes: [UInt8]) -> [Effect] {
        state = .ended
        let refusal = (try? PeerRefusal(canonicalBytes: bytes)) ?? .malformed("a refusal that can't be read")
        return [.refusedByPeer(refusal)]
    }
}
