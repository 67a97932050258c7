internal import Foundation

/// The text form of DER (RFC 7468).
package enum PEM {
    package enum Label: String, Sendable {
        case certificate = "CERTIFICATE"
        case request = "CERTIFICATE REQUEST"
        case revocationList = "X509 CRL"
        case privateKey = "PRIVATE KEY"

        /// Names that older tools write.
        fileprivate var others: [String] { self == .request ? ["NEW CERTIFICATE REQUEST"] : [] }
    }

    package static func encode(_ bytes: [UInt8], _ label: Label) -> String {
        let text = Data(bytes).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return "-----BEGIN \(label.rawValue)-----\n\(text)\n-----END \(label.rawValue)-----\n"
    }

    /// The bytes of all blocks with this label, in their order. What stands between blocks, and blocks with other
    /// labels, are passed over.
    package static func decode(_ text: [UInt8], _ label: Label) throws(CertificateError) -> [[UInt8]] {
        guard text.count <= CertificateLimits.textByteCountMax else {
            throw CertificateError(
                .limitExceeded, "the file has \(text.count) bytes; allowed are \(CertificateLimits.textByteCountMax)")
        }
        let names = [label.rawValue] + label.others
        let (starts, ends) = (names.map { "-----BEGIN \($0)-----" }, names.map { "-----END \($0)-----" })
        var blocks: [[UInt8]] = []
        var open: (place: Int, digits: [UInt8])?
        for (index, line) in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            let content = trimmed(line)
            let isMark = content.starts(with: "-----".utf8)
            let mark = isMark ? String(decoding: content, as: UTF8.self) : ""
            guard let block = open else {
                if let place = starts.firstIndex(of: mark) { open = (place, []) }
                continue
            }
            guard isMark else {
                open?.digits.append(contentsOf: content)
                continue
            }
            guard mark == ends[block.place], let bytes = Data(base64Encoded: Data(block.digits)) else {
                throw CertificateError(
                    .malformed, "the block of \(label.rawValue) that ends in line \(index + 1) is damaged")
            }
            guard blocks.count < CertificateLimits.blocksMax else {
                throw CertificateError(.limitExceeded, "the file has more than \(CertificateLimits.blocksMax) blocks")
            }
            blocks.append(Array(bytes))
            open = nil
        }
        guard open == nil else { throw CertificateError(.malformed, "the last block of \(label.rawValue) has no end") }
        return blocks
    }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == 9 || byte == 13 }
        var line = line.drop(while: isBlank)
        while let last = line.last, isBlank(last) { line.removeLast() }
        return line
    }

    /// The one structure that the bytes hold: as DER, or as PEM with one block.
    static func single(_ bytes: [UInt8], _ label: Label) throws(CertificateError) -> [UInt8] {
        guard !isDER(bytes) else { return bytes }
        let blocks = try decode(bytes, label)
        guard blocks.count == 1 else {
            throw CertificateError(
                .malformed,
                "there must be one block of \(label.rawValue), as PEM or DER; here are \(blocks.count)")
        }
        return blocks[0]
    }

    /// Whether the bytes begin as a structure of 128 bytes or more does: with a digit zero and no text behind it.
    static func isDER(_ bytes: [UInt8]) -> Bool { bytes.count > 1 && bytes[0] == DERTag.sequence && bytes[1] >= 0x80 }
}
