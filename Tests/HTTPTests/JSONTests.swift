import HTTP
import Testing
import Primitives
import TestSupport

@Suite struct JSONTests {
    private func parse(_ text: String) throws -> JSON { try JSON(parsing: Array(text.utf8)) }

    @Test func valuesOfEveryKind() throws {
        let value = try parse(
            #" { "a" : [ 1 , -2.50e+3, "x\u00e9\ud83d\ude00\n\/" , true , false , null , { } , [ ] ] , "b":{"c":"d"}} "#
        )
        #expect(value["a"]?.arrayValue?.count == 8)
        #expect(value["a"]?[0] == 1)
        #expect(value["a"]?[1] == .number("-2.50e+3"))
        #expect(value["a"]?[2] == "xé😀\n/")
        #expect(value["a"]?[3] == true)
        #expect(value["a"]?[5] == .null)
        #expect(value["a"]?[6] == .object(JSONObject()))
        #expect(value["b"]?["c"]?.stringValue == "d")
        #expect(value["z"] == nil)
        #expect(value["a"]?[8] == nil)
    }

    @Test(arguments: [
        ("0", JSON.integer(0)), ("-1", .integer(-1)),
        ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
        ("9223372036854775808", .largeInteger(1 << 63)), ("18446744073709551615", .largeInteger(.max)),
        ("18446744073709551616", .number("18446744073709551616")),
        ("-9223372036854775809", .number("-9223372036854775809")),
        (
            "115792089237316195423570985008687907853269984665640564039457584007913129639935",
            .number("115792089237316195423570985008687907853269984665640564039457584007913129639935")
        ),
        ("-0", .number("-0")), ("0.1", .number("0.1")), ("1E400", .number("1E400")), ("1.0", .number("1.0")),
    ])
    func numbersAreKeptExactly(text: String, value: JSON) throws {
        #expect(try parse(text) == value)
        #expect(value.text == Array(text.utf8))
    }

    @Test(arguments: [
        "", " ", "{", "}", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1,,2]", "{\"a\"}", "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\" 1}", "{a:1}", "{1:2}", "{\"a\":1 \"b\":2}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "nul",
        "nulll",
        "tru", "truee", "fals", "True", "NaN", "Infinity", "-Infinity", "-", "+1", "01", "-01", "1.", ".5", "1.e1",
        "1e",
        "1e+", "0x10", "1_000", "1a", "--1", "\"", "\"abc", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"",
        "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\ud800\"", "\"\\ud800x\"", "\"\\ud800\\n\"", "\"a\nb\"", "\"a\tb\"",
        "\"a\u{0}b\"", "'a'", "[1]]", "[1}", "{\"a\":1]", "1 2", "\"a\" \"b\"", "\"a\"b", "\"a\"\"b\"", "1\"a\"",
        "[1]x",
        "// c\n1", "/* c */1", "[1]\u{0}", "\u{FEFF}1", "\u{0C}1", "\u{A0}1", "{} {}", "[\"a\",\n4\n,1,",
    ])
    func malformedTextsAreRefused(text: String) {
        #expect(throws: JSONError.self) { try parse(text) }
    }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xC3, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0xE0, 0x80, 0x80, 0x22], [0xFF], [0x5B, 0x80, 0x5D],
        ] as [[UInt8]])
    func bytesThatAreNotUTF8AreRefused(bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSON(parsing: bytes) }
    }

    @Test(arguments: [
        ("[1,x]", 3), ("{\"a\":1,\"a\":2}", 7), ("\"a\nb\"", 2), ("[\"abc", 1), ("[1", 2), ("  nope", 2), ("[1 2]", 3),
    ])
    func errorsNameTheOffset(text: String, offset: Int) {
        let error = #expect(throws: JSONError.self) { try parse(text) }
        #expect(error?.offset == offset)
    }

    @Test func nestingIsLimited() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try parse(nested(JSONLimits.depthMax)) }
        let error = #expect(throws: JSONError.self) { try parse(nested(JSONLimits.depthMax + 1)) }
        #expect(error?.reason == .tooDeep)
        #expect(throws: JSONError.self) { try parse(String(repeating: "[", count: 1_000_000)) }
        #expect(throws: JSONError.self) { try parse(String(repeating: "{\"a\":", count: 1_000_000)) }
    }

    @Test func sizesAreLimited() throws {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: Array("[1,2]".utf8), textBytesMax: 4) }
        #expect(error?.reason == .textTooLong(bytes: 5, maximum: 4))
        #expect(throws: Never.self) { try JSON(parsing: Array("[1,2]".utf8), textBytesMax: 5) }
        #expect(throws: JSONError.self) {
            try parse("[" + String(repeating: "1,", count: JSONLimits.valueCountMax) + "1]")
        }
        let digits = String(repeating: "1", count: JSONLimits.numberBytesMax)
        #expect(try parse(digits) == .number(digits))
        #expect(throws: JSONError.self) { try parse(digits + "1") }
    }

    @Test func manyKeysStayCheapAndDistinct() throws {
        let members = (0..<50_000).map { "\"key \($0)\":\($0)" }
        #expect(try parse("{\(members.joined(separator: ","))}").objectValue?.count == 50_000)
        let error = #expect(throws: JSONError.self) { try parse("{\(members.joined(separator: ",")),\"key 7\":0}") }
        #expect(error?.reason == .duplicateKey("key 7"))
    }

    @Test func largeTextsAfterSmallOnesAndBack() throws {
        for count in [1, 100_000, 3, 2_000_000, 5] {
            let text = "[\"" + String(repeating: "a", count: count) + "\"]"
            #expect(try parse(text)[0]?.stringValue?.utf8.count == count)
        }
    }

    @Test func escapesAreWrittenRight() {
        let text = JSON.string("\"\\\n\r\t\u{08}\u{0}\u{1F}\u{7F}/é😀").text
        #expect(String(decoding: text, as: UTF8.self) == #""\"\\\n\r\t\u0008\u0000\u001f"# + "\u{7F}/é😀\"")
    }

    @Test func prettyTextIsForPeople() throws {
        let value: JSON = ["a": [1, "b"], "c": [], "d": [:]]
        #expect(
            value.prettyText == """
                {
                  "a": [
                    1,
                    "b"
                  ],
                  "c": [],
                  "d": {}
                }
                """)
        #expect(try parse(value.prettyText) == value)
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        for seed in UInt64(0)..<3_000 {
            var generator = SeededGenerator(seed: seed)
            let value = JSON.random(depth: 4, &generator)
            #expect(try JSON(parsing: value.text) == value, "seed \(seed)")
            #expect(try JSON(parsing: Array(value.prettyText.utf8)) == value, "seed \(seed)")
        }
    }

    @Test func noBeginningOfAContainerIsAText() throws {
        for seed in UInt64(0)..<200 {
            var generator = SeededGenerator(seed: seed)
            let text = JSON.array([JSON.random(depth: 3, &generator)]).text
            for count in 0..<text.count {
                #expect(throws: JSONError.self, "seed \(seed), \(count) bytes") {
                    try JSON(parsing: Array(text[..<count]))
                }
            }
        }
    }

    @Test func randomBytesNeitherTrapNorReadDifferently() throws {
        let alphabet = Array("{}[]:,\"\\ \n\t0123456789.eE+-truefalsn\u{0}é/ud8".utf8)
        var parsed = 0
        for seed in UInt64(0)..<300_000 {
            var generator = SeededGenerator(seed: seed)
            let count = Int.random(in: 1...24, using: &generator)
            let text = (0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] }
            guard let value = try? JSON(parsing: text) else { continue }
            parsed += 1
            #expect(try JSON(parsing: value.text) == value, "seed \(seed)")
        }
        #expect(parsed > 100)
    }

    @Test func damagedTextsNeverTrap() throws {
        for seed in UInt64(0)..<20_000 {
            var generator = SeededGenerator(seed: seed)
            var text = JSON.random(depth: 3, &generator).text
            for _ in 0..<3 {
                let place = Int.random(in: 0..<text.count, using: &generator)
                text[place] = UInt8.random(in: 0...255, using: &generator)
            }
            if let value = try? JSON(parsing: text) { #expect(try JSON(parsing: value.text) == value, "seed \(seed)") }
        }
    }
}

extension JSON {
    static func random(depth: Int, _ generator: inout SeededGenerator) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 10 : 7), using: &generator) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &generator))
        case 2:
            return .integer(Int64(truncatingIfNeeded: generator.next() >> UInt64.random(in: 0...63, using: &generator)))
        case 3: return .unsigned(generator.next())
        case 4: return .number("-\(generator.next()).\(generator.next())e-\(generator.next() % 99)")
        case 5, 6: return .string(randomText(&generator))
        case 7, 8: return .array((0..<generator.next() % 6).map { _ in random(depth: depth - 1, &generator) })
        default:
            var object = JSONObject()
            for _ in 0..<generator.next() % 24 { object[randomText(&generator)] = random(depth: depth - 1, &generator) }
            return .object(object)
        }
    }

    private static func randomText(_ generator: inout SeededGenerator) -> String {
        var text = ""
        for _ in 0..<generator.next() % 40 {
            let range: ClosedRange<UInt32> = generator.next() % 4 == 0 ? 0...0x10FFFF : 0...0x7F
            text.unicodeScalars.append(Unicode.Scalar(UInt32.random(in: range, using: &generator)) ?? "\u{FFFD}")
        }
        return text
    }
}
