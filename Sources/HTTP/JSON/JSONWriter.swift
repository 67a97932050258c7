/// Writes JSON texts, straight into bytes.
package struct JSONWriter: Sendable {
    package enum Style: Sendable {
        /// Nothing but what is needed.
        case compact
        /// A line for each element, indented by two spaces: for people.
        case pretty
    }

    package private(set) var bytes: [UInt8]
    private let style: Style

    package init(_ style: Style = .compact, reservingCapacity capacity: Int = 0) {
        self.style = style
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    package mutating func write(_ value: JSON) { write(value, depth: 0) }

    /// Writes bytes that are JSON already.
    package mutating func write(verbatim text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    /// Writes a JSON text as it is.
    package mutating func write(json text: [UInt8]) { bytes.append(contentsOf: text) }

    package mutating func write(string: String) {
        bytes.append(UInt8(ascii: "\""))
        var copy = string
        copy.withUTF8 { appendEscaped($0.span) }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func write(_ value: JSON, depth: Int) {
        switch value {
        case .null: write(verbatim: "null")
        case .bool(let value): value ? write(verbatim: "true") : write(verbatim: "false")
        case .integer(let value): bytes.append(contentsOf: String(value).utf8)
        case .largeInteger(let value): bytes.append(contentsOf: String(value).utf8)
        case .number(let text): bytes.append(contentsOf: text.utf8)
        case .string(let string): write(string: string)
        case .array(let elements):
            write(elements, "[", "]", depth) { writer, element in writer.write(element, depth: depth + 1) }
        case .object(let object):
            write(object.members, "{", "}", depth) { writer, member in
                writer.write(string: member.key)
                writer.bytes.append(UInt8(ascii: ":"))
                if writer.style == .pretty { writer.bytes.append(UInt8(ascii: " ")) }
                writer.write(member.value, depth: depth + 1)
            }
        }
    }

    private mutating func write<Element>(
        _ elements: [Element], _ opening: Unicode.Scalar, _ closing: Unicode.Scalar, _ depth: Int,
        _ writeElement: (inout JSONWriter, Element) -> Void
    ) {
        bytes.append(UInt8(ascii: opening))
        for index in elements.indices {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            breakLine(depth + 1)
            writeElement(&self, elements[index])
        }
        if !elements.isEmpty { breakLine(depth) }
        bytes.append(UInt8(ascii: closing))
    }

    private mutating func breakLine(_ depth: Int) {
        guard style == .pretty else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
    }

    private mutating func appendEscaped(_ text: Span<UInt8>) {
        var from = 0
        while from < text.count {
            let stop = JSONScan.firstSpecial(text, from: from)
            text.extracting(from..<stop).withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
            if stop < text.count { appendEscape(of: text[stop]) }
            from = stop + 1
        }
    }

    private mutating func appendEscape(of byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): write(verbatim: "\\\"")
        case UInt8(ascii: "\\"): write(verbatim: "\\\\")
        case 0x0A: write(verbatim: "\\n")
        case 0x0D: write(verbatim: "\\r")
        case 0x09: write(verbatim: "\\t")
        default:
            write(verbatim: "\\u00")
            let digits: StaticString = "0123456789abcdef"
            digits.withUTF8Buffer { bytes.append(contentsOf: [$0[Int(byte >> 4)], $0[Int(byte & 15)]]) }
        }
    }
}

extension JSON {
    /// The shortest text of this value.
    package var text: [UInt8] {
        var writer = JSONWriter(reservingCapacity: 256)
        writer.write(self)
        return writer.bytes
    }

    /// A text for people, on several lines.
    package var prettyText: String {
        var writer = JSONWriter(.pretty)
        writer.write(self)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
