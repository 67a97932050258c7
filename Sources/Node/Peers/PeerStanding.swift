internal import Cryptography
internal import Ledger
internal import Networking
internal import Primitives
internal import Synchronization

/// Whom a node knows and by what it judges them: said by the chain's state and its operator, looked at by the thread that
/// talks with peers.
final class PeerStanding: Sendable {
    private struct State {
        var roster: PeerRoster
        var credentials: PeerCredentials
        var judge: PeerJudge
        /// Of certificates that were found good, when they end.
        var ends: [UInt32: Timestamp] = [:]
    }

    private let suite: Suite
    private let state: Mutex<State>

    init(_ roster: PeerRoster, _ credentials: PeerCredentials, suite: Suite) throws(CertificateError) {
        self.suite = suite
        state = Mutex(
            State(
                roster: roster, credentials: credentials,
                judge: try PeerJudge(roster, credentials, suite: suite)))
    }

    var roster: PeerRoster { state.withLock { $0.roster } }

    func update(_ roster: PeerRoster) throws(CertificateError) {
        try state.withLock { state throws(CertificateError) in
            state.judge = try PeerJudge(roster, state.credentials, suite: suite)
            state.roster = roster
        }
    }

    func update(_ credentials: PeerCredentials) throws(CertificateError) {
        try state.withLock { state throws(CertificateError) in
            state.judge = try PeerJudge(state.roster, credentials, suite: suite)
            state.credentials = credentials
        }
    }

    func node(_ number: UInt32) -> ListedNode? {
        state.withLock { Int(number) < $0.roster.nodes.count ? $0.roster.nodes[Int(number)] : nil }
    }

    func name(of number: UInt32) -> String {
        node(number).map { "\($0.name) of \($0.organisation)" } ?? "node \(number)"
    }

    func judge(_ chain: [[UInt8]], at time: Timestamp) -> Result<PeerJudge.Admitted, NotAdmitted> {
        // A copy: nobody waits for signatures to be checked.
        let verdict = state.withLock { $0.judge }.judge(chain, at: time)
        if case .success(let admitted) = verdict { state.withLock { $0.ends[admitted.number] = admitted.notAfter } }
        return verdict
    }

    var certificateEndsByNode: [(number: UInt32, end: Timestamp)] {
        // Its own is not judged by itself otherwise.
        _ = certificateEnds
        return state.withLock { $0.ends }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// With whom connections are to be kept.
    var wanted: [WantedPeer] {
        let roster = roster
        return roster.present.filter { $0 != roster.own }.sorted().map {
            WantedPeer(number: $0, addresses: roster.nodes[Int($0)].addresses)
        }
    }

    /// When its own certificate, or an authority's above it, ends; nil if it is none that counts.
    var certificateEnds: Timestamp? {
        let chain = state.withLock { $0.credentials.chain }
        return try? judge(chain, at: SystemClock.now.wall).get().notAfter
    }
}
