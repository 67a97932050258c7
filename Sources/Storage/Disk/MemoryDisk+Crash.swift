extension MemoryDisk {
    /// Loses power: every handle dies, and of what was not synced a random part survives.
    ///
    /// Of a file's unsynced changes a prefix survives; the write at its end may be torn, at any byte, with nothing or
    /// zeros after the tear. Of a folder's unsynced names a prefix survives, and removals beyond it may survive too,
    /// since file systems differ in what they reorder.
    package func crash(using generator: inout some RandomNumberGenerator) {
        state.withLock { state in
            state.life += 1
            state.faults.bytesLeft = nil
            for name in state.folders.keys.sorted() {
                state.folders[name]?.crash(using: &generator)
            }
            for number in state.files.keys.sorted() {
                state.files[number]?.crash(using: &generator)
            }
            state.dropUnnamedFiles()
        }
    }

    /// All that is on a disk, as a backup would have it.
    package struct Image: Sendable {
        fileprivate let folders: [String: Folder]
        fileprivate let files: [Int: File]
        fileprivate let nextFile: Int
    }

    package var image: Image {
        state.withLock { Image(folders: $0.folders, files: $0.files, nextFile: $0.nextFile) }
    }

    /// Every handle dies, and the disk holds what it held when the image was made.
    package func restore(_ image: Image) {
        state.withLock { state in
            state.life += 1
            (state.folders, state.files) = (image.folders, image.files)
            state.nextFile = max(state.nextFile, image.nextFile)
            for (name, folder) in image.folders {
                state.folders[name] = Folder(names: folder.names, durable: folder.names, folders: folder.folders)
            }
            for (number, file) in image.files {
                state.files[number] = File(
                    contents: file.contents, durable: file.contents, reservedEnd: file.reservedEnd)
            }
            state.dropUnnamedFiles()
        }
    }

    /// Flips bits of what a file holds, durably: decay of the medium.
    package func flip(_ path: String, at offset: Int, mask: UInt8) throws(StorageError) {
        try damage(path) { contents in contents[offset] ^= mask }
    }

    /// Cuts a file, durably.
    package func cut(_ path: String, to size: Int) throws(StorageError) {
        try damage(path) { contents in contents.removeLast(contents.count - size) }
    }

    private func damage(_ path: String, _ body: (inout [UInt8]) -> Void) throws(StorageError) {
        let parts = DiskPath(path)
        try state.withLock { state throws(StorageError) in
            guard let number = state.folders[parts.folder]?.names[parts.name] else { throw .notFound(path: path) }
            var file = state.files[number] ?? File()
            body(&file.contents)
            file.durable = file.contents
            file.unsynced = []
            state.files[number] = file
        }
    }
}

extension MemoryDisk.Folder {
    mutating func crash(using generator: inout some RandomNumberGenerator) {
        let kept = Int.random(in: 0...unsynced.count, using: &generator)
        for (index, change) in unsynced.enumerated() {
            if index < kept {
                change.apply(to: &durable)
            } else if case .remove = change, Bool.random(using: &generator) {
                change.apply(to: &durable)
            }
        }
        unsynced = []
        names = durable
    }
}

extension MemoryDisk.File {
    mutating func crash(using generator: inout some RandomNumberGenerator) {
        let kept = Int.random(in: 0...unsynced.count, using: &generator)
        for change in unsynced.prefix(kept) { change.apply(to: &durable) }
        if kept < unsynced.count, case .write(let offset, let bytes) = unsynced[kept] {
            var torn = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator)))
            if Bool.random(using: &generator) {
                torn += [UInt8](repeating: 0, count: Int.random(in: 0...bytes.count - torn.count, using: &generator))
            }
            FileChange.write(offset: offset, bytes: torn).apply(to: &durable)
        }
        unsynced = []
        contents = durable
        reservedEnd = 0
        handleCount = 0
    }
}
