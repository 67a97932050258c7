internal import Cryptography
internal import Networking
internal import Primitives

extension FuzzTarget {
    /// The first byte says how the rest is cut, and whether the peer is admitted.
    static let frames = FuzzTarget("frames", seeds: { seedsOfPeerFrames }) { bytes throws(FuzzFailure) in
        let (first, input) = (bytes.first ?? 0, Array(bytes.dropFirst()))
        let whole = try peerFrames([input[...]], isAdmitted: first & 1 == 0)
        let cut = try peerFrames(FuzzInput.pieces(of: input, seed: first), isAdmitted: first & 1 == 0)
        try demand(whole == cut, "frames depend on how bytes are cut: \(whole) and \(cut)")
    }

    /// What a decoder makes of the bytes of one peer.
    private static func peerFrames(
        _ pieces: [ArraySlice<UInt8>], isAdmitted: Bool
    ) throws(FuzzFailure) -> [String] {
        var decoder = FrameDecoder()
        decoder.isAdmitted = isAdmitted
        var events: [String] = []
        var (taken, plain) = (0, 0)
        for piece in pieces {
            let bytes = Array(piece)
            taken += bytes.count
            var offset = 0
            while offset < bytes.count {
                do throws(FrameError) {
                    guard let frame = try decoder.take(bytes.span, &offset) else { continue }
                    plain += frame.plainBytes
                    events.append("\(frame.kind) \(frame.group) \(frame.wireBytes) \(frame.payload ?? [1])")
                } catch { return events + ["\(error)"] }
            }
            try demand(decoder.heldBytes <= taken + plain, "\(decoder.heldBytes) bytes are held")
        }
        return events
    }

    private static var seedsOfPeerFrames: [[UInt8]] {
        let ping: [UInt8] = [8, 0, 0, 0, 8, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]
        let consensus: [UInt8] = [2, 0, 0, 0, 16, 0, 1, 0, 0, 0, 9, 9]
        let hello: [UInt8] = [3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 7]
        let announced: [UInt8] = [4, 0, 1, 0, 18, 1, 1, 0, 0, 0, 1, 0, 1, 0] + [UInt8](repeating: 7, count: 1 << 16)
        let last: [UInt8] = [1, 0, 0, 0, 18, 2, 1, 0, 0, 0, 5]
        return [[2] + ping + consensus + ping, [1] + hello, [4] + announced + consensus + last]
    }

    /// The frames of a peer that is not admitted yet, given to a handshake: each is its kind, its length, and its
    /// bytes. Who has no key is not connected.
    static let peerHandshake = FuzzTarget("peer-handshake", seeds: { seedsOfHandshakes }) { bytes throws(FuzzFailure) in
        var input = FuzzInput(bytes)
        let suite: Suite = input.byte() & 1 == 0 ? .international : .national
        let own = PeerHello(genesis: .zero, groups: [0, 1], role: .validator, chain: [], software: "fuzz")
        var handshake = PeerHandshake(suite, .responder, hello: own, transportChain: [[1]], channel: [1])
        var (isOver, isAdmitted) = (false, false)
        while !input.isEmpty {
            guard let kind = FrameKind(rawValue: input.byte() & 7) else { continue }
            var waiting = handshake.handle(.frame(kind, input.bytes(Int(input.number(byteCount: 2) % 1024))))
            try demand(!isOver || waiting.isEmpty, "a handshake that is over goes on")
            while !waiting.isEmpty {
                switch waiting.removeFirst() {
                case .send: break
                case .sign: waiting += handshake.handle(.signed(Signature(repeating: 1)))
                case .admit(let chain, _):
                    // Ours is known by TLS in one suite; nobody has a key in the other.
                    let key = PublicKey(scheme: .sm2, bytes: [2] + [UInt8](repeating: 0, count: 32))
                    guard let key, !chain.isEmpty else { continue }
                    isAdmitted = true
                    let identity = PeerIdentity(number: 1, key: key, name: "fuzz")
                    waiting += handshake.handle(.judged(.success(identity)))
                case .connected:
                    try demand(suite == .international && isAdmitted, "a peer without a key is connected")
                    isOver = true
                case .refused, .refusedByPeer: isOver = true
                }
            }
        }
    }

    private static var seedsOfHandshakes: [[UInt8]] {
        func frame(_ kind: UInt8, _ bytes: [UInt8]) -> [UInt8] {
            [kind, UInt8(bytes.count & 255), UInt8(bytes.count >> 8)] + bytes
        }
        func hello(_ chain: [[UInt8]]) -> [UInt8] {
            PeerHello(genesis: .zero, groups: [1, 5], role: .observer, chain: chain, software: "a").canonicalBytes
        }
        return [
            [0] + frame(1, hello([])) + frame(3, []),
            [1] + frame(1, hello([[1, 2, 3]])) + frame(2, [UInt8](repeating: 1, count: 64)) + frame(3, []),
            [0] + frame(4, PeerRefusal.notAdmitted(.other("no")).canonicalBytes),
        ]
    }
}
