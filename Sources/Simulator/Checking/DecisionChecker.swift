internal import Consensus
internal import Cryptography
internal import Ledger
internal import Primitives

/// What was decided, by whom, and whether that can be: knows nothing of how engines work.
struct DecisionChecker {
    private let engine: EngineKind
    private let context: Digest
    private let suite: Suite
    private let signatures: Signatures
    /// The values by decision, from 1 on.
    private(set) var history: [[UInt8]] = []
    private var ordered = CommandSet()
    /// By process, how many decisions it reported as durable.
    private var reported: [Int: UInt64] = [:]
    /// By process, up to where it has executed.
    var executed: [UInt64]
    /// How many who are honest are in any quorum.
    private let honestVotersMin: Int
    var submittedCount: UInt64 = 0
    private(set) var proofCount = 0
    var reads = ReadChecker()

    init(engine: EngineKind, context: Digest, suite: Suite, signatures: Signatures) {
        self.engine = engine
        self.context = context
        self.suite = suite
        self.signatures = signatures
        let count = signatures.keys.count
        executed = Array(repeating: 0, count: 2 * count)
        // By the definition of quorums and of faults, counted anew.
        honestVotersMin = engine.faultModel == .byzantine ? 2 * count / 3 + 1 - (count - 1) / 3 : 1
    }

    var orderedCount: Int { ordered.count }

    /// An honest process decided, after so many decisions before.
    mutating func decided(_ decision: KeptDecision, by process: Int, after count: Int) throws {
        guard decision.number == UInt64(count) + 1 else {
            throw SimulationFailure(.order, "process \(process) decided \(decision.number) after \(count)")
        }
        try checkProof(decision)
        let index = Int(decision.number) - 1
        guard index >= history.count else {
            guard history[index] == decision.value else {
                throw SimulationFailure(
                    .agreement, "decision \(decision.number) is another at process \(process) than elsewhere")
            }
            return
        }
        guard index == history.count else {
            throw SimulationFailure(.order, "decision \(decision.number) came before those before it")
        }
        try checkCommands(of: decision)
        try checkGate(of: decision)
        history.append(decision.value)
    }

    // MARK: Readers

    /// How many decisions there are.
    var decided: UInt64 { UInt64(history.count) }

    /// Whoever votes for a decision has executed those before it, but for a few: so some who are honest have.
    private func checkGate(of decision: KeptDecision) throws {
        guard decision.number > ConsensusLimits.executionLagDecisions else { return }
        let needed = decision.number - ConsensusLimits.executionLagDecisions
        guard executed.filter({ $0 >= needed }).count >= honestVotersMin else {
            throw SimulationFailure(
                .order, "\(decision.number) was decided before enough orderers had executed \(needed)")
        }
    }

    private mutating func checkCommands(of decision: KeptDecision) throws {
        guard let commands = CommandValue.commands(in: decision.value) else {
            throw SimulationFailure(.validity, "decision \(decision.number) is no value")
        }
        for command in commands {
            guard command >= 1, command <= submittedCount else {
                throw SimulationFailure(.validity, "decision \(decision.number) orders what no client asked for")
            }
            guard ordered.insert(command) else {
                throw SimulationFailure(.exactlyOnce, "command \(command) is ordered again in \(decision.number)")
            }
        }
    }

    /// A process says that its decisions up to one survive anything.
    mutating func reported(_ decision: UInt64, by process: Int) {
        reported[process] = max(reported[process] ?? 0, decision)
    }

    /// A process came back with so many decisions.
    mutating func recovered(_ count: Int, by process: Int) throws {
        executed[process] = max(executed[process], UInt64(count))
        guard UInt64(count) >= reported[process] ?? 0 else {
            throw SimulationFailure(
                .durability, "process \(process) reported \(reported[process] ?? 0) decisions and has \(count)")
        }
    }

    // MARK: Proofs

    private mutating func checkProof(_ decision: KeptDecision) throws {
        guard engine.faultModel == .byzantine else { return }
        proofCount += 1
        guard let certificate = certificate(of: decision) else {
            throw SimulationFailure(.proofs, "decision \(decision.number) has no proof, or that of another")
        }
        let digest = certificate.vote.digest(in: context, suite: suite)
        let signers = Set(certificate.signatures.map(\.orderer))
        // By the definition: more than two thirds, each once, each rightly signed.
        let checks = certificate.signatures.map {
            SignatureCheck(
                publicKey: signatures.keys[min(Int($0.orderer), signatures.keys.count - 1)], digest: digest,
                signature: $0.signature)
        }
        guard 3 * signers.count > 2 * signatures.keys.count, signers.allSatisfy({ $0 < signatures.keys.count }),
            signatures.verify(checks).allSatisfy({ $0 })
        else { throw SimulationFailure(.proofs, "the proof of decision \(decision.number) is not a quorum's") }
    }

    /// What a decision's proof stands on, if it is this decision's.
    private func certificate(of decision: KeptDecision) -> VoteCertificate? {
        guard let bytes = decision.proof else { return nil }
        let (header, block, certificate): (ConsensusHeader, Digest?, VoteCertificate)
        if engine == .pbft {
            guard let proof = try? PBFT.Proof(canonicalBytes: bytes) else { return nil }
            (header, block, certificate) = (
                proof.header, proof.decidedBlock(in: context, suite: suite), proof.certificate
            )
        } else {
            guard let proof = try? FBFT.Proof(canonicalBytes: bytes) else { return nil }
            (header, block, certificate) = (
                proof.header, proof.decidedBlock(in: context, suite: suite), proof.certificate
            )
        }
        let isOfDecision = header.decision == decision.number && header.valueHash == suite.hash(decision.value)
        return isOfDecision && block != nil ? certificate : nil
    }
}
