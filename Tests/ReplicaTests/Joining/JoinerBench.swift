import Cryptography
import Ledger
import Primitives
import Storage
import TestSupport
import Testing

@testable import Replica

/// A joiner that is told what happens step by step.
final class JoinerBench {
    let chain: JoiningChain
    private(set) var joiner: Joiner
    let node: JoinedNode
    var disk: JoiningDisk
    private(set) var now: UInt64 = 1
    /// What it asked last, by peer.
    private(set) var asked: [UInt32: [ReplicaMessage]] = [:]
    private(set) var readEpochs: [UInt64] = []
    private(set) var refusals: [UInt32: JoinerFault] = [:]
    static let peerCount = 2

    init(
        _ chain: JoiningChain, invitation: Invitation?,
        provenByteCountMax: Int = ReplicaLimits.provenHandOversByteCountMax
    ) {
        self.chain = chain
        guard let store = try? MemoryKeyValueStore() else { preconditionFailure("memory is there") }
        node = JoinedNode(chain: chain, disk: MemoryDisk(), store: store)
        disk = node.joiningDisk()
        joiner = Joiner(
            JoinerStart(
                genesis: chain.genesis, invitation: invitation, nodeCount: Self.peerCount + 1,
                own: UInt32(Self.peerCount), provenByteCountMax: provenByteCountMax))
        give(.tick)
    }

    /// Gives something to the joiner, and whatever it has verified or written.
    @discardableResult func give(_ input: JoinerInput) -> [JoinerEffect] {
        var effects: [JoinerEffect] = []
        joiner.handle(input, at: Instant(nanoseconds: now * 1_000_000), into: &effects)
        var all = effects
        for effect in effects {
            switch effect {
            case .send(let peer, let bytes):
                guard let message = try? EpochMessage(canonicalBytes: bytes).message else { continue }
                asked[peer, default: []].append(message)
            case .verify(let token, let checks): all += give(.verified(token, SerialVerifier().verify(checks)))
            case .refused(let peer, let fault): refusals[peer] = fault
            case .readEpoch(_, let number): readEpochs.append(number)
            default: break
            }
            if let answer = try? disk.perform(effect) { all += give(answer) }
        }
        return all
    }

    /// What a peer was asked so far needs no further answer.
    func forget(_ peer: UInt32) { asked[peer]?.removeAll { if case .fetchManifest = $0 { false } else { true } } }

    func pass(milliseconds: UInt64) -> [JoinerEffect] {
        now += milliseconds
        return give(.tick)
    }

    @discardableResult func answer(_ message: ReplicaMessage, by peer: UInt32) -> [JoinerEffect] {
        give(.message(from: peer, EpochMessage(epoch: 0, message: message).canonicalBytes))
    }

    /// Has peers answer honestly what they were asked, but for questions that a test answers itself.
    func goOn(except isOther: (ReplicaMessage) -> Bool = { _ in false }) -> [JoinerEffect] {
        var all: [JoinerEffect] = []
        var isBusy = true
        while isBusy {
            isBusy = false
            for peer in 0..<UInt32(Self.peerCount) {
                let questions = asked[peer] ?? []
                asked[peer] = questions.filter(isOther)
                for question in questions where !isOther(question) {
                    isBusy = true
                    guard let answer = try? chain.answer(question) else { continue }
                    all += self.answer(answer, by: peer)
                }
            }
        }
        return all
    }

    /// To the end; nil if that is no state.
    func run() -> JoinedState? {
        for _ in 0..<500 {
            for case .ended(let outcome) in goOn() + pass(milliseconds: 200) {
                guard case .restored(let state) = outcome else { return nil }
                return state
            }
        }
        return nil
    }

    /// Until it asks something.
    func run(until isWanted: (ReplicaMessage) -> Bool) throws -> (peer: UInt32, question: ReplicaMessage) {
        for _ in 0..<300 {
            _ = goOn(except: isWanted)
            for peer in 0..<UInt32(Self.peerCount) {
                if let question = asked[peer]?.first(where: isWanted) { return (peer, question) }
            }
            _ = pass(milliseconds: 200)
        }
        throw SimulationFailure("it does not ask")
    }

    func failure(in effects: [JoinerEffect]) -> JoinerFailure? {
        for case .ended(.failed(let failure)) in effects { return failure }
        return nil
    }
}
