package import Cryptography
package import Ledger
internal import Primitives

/// What actions do to the members: a function of the two, on every node the same.
extension Membership {
    /// Carries out actions one after another. If one can't hold, or they don't together, the members stay as they are.
    ///
    /// What an action brings along (keys, certificates) is taken for sound: see `GovernanceAction.check(in:)`.
    package mutating func apply(_ actions: [GovernanceAction], in suite: Suite) throws(MembershipError) {
        var changed = self
        for action in actions { try changed.apply(action, in: suite) }
        try changed.checkTogether()
        self = changed
    }

    private mutating func apply(_ action: GovernanceAction, in suite: Suite) throws(MembershipError) {
        switch action {
        case .addOrganisation(let organisation):
            guard self.organisation(organisation.name) == nil else { throw .organisationExists(organisation.name) }
            put(organisation)
        case .removeOrganisation(let name):
            _ = try known(name)
            remove(name)
        case .addNode(let name, let node):
            let organisation = try known(name)
            guard organisation.node(node.name) == nil else { throw .nodeExists(node.name, of: name) }
            put(organisation, nodes: organisation.nodes + [node])
        case .removeNode(let name, let node):
            let organisation = try known(name, with: node)
            put(organisation, nodes: organisation.nodes.filter { $0.name != node })
        case .changeNode(let name, let node):
            let organisation = try known(name, with: node.name)
            put(organisation, nodes: organisation.nodes.filter { $0.name != node.name } + [node])
        case .addAuthority(let name, let authority):
            let organisation = try known(name)
            guard !organisation.authorities.contains(authority) else { throw .repeatedAuthority(name) }
            put(organisation, authorities: organisation.authorities + [authority])
        case .removeAuthority(let name, let fingerprint):
            let organisation = try known(name)
            let rest = organisation.authorities.filter { suite.hash($0) != fingerprint }
            guard rest.count < organisation.authorities.count else { throw .unknownAuthority(fingerprint, of: name) }
            put(organisation, authorities: rest)
        case .setAdministrators(let name, let accounts): put(try known(name), administrators: accounts)
        case .setRule(let rule): self.rule = rule
        case .changeEngine: break
        }
    }

    private func known(_ name: MemberName) throws(MembershipError) -> Organisation {
        guard let organisation = organisation(name) else { throw .unknownOrganisation(name) }
        return organisation
    }

    private func known(_ name: MemberName, with node: MemberName) throws(MembershipError) -> Organisation {
        let organisation = try known(name)
        guard organisation.node(node) != nil else { throw .unknownNode(node, of: name) }
        return organisation
    }

    private mutating func put(
        _ organisation: Organisation, authorities: [[UInt8]]? = nil, administrators: [Address]? = nil,
        nodes: [MemberNode]? = nil
    ) {
        put(
            Organisation(
                name: organisation.name, authorities: authorities ?? organisation.authorities,
                administrators: administrators ?? organisation.administrators, nodes: nodes ?? organisation.nodes))
    }
}

extension GovernanceAction {
    /// Whether what it brings along is sound by itself: keys that somebody can hold, certificates of authorities.
    package func check(in suite: Suite) throws(MembershipError) {
        switch self {
        case .addOrganisation(let organisation):
            for authority in organisation.authorities {
                try Membership.check(authority, of: organisation.name, in: suite)
            }
            for node in organisation.nodes { try Membership.check(node, in: suite) }
        case .addNode(_, let node), .changeNode(_, let node): try Membership.check(node, in: suite)
        case .addAuthority(let name, let authority): try Membership.check(authority, of: name, in: suite)
        case .removeOrganisation, .removeNode, .removeAuthority, .setAdministrators, .changeEngine, .setRule: break
        }
    }

    /// How many keys and certificates `check` looks at, each about as dear as a signature.
    var checkedCount: Int {
        switch self {
        case .addOrganisation(let organisation): organisation.authorities.count + 2 * organisation.nodes.count
        case .addNode, .changeNode: 2
        case .addAuthority: 1
        case .removeOrganisation, .removeNode, .removeAuthority, .setAdministrators, .changeEngine, .setRule: 0
        }
    }
}
