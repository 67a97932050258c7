import Cryptography
import Ledger
import Primitives
import Testing

@Suite struct StatelessCheckTests {
    private let suite = Samples.suite
    private let keys = [TestKeys.key(1), TestKeys.key(2)]
    private let check: StatelessCheck

    init() {
        var samples = Samples(seed: 60)
        check = StatelessCheck(terms: samples.genesis().terms)
    }

    private func transaction() throws -> Transaction {
        let accounts = try keys.map { try #require($0.publicKey.address(in: suite)) }
        return Transaction(
            genesis: check.terms.genesis, group: check.terms.group, sender: accounts[0], contract: .system(1),
            method: "do", arguments: [], salt: 0, expiry: Timestamp(milliseconds: 50_000), gasLimit: 100_000,
            additionalSigners: [accounts[1]])
    }

    private func rejection(of transaction: Transaction) throws -> Rejection? {
        let signed = try SignedTransaction(signing: transaction, with: keys, suite: suite)
        do throws(Rejection) {
            let decoded = try check.decode(signed.canonicalBytes)
            #expect(decoded == signed)
            return nil
        } catch {
            #expect(throws: error) { try check.check(signed) }
            return error
        }
    }

    @Test func takesWhatIsRight() throws {
        #expect(try rejection(of: transaction()) == nil)
        var transaction = try transaction()
        transaction.gasLimit = check.terms.limits.blockGasMax
        #expect(try rejection(of: transaction) == nil)
    }

    @Test func refusesOtherChainsAndGroups() throws {
        var other = try transaction()
        other.genesis = .zero
        #expect(try rejection(of: other) == .wrongGenesis(.zero))
        other = try transaction()
        other.group += 1
        #expect(try rejection(of: other) == .wrongGroup(other.group))
    }

    @Test func refusesTooMuchGas() throws {
        var transaction = try transaction()
        let maximum = check.terms.limits.blockGasMax
        transaction.gasLimit = maximum + 1
        #expect(try rejection(of: transaction) == .gasLimitTooHigh(maximum + 1, maximum: maximum))
    }

    @Test func refusesTooManyBytes() throws {
        var transaction = try transaction()
        let maximum = Int(check.terms.limits.transactionByteCountMax)
        transaction.arguments = [UInt8](repeating: 0, count: maximum)
        let signed = try SignedTransaction(signing: transaction, with: keys, suite: suite)
        #expect(try rejection(of: transaction) == .oversized(byteCount: signed.byteCount, maximum: maximum))
    }

    @Test func refusesWhatIsMalformed() throws {
        let bytes = try SignedTransaction(signing: transaction(), with: keys, suite: suite).canonicalBytes
        #expect(throws: Rejection.malformed(CodingError(.trailingBytes(1), at: bytes.count))) {
            try check.decode(bytes + [0])
        }
        #expect(throws: Rejection.malformed(CodingError(.truncated, at: 0))) { try check.decode([]) }
    }

    @Test func refusesOtherSigners() throws {
        let signed = try SignedTransaction(signing: transaction(), with: keys, suite: suite)
        let right = signed.signatures
        for wrong in [[], [right[0]], [right[1]], [right[1], right[0]], [right[0], right[0]], right + [right[1]]] {
            let other = SignedTransaction(
                transaction: signed.transaction, signatures: wrong, identity: signed.identity)
            #expect(throws: Rejection.wrongSigners) { try check.check(other) }
            #expect(throws: Rejection.wrongSigners) { try check.decode(other.canonicalBytes) }
        }
        #expect(throws: KeyError.self) {
            try SignedTransaction(signing: transaction(), with: [keys[0]], suite: suite)
        }
    }

    @Test func asksForEverySignature() throws {
        let signed = try SignedTransaction(signing: transaction(), with: keys, suite: suite)
        let checks = check.signatureChecks(of: signed)
        #expect(checks.map(\.publicKey) == signed.signatures.map(\.publicKey))
        #expect(SerialVerifier().verify(checks) == [true, true])
        var other = signed.transaction
        other.salt += 1
        let moved = SignedTransaction(
            transaction: other, signatures: signed.signatures, identity: other.identity(in: suite))
        #expect(SerialVerifier().verify(check.signatureChecks(of: moved)) == [false, false])
    }

    @Test func expiries() throws {
        var transaction = try transaction()
        let window = check.terms.limits.expiryWindowMilliseconds
        func rejection(_ expiry: UInt64, at time: UInt64) -> Rejection? {
            transaction.expiry = Timestamp(milliseconds: expiry)
            do throws(Rejection) {
                try check.check(expiry: transaction.expiry, at: Timestamp(milliseconds: time))
                return nil
            } catch {
                return error
            }
        }
        let now: UInt64 = 1_000_000
        let time = Timestamp(milliseconds: now)
        #expect(rejection(now + 1, at: now) == nil)
        #expect(rejection(now + window, at: now) == nil)
        #expect(rejection(now, at: now) == .expired(expiry: time, now: time))
        #expect(rejection(0, at: now) == .expired(expiry: Timestamp(milliseconds: 0), now: time))
        for expiry in [now + window + 1, .max] {
            let latest = Timestamp(milliseconds: now + window)
            #expect(
                rejection(expiry, at: now) == .expiryTooFar(expiry: Timestamp(milliseconds: expiry), latest: latest))
        }
        #expect(rejection(.max, at: Timestamp.millisecondsMax - 1) == nil)
        #expect(rejection(.max, at: .max) != nil)
    }

    @Test func codesAreUnlike() {
        let zero = Timestamp(milliseconds: 0)
        let rejections: [Rejection] = [
            .malformed(CodingError(.truncated, at: 0)), .oversized(byteCount: 1, maximum: 0), .wrongGenesis(.zero),
            .wrongGroup(0), .expired(expiry: zero, now: zero), .expiryTooFar(expiry: zero, latest: zero),
            .gasLimitTooHigh(0, maximum: 0), .gasLimitTooLow(0, minimum: 0), .wrongSigners,
            .wrongSignature(account: .zero), .notAuthorized(account: .zero), .duplicate, .overloaded, .stopping,
            .diskFull(path: "", freeByteCount: 0, neededByteCount: 0), .onlyFollows,
        ]
        #expect(
            rejections.map(\.code) == [
                -32010, -32011, -32012, -32013, -32014, -32015, -32016, -32017, -32018, -32019, -32024, -32020, -32021,
                -32022, -32023, -32025,
            ])
        #expect(Set(rejections.map(\.description)).count == rejections.count)
    }
}
