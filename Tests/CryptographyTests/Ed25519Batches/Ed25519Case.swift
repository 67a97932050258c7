import Primitives
import TestSupport

@testable import Cryptography

/// A signature of a message of any length, with what the rule says of it.
struct Ed25519Case {
    var message: [UInt8]
    var publicKey: [UInt8]
    var signature: Signature
    var isValid: Bool

    var key: InlineBytes<32> { InlineBytes(copying: publicKey.span, at: 0) }
    var claim: Ed25519Claim { Ed25519Claim(message: message.span, publicKey: key, signature) }

    /// By libsodium and our Swift arithmetic, which the batches share nothing with but the hash.
    var isValidAlone: Bool { Ed25519.verify(message: message.span, publicKey: key, signature, kernel: .portable) }

    /// By each way that single checks may go.
    var isValidByItself: [Bool] {
        Ed25519Kernel.present.map { Ed25519.verify(message: message.span, publicKey: key, signature, kernel: $0) }
    }

    /// An honest signature of a message of up to 200 bytes.
    static func honest(_ generator: inout SeededGenerator) throws -> Self {
        let key = try SoftwareKey(scheme: .ed25519, seed: generator.bytes(32))
        let message = generator.bytes(Int(generator.next() % 200))
        return Self(
            message: message, publicKey: key.publicKey.bytes, signature: key.sign(message: message), isValid: true)
    }

    static func honest(count: Int, seed: UInt64) throws -> [Self] {
        var generator = SeededGenerator(seed: seed)
        return try (0..<count).map { _ in try honest(&generator) }
    }

    /// With a random bit of A, R, s or the message turned.
    func damaged(_ generator: inout SeededGenerator) -> Self {
        var damaged = self
        damaged.isValid = false
        let (byte, mask) = (Int(generator.next() % 32), UInt8(1) << UInt8(generator.next() % 8))
        switch generator.next() % 4 {
        case 0: damaged.publicKey[byte] ^= mask
        case 1: damaged.signature.storage[byte] ^= mask
        case 2: damaged.signature.storage[32 + byte] ^= mask
        default: damaged.message.append(mask)
        }
        return damaged
    }
}

/// Every way to the answers: batches and single checks by each kernel, with a history that expects the best or the worst.
struct Ed25519Path: CustomStringConvertible, Sendable {
    enum History: CaseIterable { case none, hopeful, hopeless }

    let kernel: Ed25519Kernel
    let isBatch: Bool
    let history: History

    static let all: [Ed25519Path] = Ed25519Kernel.present.flatMap { kernel in
        [Ed25519Path(kernel: kernel, isBatch: false, history: .none)]
            + History.allCases.map { Ed25519Path(kernel: kernel, isBatch: true, history: $0) }
    }

    var description: String { "\(kernel), \(isBatch ? "batch" : "alone"), history \(history)" }

    func answers(_ cases: [Ed25519Case]) -> [Bool] {
        let history = history == .none ? nil : BatchHistory()
        if self.history == .hopeless { for _ in 0..<20 { history?.enter(failing: 8, of: 8) } }
        let verification = BatchVerification(kernel: kernel, history: history)
        let claims = cases.map(\.claim)
        return isBatch ? verification.answers(claims) : verification.answersAlone(claims)
    }
}

extension [UInt8] {
    /// The bytes as words, the first byte least significant.
    var littleEndianWords: [UInt64] {
        stride(from: 0, to: count, by: 8).map { start in
            self[start..<start + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    var fourWords: InlineArray<4, UInt64> {
        let words = littleEndianWords
        return [words[0], words[1], words[2], words[3]]
    }

    /// The point by our Swift arithmetic.
    var point: EdwardsPoint? { EdwardsPoint(bytes: InlineArray { self[$0] }) }

    var wideScalar: WideScalar {
        let words = littleEndianWords
        return WideScalar(words: [words[0], words[1], words[2], words[3], words[4], words[5], words[6], words[7]])
    }
}
