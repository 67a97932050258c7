package import Cryptography
package import Ledger
internal import Primitives
package import Storage

/// A snapshot that this node has cut, and gives to others.
package struct KeptSnapshot: Sendable {
    package let manifest: SnapshotManifest
    private let suite: Suite
    private let chunks: any DiskFile
    /// Where each chunk begins, and where the last one ends.
    private let offsets: [Int]

    /// The snapshot in a folder; nil if there is no whole one of this height.
    package init?(
        certified statement: ResultStatement, suite: Suite, on disk: any Disk, in folder: String
    ) throws(SnapshotError) {
        let folder = SnapshotFolder(disk: disk, path: folder)
        guard let found = try Self.read(folder), found.contents.manifest.height == statement.height else { return nil }
        try self.init(found.contents, found.chunks, statement, suite)
    }

    /// The one that was just cut.
    init(certified statement: ResultStatement, suite: Suite, in folder: SnapshotFolder) throws(SnapshotError) {
        guard let found = try Self.read(folder) else { throw .damaged("its contents are gone") }
        try self.init(found.contents, found.chunks, statement, suite)
    }

    private init(
        _ contents: SnapshotContents, _ chunks: any DiskFile, _ statement: ResultStatement, _ suite: Suite
    ) throws(SnapshotError) {
        do throws(SnapshotFault) { try contents.manifest.check(against: statement, in: suite) } catch {
            throw .damaged("\(error)")
        }
        manifest = contents.manifest
        self.suite = suite
        self.chunks = chunks
        var offsets = [0]
        offsets.reserveCapacity(contents.byteCounts.count + 1)
        for count in contents.byteCounts { offsets.append(offsets[offsets.count - 1] + Int(count)) }
        self.offsets = offsets
    }

    private static func read(
        _ folder: SnapshotFolder
    ) throws(SnapshotError) -> (contents: SnapshotContents, chunks: any DiskFile)? {
        let found: (contents: [UInt8], chunks: any DiskFile)?
        do throws(StorageError) { found = try folder.read() } catch { throw .storage(error) }
        guard let found else { return nil }
        do throws(CodingError) {
            return (try SnapshotContents(canonicalBytes: found.contents), found.chunks)
        } catch { throw .damaged("\(error)") }
    }

    /// A chunk's bytes; nil if there is none of this number. Checked again, so that nobody is told what the disk has
    /// made of it.
    package func chunk(at index: UInt32) throws(SnapshotError) -> [UInt8]? {
        guard let index = Int(exactly: index), index < manifest.chunks.count else { return nil }
        let bytes: [UInt8]
        do throws(StorageError) {
            bytes = try chunks.read(at: offsets[index], count: offsets[index + 1] - offsets[index])
        } catch { throw .storage(error) }
        do throws(SnapshotFault) { _ = try VerifiedChunk(bytes, index: index, of: manifest, in: suite) } catch {
            throw .damaged("\(error)")
        }
        return bytes
    }
}
