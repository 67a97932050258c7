import Foundation
import Testing

/// The rules of the house that source text can show: so that they can't rot.
@Suite struct ArchitectureTests {
    /// The pure modules, with what each may import: its dependencies in `Package.swift`.
    private static let pureModules: [(name: String, imports: Set<String>)] = [
        ("Primitives", []),
        ("Ledger", ["Primitives", "Cryptography"]),
        ("Consensus", ["Primitives", "Cryptography", "Ledger"]),
        ("Dissemination", ["Primitives", "Cryptography", "Ledger", "Consensus"]),
        ("Contracts", ["Primitives", "Cryptography", "Ledger"]),
        ("Replica", ["Primitives", "Cryptography", "Storage", "Ledger", "Consensus", "Dissemination", "Contracts"]),
    ]

    /// Files that load and store whole words. Each use says why it is sound.
    private static let filesWithUnsafe: Set<String> = ["FixedBytes.swift", "Digest.swift"]

    private static let fileLinesMax = 600

    @Test(arguments: pureModules.map(\.name)) func `a pure module is pure`(_ module: String) throws {
        let imports = try #require(Self.pureModules.first { $0.name == module }?.imports)
        let rules = PurityRules(allowedImports: imports, filesWithUnsafe: Self.filesWithUnsafe)
        let files = try SourceFile.all(in: "Sources/\(module)")
        #expect(!files.isEmpty)
        for violation in files.flatMap(rules.violations) { Issue.record("\(violation)") }
    }

    @Test func `the package names the same dependencies`() throws {
        let text = try String(
            contentsOf: SourceFile.repository.appending(path: "Package.swift"), encoding: .utf8)
        let plain = text.replacing("\n", with: " ").replacing(#/\s+/#, with: " ")
        for (name, imports) in Self.pureModules {
            let start = try #require(
                plain.range(of: ".target( name: \"\(name)\"") ?? plain.range(of: ".target(name: \"\(name)\""))
            let declaration = plain[start.lowerBound...].prefix { $0 != "]" }
            let rest = plain[start.upperBound...]
            let end = try #require(rest.range(of: "swiftSettings: "))
            #expect(rest[end.upperBound...].hasPrefix("pure)"), "\(name) is not built as a pure module")
            let dependencies = declaration.matches(of: #/"(\w+)"/#).map { String($0.1) }.filter { $0 != name }
            #expect(imports.isEmpty || Set(dependencies) == imports, "\(name) depends on \(dependencies)")
        }
    }

    @Test func `files are short`() throws {
        let files = try SourceFile.all(in: "Sources")
        #expect(files.count > 100)
        for file in files {
            #expect(file.code.count < Self.fileLinesMax, "\(file.path) has \(file.code.count) lines")
        }
    }

    @Test func `each module with limits has them in one file`() throws {
        let files = try SourceFile.all(in: "Sources")
        #expect(files.count > 100)
        for file in files where !file.path.hasSuffix("Limits.swift") {
            for (index, line) in file.code.enumerated() {
                let isEnum = line.firstMatch(of: #/\benum\s+\w*Limits\b/#) != nil
                #expect(!isEnum, "\(file.path):\(index + 1): limits outside of a Limits.swift")
            }
        }
        for (module, _) in Self.pureModules {
            let path = SourceFile.repository.appending(path: "Sources/\(module)/Limits.swift").path
            #expect(FileManager.default.fileExists(atPath: path), "\(module) has no Limits.swift")
        }
    }

    /// Who may name a hash function. All others ask their chain's suite, so that a national chain hashes with SM3 only.
    @Test func `hash functions are named in few files`() throws {
        let allowed: Set<String> = [
            "Hashing/SHA256.swift", "Hashing/SM3.swift", "Hashing/Keccak256.swift",
            "Hashing/Keccak256+Permutation.swift",
            "Hashing/SM3+Compression.swift", "Hashing/Suite.swift",
            // Addresses of secp256k1 keys are Ethereum's under every suite.
            "Signatures/PublicKey+Address.swift",
        ]
        let name = #/\b(SHA256|Keccak256|SM3|sha256|EVP_Digest\w*|crypto_hash\w*|crypto_generichash\w*)\b/#
        let named = try SourceFile.all(in: "Sources").filter { file in
            file.code.contains { $0.firstMatch(of: name) != nil }
        }
        let files = Set(named.map { $0.path.replacing("Sources/Cryptography/", with: "") })
        // Hashes within a scheme's own rule, and of what no ledger holds: certificates, codes, derivations.
        let others = ["Ed25519/", "SM2/", "Hashing/SHA512.swift", "Authentication/"]
        let strangers = files.subtracting(allowed).filter { file in !others.contains { file.hasPrefix($0) } }
        #expect(strangers == [])
    }

    // MARK: The rules themselves

    private func violations(_ text: String) -> [PurityRules.Violation] {
        PurityRules(allowedImports: ["Primitives"], filesWithUnsafe: ["Allowed.swift"])
            .violations(in: SourceFile(path: "Sample.swift", text: text))
    }

    @Test(arguments: [
        "import Foundation", "internal import Glibc", "package import Dispatch", "@preconcurrency import Foundation",
        "import struct Foundation.Date", "internal import Synchronization", "@testable import CSodium",
        "import class Storage.Journal", "for key in table.keys { take(key) }", "let all = table.values",
        "let one = table.keys.first", "let one = list.randomElement()", "let die = Int.random(in: 1...6)",
        "list.shuffle()", "let mixed = list.shuffled()", "var generator = SystemRandomNumberGenerator()",
        "let hash = key.hashValue", "var hasher = Hasher()", "let place = ObjectIdentifier(self)",
        "let now = Date()", "let now = ContinuousClock().now", "let half: Double = 0.5", "let part = Float(1)",
        "func run() async {}", "await run()", "Task { run() }", "actor Counter {}", "print(value)",
        "fatalError(\"no\")", "let value = try! decode()", "let text = value as! String",
        "final class Box: @unchecked Sendable {}", "let word = unsafe load()", "let pointer: UnsafeRawPointer",
        "array.withUnsafeBytes { $0 }", "let bits = unsafeBitCast(value, to: Int.self)",
        "var table: [Int: String] = [:]\nfor (key, value) in table { take(key, value) }",
        "let table: [Digest: [UInt8]] = [:]\nfor entry in self.table where entry.key > 3 { take(entry) }",
        "var seen: Set<Digest> = []\nfor digest in seen { take(digest) }",
        "var seen = Set<Digest>()\nlet all = seen.map { $0 }",
        "let table: [Int: Int]\nlet sum = table.reduce(0) { $0 }",
        "private var table: [StateKey: Int] = [:]\nlet all = Array(table)",
        "func take(_ table: [Int: Int]) {\n    for entry in table { use(entry) }\n}",
        "var seen: Set<Int> = []\nlet least = seen.min()", "let text = \"\\(table.keys)\"",
        "let text = \"\"\"\n  \\(Double(3))\n  \"\"\"",
    ]) func `a breach is caught`(_ text: String) {
        #expect(!violations(text).isEmpty)
    }

    @Test(arguments: [
        "package import Primitives", "// import Foundation", "/* await /* print( */ Task */ let one = 1",
        "/// Dates, like `Date()`, and Double words.", "let text = \"Task, await and print(1) are words\"",
        "let text = \"a \\\" await \\\" b\"", "let text = \"\"\"\n  import Foundation\n  \"\"\"",
        "var table: [Int: String] = [:]\nlet one = table[3]", "var seen: Set<Int> = []\nif seen.contains(3) { return }",
        "var seen: Set<Int> = []\nseen.insert(3)", "let list: [Int] = []\nfor value in list { take(value) }",
        "var table: [Int: [Int]] = [:]\nfor value in table[3] { take(value) }",
        "var table: [Int: Int] = [:]\nlet count = table.count", "struct Taskmaster { let awaiting = 1 }",
        "let changes: [(key: Int, value: String?)] = []\nfor change in changes { take(change) }",
        "func hash(into hasher: inout Hasher) {}",
    ]) func `what is right passes`(_ text: String) {
        #expect(violations(text).map(\.description) == [])
    }

    @Test func `a listed file may say unsafe`() {
        let rules = PurityRules(allowedImports: [], filesWithUnsafe: ["Allowed.swift"])
        let file = SourceFile(path: "Sources/Allowed.swift", text: "let word = unsafe load()")
        #expect(rules.violations(in: file).isEmpty)
    }

    @Test func `a breach is named by its line`() {
        #expect(violations("let one = 1\n\n  print(one)").map(\.line) == [3])
    }
}
