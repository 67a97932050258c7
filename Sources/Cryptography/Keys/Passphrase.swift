/// A passphrase in guarded memory, wiped when it is let go.
package final class Passphrase: Sendable, CustomStringConvertible, CustomReflectable {
    let bytes: GuardedBytes

    /// Takes the passphrase out of `bytes`, which are wiped, whether it can be used or not.
    package init(wiping bytes: inout [UInt8]) throws(KeyError) {
        guard (1...KeyLimits.passphraseByteCountMax).contains(bytes.count) else {
            GuardedBytes.wipe(&bytes)
            throw KeyError(
                .passphraseUnusable,
                "a passphrase has 1 to \(KeyLimits.passphraseByteCountMax) bytes; choose one within these bounds")
        }
        self.bytes = try GuardedBytes.taking(&bytes)
    }

    /// For texts that are no secret of their own, as in tests: the text itself can't be wiped.
    package convenience init(copying text: String) throws(KeyError) {
        var bytes = Array(text.utf8)
        try self.init(wiping: &bytes)
    }

    package var description: String { "(passphrase)" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
