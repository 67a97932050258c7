/// The header fields of a message, in their order.
///
/// The bytes are kept as they came; text is made only of what is asked for.
package struct HTTPHeaders: Sendable {
    struct Field: Sendable {
        let name: Range<Int>
        let value: Range<Int>
    }

    let bytes: [UInt8]
    let fields: [Field]

    package var count: Int { fields.count }
    /// With the start line.
    package var byteCount: Int { bytes.count }

    /// The value of the first field of this name, in any case.
    package subscript(name: String) -> String? {
        fields.first { isNamed($0, name) }.map { text($0.value) }
    }

    /// The values of all fields of this name, in any case.
    package func values(of name: String) -> [String] {
        fields.filter { isNamed($0, name) }.map { text($0.value) }
    }

    /// Whether a field of this name holds `token` in its comma-separated list, both in any case.
    func lists(_ token: String, in name: String) -> Bool {
        values(of: name).contains { value in
            value.utf8.split(separator: UInt8(ascii: ",")).contains { element in
                let start = element.drop(while: isHTTPSpace)
                return equalInAnyCase(start.prefix { !isHTTPSpace($0) }, token.utf8)
                    && start.drop { !isHTTPSpace($0) }.allSatisfy(isHTTPSpace)
            }
        }
    }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    func isNamed(_ field: Field, _ name: String) -> Bool {
        field.name.count == name.utf8.count && equalInAnyCase(bytes[field.name], name.utf8)
    }
}

/// Whether two ASCII texts are equal but for the case of their letters.
func equalInAnyCase(_ left: some Sequence<UInt8>, _ right: some Sequence<UInt8>) -> Bool {
    left.elementsEqual(right) { lowercased($0) == lowercased($1) }
}

@inline(__always)
private func lowercased(_ byte: UInt8) -> UInt8 {
    byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
}

@inline(__always)
func isHTTPSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
