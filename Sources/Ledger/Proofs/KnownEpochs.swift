package import Cryptography
internal import Primitives

/// The epochs of a chain that are known, each by what a quorum of the one before has signed. It says what must hold for
/// a certificate to be one of them; the signatures are for whoever asks to verify.
package struct KnownEpochs: Sendable {
    private struct Known: Sendable {
        let configuration: EpochConfiguration
        /// Of its last block; nil as long as it may go on.
        var last: ResultStatement?
    }

    package let chain: ChainTerms
    private let faultModels: [FaultModel]
    /// Consecutive, the first one believed without proof.
    private var epochs: [Known]

    /// From the first epoch of a chain on.
    package init(genesis: Genesis) {
        chain = genesis.terms
        faultModels = genesis.faultModels
        epochs = [Known(configuration: genesis.epoch)]
    }

    /// From a later one on, which an invitation names.
    package init(
        genesis: Genesis, _ configuration: EpochConfiguration, by invitation: Invitation
    ) throws(ProofError) {
        chain = genesis.terms
        faultModels = genesis.faultModels
        guard configuration.number == invitation.epoch,
            configuration.digest(in: genesis.suite) == invitation.digest
        else { throw .wrongEpoch(configuration.number) }
        do throws(GenesisError) { try configuration.check(in: genesis.suite, allowed: faultModels) } catch {
            throw .epochNotAllowed(error)
        }
        epochs = [Known(configuration: configuration)]
    }

    package var newest: EpochConfiguration { epochs[epochs.count - 1].configuration }

    /// Those that are known, ascending.
    package var configurations: [EpochConfiguration] { epochs.map(\.configuration) }

    private func place(of number: UInt64) -> Int? {
        let first = epochs[0].configuration.number
        return number >= first && number - first < UInt64(epochs.count) ? Int(number - first) : nil
    }

    package subscript(number: UInt64) -> EpochConfiguration? { place(of: number).map { epochs[$0].configuration } }

    /// What ended an epoch that another one is known to follow.
    package func end(of number: UInt64) -> ResultStatement? { place(of: number).flatMap { epochs[$0].last } }

    /// The same as if nothing were known after an epoch; nil if that is not known itself.
    package func prefix(through number: UInt64) -> KnownEpochs? {
        guard let place = place(of: number) else { return nil }
        var prefix = self
        prefix.epochs.removeSubrange((place + 1)...)
        prefix.epochs[place].last = nil
        return prefix
    }

    /// Checks that a statement may be one of its epoch's: that the epoch is known, and had that height.
    package func check(_ statement: ResultStatement) throws(ProofError) {
        guard statement.genesis == chain.genesis else { throw .wrongGenesis(statement.genesis) }
        guard statement.group == chain.group else { throw .wrongGroup(statement.group) }
        guard let place = place(of: statement.epoch) else { throw .unknownEpoch(statement.epoch) }
        guard statement.height <= epochs[place].last?.height ?? .max,
            place == 0 || statement.height > epochs[place - 1].last?.height ?? .max
        else { throw .notOfEpoch(statement.epoch, height: statement.height) }
    }

    /// What must be verified for a certificate to count.
    package func checks(of certificate: BlockCertificate) throws(ProofError) -> [SignatureCheck] {
        try check(certificate.statement)
        guard let epoch = self[certificate.statement.epoch] else {
            throw .unknownEpoch(certificate.statement.epoch)
        }
        return try epoch.checks(of: certificate, on: chain)
    }

    /// Takes over the epoch that follows the newest one, which the statement of that one's last block names. That a
    /// quorum has signed it must be verified. From then on those who certified before are believed about nothing later:
    /// their keys may be anybody's.
    package mutating func enter(
        _ next: EpochConfiguration, by statement: ResultStatement
    ) throws(ProofError) {
        try check(statement)
        guard statement.epoch == newest.number, next.number > 0, next.number - 1 == newest.number else {
            throw .unknownEpoch(next.number)
        }
        guard statement.nextEpoch == next.digest(in: chain.suite) else { throw .wrongEpoch(next.number) }
        do throws(GenesisError) { try next.check(in: chain.suite, allowed: faultModels) } catch {
            throw .epochNotAllowed(error)
        }
        epochs[epochs.count - 1].last = statement
        epochs.append(Known(configuration: next))
    }
}

extension EpochConfiguration {
    /// What must be verified for a certificate to be one of this epoch's certifiers: that it is of this chain and epoch,
    /// goes by its rule and has a quorum of its certifiers is checked here.
    package func checks(
        of certificate: BlockCertificate, on chain: ChainTerms
    ) throws(ProofError) -> [SignatureCheck] {
        let statement = certificate.statement
        guard statement.genesis == chain.genesis else { throw .wrongGenesis(statement.genesis) }
        guard statement.group == chain.group else { throw .wrongGroup(statement.group) }
        guard statement.epoch == number else { throw .unknownEpoch(statement.epoch) }
        guard certificate.rule == certifierRule else { throw .wrongRule }
        guard certificate.signatures.allSatisfy({ Int($0.certifier) < certifiers.count }),
            certificate.rule.isQuorum(SignerSet(certificate.signatures.map(\.certifier)))
        else { throw .noQuorum }
        let digest = statement.digest(in: chain.suite)
        return certificate.signatures.map {
            SignatureCheck(publicKey: certifiers[Int($0.certifier)], digest: digest, signature: $0.signature)
        }
    }
}
