import Foundation

/// What a pure module must not do, as far as its source text shows it.
struct PurityRules {
    /// The modules that it may import.
    let allowedImports: Set<String>
    /// The files, by their last name, that may say `unsafe`.
    let filesWithUnsafe: Set<String>

    struct Violation: Hashable, CustomStringConvertible {
        let path: String
        let line: Int
        let what: String
        var description: String { "\(path):\(line): \(what)" }
    }

    /// The files that may hash by the process's seed: tables of keys, whose order nobody sees.
    private static let filesWithSeededHashes: Set<String> = ["StoreKeyTable.swift"]

    /// Words that have no place in what decides, and why.
    private static let forbidden: [(pattern: String, why: String)] = [
        (#"\.keys\b(?!\()"#, "the order of a dictionary's keys differs by process"),
        // A block's changes are an array by that name.
        (#"(?<!\bchanges)\.values\b(?!\()"#, "the order of a dictionary's values differs by process"),
        (#"\.randomElement\b"#, "randomness is a capability"),
        (#"\.random\("#, "randomness is a capability"),
        (#"\.shuffled?\("#, "randomness is a capability"),
        (#"\bSystemRandomNumberGenerator\b"#, "randomness is a capability"),
        (#"\bhashValue\b"#, "hashes are seeded by process"),
        (#"\bHasher\(\)"#, "hashes are seeded by process"),
        (#"\bObjectIdentifier\b"#, "addresses differ by process"),
        (#"\bDate\("#, "time is an input"),
        (#"\b(ContinuousClock|SuspendingClock)\b"#, "time is an input"),
        (#"\b(Double|Float|Float16|Float32|Float64|Float80|CGFloat)\b"#, "floating point does not decide"),
        (#"\b(async|await|Task|actor)\b"#, "pure code has no threads"),
        (#"\bprint\("#, "pure code has no output"),
        (#"\b(debugPrint|dump|readLine|fatalError)\("#, "pure code has no output, and bytes never trap"),
        (#"\btry!|\bas!"#, "bytes never trap"),
        (#"@unchecked\b"#, "pure code has nothing to hide"),
    ]

    func violations(in file: SourceFile) -> [Violation] {
        importViolations(in: file) + wordViolations(in: file) + unsafeViolations(in: file)
            + iterationViolations(in: file)
    }

    // MARK: Imports

    private func importViolations(in file: SourceFile) -> [Violation] {
        lines(
            in: file,
            matching:
                #"^\s*(?:@\w+(?:\(\w+\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?([A-Za-z_]\w*)"#
        )
        .compactMap { number, groups in
            allowedImports.contains(groups[1])
                ? nil : Violation(path: file.path, line: number, what: "imports \(groups[1])")
        }
    }

    // MARK: Words

    private func wordViolations(in file: SourceFile) -> [Violation] {
        Self.forbidden.flatMap { rule in
            lines(in: file, matching: rule.pattern).map { number, groups in
                Violation(path: file.path, line: number, what: "\(groups[0]): \(rule.why)")
            }
        }
        .filter { !isSeededHash($0, in: file) }
    }

    private func isSeededHash(_ violation: Violation, in file: SourceFile) -> Bool {
        violation.what.hasPrefix("Hasher()")
            && Self.filesWithSeededHashes.contains(URL(filePath: file.path).lastPathComponent)
    }

    private func unsafeViolations(in file: SourceFile) -> [Violation] {
        guard !filesWithUnsafe.contains(URL(filePath: file.path).lastPathComponent) else { return [] }
        return lines(in: file, matching: #"\bunsafe\b|\bUnsafe\w*|\bwithUnsafe\w*|\bunsafe[A-Z]\w*"#).map {
            Violation(path: file.path, line: $0.number, what: "\($0.groups[0]) outside of the files listed for it")
        }
    }

    // MARK: Iteration

    /// Finds loops and the like over what the same file declares as a dictionary or a set.
    private func iterationViolations(in file: SourceFile) -> [Violation] {
        let declarations =
            #"\b(?:var|let)\s+(\w+)\s*(?::\s*(?:\[(?!\()[^\[\]]*(?:\[[^\]]*\][^\[\]]*)?\s*:\s*[^=]*\]|Set<|Dictionary<|OrderedDictionary<)|=\s*(?:Set[<(]|\[[^\[\]]*:\s*[^\]]*\]\(|Dictionary[<(]))"#
        let parameters = #"\b(\w+)\s*:\s*(?:inout\s+)?(?:\[\w+\s*:|Set<|Dictionary<)"#
        var names: Set<String> = []
        for (_, groups) in lines(in: file, matching: declarations) { names.insert(groups[1]) }
        for (_, groups) in lines(in: file, matching: parameters) { names.insert(groups[1]) }
        let walks =
            #"map|flatMap|compactMap|filter|reduce|forEach|first|min|max|allSatisfy|contains\(where|enumerated|makeIterator|popFirst|lazy|prefix|dropFirst|description"#
        return names.sorted().flatMap { name in
            let escaped = NSRegularExpression.escapedPattern(for: name)
            return lines(
                in: file,
                matching:
                    #"\bin\s+(?:self\.)?\#(escaped)\b(?!\s*[\[(]|\.\w+\()(?:\s*\{|\s+where\b)|(?<![\w.])(?:self\.)?\#(escaped)\.(?:\#(walks))\b(?<!first\(where)|\bzip\([^)]*\b\#(escaped)\b|\bArray\(\s*(?:self\.)?\#(escaped)\s*\)"#
            ).map {
                Violation(path: file.path, line: $0.number, what: "goes over \(name), whose order differs by process")
            }
        }
    }

    // MARK: Matching

    private func lines(in file: SourceFile, matching pattern: String) -> [(number: Int, groups: [String])] {
        guard let expression = try? NSRegularExpression(pattern: pattern) else {
            return [(0, ["a pattern that does not compile: \(pattern)", "", ""])]
        }
        return file.code.enumerated().flatMap { index, line in
            let range = NSRange(line.startIndex..., in: line)
            return expression.matches(in: line, range: range).map { match in
                let groups = (0..<match.numberOfRanges).map { group in
                    Range(match.range(at: group), in: line).map { String(line[$0]) } ?? ""
                }
                return (index + 1, groups)
            }
        }
    }
}
