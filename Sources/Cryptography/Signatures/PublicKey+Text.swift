internal import Primitives

extension PublicKey {
    /// Reads what `description` writes: the scheme, a colon, and the key's bytes in hexadecimal. Nil if it is anything
    /// else. Whether the bytes are a point is not checked.
    package init?(text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let scheme = SignatureScheme.allCases.first(where: { "\($0)" == parts[0] }),
            let bytes = [UInt8](hexadecimal: String(parts[1]))
        else { return nil }
        self.init(scheme: scheme, bytes: bytes)
    }
}
