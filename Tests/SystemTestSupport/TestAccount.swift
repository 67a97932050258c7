internal import Contracts
package import Cryptography
package import Ledger
package import Primitives

/// An account whose key the test holds, and what it signs.
package struct TestAccount: Sendable {
    package let key: SoftwareKey
    package let address: Address

    package init(_ number: UInt8, scheme: SignatureScheme = .ed25519, suite: Suite = .international) throws {
        key = try SoftwareKey(scheme: scheme, seed: [UInt8](repeating: number, count: 32))
        guard let address = key.publicKey.address(in: suite) else {
            throw ChildProcess.Failure("a key without an address")
        }
        self.address = address
    }

    /// A transaction of the account to the contract for assets, signed.
    package func sign(
        _ method: String, _ terms: ChainTerms, salt: UInt64, expiry: Timestamp, _ arguments: [UInt8]
    ) throws -> SignedTransaction {
        try SignedTransaction(
            signing: transaction(method, terms, salt: salt, expiry: expiry, arguments), with: [key], suite: terms.suite)
    }

    package func transaction(
        _ method: String, _ terms: ChainTerms, salt: UInt64, expiry: Timestamp, _ arguments: [UInt8]
    ) -> Transaction {
        Transaction(
            genesis: terms.genesis, group: terms.group, sender: address, contract: Assets.address, method: method,
            arguments: arguments, salt: salt, expiry: expiry, gasLimit: 100_000)
    }
}

/// The arguments of the methods of the contract for assets.
package enum AssetArguments {
    package static func create(_ symbol: String, decimals: UInt8 = 0) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.encode(symbol)
        encoder.encode(symbol)
        encoder.encode(decimals)
        return encoder.bytes
    }

    /// Of `issue` and `transfer`.
    package static func movement(_ symbol: String, to account: Address, _ amount: UInt64) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.encode(symbol)
        encoder.encode(account)
        encoder.encode(UInt256(amount))
        return encoder.bytes
    }

    package static func balance(_ symbol: String, of account: Address) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.encode(symbol)
        encoder.encode(account)
        return encoder.bytes
    }
}
