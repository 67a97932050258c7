internal import Contracts
internal import Cryptography
internal import Ledger
internal import Networking
internal import Primitives
internal import Replica

/// Whom a node talks with: the nodes of its chain's members, which change while it runs, and those that its
/// configuration names, by which it finds the others.
///
/// | who | is present |
/// |---|---|
/// | a member's node | yes |
/// | who orders or certifies in the present epoch | yes, member or not |
/// | who was there, and is neither any more | for `NodeLimits.leaverMilliseconds`, to learn that |
/// | a node of the configuration that the genesis does not name a member's | yes: the state may be old |
/// | any other | no |
///
/// On a chain without members the configuration's are all. A node's number never changes and is never another's as long
/// as the process lives; other nodes may know it by another one.
struct PeerRoster: Sendable {
    /// By number. Those of the configuration come first.
    private(set) var nodes: [ListedNode]
    let own: UInt32
    /// Who is let in and called.
    private(set) var present: Set<UInt32>
    /// Whose certificates are believed, by organisation.
    private(set) var authorities: [TrustedAuthority]
    private let seedCount: Int
    private let seedAuthorities: [TrustedAuthority]
    /// The certificates' keys of the nodes that the genesis names.
    private let founding: Set<PublicKey>
    private var leaving: [UInt32: Instant] = [:]

    init(_ parts: PeerParts, genesis: Genesis) {
        self.init(
            parts.nodes, own: parts.own, founding: Set(genesis.members?.nodes.map(\.node.certificateKey) ?? []),
            authorities: parts.credentials.authorities)
    }

    /// Of the configuration's nodes and authorities.
    init(_ seeds: [ListedNode], own: UInt32, founding: Set<PublicKey>, authorities: [TrustedAuthority]) {
        (nodes, self.own, seedCount) = (seeds, own, seeds.count)
        (self.authorities, seedAuthorities) = (authorities, authorities)
        self.founding = founding
        present = Set(0..<UInt32(seeds.count))
    }

    var directory: NodeDirectory { NodeDirectory(keys: nodes.map(\.keys)) }

    /// Takes over who the members are, and who orders and certifies. True if anything is another.
    mutating func update(_ membership: Membership, by keys: Set<PublicKey>, at now: Instant) -> Bool {
        let before = (nodes, present, authorities, leaving)
        var members: Set<UInt32> = []
        for named in membership.nodes { members.insert(take(named)) }
        let holders = nodes.indices.filter { !keys.isDisjoint(with: nodes[$0].keys) }.map(UInt32.init)
        let seeds = (0..<UInt32(seedCount)).filter { !founding.contains(nodes[Int($0)].certificateKey) }
        let wanted = members.union(holders).union(seeds)
        for number in present where !wanted.contains(number) && leaving[number] == nil { leaving[number] = now }
        for number in wanted { leaving[number] = nil }
        present.formUnion(wanted)
        let all = Self.authorities(of: membership) + foreignAuthorities(membership)
        authorities = Array(all.prefix(CertificateLimits.trustedAuthoritiesMax))
        return before.0 != nodes || before.1 != present || before.2 != authorities || before.3 != leaving
    }

    /// Lets go of those who have had their time. True if there were any.
    mutating func expire(at now: Instant) -> Bool {
        let gone = leaving.filter { now >= $0.value.advanced(byMilliseconds: NodeLimits.leaverMilliseconds) }.map(\.key)
        for number in gone {
            leaving[number] = nil
            present.remove(number)
        }
        return !gone.isEmpty
    }

    /// Puts a member's node into its place, and gives that.
    private mutating func take(_ named: NamedNode) -> UInt32 {
        let node = named.node
        let addresses = node.addresses.map { PeerAddress(host: $0.host, port: $0.port) }
        let place =
            nodes.firstIndex {
                $0.certificateKey == node.certificateKey
            } ?? (nodes[Int(own)].keys.contains(node.consensusKey) ? Int(own) : nil)
        guard let place else {
            // Whose certificate has a new key is reached by that from now on.
            for index in nodes.indices where nodes[index].keys.contains(node.consensusKey) {
                nodes[index] = nodes[index].without(node.consensusKey)
            }
            nodes.append(
                ListedNode(
                    name: "\(node.name).\(named.organisation)", organisation: named.organisation.description,
                    addresses: addresses, keys: [node.consensusKey], certificateKey: node.certificateKey))
            return UInt32(nodes.count - 1)
        }
        let known = nodes[place]
        nodes[place] = ListedNode(
            name: known.name, organisation: named.organisation.description,
            // Where the members say none, what was known holds.
            addresses: addresses.isEmpty ? known.addresses : addresses,
            keys: known.keys + (known.keys.contains(node.consensusKey) ? [] : [node.consensusKey]),
            certificateKey: node.certificateKey)
        return UInt32(place)
    }

    private static func authorities(of membership: Membership) -> [TrustedAuthority] {
        membership.organisations.flatMap { organisation in
            organisation.authorities.compactMap { bytes in
                guard let certificate = try? Certificate(der: bytes) else { return nil }
                return try? TrustedAuthority(certificate, for: organisation.name.description)
            }
        }
    }

    /// The configuration's authorities of those who are no members: a member's are what the members say.
    private func foreignAuthorities(_ membership: Membership) -> [TrustedAuthority] {
        let members = Set(membership.organisations.map(\.name.description))
        let present = Set(present.map { nodes[Int($0)].organisation })
        return seedAuthorities.filter { !members.contains($0.organisation) && present.contains($0.organisation) }
    }
}
