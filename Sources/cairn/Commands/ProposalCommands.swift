import CairnClient
import Contracts
import HTTP
import Ledger
import Node
import Primitives

extension Argument {
    fileprivate static let proposal = Argument(name: "number", help: "the proposal's number")
}

// MARK: - Proposing and voting

extension Command {
    static let proposalCreate = Command(
        noun: "proposal", verb: "create", summary: "propose a change to the other organisations of the chain",
        discussion: """
            The account acts for its organisation, whose yes the proposal is. As soon as enough organisations have said
            yes, all that is proposed is carried out together; what can't hold is refused at once. Several changes may
            go into one proposal: what is removed is removed first.

            A file is JSON, of the form that "cairn organisation show" prints with --json:
              {"name": "acme", "authorities": ["root.pem"], "administrators": ["0x..."], "nodes": [...]}
            for an organisation, and for a node of your organisation, or of the one that "organisation" names:
              {"name": "node-1", "role": "validator", "consensusKey": "ed25519:0x...", "certificate": "node-1.pem",
               "addresses": ["node-1.acme.example:7000"]}

            ORG stands for an organisation's name; without one your own is meant. If you only change who acts for your
            own organisation, nobody else has to agree.
            """,
        options: [
            .sender("proposes for its organisation"),
            change("add-organisation", "FILE", "add the organisation of a file", .file),
            change("remove-organisation", "NAME", "remove an organisation with its nodes"),
            change("add-node", "FILE", "add the node of a file", .file),
            change("remove-node", "[ORG/]NODE", "remove a node"),
            change(
                "change-node", "FILE", "replace the node of the same name: keys, certificate, addresses, role", .file),
            change("add-authority", "[ORG=]FILE", "trust one more authority's certificate", .file),
            change("remove-authority", "[ORG=]FINGERPRINT", "no longer trust an authority"),
            change("administrators", "[ORG=]ACCOUNT,...", "let these accounts, and no others, act for it", .account),
            Option(
                name: "engine", placeholder: "ENGINE", help: "order by another engine: \(EngineKind.names)",
                value: .words(EngineKind.allCases.map { "\($0)" })),
            Option(
                name: "verification", placeholder: "MODE",
                help: "with --engine: who checks signatures, all or shared (default: all)",
                value: .words(VerificationMode.allCases.map { "\($0)" })),
            Option(
                name: "rule", placeholder: "RULE",
                help: "how many organisations must agree from then on: majority, two-thirds, all, or a number",
                value: .words(["majority", "two-thirds", "all"])),
            Option(name: "note", placeholder: "TEXT", help: "why, for the others to read"),
            Option(
                name: "expires", placeholder: "TIME",
                help: "how long the others can vote, as 12h or 7d, 90d at most (default: 7d)"),
        ] + Option.signing
    ) { invocation in
        let lifetime = try invocation.milliseconds("expires", default: "7d")
        let note = invocation.option("note") ?? ""
        guard note.utf8.count <= GovernanceLimits.noteByteCountMax else {
            throw CommandError.usage(
                "--note takes at most \(GovernanceLimits.noteByteCountMax) bytes", invocation.command)
        }
        let sender = try invocation.accounts().find(try invocation.required("as")).address
        let (expiry, overflow) = SystemClock.wall.milliseconds.addingReportingOverflow(lifetime)
        try await invocation.perform { receipt in
            Command.outcome(ofProposing: receipt)
        } call: { client in
            let own = try await client.members.organisation(of: sender).flatMap(MemberName.init)
            let draft = ProposalDraft(
                actions: try ProposedActions(invocation: invocation, own: own).actions(), note: note,
                expiry: Timestamp(milliseconds: overflow ? .max : expiry))
            return client.members.call(proposing: draft)
        }
    }

    private static func change(
        _ name: String, _ placeholder: String, _ help: String, _ value: ValueKind = .text
    ) -> Option {
        Option(name: name, placeholder: placeholder, help: help, isRepeatable: true, value: value)
    }

    static let proposalVote = Command(
        noun: "proposal", verb: "vote", summary: "vote on a proposal for your organisation",
        discussion: """
            Each organisation has one vote, which any of its administrators casts and nobody changes. The vote that
            suffices carries the proposal out. To vote the same once more has the votes counted again, which may matter
            when organisations have been removed.
            """,
        arguments: [.proposal],
        options: [
            .sender("votes for its organisation"),
            Option(name: "yes", placeholder: nil, help: "agree"),
            Option(name: "no", placeholder: nil, help: "do not agree"),
        ] + Option.signing
    ) { invocation in
        let number = try invocation.proposalNumber()
        guard invocation.has("yes") != invocation.has("no") else {
            throw CommandError.usage("say --yes or --no", invocation.command)
        }
        try await invocation.perform { receipt in
            guard case .success(let bytes) = receipt.receipt.outcome,
                let state = try? ProposalState(canonicalBytes: bytes)
            else { return Done(text: "voted on proposal \(number)") }
            return Done(
                text: "voted on proposal \(number), which is \(state.name)",
                members: [("proposal", .unsigned(number)), ("state", .string(state.name))])
        } call: { client in
            client.members.call(votingYes: invocation.has("yes"), onProposal: number)
        }
    }

    private static func outcome(ofProposing receipt: TransactionReceipt) -> Done {
        guard case .success(let bytes) = receipt.receipt.outcome else { return Done(text: "proposed") }
        var decoder = CanonicalDecoder(bytes)
        guard let number = try? decoder.decode(UInt64.self), let state = try? decoder.decode(ProposalState.self)
        else { return Done(text: "proposed") }
        return Done(
            text: "proposal \(number), which is \(state.name)",
            members: [("proposal", .unsigned(number)), ("state", .string(state.name))])
    }
}

// MARK: - Commands that only ask

extension Command {
    static let proposalList = Command(
        noun: "proposal", verb: "list", summary: "list the proposals that are open, or those that have ended",
        options: [
            Option(name: "ended", placeholder: nil, help: "those that have ended, the newest first"),
            Option(name: "before", placeholder: "NUMBER", help: "only those of smaller numbers"),
            .height, .node,
        ]
    ) { invocation in
        let before: JSON =
            try invocation.option("before") == nil
            ? .null : .unsigned(invocation.number("before", default: UInt64(0)))
        let height: JSON = try invocation.height().map(JSON.unsigned) ?? .null
        let json = try await invocation.client().call(
            "cairn_proposals", [invocation.has("ended") ? "ended" : "open", before, height])
        if invocation.isJSON { return Terminal.print(json) }
        let proposals = json["proposals"]?.arrayValue ?? []
        guard !proposals.isEmpty else {
            return Terminal.note("no \(invocation.has("ended") ? "ended" : "open") proposals")
        }
        let table = TextTable(
            titles: ["number", "organisation", "state", "yes", "no", "needed", "until", "what"],
            rows: proposals.map(ProposalText.row))
        for line in table.lines(Terminal.output) { Terminal.print(line) }
        if let next = json["next"]?.uint64Value { Terminal.note("more with: --before \(next)") }
    }

    static let proposalShow = Command(
        noun: "proposal", verb: "show", summary: "show a proposal: what it changes, and who has voted how",
        arguments: [.proposal], options: [.height, .node]
    ) { invocation in
        let number = try invocation.proposalNumber()
        let height: JSON = try invocation.height().map(JSON.unsigned) ?? .null
        let json = try await invocation.client().call("cairn_proposal", [.unsigned(number), height])
        guard !json.isNull else { throw CommandError.failed("there is no proposal \(number)") }
        if invocation.isJSON { return Terminal.print(json) }
        for line in ProposalText.lines(json) { Terminal.print(line) }
    }
}

extension Invocation {
    fileprivate func proposalNumber() throws -> UInt64 {
        let text = try required("number")
        guard let number = UInt64(text), number > 0 else {
            throw CommandError.usage("a proposal's number is 1 or more, not \"\(text)\"", command)
        }
        return number
    }
}

/// How proposals look to people.
enum ProposalText {
    static func row(_ json: JSON) -> [String] {
        let actions = (json["actions"]?.arrayValue ?? []).map { LedgerText.text($0["text"]) }
        let more = actions.count > 1 ? ", and \(actions.count - 1) more" : ""
        return [
            number(json["number"]), LedgerText.text(json["organisation"]), state(json),
            number(json["tally"]?["yes"]), number(json["tally"]?["no"]), number(json["tally"]?["needed"]),
            LedgerText.time(json["expiry"]?.uint64Value), (actions.first ?? "") + more,
        ]
    }

    static func lines(_ json: JSON) -> [String] {
        let tally = json["tally"] ?? .null
        var lines = [
            "proposal  \(number(json["number"])) of \(LedgerText.text(json["organisation"])), "
                + LedgerText.text(json["account"])
        ]
        if let note = json["note"]?.stringValue, !note.isEmpty { lines.append("note      \(note)") }
        lines += (json["actions"]?.arrayValue ?? []).map { "what      \(LedgerText.text($0["text"]))" }
        lines.append("made      \(LedgerText.time(json["created"]?.uint64Value))")
        lines.append("until     \(LedgerText.time(json["expiry"]?.uint64Value))")
        lines.append("state     \(state(json)) \(LedgerText.time(json["ended"]?.uint64Value))")
        if let failure = json["failure"]?["text"]?.stringValue { lines.append("failure   \(failure)") }
        lines.append(
            "votes     \(number(tally["yes"])) yes, \(number(tally["no"])) no; needed \(number(tally["needed"])) of "
                + number(tally["organisations"]))
        lines += (json["votes"]?.arrayValue ?? []).map { vote in
            "\(vote["vote"] == "yes" ? "yes" : "no ")       \(LedgerText.text(vote["organisation"])), "
                + "\(LedgerText.text(vote["account"])), \(LedgerText.time(vote["time"]?.uint64Value))"
        }
        return lines
    }

    private static func number(_ json: JSON?) -> String { json?.uint64Value.map { "\($0)" } ?? "" }

    private static func state(_ json: JSON) -> String {
        let name = LedgerText.text(json["state"])
        return switch name {
        case "executed": Terminal.output.green(name)
        case "failed", "rejected": Terminal.output.red(name)
        case "expired": Terminal.output.yellow(name)
        default: name
        }
    }
}
