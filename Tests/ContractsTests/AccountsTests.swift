import Contracts
import Cryptography
import Ledger
import Primitives
import Testing

/// Keys of accounts: who may sign for whom, and how that changes.
@Suite struct AccountsTests {
    private var blocks = TestBlocks()
    private let suite = Suite.international
    private let alice = TestBlocks.key(1)
    private let fresh = TestBlocks.key(2)
    private let stranger = TestBlocks.key(3)

    private func address(_ key: PublicKey) -> Address { key.address(in: suite) ?? .zero }

    /// A transaction of `sender`, signed for each account by the given keys; signatures are not checked here.
    private func transaction(
        _ method: String, _ arguments: [UInt8], sender: Address, signing: [(account: Address, key: PublicKey)],
        to contract: Address = Accounts.address
    ) -> SignedTransaction {
        let transaction = Transaction(
            genesis: .zero, group: 3, sender: sender, contract: contract, method: method, arguments: arguments,
            salt: 0, expiry: Timestamp(milliseconds: 0), gasLimit: 10_000_000,
            additionalSigners: signing.map(\.account))
        let signatures = transaction.signers.enumerated().flatMap { index, signer in
            signing.filter { $0.account == signer }.map(\.key)
                .sorted { $0.canonicalBytes.lexicographicallyPrecedes($1.canonicalBytes) }
                .map { AccountSignature(signer: UInt8(index), publicKey: $0, signature: Signature(repeating: 0)) }
        }
        return SignedTransaction(
            transaction: transaction, signatures: signatures, identity: transaction.identity(in: suite))
    }

    private func setting(
        _ record: AuthenticationRecord, signing: [(account: Address, key: PublicKey)]
    ) -> SignedTransaction {
        transaction("setAuthentication", record.canonicalBytes, sender: address(alice), signing: signing)
    }

    private func asking(signing keys: [PublicKey]) -> SignedTransaction {
        transaction(
            "authentication", address(alice).canonicalBytes, sender: address(alice),
            signing: keys.map { (address(alice), $0) })
    }

    /// What becomes of each transaction in a block of its own, the state before it deciding whose keys act.
    private mutating func codes(_ transactions: [SignedTransaction]) throws -> [String] {
        try transactions.map { try Self.code($0, in: &blocks) }
    }

    private static func code(_ signed: SignedTransaction, in blocks: inout TestBlocks) throws -> String {
        let authority = try AccountAuthority(over: blocks.state, suite: .international)
        guard try authority.unauthorizedSigner(of: signed) == nil else { return "notAuthorized" }
        return try blocks.execute([signed]).receipts[0].outcome.code ?? "success"
    }

    @Test mutating func `an account belongs to the key of its address`() throws {
        #expect(
            try codes([asking(signing: [alice]), asking(signing: [stranger]), asking(signing: [alice, stranger])])
                == ["success", "notAuthorized", "notAuthorized"])
    }

    @Test mutating func `a key is replaced, and acts from the next block on`() throws {
        let record = AuthenticationRecord(key: fresh)
        let signing = [(address(alice), alice), (address(fresh), fresh)]
        #expect(
            try codes([
                setting(record, signing: signing), asking(signing: [alice]), asking(signing: [fresh]),
                asking(signing: [stranger]), asking(signing: [alice, fresh]),
            ]) == ["success", "notAuthorized", "success", "notAuthorized", "notAuthorized"])
        let answer = try blocks.execute([asking(signing: [fresh])]).receipts[0].outcome
        #expect(answer == .success([1] + record.canonicalBytes))
        // Others are as they were.
        let other = transaction(
            "authentication", address(alice).canonicalBytes, sender: address(stranger),
            signing: [(address(stranger), stranger)])
        #expect(try codes([other]) == ["success"])
    }

    @Test mutating func `a new key must show itself`() throws {
        let record = AuthenticationRecord(key: fresh)
        #expect(
            try codes([
                setting(record, signing: [(address(alice), alice)]),
                setting(record, signing: [(address(alice), alice), (address(stranger), stranger)]),
                setting(AuthenticationRecord(key: alice), signing: [(address(alice), alice)]),
            ]) == ["keysNotShown", "keysNotShown", "success"])
    }

    @Test mutating func `the key of the address comes back only with the record's will, and shown`() throws {
        let back = AuthenticationRecord(key: alice)
        #expect(
            try codes([
                setting(AuthenticationRecord(key: fresh), signing: [(address(alice), alice), (address(fresh), fresh)]),
                setting(back, signing: [(address(alice), alice)]),
                setting(back, signing: [(address(alice), fresh)]),
            ]) == ["success", "notAuthorized", "keysNotShown"])
    }

    @Test mutating func `several keys with weights`() throws {
        let keys = [(alice, 1), (fresh, 1), (stranger, 2)].map { WeightedKey(key: $0.0, weight: $0.1) }
        let record = try #require(AuthenticationRecord(threshold: 2, keys: keys))
        let signing = [(address(alice), alice), (address(fresh), fresh)]
        #expect(
            try codes([
                setting(record, signing: signing), asking(signing: [alice]), asking(signing: [fresh]),
                asking(signing: [stranger]), asking(signing: [alice, fresh]), asking(signing: [alice, stranger]),
                asking(signing: [alice, TestBlocks.key(9)]),
            ]) == [
                "success", "notAuthorized", "notAuthorized", "success", "success", "success", "notAuthorized",
            ])
    }

    @Test mutating func `accounts of every scheme, and one may replace another`() throws {
        let keys = try SignatureScheme.allCases.map { try SoftwareKey.generate($0).publicKey }
        for key in keys {
            let ask = transaction(
                "authentication", address(key).canonicalBytes, sender: address(key), signing: [(address(key), key)])
            #expect(try codes([ask]) == ["success"], "\(key.scheme)")
        }
        for key in keys {
            var blocks = TestBlocks()
            let signing = [(address(alice), alice), (address(key), key)]
            let all = [
                setting(AuthenticationRecord(key: key), signing: signing), asking(signing: [key]),
                asking(signing: [alice]),
            ]
            #expect(try all.map { try Self.code($0, in: &blocks) } == ["success", "success", "notAuthorized"])
        }
    }

    @Test func `records that are none`() {
        let key = WeightedKey(key: alice, weight: 1)
        #expect(AuthenticationRecord(threshold: 0, keys: [key]) == nil)
        #expect(AuthenticationRecord(threshold: 2, keys: [key]) == nil)
        #expect(AuthenticationRecord(threshold: 1, keys: []) == nil)
        #expect(AuthenticationRecord(threshold: 1, keys: [key, key]) == nil)
        #expect(AuthenticationRecord(threshold: 1, keys: [WeightedKey(key: alice, weight: 0)]) == nil)
        let many = (0...LedgerLimits.accountKeysMax).map { WeightedKey(key: TestBlocks.key(UInt8($0)), weight: 1) }
        #expect(AuthenticationRecord(threshold: 1, keys: many) == nil)
        #expect(AuthenticationRecord(threshold: 1, keys: Array(many.dropLast())) != nil)
        #expect(throws: CodingError.self) {
            var encoder = CanonicalEncoder()
            encoder.encode(UInt32(1))
            encoder.encode(sequence: [many[1], many[0]])
            _ = try AuthenticationRecord(canonicalBytes: encoder.bytes)
        }
    }
}
