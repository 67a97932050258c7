internal import Primitives
internal import Storage

/// The seed of the index's keys: drawn once for a data folder, so that no client can choose things whose keys collide.
struct IndexSeed {
    private static let path = "index-seed"
    private static let byteCount = 16

    let words: (UInt64, UInt64)

    /// Reads the folder's seed, or draws one. A file that is not whole is replaced: the index is then made anew, as its
    /// stamp follows from the seed.
    static func load(_ disk: any Disk) throws(StorageError) -> IndexSeed {
        if try disk.list("").contains(path) {
            let bytes = try disk.open(path, .existing).read(at: 0, count: byteCount + 1)
            if bytes.count == byteCount { return IndexSeed(bytes) }
        }
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<byteCount).map { _ in UInt8.random(in: 0...255, using: &generator) }
        try disk.replace(path, with: bytes)
        return IndexSeed(bytes)
    }

    /// Demands 16 bytes.
    private init(_ bytes: [UInt8]) {
        func word(_ part: ArraySlice<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
        words = (word(bytes[0..<8]), word(bytes[8..<16]))
    }

    /// Changes with the seed, and with what rows there are (`version`).
    var stamp: UInt64 { words.0 ^ (words.1 &* 31) ^ Self.version }

    /// To be raised when `LedgerRows` makes other rows.
    private static let version: UInt64 = 1
}
