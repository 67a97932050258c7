/// Why a key could not be made, opened or used.
package struct KeyError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        /// The bytes are not a private key of the scheme.
        case notAKey
        /// A passphrase is empty or too long.
        case passphraseUnusable
        /// The passphrase is wrong, or the file was changed: nothing in the file can tell which.
        case passphraseWrongOrFileDamaged
        /// The file's structure is broken.
        case fileMalformed
        /// The file asks for more work or memory than a key file may, or is too large itself.
        case limitExceeded
        /// A file or directory is open to others.
        case exposed
        /// There is no such key.
        case notFound
        /// The name is taken.
        case alreadyExists
        /// The name has characters that names may not have.
        case nameUnusable
        /// The system refused a file, memory or randomness.
        case system
        /// A token failed.
        case token
        /// Another cause; the description says it.
        case other
    }

    package let reason: Reason
    /// Cause, place and remedy.
    package let description: String

    package init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }

    package init(_ description: String) { self.init(.other, description) }
}
