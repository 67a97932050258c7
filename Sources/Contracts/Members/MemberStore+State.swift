package import Ledger
internal import Primitives

// The members as others than contracts read them.
extension MemberStore {
    /// All members that a state names, on a chain that has some.
    package static func membership(
        in state: any StateView, _ founders: FoundingMembers
    ) throws(StateUnavailable) -> Membership {
        let founding = founders.membership
        let rule: VotingRule = try value(at: ruleKey, in: state) ?? founding.rule
        var organisations: [Organisation] = []
        for name in try names(in: state) ?? founding.organisations.map(\.name) {
            let stored: Organisation? = try value(at: organisationKey(name), in: state)
            guard let organisation = stored ?? founding.organisation(name) else { throw unreadable }
            organisations.append(organisation)
        }
        return Membership(rule: rule, organisations: organisations)
    }

    private static func names(in state: any StateView) throws(StateUnavailable) -> [MemberName]? {
        guard let bytes = try state.value(at: StateKey(contract: Members.address, key: namesKey)) else { return nil }
        do throws(CodingError) {
            var decoder = CanonicalDecoder(bytes)
            return try decoder.decodeSequence(maximum: MemberLimits.organisationsMax)
        } catch { throw unreadable }
    }

    private static func value<Value: CanonicalDecodable>(
        at key: [UInt8], in state: any StateView
    ) throws(StateUnavailable) -> Value? {
        guard let bytes = try state.value(at: StateKey(contract: Members.address, key: key)) else { return nil }
        do throws(CodingError) { return try Value(canonicalBytes: bytes) } catch { throw unreadable }
    }

    private static let unreadable = StateUnavailable("the storage of the contract for members does not decode")
}

extension StateKey {
    /// Whether it is the contract's for members, which changes seldom.
    package var isOfMembers: Bool { storeKey.hasPrefix(Members.address.storeKey) }
}
