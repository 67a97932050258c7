import Contracts
import Cryptography
import Ledger
import Primitives

/// Organisations whose keys and certificates are sound, for chains of the international suite.
enum TestMembers {
    static func name(_ text: String) -> MemberName {
        guard let name = MemberName(text) else { preconditionFailure("\(text) is no name") }
        return name
    }

    /// The account of an administrator. Those of a number differ from those of any other.
    static func administrator(_ number: Int) -> Address { TestBlocks.address(UInt8(number)) }

    static func node(_ text: String, key number: Int, _ role: NodeRole = .validator) -> MemberNode {
        MemberNode(
            name: name(text), role: role, consensusKey: keys[number].consensus,
            certificateKey: keys[number].certificate,
            addresses: [])
    }

    static let keys: [(consensus: PublicKey, certificate: PublicKey)] = (0..<24).map { number in
        (key(.ed25519, 10 + number), key(.p256, 10 + number))
    }

    private static func key(_ scheme: SignatureScheme, _ number: Int) -> PublicKey {
        guard let key = try? SoftwareKey(scheme: scheme, seed: [UInt8](repeating: UInt8(number), count: 32)) else {
            preconditionFailure("the seed makes a key")
        }
        return key.publicKey
    }

    /// The certificates of roots, each once; they differ from run to run.
    static let roots: [[UInt8]] = (0..<12).map { number in
        let root = try? CertificateAuthority.root(
            organisation: "root-\(number)", commonName: "root", days: 100,
            key: SoftwareKey(scheme: .p256, seed: [UInt8](repeating: UInt8(100 + number), count: 32)),
            at: Timestamp(milliseconds: 1_700_000_000_000))
        guard let root else { preconditionFailure("the key makes a root") }
        return root.certificate.bytes
    }

    static func organisation(
        _ text: String, root: Int, administrators: [Int], nodes: [MemberNode]
    ) -> Organisation {
        Organisation(
            name: name(text), authorities: [roots[root]], administrators: administrators.map(administrator),
            nodes: nodes)
    }

    /// Organisations a, b, c ... with the administrators 1, 2, 3 ... and a validator each.
    static func membership(_ count: Int, rule: VotingRule = .majority) -> Membership {
        Membership(
            rule: rule,
            organisations: (0..<count).map { number in
                let text = String(UnicodeScalar(UInt8(ascii: "a") + UInt8(number)))
                return organisation(
                    text, root: number, administrators: [number + 1], nodes: [node("node", key: number)])
            })
    }
}

/// Blocks on a chain with members, whose organisations propose and vote.
struct MemberBlocks {
    var blocks = TestBlocks([Epochs.self, Members.self])

    init(_ membership: Membership, engine: EngineKind = .pbft) {
        blocks.founders = FoundingMembers(membership)
        let keys = membership.validatorKeys
        let epoch = EpochConfiguration(
            number: 0, engine: engine, verification: .all, orderers: keys, certifiers: keys)
        blocks.epoch = EpochTerms(
            epoch: epoch, voters: EpochVoters(of: epoch, in: TestBlocks.suite), decision: 10,
            faultModels: [.none, .crash, .byzantine])
    }

    static let lifetime: UInt64 = 60_000
    static let gasLimit: UInt64 = 200_000_000

    mutating func propose(
        _ actions: [GovernanceAction], by number: Int, lifetime: UInt64 = lifetime, note: String = ""
    ) throws -> Receipt {
        // Its block comes a second later.
        let expiry = Timestamp(milliseconds: blocks.time.milliseconds + 1000 + lifetime)
        return try blocks.run(
            Members.address, "propose",
            ProposalDraft(actions: actions, note: note, expiry: expiry).canonicalBytes,
            by: TestMembers.administrator(number), gasLimit: Self.gasLimit)
    }

    mutating func vote(_ isYes: Bool, on number: UInt64, by administrator: Int) throws -> Receipt {
        try blocks.run(
            Members.address, "vote", number.canonicalBytes + isYes.canonicalBytes,
            by: TestMembers.administrator(administrator), gasLimit: Self.gasLimit)
    }

    private func ask<Value: CanonicalDecodable & SendableMetatype>(
        _ method: String, _ arguments: [UInt8], _ type: Value.Type
    ) throws -> Value? {
        let outcome = try blocks.ask(Members.address, method, arguments, gasLimit: Self.gasLimit).outcome
        guard let bytes = outcome.value else { throw Refused(code: outcome.code ?? "") }
        var decoder = CanonicalDecoder(bytes)
        let value = try decoder.decodeOption(type)
        try decoder.finish()
        return value
    }

    struct Refused: Error { let code: String }

    func report(_ number: UInt64) throws -> ProposalReport? {
        try ask("proposal", number.canonicalBytes, ProposalReport.self)
    }

    func organisation(_ text: String) throws -> Organisation? {
        try ask("organisation", TestMembers.name(text).canonicalBytes, Organisation.self)
    }

    func organisation(of administrator: Int) throws -> String? {
        try ask("organisationOf", TestMembers.administrator(administrator).bytes, MemberName.self)?.description
    }

    func page(open: Bool, before: UInt64? = nil) throws -> ProposalPage {
        var encoder = CanonicalEncoder()
        encoder.encode(open)
        encoder.encode(before)
        let outcome = try blocks.ask(Members.address, "proposals", encoder.bytes, gasLimit: Self.gasLimit).outcome
        guard let bytes = outcome.value else { throw Refused(code: outcome.code ?? "") }
        return try ProposalPage(canonicalBytes: bytes)
    }

    /// The rule and the names, as texts.
    func members() throws -> (rule: String, names: [String]) {
        let outcome = try blocks.ask(Members.address, "organisations", []).outcome
        guard let bytes = outcome.value else { throw Refused(code: outcome.code ?? "") }
        var decoder = CanonicalDecoder(bytes)
        let rule: VotingRule = try decoder.decode()
        let names: [MemberName] = try decoder.decodeSequence(maximum: MemberLimits.organisationsMax)
        try decoder.finish()
        return (rule.description, names.map(\.description))
    }

    func planned() throws -> EpochConfiguration? {
        let value = try blocks.ask(Epochs.address, "planned", []).outcome.value
        var decoder = CanonicalDecoder(value ?? [])
        return try decoder.decodeOption(PlannedEpoch.self)?.configuration
    }
}

extension Receipt {
    /// The failure's code, or the names of the events.
    var gist: String { outcome.code ?? events.map(\.name).joined(separator: " ") }
}
