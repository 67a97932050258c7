package import Cryptography
package import Primitives

/// The organisations of a chain, and how many of them must agree to a change.
package struct Membership: Hashable, Sendable, CanonicalCodable {
    package var rule: VotingRule
    /// Ascending by name.
    package private(set) var organisations: [Organisation]

    /// The organisations may be in any order. `check(in:)` says whether a chain may have them.
    package init(rule: VotingRule, organisations: [Organisation]) {
        self.rule = rule
        self.organisations = organisations.sorted { $0.name < $1.name }
    }

    package func organisation(_ name: MemberName) -> Organisation? { organisations.first { $0.name == name } }

    /// Puts an organisation in the place of the one of its name, or adds it.
    package mutating func put(_ organisation: Organisation) {
        organisations.removeAll { $0.name == organisation.name }
        let place = organisations.firstIndex { organisation.name < $0.name } ?? organisations.endIndex
        organisations.insert(organisation, at: place)
    }

    package mutating func remove(_ name: MemberName) { organisations.removeAll { $0.name == name } }

    /// The keys by which the next epoch orders and certifies, by organisation and node.
    package var validatorKeys: [PublicKey] {
        organisations.flatMap { organisation in
            organisation.nodes.filter { $0.role == .validator }.map(\.consensusKey)
        }
    }

    /// All nodes, by organisation and name.
    package var nodes: [NamedNode] {
        organisations.flatMap { organisation in
            organisation.nodes.map { NamedNode(organisation: organisation.name, node: $0) }
        }
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(rule)
        encoder.encode(sequence: organisations)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        rule = try decoder.decode()
        let start = decoder.offset
        organisations = try decoder.decodeSequence(maximum: MemberLimits.organisationsMax)
        guard organisations.map(\.name).isStrictlyAscending else { throw CodingError(.notAscending, at: start) }
    }
}

// MARK: - What a chain may have

extension Membership {
    /// Whether a chain may have these members: the organisations fit together, and each of them is sound.
    package func check(in suite: Suite) throws(MembershipError) {
        try checkTogether()
        for organisation in organisations {
            for authority in organisation.authorities { try Self.check(authority, of: organisation.name, in: suite) }
            for node in organisation.nodes { try Self.check(node, in: suite) }
        }
    }

    /// Whether the organisations fit together: what no look at one of them alone can say, and no key or certificate
    /// need be read for.
    package func checkTogether() throws(MembershipError) {
        guard !organisations.isEmpty else { throw .noOrganisation }
        try Self.checkCount(organisations.count, MemberLimits.organisationsMax, "organisations")
        try Self.checkCount(organisations.reduce(0) { $0 + $1.nodes.count }, MemberLimits.nodesMax, "nodes")
        for (left, right) in zip(organisations, organisations.dropFirst()) where left.name == right.name {
            throw .organisationExists(left.name)
        }
        for organisation in organisations { try Self.checkLists(of: organisation) }
        try checkRepeats()
        let validators = validatorKeys.count
        guard validators > 0 else { throw .noValidator }
        try Self.checkCount(validators, LedgerLimits.validatorsMax, "validators")
        guard rule.needed(of: organisations.count) <= organisations.count else {
            throw .ruleTooHigh(rule, organisations: organisations.count)
        }
    }

    private static func checkCount(_ count: Int, _ maximum: Int, _ what: String) throws(MembershipError) {
        guard count <= maximum else { throw .tooMany(what, maximum: maximum) }
    }

    private static func checkLists(of organisation: Organisation) throws(MembershipError) {
        let name = organisation.name
        guard !organisation.administrators.isEmpty else { throw .noAdministrator(name) }
        guard !organisation.authorities.isEmpty else { throw .noAuthority(name) }
        try checkCount(
            organisation.administrators.count, MemberLimits.administratorsMax, "administrators of one organisation")
        try checkCount(organisation.authorities.count, MemberLimits.authoritiesMax, "authorities of one organisation")
        try checkCount(organisation.nodes.count, MemberLimits.organisationNodesMax, "nodes of one organisation")
        for (left, right) in zip(organisation.nodes, organisation.nodes.dropFirst()) where left.name == right.name {
            throw .nodeExists(left.name, of: name)
        }
        for node in organisation.nodes {
            try checkCount(node.addresses.count, MemberLimits.addressesMax, "addresses of one node")
        }
    }

    private func checkRepeats() throws(MembershipError) {
        var keys: Set<PublicKey> = []
        var accounts: Set<Address> = []
        var authorities: Set<[UInt8]> = []
        for organisation in organisations {
            for node in organisation.nodes {
                for key in [node.consensusKey, node.certificateKey] where !keys.insert(key).inserted {
                    throw .repeatedKey(key)
                }
            }
            for account in organisation.administrators where !accounts.insert(account).inserted {
                throw .repeatedAdministrator(account)
            }
            for authority in organisation.authorities where !authorities.insert(authority).inserted {
                throw .repeatedAuthority(organisation.name)
            }
        }
    }
}

// MARK: - What is sound by itself

extension Membership {
    /// Whether a certificate may be an authority's on a chain of the suite. Validity is judged where it is used.
    package static func check(
        _ authority: [UInt8], of name: MemberName, in suite: Suite
    ) throws(MembershipError) {
        guard authority.count <= MemberLimits.authorityByteCountMax else {
            throw .authorityNotTaken(name, "it has more than \(MemberLimits.authorityByteCountMax) bytes")
        }
        let certificate: Certificate
        do throws(CertificateError) { certificate = try Certificate(der: authority) } catch {
            throw .authorityNotTaken(name, error.description)
        }
        guard certificate.isAuthority else { throw .authorityNotTaken(name, "the certificate is not of an authority") }
        guard certificate.publicKey.scheme == CertificateAlgorithm(suite).scheme else {
            throw .authorityNotTaken(name, "its key is of \(certificate.publicKey.scheme), not of the suite \(suite)")
        }
    }

    /// Whether the keys of a node are of the suite, and such as somebody can hold.
    package static func check(_ node: MemberNode, in suite: Suite) throws(MembershipError) {
        guard suite.validatorSchemes.contains(node.consensusKey.scheme) else {
            throw .schemeNotOfSuite(node.consensusKey.scheme, suite: suite)
        }
        guard node.certificateKey.scheme == CertificateAlgorithm(suite).scheme else {
            throw .schemeNotOfSuite(node.certificateKey.scheme, suite: suite)
        }
        for key in [node.consensusKey, node.certificateKey] where !key.isValid { throw .invalidKey(key) }
    }
}
