package import Cryptography
package import Primitives

/// One orderer's signature, by its place in the epoch's list.
package struct OrdererSignature: Hashable, Sendable, CanonicalCodable {
    package let orderer: UInt32
    package let signature: Signature

    package init(orderer: UInt32, signature: Signature) {
        self.orderer = orderer
        self.signature = signature
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(orderer)
        encoder.encode(signature)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        orderer = try decoder.decode()
        signature = try decoder.decode()
    }
}
