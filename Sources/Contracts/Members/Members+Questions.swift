internal import Ledger
internal import Primitives

// MARK: - Methods that only ask

extension Members {
    static func organisations(
        _ arguments: inout CanonicalDecoder, _ host: inout Host
    ) throws(ContractError) -> [UInt8] {
        try arguments.arguments { _ in }
        var encoder = CanonicalEncoder()
        encoder.encode(try MemberStore.rule(host: &host))
        encoder.encode(sequence: try MemberStore.names(host: &host))
        return encoder.bytes
    }

    static func organisation(
        _ arguments: inout CanonicalDecoder, _ host: inout Host
    ) throws(ContractError) -> [UInt8] {
        let name = try arguments.arguments { decoder throws(CodingError) in try decoder.decode(MemberName.self) }
        var encoder = CanonicalEncoder()
        encoder.encode(try MemberStore.organisation(name, host: &host))
        return encoder.bytes
    }

    static func organisationOf(
        _ arguments: inout CanonicalDecoder, _ host: inout Host
    ) throws(ContractError) -> [UInt8] {
        let account = try arguments.arguments { decoder throws(CodingError) in try decoder.decode(Address.self) }
        var encoder = CanonicalEncoder()
        encoder.encode(try MemberStore.organisation(of: account, host: &host))
        return encoder.bytes
    }

    static func nodes(_ arguments: inout CanonicalDecoder, _ host: inout Host) throws(ContractError) -> [UInt8] {
        try arguments.arguments { _ in }
        var encoder = CanonicalEncoder()
        encoder.encode(sequence: try MemberStore.membership(host: &host).nodes)
        return encoder.bytes
    }

    static func proposal(_ arguments: inout CanonicalDecoder, _ host: inout Host) throws(ContractError) -> [UInt8] {
        let number = try arguments.arguments { decoder throws(CodingError) in try decoder.decode(UInt64.self) }
        let membership = try MemberStore.membership(host: &host)
        var encoder = CanonicalEncoder()
        encoder.encode(try report(number, membership, &host))
        return encoder.bytes
    }

    static func proposals(_ arguments: inout CanonicalDecoder, _ host: inout Host) throws(ContractError) -> [UInt8] {
        let (isOpen, before) = try arguments.arguments { decoder throws(CodingError) in
            (try decoder.decodeBool(), try decoder.decodeOption(UInt64.self))
        }
        let membership = try MemberStore.membership(host: &host)
        let count = try MemberStore.count(host: &host)
        let top = min(before ?? .max, count + 1)
        var reports: [ProposalReport] = []
        var next: UInt64?
        // An open one is looked up in the list of them, an ended one by its number.
        let open = try MemberStore.open(host: &host).filter { $0.expiry > host.block.time }.map(\.number)
        let numbers = isOpen ? open.filter { $0 < top }.reversed() : ended(before: top, open)
        for number in numbers {
            guard reports.count < GovernanceLimits.pageItemsMax else {
                next = number + 1
                break
            }
            if let report = try report(number, membership, &host) { reports.append(report) }
        }
        return ProposalPage(reports: reports, next: next).canonicalBytes
    }

    /// The newest proposals below `top` that are not open: one more than a page holds, if there are so many.
    private static func ended(before top: UInt64, _ open: [UInt64]) -> [UInt64] {
        let lowest = top - min(top, UInt64(GovernanceLimits.pageLooksMax) + 1)
        return Array((max(1, lowest)..<max(1, top)).reversed().filter { !open.contains($0) })
    }

    /// A proposal as it stands now: of an open one the votes are counted anew, and one whose time has passed has
    /// expired, whether or not that has been written down.
    private static func report(
        _ number: UInt64, _ membership: Membership, _ host: inout Host
    ) throws(ContractError) -> ProposalReport? {
        guard let proposal = try MemberStore.proposal(number, host: &host) else { return nil }
        var standing = try MemberStore.standing(number, host: &host)
        if standing.state == .open {
            standing.tally = ProposalTally(of: standing.votes, in: membership)
            if proposal.expiry <= host.block.time { standing.state = .expired(proposal.expiry) }
        }
        return ProposalReport(proposal: proposal, standing: standing)
    }
}
