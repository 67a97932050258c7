import Foundation
import Testing

/// Every type that has a coding is held by a golden test, by its name: so that a new format can't slip in without.
@Suite struct GoldenTypesTests {
    /// Those that have no bytes of their own.
    private static let exceptions: [String: String] = [
        "TransactionExtension": "it has no variants yet"
    ]

    @Test func `every coded type is in a golden test`() throws {
        let types = try Set(SourceFile.all(in: "Sources").flatMap { Self.codedTypes(in: $0.code) })
        #expect(types.count > 40, "\(types.sorted())")
        let goldenText = try FileManager.default.subpathsOfDirectory(
            atPath: SourceFile.repository.appending(path: "Tests").path
        ).filter { $0.hasSuffix("GoldenTests.swift") }.map {
            try String(contentsOf: SourceFile.repository.appending(path: "Tests/\($0)"), encoding: .utf8)
        }.joined()
        for type in types.sorted() where Self.exceptions[type] == nil {
            let isNamed = goldenText.contains("\"\(type)\"") || goldenText.contains(".\(type)\"")
            #expect(isNamed, "no golden test names \"\(type)\"")
        }
        for exception in Self.exceptions.keys { #expect(types.contains(exception), "\(exception) is no coded type") }
    }

    /// The names of types that say in their declarations or extensions that they are coded. A declaration's list of
    /// protocols may go over several lines, up to the brace.
    static func codedTypes(in code: [String]) -> [String] {
        let codings = #/\b(?:Canonical(?:Codable|Encodable|Decodable)|FixedBytes|EqualByCoding)\b/#
        let declaration = #/\b(?:struct|enum|class|extension)\s+([\w.]+)(?:<[^>]*>)?\s*:\s*([^{]*)\{/#
        return code.joined(separator: "\n").matches(of: declaration).compactMap { match in
            guard match.output.2.firstMatch(of: codings) != nil else { return nil }
            return match.output.1.split(separator: ".").last.map(String.init)
        }
    }

    @Test func `coded types are found`() {
        let code = [
            "package struct A: Hashable, CanonicalCodable {", "enum B: Sendable,", "    EqualByCoding {",
            "extension C.D: CanonicalDecodable {}", "struct E<let n: Int>: FixedBytes {", "struct F: Hashable {",
            "package protocol G: CanonicalEncodable {", "func h<Value: CanonicalEncodable>(_ value: Value) {",
        ]
        #expect(Self.codedTypes(in: code) == ["A", "B", "D", "E"])
    }
}
