package import Primitives

/// Why a certificate was revoked (RFC 5280, 5.3.1).
package enum RevocationReason: Int, Sendable, CaseIterable {
    case unspecified = 0
    case keyCompromise = 1
    case authorityCompromise = 2
    case affiliationChanged = 3
    case superseded = 4
    case cessationOfOperation = 5
    case certificateHold = 6
    case privilegeWithdrawn = 9
    case attributeAuthorityCompromise = 10
}

/// An entry of a revocation list.
package struct Revocation: Hashable, Sendable {
    package let serial: SerialNumber
    package let time: Timestamp
    package let reason: RevocationReason

    package init(serial: SerialNumber, time: Timestamp, reason: RevocationReason) {
        (self.serial, self.time, self.reason) = (serial, time, reason)
    }
}

extension Revocation {
    init(from reader: inout DERReader) throws(CertificateError) {
        var fields = try reader.nested(DERTag.sequence, "an entry of the revocation list")
        serial = try SerialNumber(from: &fields)
        time = try CertificateTime.read(from: &fields, "the time of a revocation")
        var reason = RevocationReason.unspecified
        if !fields.isAtEnd {
            let unknown = try CertificateExtensions.readEach(&fields) { name, value throws(CertificateError) in
                guard name == .revocationReason else { return false }
                let number = try value.number("the reason of a revocation", tag: DERTag.enumerated)
                guard let known = RevocationReason(rawValue: number) else {
                    throw CertificateError(.unsupported, "a revocation has the unknown reason \(number)")
                }
                reason = known
                return true
            }
            // One of those says that the entry is about another issuer's certificate.
            if let unknown { throw RevocationList.unsupported(unknown) }
        }
        try fields.finish()
        self.reason = reason
    }

    var encoded: [UInt8] {
        let number = DERWriter.element(DERTag.enumerated, [UInt8(reason.rawValue)])
        let extensions = DERWriter.sequence(CertificateExtensions.encode(.revocationReason, number))
        // The reason that says nothing must not be written.
        return DERWriter.sequence(
            serial.encoded, CertificateTime.encode(time), reason == .unspecified ? [] : extensions)
    }
}
