package import Ledger
package import Primitives

/// What a proposal changes. The numbers of the cases are part of the ledger's format.
///
/// The limits of the chain are not among them: they stand in the genesis, which every transaction and certificate
/// names.
package enum GovernanceAction: Hashable, Sendable {
    case addOrganisation(Organisation)
    case removeOrganisation(MemberName)
    /// Adds a node to an organisation.
    case addNode(MemberName, MemberNode)
    /// Removes an organisation's node of a name.
    case removeNode(MemberName, node: MemberName)
    /// Replaces an organisation's node of the same name: its keys, its addresses, its role.
    case changeNode(MemberName, MemberNode)
    /// Trusts an authority (a certificate in DER) for an organisation.
    case addAuthority(MemberName, [UInt8])
    /// No longer trusts the organisation's authority of a fingerprint, the suite's hash of its bytes.
    case removeAuthority(MemberName, Digest)
    /// Lets these accounts, ascending, act for an organisation in place of those before.
    case setAdministrators(MemberName, [Address])
    case changeEngine(EngineKind, VerificationMode)
    case setRule(VotingRule)
}

extension GovernanceAction: CanonicalCodable {
    package func encode(to encoder: inout CanonicalEncoder) {
        switch self {
        case .addOrganisation(let organisation):
            encoder.encode(variant: 0)
            encoder.encode(organisation)
        case .removeOrganisation(let name):
            encoder.encode(variant: 1)
            encoder.encode(name)
        case .addNode(let name, let node):
            encoder.encode(variant: 2)
            encoder.encode(NamedNode(organisation: name, node: node))
        case .removeNode(let name, let node):
            encoder.encode(variant: 3)
            encoder.encode(name)
            encoder.encode(node)
        case .changeNode(let name, let node):
            encoder.encode(variant: 4)
            encoder.encode(NamedNode(organisation: name, node: node))
        case .addAuthority(let name, let authority):
            encoder.encode(variant: 5)
            encoder.encode(name)
            encoder.encode(bytes: authority)
        case .removeAuthority(let name, let fingerprint):
            encoder.encode(variant: 6)
            encoder.encode(name)
            encoder.encode(fingerprint)
        case .setAdministrators(let name, let accounts):
            encoder.encode(variant: 7)
            encoder.encode(name)
            encoder.encode(sequence: accounts)
        case .changeEngine(let engine, let verification):
            encoder.encode(variant: 8)
            encoder.encode(engine.rawValue)
            encoder.encode(verification.rawValue)
        case .setRule(let rule):
            encoder.encode(variant: 9)
            encoder.encode(rule)
        }
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        switch try decoder.decodeVariant() {
        case 0: self = .addOrganisation(try decoder.decode())
        case 1: self = .removeOrganisation(try decoder.decode())
        case 2:
            let named: NamedNode = try decoder.decode()
            self = .addNode(named.organisation, named.node)
        case 3: self = .removeNode(try decoder.decode(), node: try decoder.decode())
        case 4:
            let named: NamedNode = try decoder.decode()
            self = .changeNode(named.organisation, named.node)
        case 5:
            self = .addAuthority(
                try decoder.decode(), try decoder.decodeBytes(maximum: MemberLimits.authorityByteCountMax))
        case 6: self = .removeAuthority(try decoder.decode(), try decoder.decode(Digest.self))
        case 7: self = .setAdministrators(try decoder.decode(), try Self.decodeAccounts(from: &decoder))
        case 8: self = try Self.decodeEngine(from: &decoder)
        case 9: self = .setRule(try decoder.decode())
        case let variant: throw CodingError(.unknownVariant(variant), at: start)
        }
    }

    private static func decodeAccounts(from decoder: inout CanonicalDecoder) throws(CodingError) -> [Address] {
        let start = decoder.offset
        let accounts: [Address] = try decoder.decodeSequence(
            maximum: MemberLimits.administratorsMax, elementByteCountMin: Address.byteCount)
        guard zip(accounts, accounts.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw CodingError(.notAscending, at: start)
        }
        return accounts
    }

    private static func decodeEngine(from decoder: inout CanonicalDecoder) throws(CodingError) -> GovernanceAction {
        let start = decoder.offset
        guard let engine = EngineKind(rawValue: try decoder.decode()),
            let verification = VerificationMode(rawValue: try decoder.decode())
        else { throw CodingError(.invalid("an engine or a verification mode that is not known"), at: start) }
        return .changeEngine(engine, verification)
    }
}

extension GovernanceAction: CustomStringConvertible {
    /// All that `kind` gives.
    package static let kinds = [
        "addOrganisation", "removeOrganisation", "addNode", "removeNode", "changeNode", "addAuthority",
        "removeAuthority", "setAdministrators", "changeEngine", "setRule",
    ]

    /// The name of the kind of change, for programs.
    package var kind: String {
        switch self {
        case .addOrganisation: "addOrganisation"
        case .removeOrganisation: "removeOrganisation"
        case .addNode: "addNode"
        case .removeNode: "removeNode"
        case .changeNode: "changeNode"
        case .addAuthority: "addAuthority"
        case .removeAuthority: "removeAuthority"
        case .setAdministrators: "setAdministrators"
        case .changeEngine: "changeEngine"
        case .setRule: "setRule"
        }
    }

    /// What it does, for people.
    package var description: String {
        switch self {
        case .addOrganisation(let organisation):
            "adds the organisation \(organisation.name) with \(organisation.nodes.count) nodes"
        case .removeOrganisation(let name): "removes the organisation \(name)"
        case .addNode(let name, let node): "adds the \(node.role) \(node.name) of \(name)"
        case .removeNode(let name, let node): "removes the node \(node) of \(name)"
        case .changeNode(let name, let node): "changes the node \(node.name) of \(name), a \(node.role)"
        case .addAuthority(let name, _): "trusts one more authority for \(name)"
        case .removeAuthority(let name, let fingerprint): "no longer trusts the authority \(fingerprint) for \(name)"
        case .setAdministrators(let name, let accounts):
            "lets \(accounts.map(\.description).joined(separator: ", ")) act for \(name)"
        case .changeEngine(let engine, let verification):
            "changes the engine to \(engine), verification by \(verification)"
        case .setRule(let rule): "sets the voting rule to \(rule)"
        }
    }
}
