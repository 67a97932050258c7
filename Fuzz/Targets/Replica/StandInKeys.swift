internal import Cryptography
internal import Primitives

/// Keys that anybody could forge, as what is signed is all that their signatures depend on besides themselves.
enum StandInKeys {
    /// Contracts refuse what is no key.
    private static let keys = (0..<40).map { TestKeys.key(UInt8($0)).publicKey }

    static func key(_ number: Int) -> PublicKey { keys[number] }

    static func signature(_ digest: Digest, by key: PublicKey) -> Signature {
        Signature(copying: Array(digest.bytes + key.bytes.prefix(32)).span, at: 0)
    }

    static func holds(_ check: SignatureCheck) -> Bool {
        check.signature == signature(check.digest, by: check.publicKey)
    }
}
