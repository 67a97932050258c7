internal import Contracts
internal import Cryptography
internal import HTTP
internal import Ledger
internal import Primitives

// The members of a chain, and their proposals.
extension LedgerJSON {
    static func organisation(_ organisation: Organisation, in suite: Suite) -> JSON {
        [
            "name": .string(organisation.name.description),
            "authorities": .array(organisation.authorities.map { authority($0, in: suite) }),
            "administrators": .array(organisation.administrators.map(text)),
            "nodes": .array(organisation.nodes.map(node)),
        ]
    }

    private static func authority(_ bytes: [UInt8], in suite: Suite) -> JSON {
        let certificate = try? Certificate(der: bytes)
        return [
            "fingerprint": text(suite.hash(bytes)),
            "subject": .string(certificate?.subject.description ?? ""),
            "notAfter": .unsigned(certificate?.notAfter.milliseconds ?? 0),
            "raw": .string(bytes.hexadecimal),
        ]
    }

    static func node(_ node: MemberNode) -> JSON {
        [
            "name": .string(node.name.description), "role": .string("\(node.role)"),
            "consensusKey": .string(node.consensusKey.description),
            "certificateKey": .string(node.certificateKey.description),
            "addresses": .array(node.addresses.map { .string($0.description) }),
        ]
    }

    static func proposal(_ report: ProposalReport, in suite: Suite) -> JSON {
        let (proposal, standing) = (report.proposal, report.standing)
        var failure = JSON.null
        if case .failed(_, let why) = standing.state {
            failure = ["code": .string(why.code), "text": .string(why.text)]
        }
        return [
            "number": .unsigned(proposal.number),
            "organisation": .string(proposal.organisation.description),
            "account": text(proposal.account),
            "note": .string(proposal.note),
            "created": .unsigned(proposal.created.milliseconds),
            "expiry": .unsigned(proposal.expiry.milliseconds),
            "state": .string(standing.state.name),
            "ended": standing.state.ended.map { .unsigned($0.milliseconds) } ?? .null,
            "failure": failure,
            "votes": .array(standing.votes.map(vote)),
            "tally": [
                "yes": .unsigned(UInt64(standing.tally.yes)), "no": .unsigned(UInt64(standing.tally.no)),
                "organisations": .unsigned(UInt64(standing.tally.organisations)),
                "needed": .unsigned(UInt64(standing.tally.needed)),
            ],
            "actions": .array(proposal.actions.map { action($0, in: suite) }),
        ]
    }

    private static func vote(_ vote: OrganisationVote) -> JSON {
        [
            "organisation": .string(vote.organisation.description), "account": text(vote.account),
            "vote": vote.isYes ? "yes" : "no", "time": .unsigned(vote.time.milliseconds),
        ]
    }

    private static func action(_ action: GovernanceAction, in suite: Suite) -> JSON {
        var object = JSONObject()
        object["kind"] = .string(action.kind)
        object["text"] = .string(action.description)
        func put(_ organisation: MemberName) { object["organisation"] = .string(organisation.description) }
        switch action {
        case .addOrganisation(let organisation):
            put(organisation.name)
            object["newOrganisation"] = self.organisation(organisation, in: suite)
        case .removeOrganisation(let name): put(name)
        case .addNode(let name, let node), .changeNode(let name, let node):
            put(name)
            object["newNode"] = self.node(node)
        case .removeNode(let name, let node):
            put(name)
            object["node"] = .string(node.description)
        case .addAuthority(let name, let bytes):
            put(name)
            object["authority"] = authority(bytes, in: suite)
        case .removeAuthority(let name, let fingerprint):
            put(name)
            object["fingerprint"] = text(fingerprint)
        case .setAdministrators(let name, let accounts):
            put(name)
            object["administrators"] = .array(accounts.map(text))
        case .changeEngine(let engine, let verification):
            object["engine"] = .string("\(engine)")
            object["verification"] = .string("\(verification)")
        case .setRule(let rule): object["rule"] = .string(rule.description)
        }
        return .object(object)
    }
}
