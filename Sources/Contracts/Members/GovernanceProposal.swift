package import Ledger
package import Primitives

/// What an organisation proposes to the others.
package struct GovernanceProposal: EqualByCoding, Sendable, CanonicalDecodable {
    /// Counted from 1.
    package let number: UInt64
    package let organisation: MemberName
    /// Who proposed for it.
    package let account: Address
    /// Carried out all together, in their order, or not at all. Invariant: at least one.
    package let actions: [GovernanceAction]
    /// Why, for people; may be empty.
    package let note: String
    package let created: Timestamp
    /// The block time from which on nobody can vote any more.
    package let expiry: Timestamp

    package init(
        number: UInt64, organisation: MemberName, account: Address, actions: [GovernanceAction], note: String,
        created: Timestamp, expiry: Timestamp
    ) {
        self.number = number
        self.organisation = organisation
        self.account = account
        self.actions = actions
        self.note = note
        self.created = created
        self.expiry = expiry
    }

    /// Whether it concerns nobody but the proposer's own organisation: who acts for it.
    var isOwnAffair: Bool {
        actions.allSatisfy { action in
            if case .setAdministrators(let name, _) = action { name == organisation } else { false }
        }
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(number)
        encoder.encode(organisation)
        encoder.encode(account)
        encoder.encode(sequence: actions)
        encoder.encode(note)
        encoder.encode(created)
        encoder.encode(expiry)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        number = try decoder.decode()
        organisation = try decoder.decode()
        account = try decoder.decode()
        actions = try Self.decodeActions(from: &decoder)
        note = try decoder.decodeString(maximum: GovernanceLimits.noteByteCountMax)
        created = try decoder.decode()
        expiry = try decoder.decode()
    }

    fileprivate static func decodeActions(
        from decoder: inout CanonicalDecoder
    ) throws(CodingError) -> [GovernanceAction] {
        let start = decoder.offset
        let actions: [GovernanceAction] = try decoder.decodeSequence(maximum: GovernanceLimits.actionsMax)
        guard !actions.isEmpty else { throw CodingError(.invalid("a proposal that changes nothing"), at: start) }
        return actions
    }
}

/// What somebody who proposes says: the arguments of `propose`.
package struct ProposalDraft: EqualByCoding, Sendable, CanonicalDecodable {
    package let actions: [GovernanceAction]
    package let note: String
    package let expiry: Timestamp

    package init(actions: [GovernanceAction], note: String, expiry: Timestamp) {
        self.actions = actions
        self.note = note
        self.expiry = expiry
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(sequence: actions)
        encoder.encode(note)
        encoder.encode(expiry)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        actions = try GovernanceProposal.decodeActions(from: &decoder)
        note = try decoder.decodeString(maximum: GovernanceLimits.noteByteCountMax)
        expiry = try decoder.decode()
    }
}

/// What an organisation says to a proposal.
package struct OrganisationVote: Hashable, Sendable, CanonicalCodable {
    package let organisation: MemberName
    /// Who voted for it.
    package let account: Address
    package let isYes: Bool
    package let time: Timestamp

    package init(organisation: MemberName, account: Address, isYes: Bool, time: Timestamp) {
        self.organisation = organisation
        self.account = account
        self.isYes = isYes
        self.time = time
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(organisation)
        encoder.encode(account)
        encoder.encode(isYes)
        encoder.encode(time)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        organisation = try decoder.decode()
        account = try decoder.decode()
        isYes = try decoder.decodeBool()
        time = try decoder.decode()
    }
}

/// How a vote stands: of so many organisations, by the rule at that time.
package struct ProposalTally: Hashable, Sendable, CanonicalCodable {
    package let yes: UInt32
    package let no: UInt32
    package let organisations: UInt32
    /// How many must say yes.
    package let needed: UInt32

    package init(yes: Int, no: Int, organisations: Int, needed: Int) {
        self.yes = UInt32(clamping: yes)
        self.no = UInt32(clamping: no)
        self.organisations = UInt32(clamping: organisations)
        self.needed = UInt32(clamping: needed)
    }

    /// The votes of organisations that are members.
    init(of votes: [OrganisationVote], in membership: Membership) {
        let valid = votes.filter { membership.organisation($0.organisation) != nil }
        let (yes, count) = (valid.count { $0.isYes }, membership.organisations.count)
        self.init(
            yes: yes, no: valid.count - yes, organisations: count,
            needed: count == 0 ? 0 : membership.rule.needed(of: count))
    }

    var isPassed: Bool { organisations > 0 && yes >= needed }
    /// Whether those who have not voted no don't suffice any more.
    var isHopeless: Bool { organisations - no < needed }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(yes)
        encoder.encode(no)
        encoder.encode(organisations)
        encoder.encode(needed)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        yes = try decoder.decode()
        no = try decoder.decode()
        organisations = try decoder.decode()
        needed = try decoder.decode()
    }
}
