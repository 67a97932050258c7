import Dispatch
import Primitives
import Synchronization
import TestSupport
import Testing

@testable import Cryptography

@Suite struct VerifierTests {
    /// Checks of both schemes, about a third of them damaged, and the right answers.
    static let mixed: (checks: [SignatureCheck], answers: [Bool]) = {
        var generator = SeededGenerator(seed: 51)
        var checks: [SignatureCheck] = []
        var answers: [Bool] = []
        for index in 0..<200 {
            let scheme: SignatureScheme = index % 2 == 0 ? .ed25519 : .secp256k1
            let digest = Digest(copying: generator.bytes(32).span, at: 0)
            guard let key = try? SoftwareKey(scheme: scheme, seed: generator.bytes(32)),
                var signature = try? key.sign(digest)
            else { preconditionFailure("the seed makes keys") }
            let isGood = UInt8.random(in: 0..<3, using: &generator) > 0
            if !isGood { signature.storage[Int.random(in: 0..<64, using: &generator)] ^= 1 }
            checks.append(SignatureCheck(publicKey: key.publicKey, digest: digest, signature: signature))
            answers.append(isGood)
        }
        return (checks, answers)
    }()

    @Test func serialAnswersAreRight() {
        #expect(SerialVerifier().verify(Self.mixed.checks) == Self.mixed.answers)
        #expect(SerialVerifier().verify([]) == [])
    }

    @Test(arguments: [1, 2, 5]) func pooledAnswersAreRightForEverySize(threadCount: Int) {
        let pool = PooledVerifier(threadCount: threadCount)
        for count in [0, 1, 2, 3, 15, 16, 17, 31, 33, 100, 200] {
            #expect(pool.verify(Array(Self.mixed.checks.prefix(count))) == Array(Self.mixed.answers.prefix(count)))
        }
        pool.stop()
    }

    /// So many that each thread makes several batches, and forged ones among them.
    @Test(arguments: [1, 3]) func manyChecksAreAnsweredInOrder(threadCount: Int) {
        let checks = (0..<1_500).map { Self.mixed.checks[$0 * 7 % 200] }
        let answers = (0..<1_500).map { Self.mixed.answers[$0 * 7 % 200] }
        let pool = PooledVerifier(threadCount: threadCount)
        #expect(pool.verify(checks) == answers)
        #expect(SerialVerifier().verify(checks) == answers)
        pool.stop()
    }

    @Test(arguments: [1, 2, 7], Ed25519Kernel.allCases)
    func chunksHoldEachCheckOnceAndOneScheme(threadCount: Int, kernel: Ed25519Kernel) {
        for count in [0, 1, 2, 31, 64, 65, 200, 1_500] {
            let checks = (0..<count).map { Self.mixed.checks[$0 % 200] }
            let chunks = SignatureChunks(checks, threadCount: threadCount, kernel: kernel)
            #expect(chunks.ranges.flatMap { Array($0) } == Array(0..<count))
            for range in chunks.ranges {
                let schemes = Set(chunks.indices(of: range).map { checks[$0].publicKey.scheme })
                #expect(schemes.count == 1)
                #expect(range.count <= (schemes == [.ed25519] ? 256 : VerifierLimits.chunkChecksMax))
            }
            #expect(chunks.ranges.flatMap { Array(chunks.indices(of: $0)) }.sorted() == Array(0..<count))
        }
    }

    @Test func limitsFitEachOther() {
        #expect(VerifierLimits.ifmaBatchClaimsMin <= VerifierLimits.ifmaChunkChecksMin)
        #expect(VerifierLimits.ifmaChunkChecksMin <= VerifierLimits.ifmaBatchClaimsMax)
        #expect(VerifierLimits.ifmaBatchClaimsMax % Ed25519Kernel.ifma.lanes == 0)
        #expect(VerifierLimits.avx2BatchClaimsMin <= VerifierLimits.avx2ChunkChecksMin)
        #expect(VerifierLimits.avx2ChunkChecksMin <= VerifierLimits.avx2BatchClaimsMax)
        #expect(VerifierLimits.avx2BatchClaimsMax % Ed25519Kernel.avx2.lanes == 0)
        #expect(VerifierLimits.portableBatchClaimsMin <= VerifierLimits.portableChunkChecksMin)
        #expect(VerifierLimits.portableChunkChecksMin <= VerifierLimits.portableBatchClaimsMax)
        #expect(VerifierLimits.portableChunkChecksMax % VerifierLimits.portableBatchClaimsMax == 0)
        #expect(VerifierLimits.ifmaBatchClaimsMax <= VerifierLimits.waitingChecksMax)
    }

    @Test func manyCallersShareAPool() {
        let pool = PooledVerifier(threadCount: 2)
        let right = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: 40) { index in
            let range = index..<min(200, 20 + 4 * index)
            if pool.verify(Array(Self.mixed.checks[range])) == Array(Self.mixed.answers[range]) {
                right.add(1, ordering: .relaxed)
            }
        }
        #expect(right.load(ordering: .relaxed) == 40)
    }

    /// Also with a queue so short that callers must verify themselves.
    @Test(arguments: [1, 20, VerifierLimits.waitingChecksMax])
    func everyCompletionIsCalledOnceBeforeStopReturns(waitingChecksMax: Int) {
        let pool = PooledVerifier(threadCount: 2, waitingChecksMax: waitingChecksMax)
        let calls = Mutex([Int](repeating: 0, count: 50))
        for index in 0..<50 {
            let range = index..<index + 10
            pool.submit(Array(Self.mixed.checks[range])) { answers in
                #expect(answers == Array(Self.mixed.answers[range]))
                calls.withLock { $0[index] += 1 }
            }
        }
        pool.stop()
        #expect(calls.withLock { $0 } == [Int](repeating: 1, count: 50))
    }

    @Test func aStoppedPoolStillAnswers() {
        let pool = PooledVerifier(threadCount: 2)
        pool.stop()
        pool.stop()
        #expect(pool.verify(Self.mixed.checks) == Self.mixed.answers)
    }

    /// A completion that verifies in turn must not wait for the thread it runs on.
    @Test func completionsMayUseThePool() {
        let pool = PooledVerifier(threadCount: 1)
        let answers = Mutex<[Bool]>([])
        pool.submit(Array(Self.mixed.checks.prefix(20))) { _ in
            let inner = pool.verify(Self.mixed.checks)
            answers.withLock { $0 = inner }
        }
        pool.stop()
        #expect(answers.withLock { $0 } == Self.mixed.answers)
    }

    /// The last owner may be a thread of the pool itself.
    @Test func aPoolMayBeLetGoFromItsOwnThread() {
        let done = DispatchSemaphore(value: 0)
        for _ in 0..<20 {
            let pool = PooledVerifier(threadCount: 2)
            pool.submit(Array(Self.mixed.checks.prefix(4))) { [pool] _ in
                withExtendedLifetime(pool) {}
                done.signal()
            }
        }
        for _ in 0..<20 { #expect(done.wait(timeout: .now() + 30) == .success) }
    }
}
