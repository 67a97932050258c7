package import Primitives

/// A key and its new value; nil deletes it.
package struct KeyValueChange: Hashable, Sendable {
    package let key: StoreKey
    package let value: [UInt8]?

    package init(_ key: StoreKey, _ value: [UInt8]?) { (self.key, self.value) = (key, value) }
}

/// What can be read of an ordered map. Every call may come from any thread at any time.
package protocol KeyValueReader: AnyObject, Sendable {
    func get(_ key: StoreKey) throws(StorageError) -> [UInt8]?

    /// Hands the keys with this prefix, from `start` on, in order and as of one moment, to `body` until it gives
    /// back false.
    func iterate(
        from start: StoreKey, prefix: StoreKey, _ body: (StoreKey, [UInt8]) -> Bool
    ) throws(StorageError)
}

/// An ordered map on disk, written in large atomic batches.
///
/// It has no log of its own: an applied batch survives a crash only once a later (or its own) `flush` is done, but
/// then whole, and with all batches before it. Every call may come from any thread at any time; a reader sees each
/// batch wholly or not at all.
package protocol KeyValueStore: KeyValueReader {
    /// Makes all changes at once. Keys are best sorted; of two changes of one key the later counts. With `flush`
    /// they are durable when the call returns, and so is everything applied before. If there is no room on the disk
    /// (`noSpace`), readers may see the changes but none of them is durable, and the same call may be made again.
    func apply(_ changes: [KeyValueChange], flush: Bool) throws(StorageError)

    /// How much may still be written.
    func freeSpace() throws(StorageError) -> FreeSpace
}

/// The keys that storage keeps for itself: they begin with a group number that no group has.
package enum ReservedKeys {
    package static let group = UInt32.max

    /// The layout of the key-value store: 4 bytes, little-endian.
    static let format: StoreKey = {
        var key = StoreKey.empty
        key.append(group)
        key.append(UInt8(ascii: "f"))
        return key
    }()

    static let formatVersion: UInt32 = 1

    static var formatBytes: [UInt8] {
        var bytes: [UInt8] = []
        appendLittleEndian(formatVersion, to: &bytes)
        return bytes
    }

    /// The height whose state the store holds for a group: 8 bytes, little-endian.
    static func appliedHeight(of group: UInt32) -> StoreKey {
        var key = StoreKey.empty
        key.append(Self.group)
        key.append(UInt8(ascii: "h"))
        key.append(group)
        return key
    }

    /// What says that a group's state is being put together: whatever its owner writes there.
    package static func restoring(_ group: UInt32) -> StoreKey {
        var key = StoreKey.empty
        key.append(Self.group)
        key.append(UInt8(ascii: "r"))
        key.append(group)
        return key
    }

    /// What makes the store hold the state of a height for a group, or of none.
    package static func changes(appliedHeight: UInt64?, of group: UInt32) -> [KeyValueChange] {
        var bytes: [UInt8]?
        if let appliedHeight {
            var little: [UInt8] = []
            appendLittleEndian(appliedHeight, to: &little)
            bytes = little
        }
        return [KeyValueChange(format, formatBytes), KeyValueChange(Self.appliedHeight(of: group), bytes)]
    }
}

extension KeyValueStore {
    /// Refuses a store of another format; gives an empty one its stamp.
    func checkFormat(path: String) throws(StorageError) {
        if let found = try get(ReservedKeys.format) {
            guard found != ReservedKeys.formatBytes else { return }
            let text = found.count == 4 ? "version \(loadLittleEndian(found, at: 0, as: UInt32.self))" : "\(found)"
            throw .unknownFormat(path: path, found: text, supported: "version \(ReservedKeys.formatVersion)")
        }
        var isEmpty = true
        try iterate(from: .empty, prefix: .empty) { _, _ in
            isEmpty = false
            return false
        }
        guard isEmpty else {
            throw .unknownFormat(
                path: path, found: "of another program", supported: "version \(ReservedKeys.formatVersion)")
        }
        try apply([KeyValueChange(ReservedKeys.format, ReservedKeys.formatBytes)], flush: true)
    }
}
