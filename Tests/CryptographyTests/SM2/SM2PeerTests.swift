import Foundation
import Primitives
import TestSupport
import Testing

@testable import Cryptography

/// gmssl and tongsuopy, where Python has them.
private enum PythonPeers {
    static let isPresent = (try? run(["--check"], input: "")) != nil

    static let skipped: Comment =
        "skipped: Python finds no gmssl or no tongsuopy; install them, or name a Python that has both in CAIRN_PYTHON"

    /// The lines that the script answers. Throws if it fails.
    static func run(_ arguments: [String] = [], input: String) throws -> [String] {
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Peers/sm2_verification.py")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        let python = ProcessInfo.processInfo.environment["CAIRN_PYTHON"] ?? "python3"
        process.arguments = [python, script.path] + arguments
        let (stdin, stdout) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput) = (stdin, stdout)
        process.standardError = FileHandle.nullDevice
        try process.run()
        // A pipe holds 64 KiB: what is asked at once must be less, as nobody reads the answers meanwhile.
        precondition(input.utf8.count < 60_000)
        try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        let output = try stdout.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
        return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

@Suite(.enabled(if: PythonPeers.isPresent, PythonPeers.skipped)) struct SM2PeerTests {
    private func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.isEmpty ? "-" : String(bytes.hexadecimal.dropFirst(2))
    }

    private func verify(_ message: [UInt8], _ key: InlineBytes<33>, _ signature: Signature) -> Bool {
        SM2Verification.verify(message: message.span, publicKey: key, signature: signature, hash: SM2Peer.sm3)
    }

    /// A key pair whose secret is known.
    private func keyPair(_ generator: inout SeededGenerator) throws -> (secret: UInt256, point: SM2AffinePoint) {
        let secret = UInt256.random(below: .n, using: &generator)
        let point = SM2Point.multiple(secret, of: SM2AffinePoint.parameters.base).affine
        return (secret, try #require(point))
    }

    /// Signatures by gmssl, each with its parts changed in turn.
    @Test func agreesWithGmsslAndTongsuo() throws {
        var generator = SeededGenerator(seed: 69)
        var questions = ""
        var keys: [(point: SM2AffinePoint, message: [UInt8])] = []
        for count in 0..<30 {
            let (secret, point) = try keyPair(&generator)
            let message = generator.bytes(count)
            keys.append((point, message))
            questions +=
                "sign \(hexadecimal(secret.bigEndianBytes)) \(hexadecimal(point.bytes)) \(hexadecimal(message))\n"
        }
        let signed = try PythonPeers.run(input: questions)
        try #require(signed.count == keys.count)

        questions = ""
        var ours: [Bool] = []
        for (index, (point, message)) in keys.enumerated() {
            let signature = try #require([UInt8](hexadecimal: String(signed[index].dropFirst("gmssl=".count))))
            let key = InlineBytes<33>(copying: point.compressed.span, at: 0)
            for place in [nil, 5, 40] {
                var changed = signature
                if let place { changed[place] ^= 4 }
                for text in [message, message + [1]] {
                    ours.append(verify(text, key, try #require(Signature(changed))))
                    questions +=
                        "verify \(hexadecimal(point.bytes)) \(hexadecimal(text)) \(hexadecimal(changed))\n"
                }
            }
        }
        let theirs = try PythonPeers.run(input: questions)
        #expect(theirs == ours.map { $0 ? "gmssl=1 tongsuo=1" : "gmssl=0 tongsuo=0" })
        #expect(ours.count { $0 } == keys.count && ours.count == 6 * keys.count)
        print("SM2: \(ours.count) answers as gmssl's and tongsuopy's, \(keys.count) of them valid")
    }
}
