package import Ledger
internal import Primitives

/// Where the contract for members keeps what. Keys are part of the state's format.
///
/// | key | value |
/// |---|---|
/// | `r` | `VotingRule` |
/// | `n` | the organisations' names, a sequence of `MemberName`, ascending |
/// | `o` name | `Organisation` |
/// | `a` account | option of `MemberName`: for which organisation it acts |
/// | `c` | how many proposals there have been, u64 |
/// | `p` number, u64 | `GovernanceProposal` |
/// | `s` number, u64 | `ProposalStanding` |
/// | `l` | the open proposals, a sequence of `OpenProposal`, ascending |
///
/// The first four are absent as long as what the genesis says holds.
package enum MemberStore {
    package static let ruleKey = [UInt8(ascii: "r")]
    package static let namesKey = [UInt8(ascii: "n")]
    private static let countKey = [UInt8(ascii: "c")]
    private static let openKey = [UInt8(ascii: "l")]

    package static func organisationKey(_ name: MemberName) -> [UInt8] { [UInt8(ascii: "o")] + name.bytes }

    private static func accountKey(_ account: Address) -> [UInt8] { [UInt8(ascii: "a")] + account.bytes }

    package static func proposalKey(_ number: UInt64) -> [UInt8] { key("p", number) }

    package static func standingKey(_ number: UInt64) -> [UInt8] { key("s", number) }

    private static func key(_ kind: Unicode.Scalar, _ number: UInt64) -> [UInt8] {
        [UInt8(ascii: kind)] + stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    /// What this contract itself wrote; anything else is a bug that must not become a result that differs by node.
    private static func decode<Value: CanonicalDecodable>(_ bytes: [UInt8]?) throws(ContractError) -> Value? {
        guard let bytes else { return nil }
        do throws(CodingError) { return try Value(canonicalBytes: bytes) } catch { throw damaged }
    }

    private static func decodeList<Value: CanonicalDecodable>(
        _ bytes: [UInt8]?, maximum: Int
    ) throws(ContractError) -> [Value]? {
        guard let bytes else { return nil }
        do throws(CodingError) {
            var decoder = CanonicalDecoder(bytes)
            let list: [Value] = try decoder.decodeSequence(maximum: maximum)
            try decoder.finish()
            return list
        } catch { throw damaged }
    }

    private static func list(_ list: [some CanonicalEncodable]) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.encode(sequence: list)
        return encoder.bytes
    }

    static let damaged = ContractError.failed("damaged", "the storage of the contract for members does not decode")
}

// MARK: - Members

extension MemberStore {
    static func rule(host: inout Host) throws(ContractError) -> VotingRule {
        try decode(try host.read(ruleKey)) ?? host.block.founders?.membership.rule ?? .majority
    }

    static func names(host: inout Host) throws(ContractError) -> [MemberName] {
        try decodeList(try host.read(namesKey), maximum: MemberLimits.organisationsMax)
            ?? host.block.founders?.membership.organisations.map(\.name) ?? []
    }

    /// The organisation of a name that is among the members' names.
    static func organisation(_ name: MemberName, host: inout Host) throws(ContractError) -> Organisation? {
        guard try names(host: &host).contains(name) else { return nil }
        return try member(name, host: &host)
    }

    private static func member(_ name: MemberName, host: inout Host) throws(ContractError) -> Organisation {
        let stored: Organisation? = try decode(try host.read(organisationKey(name)))
        guard let organisation = stored ?? host.block.founders?.membership.organisation(name) else { throw damaged }
        return organisation
    }

    /// All members. Whoever asks for them goes through all their nodes, wherever they stand, and pays for it.
    static func membership(host: inout Host) throws(ContractError) -> Membership {
        let rule = try rule(host: &host)
        var organisations: [Organisation] = []
        for name in try names(host: &host) {
            let organisation = try member(name, host: &host)
            try host.chargeReads(1 + organisation.nodes.count)
            organisations.append(organisation)
        }
        return Membership(rule: rule, organisations: organisations)
    }

    /// For which organisation an account acts: one look-up, whoever asks.
    static func organisation(of account: Address, host: inout Host) throws(ContractError) -> MemberName? {
        guard let bytes = try host.read(accountKey(account)) else {
            return host.block.founders?.organisation(of: account)
        }
        do throws(CodingError) {
            var decoder = CanonicalDecoder(bytes)
            let name: MemberName? = try decoder.decodeOption()
            try decoder.finish()
            return name
        } catch { throw damaged }
    }

    /// Writes what differs between the members before and after.
    static func write(
        _ after: Membership, replacing before: Membership, host: inout Host
    ) throws(ContractError) {
        if after.rule != before.rule { try host.write(after.rule.canonicalBytes, at: ruleKey) }
        let names = after.organisations.map(\.name)
        if names != before.organisations.map(\.name) { try host.write(list(names), at: namesKey) }
        for organisation in before.organisations where after.organisation(organisation.name) == nil {
            try host.write(nil as [UInt8]?, at: organisationKey(organisation.name))
        }
        for organisation in after.organisations where before.organisation(organisation.name) != organisation {
            try host.write(organisation.canonicalBytes, at: organisationKey(organisation.name))
        }
        try writeAccounts(of: after, replacing: before, host: &host)
    }

    private static func writeAccounts(
        of after: Membership, replacing before: Membership, host: inout Host
    ) throws(ContractError) {
        let (old, new) = (Set(accounts(of: before)), Set(accounts(of: after)))
        for entry in accounts(of: before) where !new.contains(entry) {
            try host.write([0], at: accountKey(entry.account))
        }
        // Later, as an account may have gone from one organisation to another.
        for entry in accounts(of: after) where !old.contains(entry) {
            try host.write([1] + entry.organisation.canonicalBytes, at: accountKey(entry.account))
        }
    }

    private struct ActingAccount: Hashable {
        let account: Address
        let organisation: MemberName
    }

    private static func accounts(of membership: Membership) -> [ActingAccount] {
        membership.organisations.flatMap { organisation in
            organisation.administrators.map { ActingAccount(account: $0, organisation: organisation.name) }
        }
    }
}

// MARK: - Proposals

extension MemberStore {
    static func count(host: inout Host) throws(ContractError) -> UInt64 {
        try decode(try host.read(countKey)) ?? 0
    }

    static func add(_ proposal: GovernanceProposal, host: inout Host) throws(ContractError) {
        try host.write(proposal.number.canonicalBytes, at: countKey)
        try host.write(proposal.canonicalBytes, at: proposalKey(proposal.number))
    }

    static func proposal(_ number: UInt64, host: inout Host) throws(ContractError) -> GovernanceProposal? {
        try decode(try host.read(proposalKey(number)))
    }

    /// How a proposal stands that there is.
    static func standing(_ number: UInt64, host: inout Host) throws(ContractError) -> ProposalStanding {
        guard let standing: ProposalStanding = try decode(try host.read(standingKey(number))) else { throw damaged }
        return standing
    }

    static func set(_ standing: ProposalStanding, of number: UInt64, host: inout Host) throws(ContractError) {
        try host.write(standing.canonicalBytes, at: standingKey(number))
    }

    static func open(host: inout Host) throws(ContractError) -> [OpenProposal] {
        try decodeList(try host.read(openKey), maximum: GovernanceLimits.openMax) ?? []
    }

    static func setOpen(_ open: [OpenProposal], host: inout Host) throws(ContractError) {
        try host.write(open.isEmpty ? nil : list(open), at: openKey)
    }
}
