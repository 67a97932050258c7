internal import Primitives

/// The number that an authority gives a certificate, never twice: positive, of at most 20 bytes (RFC 5280, 4.1.2.2).
package struct SerialNumber: Hashable, Sendable, CustomStringConvertible {
    /// Big-endian. Invariant: 1 to 20 bytes, the first of which is not zero.
    package let bytes: [UInt8]

    /// Nil unless the bytes, leading zeros left out, are such a number.
    package init?(_ bytes: [UInt8]) {
        let digits = Array(bytes.drop { $0 == 0 })
        guard (1...CertificateLimits.serialByteCountMax).contains(digits.count) else { return nil }
        self.bytes = digits
    }

    /// 128 bits from the system: nobody can foresee what an authority will sign, and no two meet.
    static func random() -> SerialNumber {
        var generator = SystemRandomNumberGenerator()
        while true {
            let bytes = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
            if let serial = SerialNumber(bytes) { return serial }
        }
    }

    init(from reader: inout DERReader) throws(CertificateError) {
        let bytes = try reader.magnitude("the serial number", byteCountMax: CertificateLimits.serialByteCountMax)
        guard let serial = SerialNumber(bytes) else { throw reader.error("the serial number is zero") }
        self = serial
    }

    var encoded: [UInt8] { DERWriter.integer(bytes) }

    /// Hexadecimal digits, as OpenSSL writes them but in lower case.
    package var description: String { String(bytes.hexadecimal.dropFirst(2)) }
}
