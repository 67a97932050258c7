import Foundation
import Primitives
import TestSupport
import Testing

/// Ethereum's own vectors (ethereum/tests, `RLPTests`), every case of every file.
@Suite struct RLPVectorTests {
    /// What a case says of its input.
    private enum Expectation {
        /// The coding of this item.
        case item(RLPItem)
        /// The coding of some item.
        case valid
        case invalid
    }

    private struct Case {
        let name: String
        let bytes: [UInt8]
        let expectation: Expectation
    }

    @Test(.enabled(if: Vectors.folder != nil, "\(Vectors.skipped)")) func `the vectors of others`() throws {
        let folder = try #require(Vectors.folder).appending(path: "ethereum/RLPTests")
        let found = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        let names = found.filter { $0.hasSuffix(".json") }.sorted()
        #expect(names == ["RandomRLPTests/example.json", "invalidRLPTest.json", "rlptest.json"])
        var (items, valid, invalid) = (0, 0, 0)
        for name in names {
            for test in try cases(of: Data(contentsOf: folder.appending(path: name))) {
                switch test.expectation {
                case .item(let item):
                    items += 1
                    #expect(item.rlpBytes == test.bytes, "\(test.name) encodes otherwise")
                    #expect(try RLPItem(rlp: test.bytes) == item, "\(test.name) decodes otherwise")
                case .valid:
                    valid += 1
                    #expect(try RLPItem(rlp: test.bytes).rlpBytes == test.bytes, "\(test.name)")
                case .invalid:
                    invalid += 1
                    #expect(throws: RLPError.self, "\(test.name) decodes") { try RLPItem(rlp: test.bytes) }
                }
            }
        }
        print("RLP vectors: \(items) items, \(valid) otherwise valid, \(invalid) invalid, of \(names.count) files")
        #expect(items == 28 && valid == 1 && invalid == 26)
    }

    private func cases(of file: Data) throws -> [Case] {
        let tests = try #require(try JSONSerialization.jsonObject(with: file) as? [String: [String: Any]])
        return try tests.sorted { $0.key < $1.key }.map { name, test in
            let digits = try #require(test["out"] as? String, "\(name)")
            let bytes = try #require([UInt8](hexadecimal: digits), "\(name)")
            let expectation: Expectation =
                switch test["in"] as? String {
                case "VALID": .valid
                case "INVALID": .invalid
                default: .item(try item(#require(test["in"])))
                }
            return Case(name: name, bytes: bytes, expectation: expectation)
        }
    }

    /// Texts are their bytes, but for those that begin with #, which are decimal digits.
    private func item(_ value: Any) throws -> RLPItem {
        if let list = value as? [Any] { return .list(try list.map(item)) }
        if let text = value as? String {
            guard text.hasPrefix("#") else { return .bytes(Array(text.utf8)) }
            return .bytes(bigEndianBytes(ofDecimal: text.dropFirst()))
        }
        return .bytes(bigEndianBytes(ofDecimal: String(try #require(value as? Int))[...]))
    }

    /// Of any number of digits: one of the cases has more than 256 bits.
    private func bigEndianBytes(ofDecimal digits: Substring) -> [UInt8] {
        var bytes: [UInt8] = []
        for digit in digits.utf8 {
            var carry = Int(digit - UInt8(ascii: "0"))
            for index in bytes.indices.reversed() {
                carry += 10 * Int(bytes[index])
                bytes[index] = UInt8(truncatingIfNeeded: carry)
                carry >>= 8
            }
            if carry > 0 { bytes.insert(UInt8(carry), at: 0) }
        }
        return bytes
    }
}
