package import Ledger
package import Primitives

/// What has become of a proposal. Only an open one can be voted on; the others have ended, at a block time.
package enum ProposalState: Hashable, Sendable {
    case open
    /// Carried out, in the transaction whose vote sufficed.
    case executed(Timestamp)
    /// So many have said no that the rest does not suffice.
    case rejected(Timestamp)
    case expired(Timestamp)
    /// Agreed to, but it no longer held.
    case failed(Timestamp, Failure)

    /// All that `name` gives.
    package static let names = ["open", "executed", "rejected", "expired", "failed"]

    /// The state's name, for programs.
    package var name: String {
        switch self {
        case .open: "open"
        case .executed: "executed"
        case .rejected: "rejected"
        case .expired: "expired"
        case .failed: "failed"
        }
    }

    /// When it ended; nil for an open one.
    package var ended: Timestamp? {
        switch self {
        case .open: nil
        case .executed(let time), .rejected(let time), .expired(let time), .failed(let time, _): time
        }
    }
}

extension ProposalState: CanonicalCodable {
    package func encode(to encoder: inout CanonicalEncoder) {
        switch self {
        case .open: encoder.encode(variant: 0)
        case .executed(let time):
            encoder.encode(variant: 1)
            encoder.encode(time)
        case .rejected(let time):
            encoder.encode(variant: 2)
            encoder.encode(time)
        case .expired(let time):
            encoder.encode(variant: 3)
            encoder.encode(time)
        case .failed(let time, let failure):
            encoder.encode(variant: 4)
            encoder.encode(time)
            encoder.encode(failure)
        }
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        switch try decoder.decodeVariant() {
        case 0: self = .open
        case 1: self = .executed(try decoder.decode())
        case 2: self = .rejected(try decoder.decode())
        case 3: self = .expired(try decoder.decode())
        case 4: self = .failed(try decoder.decode(), try decoder.decode())
        case let variant: throw CodingError(.unknownVariant(variant), at: start)
        }
    }
}

/// How a proposal stands: the part of it that changes.
package struct ProposalStanding: Hashable, Sendable, CanonicalCodable {
    /// In the order in which they were cast, one of each organisation.
    package var votes: [OrganisationVote]
    /// When somebody last voted; of an ended one, how it ended.
    package var tally: ProposalTally
    package var state: ProposalState

    package init(votes: [OrganisationVote], tally: ProposalTally, state: ProposalState) {
        self.votes = votes
        self.tally = tally
        self.state = state
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(sequence: votes)
        encoder.encode(tally)
        encoder.encode(state)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        votes = try decoder.decodeSequence(maximum: MemberLimits.organisationsMax)
        tally = try decoder.decode()
        state = try decoder.decode()
    }
}

/// A proposal that has not ended, as the list of them has it.
struct OpenProposal: Hashable, Sendable, CanonicalCodable {
    let number: UInt64
    let organisation: MemberName
    let expiry: Timestamp

    init(_ proposal: GovernanceProposal) {
        number = proposal.number
        organisation = proposal.organisation
        expiry = proposal.expiry
    }

    func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(number)
        encoder.encode(organisation)
        encoder.encode(expiry)
    }

    init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        number = try decoder.decode()
        organisation = try decoder.decode()
        expiry = try decoder.decode()
    }
}

/// A proposal and how it stands: what whoever asks for it gets.
package struct ProposalReport: Hashable, Sendable, CanonicalCodable {
    package let proposal: GovernanceProposal
    package let standing: ProposalStanding

    package init(proposal: GovernanceProposal, standing: ProposalStanding) {
        self.proposal = proposal
        self.standing = standing
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(proposal)
        encoder.encode(standing)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        proposal = try decoder.decode()
        standing = try decoder.decode()
    }
}

/// Proposals, the newest first, and where to go on.
package struct ProposalPage: Hashable, Sendable, CanonicalCodable {
    package let reports: [ProposalReport]
    /// Those before this number are not on the page; nil if there are no more.
    package let next: UInt64?

    package init(reports: [ProposalReport], next: UInt64?) {
        self.reports = reports
        self.next = next
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(sequence: reports)
        encoder.encode(next)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        reports = try decoder.decodeSequence(maximum: GovernanceLimits.pageItemsMax)
        next = try decoder.decodeOption()
    }
}
