internal import Cryptography
package import Ledger
internal import Primitives
package import Storage

/// The snapshots that a node keeps for those who join: the last two, so that whoever is in the midst of one can end it
/// while the next one is cut.
///
/// Each stands in a folder of its own, with its block's certificate beside it, which comes last and goes first:
///
/// | path | holds |
/// |---|---|
/// | `snapshots/<group>/<0 or 1>` | `SnapshotFolder` |
/// | `snapshots/<group>/<0 or 1>.certificate` | `BlockCertificate` |
///
/// One that is not whole, or damaged, is none: another is cut at the next checkpoint.
package struct SnapshotShelf: Sendable {
    /// One of them.
    struct Kept: Sendable {
        let place: Int
        let certificate: BlockCertificate
        let snapshot: KeptSnapshot

        var height: UInt64 { snapshot.manifest.height }
    }

    let genesis: Genesis
    private let disk: any Disk
    /// Ascending by height.
    private(set) var kept: [Kept] = []
    /// Those by which this node has joined.
    let handOvers: KeptHandOvers
    /// Whether this node has joined.
    let hasJoined: Bool
    /// What could not be opened, and why: for the log of who runs the node.
    package private(set) var damage: [SnapshotError] = []

    /// Opens what is there.
    package init(genesis: Genesis, on disk: any Disk) throws(JoiningError) {
        self.genesis = genesis
        self.disk = disk
        do throws(StorageError) {
            handOvers = try KeptHandOvers.read(genesis.group, on: disk)
        } catch .damaged(let path, _, _, let what) {
            handOvers = KeptHandOvers([])
            damage.append(.damaged("\(path): \(what)"))
        } catch { throw .storage(error) }
        do throws(StorageError) {
            hasJoined = try KeptHandOvers.isThere(genesis.group, on: disk)
            try disk.makeFolder(Self.root)
            try disk.makeFolder(Self.folder(of: genesis.group))
            for place in 0..<ReplicaLimits.keptSnapshotsMax {
                guard let certificate = try certificate(at: place) else { continue }
                open(place, certificate)
            }
        } catch { throw .storage(error) }
        kept.sort { $0.height < $1.height }
    }

    private mutating func open(_ place: Int, _ certificate: BlockCertificate) {
        do throws(SnapshotError) {
            let snapshot = try KeptSnapshot(
                certified: certificate.statement, suite: genesis.suite, on: disk, in: path(of: place))
            if let snapshot { kept.append(Kept(place: place, certificate: certificate, snapshot: snapshot)) }
        } catch { damage.append(error) }
    }

    /// The heights of which there are snapshots, ascending.
    package var heights: [UInt64] { kept.map(\.height) }

    /// The result of the block that the newest one is of.
    package var newest: ResultStatement? { kept.last?.certificate.statement }

    /// Cuts the state of a checkpoint, whose block's certificate is this one. It takes as long as `SnapshotCutter` does;
    /// to give answers meanwhile, use `prepare`.
    package mutating func cut(
        _ certificate: BlockCertificate, _ reader: any KeyValueReader,
        chunkByteCount: Int = ReplicaLimits.snapshotChunkByteCount, isStopping: () -> Bool = { false }
    ) throws(JoiningError) {
        guard let cut = try prepare(certificate) else { return }
        add(try cut.run(reader, chunkByteCount: chunkByteCount, isStopping: isStopping))
    }

    /// Makes room for a snapshot, and gives what cuts it, which belongs on another thread; nil if there is one of this
    /// height or a later one.
    package mutating func prepare(_ certificate: BlockCertificate) throws(JoiningError) -> ShelfCut? {
        let height = certificate.statement.height
        guard height > kept.last?.height ?? 0 else { return nil }
        let places = 0..<ReplicaLimits.keptSnapshotsMax
        let free = places.first { place in !kept.contains { $0.place == place } }
        let place = free ?? kept.removeFirst().place
        do throws(StorageError) {
            try removeCertificate(at: place)
        } catch { throw .storage(error) }
        return ShelfCut(
            place: place, certificate: certificate, suite: genesis.suite, disk: disk, folder: path(of: place),
            certificatePath: certificatePath(of: place))
    }

    /// Gives a snapshot that was cut to those who ask from now on.
    package mutating func add(_ cut: FinishedCut) {
        kept.append(Kept(place: cut.place, certificate: cut.certificate, snapshot: cut.snapshot))
    }

    // MARK: Files

    private static let root = "snapshots"

    private static func folder(of group: GroupIdentifier) -> String { "\(root)/\(group)" }

    private func path(of place: Int) -> String { "\(Self.folder(of: genesis.group))/\(place)" }

    private func certificatePath(of place: Int) -> String { "\(path(of: place)).certificate" }

    /// Nil if there is none, or none that is whole.
    private mutating func certificate(at place: Int) throws(StorageError) -> BlockCertificate? {
        let file: any DiskFile
        do throws(StorageError) { file = try disk.open(certificatePath(of: place), .existing) } catch .notFound {
            return nil
        }
        let bytes = try file.read(at: 0, count: try file.size())
        do throws(CodingError) { return try BlockCertificate(canonicalBytes: bytes) } catch {
            damage.append(.damaged("\(certificatePath(of: place)): \(error)"))
            return nil
        }
    }

    private func removeCertificate(at place: Int) throws(StorageError) {
        do throws(StorageError) { try disk.remove(certificatePath(of: place)) } catch .notFound { return }
        try disk.sync(folder: Self.folder(of: genesis.group))
    }
}

/// A snapshot that is to be cut into a shelf's folder.
package struct ShelfCut: Sendable {
    fileprivate let place: Int
    fileprivate let certificate: BlockCertificate
    fileprivate let suite: Suite
    fileprivate let disk: any Disk
    fileprivate let folder: String
    fileprivate let certificatePath: String

    /// Cuts what a checkpoint of the certificate's height holds.
    package func run(
        _ reader: any KeyValueReader, chunkByteCount: Int = ReplicaLimits.snapshotChunkByteCount,
        isStopping: () -> Bool = { false }
    ) throws(JoiningError) -> FinishedCut {
        let snapshot: KeptSnapshot
        do throws(SnapshotError) {
            snapshot = try SnapshotCutter(
                certified: certificate.statement, suite: suite, on: disk, in: folder, chunkByteCount: chunkByteCount
            ).cut(reader, isStopping: isStopping)
        } catch { throw .snapshot(error) }
        do throws(StorageError) {
            try disk.replace(certificatePath, with: certificate.canonicalBytes)
        } catch { throw .storage(error) }
        return FinishedCut(place: place, certificate: certificate, snapshot: snapshot)
    }
}

/// A snapshot that was cut for a shelf.
package struct FinishedCut: Sendable {
    fileprivate let place: Int
    fileprivate let certificate: BlockCertificate
    fileprivate let snapshot: KeptSnapshot
}
