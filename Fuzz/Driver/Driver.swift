internal import Foundation
internal import FuzzTargets

/// `fuzz list`, `fuzz seeds <target> <folder>`, `fuzz replay <target> <file>...`, and `fuzz reach <target> <file>...`,
/// which says besides what each input comes to; and, where libFuzzer is linked in, its entry, for the target that
/// `CAIRN_FUZZ_TARGET` names.
enum Driver {
    static func target(named name: String) -> FuzzTarget {
        guard let target = FuzzTargets.named(name) else { stop("there is no target \"\(name)\"; try: fuzz list") }
        return target
    }

    /// Does what the arguments say, if they are for us.
    static func command(_ arguments: [String]) -> Bool {
        switch (arguments.dropFirst().first, arguments.count) {
        case ("list", 2): for target in FuzzTargets.all { print(target.name) }
        case ("seeds", 4): writeSeeds(of: target(named: arguments[2]), to: URL(filePath: arguments[3]))
        case ("replay", 4...): for path in arguments[3...] { replay(path, with: target(named: arguments[2])) }
        case ("reach", 4...): for path in arguments[3...] { reach(path, with: target(named: arguments[2])) }
        default: return false
        }
        return true
    }

    private static func writeSeeds(of target: FuzzTarget, to folder: URL) {
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for (number, seed) in target.seeds().enumerated() {
                try Data(seed).write(to: folder.appending(path: "seed-\(number)"))
            }
        } catch { stop("the seeds can't be written: \(error)") }
    }

    private static func replay(_ path: String, with target: FuzzTarget) { run(bytes(of: path), with: target) }

    private static func reach(_ path: String, with target: FuzzTarget) {
        do throws(FuzzFailure) {
            print("\(path):", try target.reach(bytes(of: path)).sorted().joined(separator: "; "))
        } catch { stop("\(target.name): \(error)") }
    }

    private static func bytes(of path: String) -> [UInt8] {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { stop("\(path) can't be read") }
        return Array(data)
    }

    static func run(_ bytes: [UInt8], with target: FuzzTarget) {
        do throws(FuzzFailure) { try target.run(bytes) } catch { fatalError("\(target.name): \(error)") }
    }

    static func stop(_ text: String) -> Never {
        FileHandle.standardError.write(Data("fuzz: \(text)\n".utf8))
        exit(2)
    }
}

#if FUZZING
    private let chosen = Driver.target(named: ProcessInfo.processInfo.environment["CAIRN_FUZZ_TARGET"] ?? "")

    /// Before libFuzzer reads its arguments: ours are not options and not files.
    @_cdecl("LLVMFuzzerInitialize")
    func initialize(
        _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>>
    ) -> CInt {
        if Driver.command(CommandLine.arguments) { exit(0) }
        _ = chosen
        return 0
    }

    @_cdecl("LLVMFuzzerTestOneInput")
    func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
        // libFuzzer's bytes live for the call; the target gets a copy, so that reading beyond it is seen.
        Driver.run(Array(UnsafeBufferPointer(start: start, count: count)), with: chosen)
        return 0
    }
#else
    @main
    struct Main {
        static func main() {
            if !Driver.command(CommandLine.arguments) {
                Driver.stop(
                    "usage: fuzz list | seeds <target> <folder> | replay <target> <file>... | reach <target> <file>...")
            }
        }
    }
#endif
