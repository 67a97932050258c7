internal import Cryptography
internal import Primitives

/// Blocks above the last decision, and the last few decided ones for those who lack them.
struct HeldBlocks: Sendable {
    enum Verdict: Sendable {
        case unknown
        case asked
        case valid
        case invalid
    }

    struct Held: Sendable {
        let block: ConsensusBlock
        let header: ConsensusHeader
        let identity: Digest
        var verdict = Verdict.unknown
        /// Whether a record holds it.
        var isRecorded = false
    }

    private let context: Digest
    private let suite: Suite
    private let openMax: Int
    private(set) var open: [Held] = []
    /// Of the open ones, in their order: looked through often.
    private var identities: [Digest] = []
    private var recent: [Held] = []

    init(context: Digest, suite: Suite, openMax: Int) {
        self.context = context
        self.suite = suite
        self.openMax = openMax
    }

    subscript(identity: Digest) -> Held? { identities.firstIndex(of: identity).map { open[$0] } }

    func holds(_ identity: Digest) -> Bool { identities.contains(identity) }

    func parent(of identity: Digest) -> Digest? { identities.firstIndex(of: identity).map { open[$0].block.parent } }

    /// Among the decided ones too.
    func block(_ identity: Digest) -> ConsensusBlock? {
        (self[identity] ?? recent.first { $0.identity == identity })?.block
    }

    func identify(_ block: ConsensusBlock) -> (header: ConsensusHeader, identity: Digest) {
        let header = block.header(in: suite)
        return (header, header.identity(in: context, suite: suite))
    }

    /// Takes a block in. If there are too many, the lowest that nothing needs goes.
    mutating func insert(_ block: ConsensusBlock, _ header: ConsensusHeader, _ identity: Digest, needed: [Digest]) {
        guard !holds(identity) else { return }
        if open.count >= openMax {
            guard let place = identities.firstIndex(where: { !needed.contains($0) }) else { return }
            open.remove(at: place)
            identities.remove(at: place)
        }
        let place = open.firstIndex { $0.block.decision > block.decision } ?? open.endIndex
        open.insert(Held(block: block, header: header, identity: identity), at: place)
        identities.insert(identity, at: place)
    }

    mutating func update(_ identity: Digest, _ body: (inout Held) -> Void) {
        if let place = identities.firstIndex(of: identity) { body(&open[place]) }
    }

    /// What was valid may be no more, and the other way: with time, and with what the node learns.
    mutating func forgetVerdicts() {
        for place in open.indices where open[place].verdict != .asked { open[place].verdict = .unknown }
    }

    /// Lets go of what is decided, or can't be any more.
    mutating func close(upTo decision: UInt64, keeping identity: Digest) {
        if let held = self[identity] {
            if recent.count == ConsensusLimits.recentBlocksMax { recent.removeFirst() }
            recent.append(held)
        }
        open.removeAll { $0.block.decision <= decision }
        identities = open.map(\.identity)
    }
}

/// A block that a certificate names and that is not here.
struct WantedBlock: Sendable {
    let decision: UInt64
    let block: Digest
    /// Who has signed for it; never empty.
    let holders: [UInt32]
    var requestCount = 0
    /// When the next one is asked: earlier timers, of blocks that have come, are passed over.
    var timer: EngineToken?
}
