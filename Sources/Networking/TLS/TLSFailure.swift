internal import COpenSSL

/// Why a TLS connection could not be made, or does not go on.
package enum TLSFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The peer broke off with an alert (RFC 8446, section 6).
    case alert(TLSAlert)
    /// What the peer sent is not TLS 1.3 as we speak it; the reason is OpenSSL's. The peer was told by an alert.
    case refused(reason: String)
    /// The peer speaks none of our application protocols (RFC 7301).
    case noCommonProtocol
    /// The server's certificate is not vouched for, or not for the name by which we called it.
    case serverNotTrusted(reason: String)
    case chainTooLong(certificates: Int)
    case certificateTooLong(bytes: Int)
    case handshakeTooLong(bytes: Int)
    /// So many bytes came without a byte of data in them.
    case noData(bytes: Int)
    /// The stream below ended without the alert that ends a TLS connection.
    case cutShort
    /// Our own certificate or key can't be used.
    case identityUnusable(reason: String)

    package var description: String {
        switch self {
        case .alert(let alert): "the peer broke TLS off: \(alert)"
        case .refused(let reason): "what the peer sent is not the TLS that is spoken here: \(reason)"
        case .noCommonProtocol: "the peer speaks another protocol over TLS"
        case .serverNotTrusted(let reason): "the server's certificate is not trusted: \(reason)"
        case .chainTooLong(let count):
            "the peer's chain has \(count) certificates; \(TLSLimits.chainCertificatesMax) are taken"
        case .certificateTooLong(let bytes):
            "a certificate of the peer's has \(bytes) bytes; \(TLSLimits.certificateBytesMax) are taken"
        case .handshakeTooLong(let bytes): "the peer's TLS handshake has more than \(bytes) bytes"
        case .noData(let bytes): "the peer sent \(bytes) bytes of TLS without any data in them"
        case .cutShort: "the connection was cut off without TLS's farewell"
        case .identityUnusable(let reason): "the node's own certificate or key can't be used: \(reason)"
        }
    }
}

/// What an end of a TLS connection says when it breaks off (RFC 8446, section 6.2).
package struct TLSAlert: Hashable, Sendable, CustomStringConvertible {
    package let code: UInt8

    package init(code: UInt8) { self.code = code }

    package static let badCertificate = TLSAlert(code: 42)
    package static let unsupportedVersion = TLSAlert(code: 70)
    package static let certificateRequired = TLSAlert(code: 116)
    package static let noApplicationProtocol = TLSAlert(code: 120)

    package var description: String {
        // A constant text of the library's, whatever the code.
        guard let text = SSL_alert_desc_string_long(Int32(code)) else { return "alert \(code)" }
        return "\(String(cString: text)) (alert \(code))"
    }
}
