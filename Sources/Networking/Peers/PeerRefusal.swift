package import Primitives

/// Why a peer is not let in: told to it, and shown to the operators at both ends.
package enum PeerRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    case wrongVersion(ours: UInt16)
    case wrongGenesis(ours: Digest)
    case noCommonGroup
    /// What it said is not what is due.
    case malformed(String)
    /// Its signature does not hold for this connection.
    case wrongProof
    case notAdmitted(AdmissionRefusal)
    /// It is not the one that we have called.
    case notExpected
    /// It is we.
    case ourselves
    /// It has a connection already, which is kept.
    case alreadyConnected
    /// It has misbehaved, and must wait.
    case cutOff(milliseconds: UInt64)
    case tooManyConnections

    package var description: String {
        switch self {
        case .wrongVersion(let ours): "the other end speaks another version of the protocol, not \(ours)"
        case .wrongGenesis(let ours): "the other end is on another chain, not on \(ours)"
        case .noCommonGroup: "the two ends have no group in common"
        case .malformed(let what): "the handshake is malformed: \(what)"
        case .wrongProof: "the signature is not one of this connection"
        case .notAdmitted(let why): why.description
        case .notExpected: "another node answers at this address"
        case .ourselves: "the node has called itself"
        case .alreadyConnected: "there is a connection already"
        case .cutOff(let milliseconds): "the node has misbehaved, and is not let in for \(milliseconds) ms"
        case .tooManyConnections: "there are as many connections as are allowed"
        }
    }
}

/// Why whoever decides on admission does not believe a node, or does not want it.
package enum AdmissionRefusal: Hashable, Sendable, CustomStringConvertible {
    case certificateMalformed
    case certificateUntrusted
    case certificateExpired
    case certificateRevoked
    /// The certificate is good, but no node of the chain has it.
    case notOnList
    /// Anything else, in visible ASCII characters and spaces.
    case other(String)

    package var description: String {
        switch self {
        case .certificateMalformed: "the node's certificate can't be read"
        case .certificateUntrusted: "the node's certificate is of no authority that is trusted"
        case .certificateExpired: "the node's certificate has expired, or is not valid yet"
        case .certificateRevoked: "the node's certificate is revoked"
        case .notOnList: "the node is not on the chain's list of nodes"
        case .other(let text): text
        }
    }
}

// MARK: - Coding

extension PeerRefusal: CanonicalCodable {
    package func encode(to encoder: inout CanonicalEncoder) {
        switch self {
        case .wrongVersion(let ours):
            encoder.encode(variant: 0)
            encoder.encode(ours)
        case .wrongGenesis(let ours):
            encoder.encode(variant: 1)
            encoder.encode(ours)
        case .noCommonGroup: encoder.encode(variant: 2)
        case .malformed(let what):
            encoder.encode(variant: 3)
            encoder.encode(text: what)
        case .wrongProof: encoder.encode(variant: 4)
        case .notAdmitted(let why):
            encoder.encode(variant: 5)
            encoder.encode(why)
        case .notExpected: encoder.encode(variant: 6)
        case .ourselves: encoder.encode(variant: 7)
        case .alreadyConnected: encoder.encode(variant: 8)
        case .cutOff(let milliseconds):
            encoder.encode(variant: 9)
            encoder.encode(milliseconds)
        case .tooManyConnections: encoder.encode(variant: 10)
        }
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        switch try decoder.decodeVariant() {
        case 0: self = .wrongVersion(ours: try decoder.decode())
        case 1: self = .wrongGenesis(ours: try decoder.decode())
        case 2: self = .noCommonGroup
        case 3: self = .malformed(try decoder.decodeText())
        case 4: self = .wrongProof
        case 5: self = .notAdmitted(try decoder.decode())
        case 6: self = .notExpected
        case 7: self = .ourselves
        case 8: self = .alreadyConnected
        case 9: self = .cutOff(milliseconds: try decoder.decode())
        case 10: self = .tooManyConnections
        case let number: throw CodingError(.unknownVariant(number), at: start)
        }
    }
}

extension AdmissionRefusal: CanonicalCodable {
    package func encode(to encoder: inout CanonicalEncoder) {
        switch self {
        case .certificateMalformed: encoder.encode(variant: 0)
        case .certificateUntrusted: encoder.encode(variant: 1)
        case .certificateExpired: encoder.encode(variant: 2)
        case .certificateRevoked: encoder.encode(variant: 3)
        case .notOnList: encoder.encode(variant: 4)
        case .other(let text):
            encoder.encode(variant: 5)
            encoder.encode(text: text)
        }
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        switch try decoder.decodeVariant() {
        case 0: self = .certificateMalformed
        case 1: self = .certificateUntrusted
        case 2: self = .certificateExpired
        case 3: self = .certificateRevoked
        case 4: self = .notOnList
        case 5: self = .other(try decoder.decodeText())
        case let number: throw CodingError(.unknownVariant(number), at: start)
        }
    }
}

extension CanonicalEncoder {
    /// A text for operators: what is not visible ASCII becomes a question mark, what is too long is cut.
    mutating func encode(text: String) {
        let bytes = text.utf8.prefix(PeerLimits.reasonTextBytesMax).map { (0x20...0x7E).contains($0) ? $0 : 0x3F }
        encode(bytes: bytes)
    }
}

extension CanonicalDecoder {
    /// A text of a peer's for operators: visible ASCII and spaces, which harm no terminal and no log.
    mutating func decodeText() throws(CodingError) -> String {
        let start = offset
        let bytes = try decodeBytes(maximum: PeerLimits.reasonTextBytesMax)
        guard bytes.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw CodingError(.invalid("a text that is not of visible ASCII characters"), at: start)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
