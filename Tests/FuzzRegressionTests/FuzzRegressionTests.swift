import Foundation
import FuzzTargets
import Primitives
import TestSupport
import Testing

/// What fuzzing found once, and what it begins with, through the same functions.
@Suite struct FuzzRegressionTests {
    /// `Crashes/<target>/<any name>`.
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Crashes")

    private static func crashes(of target: String) throws -> [URL] {
        let folder = folder.appending(path: target)
        guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    }

    @Test func `every crash is of a target that there is`() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        let names = folders.filter { !$0.hasPrefix(".") && !$0.hasSuffix(".md") }
        for name in names { #expect(FuzzTargets.named(name) != nil, "Crashes/\(name)") }
        let count = try FuzzTargets.all.reduce(0) { $0 + (try Self.crashes(of: $1.name).count) }
        print("\(count) inputs that once crashed, of \(names.count) targets")
        #expect(count >= names.count)
    }

    @Test(arguments: FuzzTargets.all.map(\.name)) func `what crashed once does not any more`(_ name: String) throws {
        let target = try #require(FuzzTargets.named(name))
        for file in try Self.crashes(of: name) {
            print("replaying \(name)/\(file.lastPathComponent)")
            let bytes = Array(try Data(contentsOf: file))
            #expect(throws: Never.self, "\(file.lastPathComponent)") { try target.run(bytes) }
        }
    }

    /// The seeds, and what a few changes make of them: a small fuzzer without feedback, the same on every run.
    @Test(arguments: FuzzTargets.all.map(\.name)) func `seeds and their mutations hold`(_ name: String) throws {
        let target = try #require(FuzzTargets.named(name))
        let seeds = target.seeds()
        #expect(!seeds.isEmpty)
        var generator = SeededGenerator(seed: 1)
        for seed in seeds {
            #expect(throws: Never.self) { try target.run(seed) }
            for _ in 0..<20 {
                let bytes = mutated(seed, &generator)
                #expect(throws: Never.self, "\(bytes.prefix(200))") { try target.run(bytes) }
            }
        }
    }

    /// A target whose seeds stop early still holds, and finds nothing.
    @Test(arguments: FuzzTargets.all.filter { !$0.landmarks.isEmpty }.map(\.name))
    func `seeds come as far as they are meant to`(_ name: String) throws {
        let target = try #require(FuzzTargets.named(name))
        var reached: [String: Int] = [:]
        for seed in target.seeds() { for landmark in try target.reach(seed) { reached[landmark, default: 0] += 1 } }
        for landmark in target.landmarks {
            print("\(name): \(landmark): \(reached[landmark] ?? 0) seeds")
            #expect(reached[landmark] != nil, "\(landmark)")
        }
    }

    private func mutated(_ seed: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = seed
        for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes[place] = generator.next() & 1 == 0 ? 0xFF : 0
            case 2: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
            default: bytes.removeLast(bytes.count - place)
            }
        }
        return bytes
    }
}
