internal import Synchronization

/// A disk above another that keeps in this process's memory whatever is not synced, so that killing the process
/// loses exactly that, as a power failure would: for tests of the real node.
///
/// File contents reach the disk below on `DiskFile.sync`; new names, renames and removals on `sync(folder:)`; new
/// folders at once, since `makeFolder` promises durability. A file that was synced before its name stays in memory
/// until its folder is synced.
///
/// Sendable because all state stands behind one mutex.
package final class UnsyncedDisk: Disk {
    struct File {
        /// The file below, once it has a durable name.
        var below: (any DiskFile)?
        /// Synced while the file had no durable name.
        var nameless: [FileChange] = []
        var unsynced: [FileChange] = []
        var handleCount = 0
    }

    struct Folder {
        var names: [String: Int]
        var unsynced: [NameChange] = []
    }

    struct State {
        var files: [Int: File] = [:]
        /// The folders read so far.
        var folders: [String: Folder] = [:]
        var nextFile = 0
    }

    let state = Mutex(State())
    let base: any Disk

    package init(base: any Disk) { self.base = base }

    package func open(_ path: String, _ mode: OpenMode) throws(StorageError) -> any DiskFile {
        let parts = DiskPath(path)
        let number = try withFolder(parts.folder) { folder, state throws(StorageError) in
            if let number = folder.names[parts.name] {
                if mode == .new { throw .alreadyExists(path: path) }
                if state.files[number] == nil {
                    state.files[number] = File(below: try base.open(path, .existing))
                }
                state.files[number]?.handleCount += 1
                return number
            }
            if mode == .existing { throw .notFound(path: path) }
            let number = state.nextFile
            state.nextFile += 1
            state.files[number] = File(handleCount: 1)
            folder.names[parts.name] = number
            folder.unsynced.append(.make(parts.name, file: number))
            return number
        }
        return UnsyncedDiskFile(disk: self, file: number, path: path)
    }

    package func list(_ folder: String) throws(StorageError) -> [String] {
        let names = try withFolder(folder) { folder, _ throws(StorageError) in Array(folder.names.keys) }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    package func remove(_ path: String) throws(StorageError) {
        try changeNames(of: path, .remove(DiskPath(path).name))
    }

    package func rename(_ path: String, to newPath: String) throws(StorageError) {
        let (old, new) = (DiskPath(path), DiskPath(newPath))
        precondition(old.folder == new.folder, "a rename stays in its folder")
        try changeNames(of: path, .rename(old.name, to: new.name))
    }

    private func changeNames(of path: String, _ change: NameChange) throws(StorageError) {
        let parts = DiskPath(path)
        try withFolder(parts.folder) { folder, state throws(StorageError) in
            guard let number = folder.names[parts.name] else { throw .notFound(path: path) }
            if state.files[number] == nil {
                // Opened while its name is still the one below.
                state.files[number] = File(below: try base.open(path, .existing))
            }
            change.apply(to: &folder.names)
            folder.unsynced.append(change)
        }
    }

    package func makeFolder(_ path: String) throws(StorageError) {
        let parts = DiskPath(path)
        try withFolder(parts.folder) { folder, state throws(StorageError) in
            try base.makeFolder(path)
            guard folder.names[parts.name] == nil else { return }
            folder.names[parts.name] = state.nextFile
            state.nextFile += 1
        }
    }

    package func sync(folder path: String) throws(StorageError) {
        try withFolder(path) { folder, state throws(StorageError) in
            for change in folder.unsynced {
                switch change {
                case .make(let name, let number): try state.make(DiskPath.join(path, name), number, on: base)
                case .remove(let name): try base.remove(DiskPath.join(path, name))
                case .rename(let name, let newName):
                    try base.rename(DiskPath.join(path, name), to: DiskPath.join(path, newName))
                }
            }
            folder.unsynced = []
            try base.sync(folder: path)
            state.folders[path] = folder
            state.dropUnnamedFiles()
        }
    }

    package func freeSpace() throws(StorageError) -> FreeSpace { try base.freeSpace() }

    /// Works on a folder, whose names are read from the disk below at its first use.
    private func withFolder<Result: Sendable>(
        _ path: String, _ body: (inout Folder, inout State) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        try state.withLock { state throws(StorageError) in
            var folder: Folder
            if let known = state.folders[path] {
                folder = known
            } else {
                folder = Folder(names: [:])
                for name in try base.list(path) {
                    folder.names[name] = state.nextFile
                    state.nextFile += 1
                }
            }
            defer { state.folders[path] = folder }
            return try body(&folder, &state)
        }
    }
}

extension UnsyncedDisk.State {
    /// Forgets the files that no folder names, now or once it is synced, and no handle holds.
    mutating func dropUnnamedFiles() {
        var named: Set<Int> = []
        for folder in folders.values {
            named.formUnion(folder.names.values)
            for case .make(_, let file) in folder.unsynced { named.insert(file) }
        }
        files = files.filter { $0.value.handleCount > 0 || named.contains($0.key) }
    }

    /// Gives a file its durable name, and with it what was synced of its contents.
    mutating func make(_ path: String, _ number: Int, on base: any Disk) throws(StorageError) {
        guard var file = files[number], file.below == nil else { return }
        // A file that an unsynced removal still names below is another one.
        let below = try base.open(path, .either)
        try below.truncate(to: 0)
        for change in file.nameless { try change.apply(to: below) }
        try below.sync()
        file.below = below
        file.nameless = []
        files[number] = file
    }
}

/// A handle on a file of an `UnsyncedDisk`.
final class UnsyncedDiskFile: DiskFile {
    let path: String
    private let disk: UnsyncedDisk
    private let file: Int

    init(disk: UnsyncedDisk, file: Int, path: String) { (self.disk, self.file, self.path) = (disk, file, path) }

    deinit { disk.state.withLock { $0.files[file]?.handleCount -= 1 } }

    func size() throws(StorageError) -> Int {
        try withFile { file throws(StorageError) in try file.size() }
    }

    func read(at offset: Int, count: Int) throws(StorageError) -> [UInt8] {
        try withFile { file throws(StorageError) in try file.read(at: offset, count: count) }
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) {
        try withFile { file throws(StorageError) in file.unsynced.append(.write(offset: offset, bytes: bytes)) }
    }

    func truncate(to size: Int) throws(StorageError) {
        try withFile { file throws(StorageError) in file.unsynced.append(.truncate(size: size)) }
    }

    /// What is written stays in memory until a sync, which may fail for want of room: see there.
    func reserve(_ range: Range<Int>) throws(StorageError) {
        try withFile { file throws(StorageError) in try file.below?.reserve(range) }
    }

    func sync() throws(StorageError) {
        try withFile { file throws(StorageError) in
            if let below = file.below {
                for change in file.unsynced { try change.apply(to: below) }
                try below.sync()
            } else {
                file.nameless += file.unsynced
            }
            file.unsynced = []
        }
    }

    private func withFile<Result: Sendable>(
        _ body: (inout UnsyncedDisk.File) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        try disk.state.withLock { state throws(StorageError) in
            var file = state.files.removeValue(forKey: file) ?? UnsyncedDisk.File()
            defer { state.files[self.file] = file }
            return try body(&file)
        }
    }
}

extension UnsyncedDisk.File {
    func size() throws(StorageError) -> Int {
        (nameless + unsynced).reduce(try below?.size() ?? 0) { size, change in change.size(after: size) }
    }

    /// The range as it is below, with every later change that touches it.
    func read(at offset: Int, count: Int) throws(StorageError) -> [UInt8] {
        let end = min(try size(), offset + max(0, count))
        guard offset < end else { return [] }
        var bytes = try below?.read(at: offset, count: end - offset) ?? []
        for change in nameless + unsynced {
            switch change {
            case .truncate(let size):
                FileChange.truncate(size: max(0, min(bytes.count, size - offset))).apply(to: &bytes)
            case .write(let start, let written):
                let common = max(offset, start)..<max(offset, start, min(end, start + written.count))
                guard !common.isEmpty else { continue }
                let piece = written[(common.lowerBound - start)..<(common.upperBound - start)]
                FileChange.write(offset: common.lowerBound - offset, bytes: Array(piece)).apply(to: &bytes)
            }
        }
        if bytes.count < end - offset { FileChange.truncate(size: end - offset).apply(to: &bytes) }
        return bytes
    }
}
