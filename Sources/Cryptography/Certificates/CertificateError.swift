/// Why bytes are no certificate, request or revocation list, or why one could not be made.
///
/// What a verifier refuses is no error but a `CertificateRefusal`.
package struct CertificateError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        /// The structure is broken.
        case malformed
        /// A sound structure with a version, cipher or extension that is not supported.
        case unsupported
        /// Something is larger, or there is more of it, than may be.
        case limitExceeded
        /// A signature does not fit what it signs.
        case signatureInvalid
        /// The authority may not, or will not, issue that.
        case notAllowed
        /// The authority's key could not sign.
        case key
    }

    package let reason: Reason
    /// Cause, place and, where somebody can do something about it, the remedy.
    package let description: String

    init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }

    /// Runs what may fail for the key's sake.
    static func ofKeys<Value>(_ body: () throws(KeyError) -> Value) throws(CertificateError) -> Value {
        do throws(KeyError) { return try body() } catch { throw CertificateError(.key, error.description) }
    }
}
