internal import Primitives
internal import Storage

/// The files of a snapshot. It is whole if there are contents: those come last.
///
/// | file | holds |
/// |---|---|
/// | `contents` | the manifest, and how long each chunk is |
/// | `chunks` | the chunks, one after another |
/// | `runs` | what is being sorted |
struct SnapshotFolder {
    let disk: any Disk
    let path: String

    private static let (contents, chunks, runs) = ("contents", "chunks", "runs")

    private func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Removes what is there: the contents first.
    func clear() throws(StorageError) {
        try disk.makeFolder(path)
        let names = try disk.list(path)
        for name in [Self.contents, "\(Self.contents).new", Self.chunks, Self.runs] where names.contains(name) {
            try disk.remove(file(name))
            if name == Self.contents { try disk.sync(folder: path) }
        }
    }

    func openRuns() throws(SnapshotError) -> any DiskFile {
        do throws(StorageError) { return try disk.open(file(Self.runs), .new) } catch { throw .storage(error) }
    }

    func openChunks() throws(SnapshotError) -> SnapshotChunkWriter {
        do throws(StorageError) {
            return SnapshotChunkWriter(try disk.open(file(Self.chunks), .new))
        } catch { throw .storage(error) }
    }

    /// Ends a snapshot whose chunks are durable.
    func finish(_ contents: SnapshotContents) throws(StorageError) {
        try disk.remove(file(Self.runs))
        try disk.replace(file(Self.contents), with: contents.canonicalBytes)
    }

    /// The contents of a whole snapshot; nil if there is none.
    func read() throws(StorageError) -> (contents: [UInt8], chunks: any DiskFile)? {
        let contents: any DiskFile
        do throws(StorageError) { contents = try disk.open(file(Self.contents), .existing) } catch .notFound {
            return nil
        }
        let bytes = try contents.read(at: 0, count: try contents.size())
        return (bytes, try disk.open(file(Self.chunks), .existing))
    }
}

/// What a snapshot's file of chunks holds.
struct SnapshotContents: Hashable, Sendable, CanonicalCodable {
    static let formatVersion: UInt8 = 1

    let manifest: SnapshotManifest
    /// For each chunk.
    let byteCounts: [UInt32]

    init(manifest: SnapshotManifest, byteCounts: [UInt32]) {
        self.manifest = manifest
        self.byteCounts = byteCounts
    }

    func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(Self.formatVersion)
        encoder.encode(manifest)
        for count in byteCounts { encoder.encode(count) }
    }

    init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        let version: UInt8 = try decoder.decode()
        guard version == Self.formatVersion else {
            throw CodingError(.invalid("snapshot version \(version) is not known"), at: start)
        }
        manifest = try decoder.decode()
        var counts: [UInt32] = []
        counts.reserveCapacity(manifest.chunks.count)
        for _ in manifest.chunks {
            let start = decoder.offset
            counts.append(try decoder.decode())
            guard counts[counts.count - 1] <= ReplicaLimits.snapshotChunkByteCountMax else {
                throw CodingError(.invalid("a chunk longer than any"), at: start)
            }
        }
        byteCounts = counts
    }
}

/// Writes chunks one after another.
struct SnapshotChunkWriter {
    private let file: any DiskFile
    private var buffer = CanonicalEncoder()
    private var offset = 0
    private var byteCounts: [UInt32] = []

    init(_ file: any DiskFile) { self.file = file }

    mutating func append(
        _ pairs: ArraySlice<PairRecord>, index: UInt32, height: UInt64
    ) throws(StorageError) {
        let start = buffer.bytes.count
        SnapshotChunk.encodeHead(height: height, index: index, pairCount: pairs.count, to: &buffer)
        for pair in pairs { buffer.bytes.append(contentsOf: pair.coding) }
        byteCounts.append(UInt32(buffer.bytes.count - start))
        if buffer.bytes.count >= ReplicaLimits.snapshotWriteByteCount { try write() }
    }

    /// Makes the chunks durable, and gives how long each is.
    mutating func finish() throws(StorageError) -> [UInt32] {
        try write()
        try file.sync()
        return byteCounts
    }

    private mutating func write() throws(StorageError) {
        try file.write(buffer.bytes, at: offset)
        offset += buffer.bytes.count
        buffer.bytes.removeAll(keepingCapacity: true)
    }
}
