internal import Contracts
internal import HTTP
internal import Ledger

// MARK: - The members and their proposals

extension MethodDescription {
    static let organisations = MethodDescription(
        .organisations, .read, "the organisations of the chain, with their nodes",
        "None, and no rule, on a chain whose genesis names no members.", parameters: [height],
        result: ResultDescription(
            "members",
            .object([
                .required("rule", .nullable(rule)),
                .required("organisations", .array(of: .shared(.organisation), atMost: MemberLimits.organisationsMax)),
                .required("height", .shared(.unsigned)),
            ])), errors: [.overloaded, .notKept])

    static let proposals = MethodDescription(
        .proposals, .read, "what organisations have proposed to each other, the newest first",
        "\"next\" is given as \"before\" for the page behind it, or null. Ended ones stay for ever.",
        parameters: [
            .optional("state", "those that can be voted on, or the others; open without", .words(["open", "ended"])),
            .optional("before", "only proposals of smaller numbers", .shared(.unsigned)), height,
        ],
        result: ResultDescription(
            "page",
            .object([
                .required(
                    "proposals", .array(of: .shared(.governanceProposal), atMost: GovernanceLimits.pageItemsMax)),
                .required("next", .nullable(.shared(.unsigned))), .required("height", .shared(.unsigned)),
            ])), errors: [.overloaded, .notKept])

    static let proposal = MethodDescription(
        .proposal, .read, "one proposal, and how it stands", "Null if there is none of the number.",
        parameters: [.required("number", "the proposal's number", .shared(.unsigned)), height],
        result: ResultDescription("proposal", .nullable(.shared(.governanceProposal))),
        errors: [.overloaded, .notKept])

    static let rule = Schema.text(
        matching: "^(majority|two-thirds|all|[1-9][0-9]*)$", "How many organisations must agree to a proposal.")
}

extension SharedSchema {
    static let memberNodeSchema = Schema.object(
        [
            .required("name", .text), .required("role", .words(NodeRole.allCases.map { "\($0)" })),
            .required("consensusKey", .shared(.publicKey)), .required("certificateKey", .shared(.publicKey)),
            .required("addresses", .array(of: .text, atMost: MemberLimits.addressesMax)),
        ], "A node of an organisation.")

    private static let authority = Schema.object([
        .required("fingerprint", .shared(.digest)), .required("subject", .text),
        .required("notAfter", .shared(.milliseconds)), .required("raw", .shared(.bytes)),
    ])

    static let organisationSchema = Schema.object(
        [
            .required("name", .text),
            .required("authorities", .array(of: authority, atMost: MemberLimits.authoritiesMax)),
            .required(
                "administrators", .array(of: .shared(.address), atMost: MemberLimits.administratorsMax)),
            .required("nodes", .array(of: .shared(.memberNode), atMost: MemberLimits.organisationNodesMax)),
        ], "A member of the consortium.")

    static let governanceActionSchema = Schema.object(
        [
            .required("kind", .words(GovernanceAction.kinds)), .required("text", .text),
            .optional("organisation", .text), .optional("newOrganisation", .shared(.organisation)),
            .optional("node", .text), .optional("newNode", .shared(.memberNode)),
            .optional("authority", authority), .optional("fingerprint", .shared(.digest)),
            .optional("administrators", .array(of: .shared(.address), atMost: MemberLimits.administratorsMax)),
            .optional("engine", .words(EngineKind.allCases.map { "\($0)" })),
            .optional("verification", .words(VerificationMode.allCases.map { "\($0)" })),
            .optional("rule", MethodDescription.rule),
        ], "One of the changes of a proposal; which members there are follows from its kind.")

    private static let vote = Schema.object([
        .required("organisation", .text), .required("account", .shared(.address)),
        .required("vote", .words(["yes", "no"])), .required("time", .shared(.milliseconds)),
    ])

    static let governanceProposalSchema = Schema.object(
        [
            .required("number", .shared(.unsigned)), .required("organisation", .text),
            .required("account", .shared(.address)), .required("note", .text),
            .required("created", .shared(.milliseconds)), .required("expiry", .shared(.milliseconds)),
            .required("state", .words(ProposalState.names)),
            .required("ended", .nullable(.shared(.milliseconds))),
            .required("failure", .nullable(.shared(.failure))),
            .required("votes", .array(of: vote, atMost: MemberLimits.organisationsMax)),
            .required(
                "tally",
                .object([
                    .required("yes", .index), .required("no", .index), .required("organisations", .index),
                    .required("needed", .index),
                ])),
            .required("actions", .array(of: .shared(.governanceAction), atMost: GovernanceLimits.actionsMax)),
        ], "What an organisation proposed, and what has become of it.")
}
