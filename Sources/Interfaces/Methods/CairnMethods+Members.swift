internal import Contracts
internal import HTTP
internal import Ledger
internal import Node
internal import Primitives
internal import Replica

// The members of the chain and their proposals. On a chain without members there are none of either.
extension CairnMethods {
    func organisations(_ parameters: Parameters, _ reply: JSONRPCReply) throws(JSONRPCError) {
        node.ask(at: try height(parameters)) { executor throws(StateUnavailable) in
            (try Self.rule(executor), try Self.members(executor), executor.head.height)
        } answer: { [node] result in
            reply.give(
                result.mapError(JSONRPCError.init).flatMap { rule, members, height in
                    guard let members, members.isEmpty || rule != nil else { return .failure(Self.unreadable) }
                    return .success([
                        "rule": members.isEmpty ? .null : rule.map { .string($0.description) } ?? .null,
                        "organisations": .array(members.map { LedgerJSON.organisation($0, in: node.terms.suite) }),
                        "height": .unsigned(height),
                    ])
                })
        }
    }

    func proposals(_ parameters: Parameters, _ reply: JSONRPCReply) throws(JSONRPCError) {
        let state = try parameters.optional("state", "\"open\" or \"ended\"") { json in
            json.stringValue.flatMap { ["open", "ended"].contains($0) ? $0 : nil }
        }
        var arguments = CanonicalEncoder()
        arguments.encode(state != "ended")
        arguments.encode(try parameters.optional("before", "the number of a proposal", \.uint64Value))
        let coded = arguments.bytes
        node.ask(at: try height(parameters)) { executor throws(StateUnavailable) in
            (try Self.ask("proposals", coded, executor), executor.head.height)
        } answer: { [node] result in
            reply.give(
                result.mapError(JSONRPCError.init).flatMap { outcome, height in
                    let none = Self.isWithoutMembers(outcome) ? ProposalPage(reports: [], next: nil) : nil
                    guard let page = none ?? Self.decode(outcome, { try? ProposalPage(canonicalBytes: $0) }) else {
                        return .failure(Self.unreadable)
                    }
                    return .success([
                        "proposals": .array(page.reports.map { LedgerJSON.proposal($0, in: node.terms.suite) }),
                        "next": page.next.map(JSON.unsigned) ?? .null, "height": .unsigned(height),
                    ])
                })
        }
    }

    func proposal(_ parameters: Parameters, _ reply: JSONRPCReply) throws(JSONRPCError) {
        let number = try parameters.required("number", "the number of a proposal", \.uint64Value)
        node.ask(at: try height(parameters)) { executor throws(StateUnavailable) in
            try Self.ask("proposal", number.canonicalBytes, executor)
        } answer: { [node] result in
            reply.give(
                result.mapError(JSONRPCError.init).flatMap { outcome in
                    if Self.isWithoutMembers(outcome) { return .success(.null) }
                    guard let report = Self.decode(outcome, Self.option(ProposalReport.self)) else {
                        return .failure(Self.unreadable)
                    }
                    return .success(report.map { LedgerJSON.proposal($0, in: node.terms.suite) } ?? .null)
                })
        }
    }

    // MARK: - Asking the contract

    private static func rule(_ executor: Executor) throws(StateUnavailable) -> VotingRule? {
        names(try ask("organisations", [], executor))?.rule
    }

    /// The members as the state has them, none on a chain without members; nil if they can't be read.
    static func members(_ executor: Executor) throws(StateUnavailable) -> [Organisation]? {
        let outcome = try ask("organisations", [], executor)
        guard let names = names(outcome)?.names else { return isWithoutMembers(outcome) ? [] : nil }
        var members: [Organisation] = []
        for name in names {
            let outcome = try ask("organisation", name.canonicalBytes, executor)
            guard let member = decode(outcome, option(Organisation.self)) ?? nil else { return nil }
            members.append(member)
        }
        return members
    }

    private static let unreadable = JSONRPCError.internalError("the state of the members can't be read")

    private static func ask(
        _ method: String, _ arguments: [UInt8], _ executor: Executor
    ) throws(StateUnavailable) -> Outcome {
        try executor.call(
            Members.address, method, arguments, as: .zero, gasLimit: MethodLimits.membersGas
        ).outcome
    }

    /// Whether the chain's execution version has no contract for members.
    private static func isWithoutMembers(_ outcome: Outcome) -> Bool {
        guard case .failure(let failure) = outcome else { return false }
        return failure.code == "noContract"
    }

    private static func decode<Value>(_ outcome: Outcome, _ read: ([UInt8]) -> Value?) -> Value? {
        guard case .success(let bytes) = outcome else { return nil }
        return read(bytes)
    }

    /// Reads an option, which may be nil; nil if it can't be read.
    private static func option<Value: CanonicalDecodable & SendableMetatype>(
        _ type: Value.Type
    ) -> ([UInt8]) -> Value?? {
        { bytes in
            var decoder = CanonicalDecoder(bytes)
            do { return .some(try decoder.decodeOption(type)) } catch { return nil }
        }
    }

    private static func names(_ outcome: Outcome) -> (rule: VotingRule, names: [MemberName])? {
        decode(outcome) { bytes in
            var decoder = CanonicalDecoder(bytes)
            guard let rule = try? decoder.decode(VotingRule.self),
                let names = try? decoder.decodeSequence(of: MemberName.self, maximum: MemberLimits.organisationsMax)
            else { return nil }
            return (rule, names)
        }
    }
}
