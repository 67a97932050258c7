/// What a frame holds. The numbers are part of the wire's format.
package enum FrameKind: UInt8, Sendable, CaseIterable {
    // Before a peer is admitted.
    case hello = 1
    case proof = 2
    case welcome = 3
    case refusal = 4
    // Between admitted peers.
    case ping = 8
    case pong = 9
    /// The last frame: why its sender cuts the link.
    case farewell = 10
    // Messages of groups, by their class.
    case consensus = 16
    case dissemination = 17
    case bulk = 18

    /// The class of a message; nil for what the link itself says.
    package var messageClass: MessageClass? {
        switch self {
        case .consensus: .consensus
        case .dissemination: .dissemination
        case .bulk: .bulk
        case .hello, .proof, .welcome, .refusal, .ping, .pong, .farewell: nil
        }
    }

    /// Whether it belongs to the handshake, where no other may come, and which may not come later.
    var isOfHandshake: Bool {
        switch self {
        case .hello, .proof, .welcome, .refusal: true
        case .ping, .pong, .farewell, .consensus, .dissemination, .bulk: false
        }
    }

    /// The longest payload, over all its pieces, before compression.
    package var payloadBytesMax: Int {
        switch self {
        case .hello: FrameLimits.helloBytesMax
        case .proof: FrameLimits.proofBytesMax
        case .welcome: 0
        case .refusal, .farewell: FrameLimits.reasonBytesMax
        case .ping, .pong: FrameLimits.pingBytes
        case .consensus: FrameLimits.consensusBytesMax
        case .dissemination: FrameLimits.disseminationBytesMax
        case .bulk: FrameLimits.bulkBytesMax
        }
    }
}

/// How urgent a message is: the most urgent first.
package enum MessageClass: Int, Sendable, CaseIterable {
    /// What the engines say to each other: it overtakes all else, and is never lost while a link is up.
    case consensus
    /// Batches and their acknowledgements.
    case dissemination
    /// Blocks, snapshots, what those ask for who are behind.
    case bulk

    package var kind: FrameKind {
        switch self {
        case .consensus: .consensus
        case .dissemination: .dissemination
        case .bulk: .bulk
        }
    }
}
