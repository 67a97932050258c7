package import Cryptography
package import Primitives

/// Why a chain can't have such members, or not change them so.
package enum MembershipError: Error, Hashable, Sendable {
    case noOrganisation
    case tooMany(String, maximum: Int)
    case organisationExists(MemberName)
    case unknownOrganisation(MemberName)
    case nodeExists(MemberName, of: MemberName)
    case unknownNode(MemberName, of: MemberName)
    /// One key at two places: of two nodes, or for two purposes.
    case repeatedKey(PublicKey)
    /// An account that would act for two organisations, or is named twice.
    case repeatedAdministrator(Address)
    case noAdministrator(MemberName)
    case noAuthority(MemberName)
    case repeatedAuthority(MemberName)
    case unknownAuthority(Digest, of: MemberName)
    /// The certificate of an authority is none, or not one of an authority of the suite.
    case authorityNotTaken(MemberName, String)
    case schemeNotOfSuite(SignatureScheme, suite: Suite)
    /// A key that nobody can hold.
    case invalidKey(PublicKey)
    case noValidator
    case ruleTooHigh(VotingRule, organisations: Int)
}

extension MembershipError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noOrganisation: "there would be no organisation left"
        case .tooMany(let what, let maximum): "there may be at most \(maximum) \(what)"
        case .organisationExists(let name): "there is an organisation \(name) already"
        case .unknownOrganisation(let name): "there is no organisation \(name)"
        case .nodeExists(let name, let organisation): "\(organisation) has a node \(name) already"
        case .unknownNode(let name, let organisation): "\(organisation) has no node \(name)"
        case .repeatedKey(let key): "the key \(key) would be at two places"
        case .repeatedAdministrator(let account):
            "the account \(account) would be an administrator twice; it can act for one organisation only"
        case .noAdministrator(let name): "\(name) would have no administrator"
        case .noAuthority(let name): "\(name) would have no authority"
        case .repeatedAuthority(let name): "an authority of \(name) would be there twice"
        case .unknownAuthority(let digest, let name): "\(name) has no authority of the fingerprint \(digest)"
        case .authorityNotTaken(let name, let why): "an authority of \(name) is not taken: \(why)"
        case .schemeNotOfSuite(let scheme, let suite):
            "a node's key is of \(scheme); on a chain of the suite \(suite) nodes order by "
                + suite.validatorSchemes.map { "\($0)" }.joined(separator: ", ")
                + " and have certificates of \(CertificateAlgorithm(suite).scheme)"
        case .invalidKey(let key):
            "a node's key, \(key), is no point of its curve, or one that anybody can sign for"
        case .noValidator: "no validator would be left"
        case .ruleTooHigh(let rule, let count):
            "by the rule \(rule) more organisations would have to agree than there are (\(count))"
        }
    }
}
