package import Cryptography

/// Why terms can't be the beginning of a chain.
package enum GenesisError: Error, Hashable, Sendable {
    /// A validator's key signs by a scheme that is none of the suite's own.
    case schemeNotOfSuite(SignatureScheme, suite: Suite)
    /// The first epoch's fault model is not among those that the chain may enter.
    case faultModelNotAllowed(FaultModel)
}

extension GenesisError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .schemeNotOfSuite(let scheme, let suite):
            "a validator's key is of \(scheme); on a chain of the suite \(suite) validators sign by "
                + suite.validatorSchemes.map { "\($0)" }.joined(separator: ", ")
        case .faultModelNotAllowed(let model): "the first epoch's fault model, \(model), is not among those allowed"
        }
    }
}

extension Genesis {
    /// Whether the terms agree with each other. Decoding makes sure of it; whoever makes new terms asks.
    package func check() throws(GenesisError) {
        guard faultModels.contains(epoch.engine.faultModel) else {
            throw .faultModelNotAllowed(epoch.engine.faultModel)
        }
        for key in epoch.orderers + epoch.certifiers where !suite.validatorSchemes.contains(key.scheme) {
            throw .schemeNotOfSuite(key.scheme, suite: suite)
        }
    }
}
