/// The limits of the event loop and of the byte streams on it.
package enum NetworkingLimits {
    /// How much work may wait to be run on a loop before `post` refuses more.
    package static let postedWorkMax = 1 << 20
    /// The largest piece that one read takes from a socket, in bytes.
    package static let readBytesMax = 64 << 10
    /// The largest piece that waits in one write, in bytes; progress is noticed once a piece.
    package static let writeBytesMax = 256 << 10
    /// How many accepted connections may wait in the kernel.
    package static let listenBacklog: Int32 = 511
    /// How much capacity an empty output buffer keeps, in bytes.
    package static let outputCapacityKept = 64 << 10
    /// The longest name of a thread that the system keeps, in bytes.
    package static let threadNameBytesMax = 15
}

/// The limits of tables of rates.
package enum RateLimits {
    /// The most clients whose rates are remembered, by default.
    package static let clientsMax = 4096
    /// How often a full table is looked through for those who can be forgotten.
    static let sweepMilliseconds: UInt64 = 100
}

/// The limits of TLS.
package enum TLSLimits {
    /// The longest chain of certificates, and the longest certificate.
    package static let chainCertificatesMax = 6
    package static let certificateBytesMax = 8 << 10
    /// How many bytes of certificates OpenSSL takes from the other end.
    package static let chainBytesMax = 32 << 10
    /// What the other end may send before the handshake is done: its certificates, and some of the rest.
    package static let handshakeBytesMax = 64 << 10
    /// What the other end may send without any data in it: changes of keys, and tickets that nobody asked for.
    package static let bytesWithoutDataMax = 256 << 10
    /// The most data of a record (RFC 8446, section 5.1).
    package static let recordBytesMax = 16 << 10
    /// How much data is read together.
    package static let readBytesMax = 64 << 10
    /// From so many waiting bytes on they are encrypted at once, and not at the end of the event: four full records.
    package static let encryptedTogetherBytes = 4 * recordBytesMax
    /// The longest name in a certificate of our own making (X.520's bound of a common name).
    package static let certificateNameBytesMax = 64
}

/// The limits of frames.
package enum FrameLimits {
    /// The most bytes of a piece: what a more urgent frame waits for at most, half a millisecond on a line of 1 Gbit/s.
    package static let pieceBytes = 64 << 10
    /// What is taken from a peer before it is admitted: a hello with certificates, and a signature.
    package static let helloBytesMax = 16 << 10
    package static let proofBytesMax = 256
    /// The longest reason of a refusal or a farewell.
    package static let reasonBytesMax = 512
    package static let pingBytes = 8
    /// The longest messages of each class. A decision's value with certificates, a batch, a block with its receipts.
    package static let consensusBytesMax = 16 << 20
    package static let disseminationBytesMax = 16 << 20
    package static let bulkBytesMax = 128 << 20
    /// From how many bytes on bulk is compressed, and which part of a piece that must save at least (a sixteenth).
    package static let compressedBytesMin = 1 << 10
    package static let compressionGainMin = 16
    package static let compressionLevel: Int32 = 1
    /// How many pieces of consensus are sent before one that is less urgent has its turn.
    package static let urgentPiecesInTurnMax = 64
    /// How many pieces of dissemination are sent for each of bulk.
    package static let disseminationPiecesInTurn = 4
}

/// The limits of the connections between nodes.
package enum PeerLimits {
    /// What a hello may name.
    package static let groupsMax = 1024
    package static let chainCertificatesMax = 4
    package static let certificateBytesMax = 2 << 10
    package static let softwareBytesMax = 64
    /// The longest free text of a refusal or a farewell.
    package static let reasonTextBytesMax = 256
    /// How much of what waits goes out together; what is more urgent waits for no more than that and the system's part.
    package static let highWaterBytes = 128 << 10
    package static let unsentBytesMax: Int32 = 128 << 10
    /// How much may wait for a peer: consensus, where more cuts the link, dissemination and bulk, whose senders wait.
    package static let waitingConsensusBytesMax = 64 << 20
    package static let waitingDisseminationBytesMax = 64 << 20
    package static let waitingBulkBytesMax = 160 << 20
    /// How many answers to pings wait for a peer that does not read.
    package static let waitingControlBytesMax = 4 << 10
    /// How many addresses of a peer are tried, and how many peers are called at the same time.
    package static let addressesMax = 8
    package static let dialsUnderWayMax = 16
    /// After how long a connection has held, so that the next failure counts as a first one.
    package static let heldMillisecondsMin: UInt64 = 5_000
    /// With how many points of faults a peer is cut off, for how long at first and at most, and after how long a cut is
    /// forgiven.
    package static let pointsMax = 100
    package static let cutOffMilliseconds: UInt64 = 30_000
    package static let cutOffMillisecondsMax: UInt64 = 3_600_000
    package static let cutForgivenMilliseconds: UInt64 = 3_600_000
    /// Of how many peers faults are remembered.
    package static let scoresMax = 4096
}
