internal import Cryptography
internal import Ledger
package import Primitives

/// The system contract for epochs: who orders and who certifies next, by what engine.
///
/// The certifiers of the present epoch decide, each by the account of its key. A change that a quorum of them has voted
/// for ends the epoch a few decisions later (`PlannedEpoch`); until then another change may take its place. On a chain
/// with members their proposals decide instead, and only the contract for members may plan an epoch.
///
/// | method | arguments | returns |
/// |---|---|---|
/// | `change` | `EpochConfiguration` | |
/// | `plan` | `EpochConfiguration`; of the contract for members alone | |
/// | `current` | | `EpochConfiguration` |
/// | `planned` | | option of `PlannedEpoch` |
package enum Epochs: NativeContract {
    package static let address = Address.system(0x102)

    package static func execute(
        _ method: String, _ arguments: inout CanonicalDecoder, in host: inout Host
    ) throws(ContractError) -> [UInt8] {
        switch method {
        case "change":
            try change(&arguments, &host)
            return []
        case "plan" where host.block.founders != nil && host.caller == Members.address:
            try plan(&arguments, &host)
            return []
        case "current":
            try arguments.arguments { _ in }
            return try terms(host).epoch.canonicalBytes
        case "planned":
            try arguments.arguments { _ in }
            let next = try terms(host).epoch.number + 1
            var encoder = CanonicalEncoder()
            encoder.encode(try EpochStore.planned(next, host: &host))
            return encoder.bytes
        default: throw .failed("noMethod", "the contract for epochs has no method \"\(method)\"")
        }
    }

    static func terms(_ host: Host) throws(ContractError) -> EpochTerms {
        guard let terms = host.block.epoch else { throw .failed("noEpoch", "nothing is known of the epoch here") }
        return terms
    }

    private static func change(_ arguments: inout CanonicalDecoder, _ host: inout Host) throws(ContractError) {
        let terms = try terms(host)
        guard host.block.founders == nil else {
            throw .failed("byProposal", "the members decide what the next epoch is, by proposals")
        }
        // First, so that strangers can't have anything decoded or checked that is dearer than its bytes.
        guard terms.voters.contains(host.caller) else {
            throw .failed("notACertifier", "only certifiers of epoch \(terms.epoch.number) may vote for the next one")
        }
        let next = try arguments.arguments { decoder throws(CodingError) in
            try decoder.decode(EpochConfiguration.self)
        }
        try check(next, terms, &host)
        let digest = next.digest(in: host.suite)
        try EpochStore.set(EpochVote(number: next.number, digest: digest), of: host.caller, host: &host)
        try host.emit("Voted", topics: [host.caller.topic, digest], data: next.number.canonicalBytes)
        var agreeing = SignerSet()
        for (place, voter) in terms.voters.accounts.enumerated() {
            guard let voter, let vote = try EpochStore.vote(of: voter, host: &host), vote.number == next.number,
                vote.digest == digest
            else { continue }
            agreeing.insert(UInt32(place))
        }
        guard terms.epoch.certifierRule.isQuorum(agreeing) else { return }
        try plan(next, digest, terms, &host)
    }

    private static func plan(_ arguments: inout CanonicalDecoder, _ host: inout Host) throws(ContractError) {
        let terms = try terms(host)
        let next = try arguments.arguments { decoder throws(CodingError) in
            try decoder.decode(EpochConfiguration.self)
        }
        try plan(next, next.digest(in: host.suite), terms, &host)
    }

    /// Whether an epoch may follow the present one.
    static func check(
        _ next: EpochConfiguration, _ terms: EpochTerms, _ host: inout Host
    ) throws(ContractError) {
        guard next.number == terms.epoch.number + 1 else {
            throw .failed("wrongNumber", "epoch \(terms.epoch.number + 1) is next, not \(next.number)")
        }
        try host.chargeKeys(next.orderers.count + next.certifiers.count)
        do throws(GenesisError) { try next.check(in: host.suite, allowed: terms.faultModels) } catch {
            throw .failed("notAllowed", "\(error)")
        }
        guard next.engine != .solo || next.orderers.count == 1 else {
            throw .failed("notAllowed", "the engine solo is for one orderer, not for \(next.orderers.count)")
        }
        // Results come from whoever has the decisions.
        guard next.certifiers.allSatisfy(Set(next.orderers).contains) else {
            throw .failed("notAllowed", "a key certifies that does not order")
        }
    }

    /// Lets an epoch that may follow do so.
    private static func plan(
        _ next: EpochConfiguration, _ digest: Digest, _ terms: EpochTerms, _ host: inout Host
    ) throws(ContractError) {
        // The first change of an epoch fixes its end; others before that end join the same next one.
        let decision = try EpochStore.planned(next.number, host: &host)?.decision ?? terms.decision
        let planned = PlannedEpoch(configuration: next, decision: decision)
        try EpochStore.set(planned, host: &host)
        try host.emit("Planned", topics: [digest], data: planned.canonicalBytes)
    }
}
