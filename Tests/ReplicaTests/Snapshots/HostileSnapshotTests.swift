import Ledger
import Primitives
import Storage
import TestSupport
import Testing

@testable import Replica

/// Manifests and chunks that are not what they should be are refused, each for its reason.
@Suite struct HostileSnapshotTests {
    private let suite = SnapshotSample.suite
    private let sample: SnapshotSample
    private let manifest: SnapshotManifest
    private let chunks: [SnapshotChunk]

    init() throws {
        sample = try SnapshotSample(count: 200, shape: .even, seed: 40)
        let snapshot = try sample.cut()
        manifest = snapshot.manifest
        chunks = try manifest.chunks.indices.map { index in
            try SnapshotChunk(canonicalBytes: #require(try snapshot.chunk(at: UInt32(index))))
        }
    }

    // MARK: Manifests

    private func fault(_ chunks: [SnapshotManifest.Chunk], height: UInt64 = SnapshotSample.height) -> SnapshotFault? {
        do throws(SnapshotFault) {
            try SnapshotManifest(height: height, chunks: chunks).check(against: sample.statement, in: suite)
            return nil
        } catch { return error }
    }

    @Test func `a manifest with another digest, height or order`() {
        #expect(fault(manifest.chunks) == nil)
        #expect(fault(manifest.chunks, height: 11) == .wrongHeight(11, expected: 12))
        for index in manifest.chunks.indices {
            for digest in [Digest.zero, sample.statement.stateRoot, manifest.chunks[(index + 1) % chunks.count].digest]
            {
                var changed = manifest.chunks
                changed[index] = SnapshotManifest.Chunk(subtree: changed[index].subtree, digest: digest)
                guard case .wrongRoot? = fault(changed) else {
                    Issue.record("\(index): \(String(describing: fault(changed)))")
                    continue
                }
            }
        }
    }

    private func decodingFault(_ entries: [(depth: UInt8, digest: Digest)]) -> CodingError? {
        var encoder = CanonicalEncoder()
        encoder.encode(SnapshotManifest.formatVersion)
        encoder.encode(UInt64(12))
        encoder.encode(length: entries.count)
        for entry in entries {
            encoder.encode(entry.depth)
            encoder.encode(entry.digest)
        }
        do throws(CodingError) {
            _ = try SnapshotManifest(canonicalBytes: encoder.bytes)
            return nil
        } catch { return error }
    }

    @Test(
        arguments: [
            [], [1], [1, 1, 1], [2, 1, 2], [0, 0], [255], [1, 2, 3, 3, 1], [2, 2, 2], [3, 3, 3, 2, 1], [1, 2, 1],
        ] as [[UInt8]]) func `subtrees that do not cover all paths once`(_ depths: [UInt8])
    {
        #expect(decodingFault(depths.map { ($0, .zero) }) != nil)
    }

    @Test(arguments: [[0], [1, 1], [1, 2, 2], [2, 2, 1], [3, 3, 2, 1], [1, 2, 3, 4, 4]] as [[UInt8]])
    func `subtrees that do`(_ depths: [UInt8]) { #expect(decodingFault(depths.map { ($0, .zero) }) == nil) }

    @Test func `a manifest that is cut off or goes on`() throws {
        let bytes = manifest.canonicalBytes
        #expect(try SnapshotManifest(canonicalBytes: bytes) == manifest)
        for count in 0..<bytes.count {
            #expect(throws: CodingError.self) { try SnapshotManifest(canonicalBytes: Array(bytes.prefix(count))) }
        }
        #expect(throws: CodingError.self) { try SnapshotManifest(canonicalBytes: bytes + [0]) }
        #expect(throws: CodingError.self) { try SnapshotManifest(canonicalBytes: [2] + bytes.dropFirst()) }
    }

    @Test func `every changed bit of a manifest shows`() throws {
        let bytes = manifest.canonicalBytes
        for bit in 0..<8 * bytes.count {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            guard let decoded = try? SnapshotManifest(canonicalBytes: changed) else { continue }
            #expect(throws: SnapshotFault.self) { try decoded.check(against: sample.statement, in: suite) }
        }
    }

    /// Liars may cut as they like, but never to another state.
    @Test func `another cut leads to the same root, and its chunks are true`() throws {
        let other = try sample.cut(chunkByteCount: 300)
        #expect(other.manifest != manifest && other.manifest.digest(in: suite) != manifest.digest(in: suite))
        try other.manifest.check(against: sample.statement, in: suite)
        #expect(try SnapshotSample.chunks(of: other).flatMap(\.pairs) == chunks.flatMap(\.pairs))
    }

    // MARK: Chunks

    private func fault(_ chunk: SnapshotChunk) -> SnapshotFault? {
        do throws(SnapshotFault) {
            _ = try VerifiedChunk(chunk, of: manifest, in: suite)
            return nil
        } catch { return error }
    }

    private func fault(_ index: Int, _ change: (inout [SnapshotPair]) -> Void) -> SnapshotFault? {
        var pairs = chunks[index].pairs
        change(&pairs)
        return fault(SnapshotChunk(height: SnapshotSample.height, index: UInt32(index), pairs: pairs))
    }

    @Test func `a chunk with pairs missing, added, changed or moved`() throws {
        for index in chunks.indices {
            let pairs = chunks[index].pairs
            #expect(fault(chunks[index]) == nil)
            try #require(pairs.count > 1)
            let (pair, last) = (pairs[pairs.count / 2], pairs[pairs.count - 1])
            for removed in pairs.indices { expectWrongDigest(fault(index) { $0.remove(at: removed) }) }
            expectWrongDigest(fault(index) { $0.removeAll() })
            expectWrongDigest(
                fault(index) { $0[0] = SnapshotPair(key: $0[0].key, value: $0[0].value + [0]) })
            #expect(fault(index) { $0.append(last) } == .notAscending(pair: pairs.count))
            #expect(fault(index) { $0.insert(pair, at: 0) } == .notAscending(pair: 1))
            #expect(fault(index) { $0.swapAt(0, 1) } == .notAscending(pair: 1))
            let other = chunks[(index + 1) % chunks.count].pairs[0]
            #expect(fault(index) { $0.insert(other, at: 1) } == .elsewhere(pair: 1))
            #expect(fault(index) { $0[0] = other } == .elsewhere(pair: 0))
            // A pair that nobody wrote, where it would belong.
            let made = try madeUp(in: manifest.chunks[index].subtree)
            expectWrongDigest(
                fault(index) { pairs in
                    pairs.append(made)
                    pairs.sort { $0.key.path(in: suite) < $1.key.path(in: suite) }
                })
        }
    }

    private func expectWrongDigest(_ fault: SnapshotFault?) {
        guard case .wrongDigest? = fault else {
            Issue.record("\(String(describing: fault))")
            return
        }
    }

    private func madeUp(in subtree: StateSubtree) throws -> SnapshotPair {
        for number in 0..<100_000 {
            let key = StateKey(contract: .system(9), key: Array("\(number)".utf8))
            if subtree.contains(key.path(in: suite)) { return SnapshotPair(key: key, value: [1]) }
        }
        throw SimulationFailure("no key falls into \(subtree)")
    }

    @Test func `a chunk of another place, height or number`() throws {
        let pairs = chunks[1].pairs
        #expect(fault(SnapshotChunk(height: 13, index: 1, pairs: pairs)) == .wrongHeight(13, expected: 12))
        #expect(fault(SnapshotChunk(height: 12, index: 0, pairs: pairs)) == .elsewhere(pair: 0))
        let count = UInt32(chunks.count)
        #expect(fault(SnapshotChunk(height: 12, index: count, pairs: pairs)) == .wrongIndex(count))
        #expect(fault(SnapshotChunk(height: 12, index: .max, pairs: pairs)) == .wrongIndex(.max))
        #expect(throws: SnapshotFault.wrongIndex(1)) {
            try VerifiedChunk(chunks[1].canonicalBytes, index: 2, of: manifest, in: suite)
        }
    }

    @Test func `a chunk that is cut off or too long`() throws {
        let bytes = chunks[2].canonicalBytes
        for count in 0..<bytes.count {
            #expect(throws: CodingError.self) { try SnapshotChunk(canonicalBytes: Array(bytes.prefix(count))) }
        }
        #expect(throws: CodingError.self) { try SnapshotChunk(canonicalBytes: bytes + [0]) }
        let long = [UInt8](repeating: 1, count: ReplicaLimits.snapshotChunkByteCountMax + 1)
        let error = #expect(throws: CodingError.self) { try SnapshotChunk(canonicalBytes: long) }
        #expect(
            error?.reason == .lengthAboveLimit(length: long.count, maximum: ReplicaLimits.snapshotChunkByteCountMax))
        guard case .malformed? = wholeFault(long) else {
            Issue.record("too long and taken")
            return
        }
    }

    private func wholeFault(_ bytes: [UInt8]) -> SnapshotFault? {
        do throws(SnapshotFault) {
            _ = try VerifiedChunk(bytes, index: 2, of: manifest, in: suite)
            return nil
        } catch { return error }
    }

    @Test func `every changed bit of a chunk shows`() {
        let bytes = chunks[2].canonicalBytes
        for bit in 0..<8 * bytes.count {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(wholeFault(changed) != nil)
        }
    }

    @Test func `a key without an address`() {
        var encoder = CanonicalEncoder()
        SnapshotChunk.encodeHead(height: 12, index: 2, pairCount: 1, to: &encoder)
        encoder.encode(bytes: [UInt8](repeating: 1, count: 19))
        encoder.encode(bytes: [1, 2])
        guard case .malformed? = wholeFault(encoder.bytes) else {
            Issue.record("it is taken")
            return
        }
    }
}
