import CairnClient
import Contracts
import Cryptography
import Ledger
import Primitives

/// What the options of `cairn proposal create` ask for, as actions.
///
/// What is removed comes first, so that something else may take its place.
struct ProposedActions {
    let invocation: Invocation
    /// The proposer's own, which is meant where none is named; nil if the account acts for none.
    let own: MemberName?

    func actions() throws -> [GovernanceAction] {
        var actions: [GovernanceAction] = []
        actions += try all("remove-node") { text in
            let (organisation, node) = try split(text, "/")
            return .removeNode(organisation, node: try name(node))
        }
        actions += try all("remove-organisation") { .removeOrganisation(try name($0)) }
        actions += try all("remove-authority") { text in
            let (organisation, digest) = try split(text, "=")
            guard let fingerprint = Digest(hexadecimal: digest) else {
                throw usage("--remove-authority takes a fingerprint, 0x and 64 hexadecimal digits, not \"\(digest)\"")
            }
            return .removeAuthority(organisation, fingerprint)
        }
        actions += try all("add-organisation") { .addOrganisation(try MemberFile($0).organisation()) }
        actions += try all("add-authority") { text in
            let (organisation, path) = try split(text, "=")
            return .addAuthority(organisation, try certificate(path))
        }
        actions += try all("add-node") { try node($0) { .addNode($0, $1) } }
        actions += try all("change-node") { try node($0) { .changeNode($0, $1) } }
        actions += try all("administrators") { text in
            let (organisation, accounts) = try split(text, "=")
            let addresses = try accounts.split(separator: ",").map { try invocation.address(String($0)).value }
            return .setAdministrators(organisation, addresses.sorted())
        }
        if let engine = try engine() { actions.append(engine) }
        if let text = invocation.option("rule") {
            guard let rule = VotingRule(text) else {
                throw usage("--rule takes majority, two-thirds, all, or a number from 1 on, not \"\(text)\"")
            }
            actions.append(.setRule(rule))
        }
        guard !actions.isEmpty else { throw usage("say what is to be changed, as --rule all") }
        return actions
    }

    private func usage(_ why: String) -> CommandError { .usage(why, invocation.command) }

    private func all(
        _ option: String, _ action: (String) throws -> GovernanceAction
    ) throws -> [GovernanceAction] { try invocation.values(option).map(action) }

    private func name(_ text: String) throws -> MemberName {
        guard let name = MemberName(text) else {
            throw usage(
                "a name is 1 to \(MemberLimits.nameByteCountMax) of a-z, 0-9 and \"-\", a letter first, not \"\(text)\""
            )
        }
        return name
    }

    /// `ORGANISATION=REST`, or `REST` alone for the own organisation.
    private func split(_ text: String, _ separator: Character) throws -> (MemberName, String) {
        let parts = text.split(separator: separator, maxSplits: 1).map(String.init)
        if parts.count == 2 { return (try name(parts[0]), parts[1]) }
        return (try ownName(), text)
    }

    private func ownName() throws -> MemberName {
        guard let own else {
            throw CommandError.failed(
                "the account acts for no organisation of this chain; see: cairn organisation list")
        }
        return own
    }

    private func node(
        _ path: String, _ action: (MemberName, MemberNode) -> GovernanceAction
    ) throws -> GovernanceAction {
        let (organisation, node) = try MemberFile(path).node()
        return action(try organisation ?? ownName(), node)
    }

    private func certificate(_ path: String) throws -> [UInt8] {
        let bytes = try readFile(path, "the certificate")
        do throws(CertificateError) { return try firstCertificate(bytes).bytes } catch {
            throw CommandError.failed("\(path): \(error)")
        }
    }

    private func engine() throws -> GovernanceAction? {
        let (named, mode) = (invocation.option("engine"), invocation.option("verification") ?? "all")
        guard let named else {
            guard invocation.option("verification") == nil else { throw usage("--verification goes with --engine") }
            return nil
        }
        guard let engine = EngineKind.allCases.first(where: { "\($0)" == named }) else {
            throw usage("--engine takes \(EngineKind.names), not \"\(named)\"")
        }
        guard let verification = VerificationMode.allCases.first(where: { "\($0)" == mode }) else {
            throw usage("--verification takes all or shared, not \"\(mode)\"")
        }
        return .changeEngine(engine, verification)
    }
}

extension EngineKind {
    static var names: String { allCases.map { "\($0)" }.joined(separator: ", ") }
}
