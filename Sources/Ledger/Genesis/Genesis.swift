package import Cryptography
package import Primitives

/// The beginning of a chain: its fixed terms. Its digest names the chain in every transaction and certificate.
package struct Genesis: EqualByCoding, Sendable {
    /// The version of a genesis with members, and of one without: what the chain is governed by is part of its terms.
    package static let currentVersion: UInt16 = 3
    package static let versionWithoutMembers: UInt16 = 2

    package let name: String
    package let suite: Suite
    package let group: GroupIdentifier
    package let time: Timestamp
    /// The fault models that the chain may ever enter, ascending.
    package let faultModels: [FaultModel]
    package let epoch: EpochConfiguration
    package let executionVersion: UInt32
    package let limits: ChainLimits
    /// The first organisations, by whose votes the chain is governed; nil for a chain without.
    package let members: Membership?

    package init(
        name: String, suite: Suite, group: GroupIdentifier, time: Timestamp, faultModels: [FaultModel],
        epoch: EpochConfiguration, executionVersion: UInt32, limits: ChainLimits, members: Membership? = nil
    ) {
        self.name = name
        self.suite = suite
        self.group = group
        self.time = time
        self.faultModels = faultModels
        self.epoch = epoch
        self.executionVersion = executionVersion
        self.limits = limits
        self.members = members
    }

    package var digest: Digest { suite.hash(Domain.genesis + canonicalBytes) }

    package var terms: ChainTerms { ChainTerms(genesis: digest, group: group, suite: suite, limits: limits) }
}

/// What every check of a transaction needs to know of its chain.
package struct ChainTerms: Hashable, Sendable {
    package let genesis: Digest
    package let group: GroupIdentifier
    package let suite: Suite
    package let limits: ChainLimits
}

/// Who orders and who certifies in an epoch, by what engine and rules.
package struct EpochConfiguration: Hashable, Sendable, CanonicalCodable {
    package let number: UInt64
    package let engine: EngineKind
    package let verification: VerificationMode
    package let orderers: [PublicKey]
    package let ordererRule: QuorumRule
    package let certifiers: [PublicKey]
    package let certifierRule: QuorumRule

    package init(
        number: UInt64, engine: EngineKind, verification: VerificationMode, orderers: [PublicKey],
        certifiers: [PublicKey]
    ) {
        self.number = number
        self.engine = engine
        self.verification = verification
        self.orderers = orderers
        ordererRule = QuorumRule(model: engine.faultModel, count: orderers.count)
        self.certifiers = certifiers
        certifierRule = QuorumRule(model: engine.faultModel, count: certifiers.count)
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(number)
        encoder.encode(engine.rawValue)
        encoder.encode(verification.rawValue)
        encoder.encode(sequence: orderers)
        encoder.encode(sequence: certifiers)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        let number: UInt64 = try decoder.decode()
        guard let engine = EngineKind(rawValue: try decoder.decode()),
            let verification = VerificationMode(rawValue: try decoder.decode())
        else { throw CodingError(.invalid("an engine or a verification mode that is not known"), at: start) }
        let orderers = try Self.decodeValidators(from: &decoder)
        let certifiers = try Self.decodeValidators(from: &decoder)
        self.init(
            number: number, engine: engine, verification: verification, orderers: orderers, certifiers: certifiers)
    }

    private static func decodeValidators(from decoder: inout CanonicalDecoder) throws(CodingError) -> [PublicKey] {
        let start = decoder.offset
        let keys: [PublicKey] = try decoder.decodeSequence(
            maximum: LedgerLimits.validatorsMax, elementByteCountMin: 33)
        guard !keys.isEmpty, Set(keys).count == keys.count else {
            throw CodingError(.invalid("a set of validators that is empty or names one twice"), at: start)
        }
        return keys
    }
}

/// The consensus engines, by the numbers that the ledger's formats know them by.
package enum EngineKind: UInt8, Sendable, CaseIterable {
    /// One node, for development.
    case solo = 0
    /// A leader's log; bears crashes.
    case raft = 1
    /// All tell all what they vote for; bears any fault.
    case pbft = 2
    /// Votes to the leader, certificates back; bears any fault.
    case fbft = 3

    /// What the engine bears.
    package var faultModel: FaultModel {
        switch self {
        case .solo: .none
        case .raft: .crash
        case .pbft, .fbft: .byzantine
        }
    }
}

/// Who checks the signatures of transactions.
package enum VerificationMode: UInt8, Sendable, CaseIterable {
    /// Every node checks every signature before it signs a block's result.
    case all = 0
    /// Acknowledging a batch vouches for its signatures; a few that are drawn check first.
    case shared = 1
}

extension Genesis: CanonicalDecodable {
    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(members == nil ? Self.versionWithoutMembers : Self.currentVersion)
        encoder.encode(name)
        encoder.encode(suite.rawValue)
        encoder.encode(group)
        encoder.encode(time)
        encoder.encode(sequence: faultModels)
        encoder.encode(epoch)
        encoder.encode(executionVersion)
        encoder.encode(limits)
        if let members { encoder.encode(members) }
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        let version: UInt16 = try decoder.decode()
        guard version == Self.currentVersion || version == Self.versionWithoutMembers else {
            throw CodingError(.invalid("genesis version \(version) is not known"), at: start)
        }
        name = try decoder.decodeString(maximum: LedgerLimits.chainNameByteCountMax)
        let suiteStart = decoder.offset
        guard let suite = Suite(rawValue: try decoder.decode()) else {
            throw CodingError(.invalid("a cipher suite that is not known"), at: suiteStart)
        }
        self.suite = suite
        group = try decoder.decode()
        time = try decoder.decode()
        let modelsStart = decoder.offset
        faultModels = try decoder.decodeSequence(maximum: FaultModel.allCases.count)
        guard faultModels.isStrictlyAscending else { throw CodingError(.notAscending, at: modelsStart) }
        epoch = try decoder.decode()
        executionVersion = try decoder.decode()
        limits = try decoder.decode()
        members = version == Self.versionWithoutMembers ? nil : try decoder.decode(Membership.self)
        do throws(GenesisError) { try check() } catch {
            throw CodingError(.invalid("\(error)"), at: modelsStart)
        }
    }
}
