package import Cryptography

/// The ciphers of a chain, fixed at its beginning. An account's address depends on them, unless its key is one of
/// secp256k1.
public enum ChainSuite: String, Sendable, CaseIterable {
    /// SHA-256, and keys of Ed25519, secp256k1 or P-256.
    case international
    /// SM3 and SM2 (GB/T 32905, GB/T 32918).
    case national

    package init(_ suite: Suite) {
        switch suite {
        case .international: self = .international
        case .national: self = .national
        }
    }

    package var suite: Suite {
        switch self {
        case .international: .international
        case .national: .national
        }
    }

    /// How new accounts sign unless told otherwise.
    public var defaultScheme: AccountScheme { AccountScheme(suite.defaultScheme) }
}

/// How an account signs. Any scheme may be used on any chain.
public enum AccountScheme: String, Sendable, CaseIterable {
    /// Ed25519.
    case ed25519
    /// ECDSA on secp256k1, as Ethereum's accounts.
    case secp256k1
    /// ECDSA on P-256.
    case p256
    /// SM2 (GB/T 32918).
    case sm2

    init(_ scheme: SignatureScheme) {
        switch scheme {
        case .ed25519: self = .ed25519
        case .secp256k1: self = .secp256k1
        case .p256: self = .p256
        case .sm2: self = .sm2
        }
    }

    var scheme: SignatureScheme {
        switch self {
        case .ed25519: .ed25519
        case .secp256k1: .secp256k1
        case .p256: .p256
        case .sm2: .sm2
        }
    }
}
