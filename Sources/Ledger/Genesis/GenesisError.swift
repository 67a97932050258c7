package import Cryptography
package import Primitives

/// Why terms can't be the beginning of a chain, or of an epoch.
package enum GenesisError: Error, Hashable, Sendable {
    /// A validator's key signs by a scheme that is none of the suite's own.
    case schemeNotOfSuite(SignatureScheme, suite: Suite)
    /// A validator's key is one that nobody can hold.
    case invalidKey(PublicKey)
    /// The epoch's fault model is not among those that the chain may enter.
    case faultModelNotAllowed(FaultModel)
    /// There would be no number for the epoch after it.
    case numberTooHigh
    /// Whoever vouches for signatures must answer for results.
    case sharedVerificationNeedsOneSet
    /// The chain can't have such members.
    case members(MembershipError)
    /// On a chain with members all their validators, and nobody else, order and certify.
    case validatorsAreNotTheMembers
    /// The execution version knows no members.
    case executionVersionWithoutMembers(UInt32)
}

extension GenesisError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .schemeNotOfSuite(let scheme, let suite):
            "a validator's key is of \(scheme); on a chain of the suite \(suite) validators sign by "
                + suite.validatorSchemes.map { "\($0)" }.joined(separator: ", ")
        case .invalidKey(let key):
            "a validator's key, \(key), is no point of its curve, or one that anybody can sign for"
        case .faultModelNotAllowed(let model):
            "the epoch's fault model, \(model), is not among those that the genesis allows"
        case .numberTooHigh: "the epoch has the highest number that there is, so that none could follow"
        case .sharedVerificationNeedsOneSet:
            "verification can be shared only by an engine that bears liars, and where orderers and certifiers are the same"
        case .members(let error): "the members: \(error)"
        case .validatorsAreNotTheMembers:
            "the members' validators are not those who order, or not those who certify"
        case .executionVersionWithoutMembers(let version):
            "execution version \(version) knows no members; the first that does is "
                + "\(LedgerLimits.executionVersionWithMembersMin)"
        }
    }
}

extension Genesis {
    /// Whether the terms agree with each other. Decoding makes sure of it; whoever makes new terms asks.
    package func check() throws(GenesisError) {
        try epoch.check(in: suite, allowed: faultModels)
        guard let members else { return }
        guard executionVersion >= LedgerLimits.executionVersionWithMembersMin else {
            throw .executionVersionWithoutMembers(executionVersion)
        }
        do throws(MembershipError) { try members.check(in: suite) } catch { throw .members(error) }
        let validators = Set(members.validatorKeys)
        guard Set(epoch.orderers) == validators, Set(epoch.certifiers) == validators else {
            throw .validatorsAreNotTheMembers
        }
    }
}

extension EpochConfiguration {
    /// Whether an epoch of a chain may be like this.
    package func check(in suite: Suite, allowed models: [FaultModel]) throws(GenesisError) {
        guard number < .max else { throw .numberTooHigh }
        guard models.contains(engine.faultModel) else { throw .faultModelNotAllowed(engine.faultModel) }
        let keys = orderers == certifiers ? orderers : orderers + certifiers
        for key in keys where !suite.validatorSchemes.contains(key.scheme) {
            throw .schemeNotOfSuite(key.scheme, suite: suite)
        }
        guard verification == .all || engine.faultModel == .byzantine && orderers == certifiers else {
            throw .sharedVerificationNeedsOneSet
        }
        // Last, as it takes the longest.
        for key in keys where !key.isValid { throw .invalidKey(key) }
    }

    /// What names the epoch where another one ends.
    package func digest(in suite: Suite) -> Digest { suite.hash(Domain.epoch + canonicalBytes) }
}
