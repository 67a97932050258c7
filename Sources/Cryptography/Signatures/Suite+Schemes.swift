extension Suite {
    /// The schemes by which the chain's validators sign: blocks and their certificates are vouched for by the suite's
    /// own ciphers alone. Accounts may use any scheme.
    package var validatorSchemes: [SignatureScheme] {
        switch self {
        case .international: [.ed25519, .secp256k1, .p256]
        case .national: [.sm2]
        }
    }

    /// What a key is made for unless told otherwise.
    package var defaultScheme: SignatureScheme {
        switch self {
        case .international: .ed25519
        case .national: .sm2
        }
    }
}
