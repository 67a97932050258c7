/// A handle on a file of a `MemoryDisk`; dead after the disk's crash, as a process's handles are.
final class MemoryDiskFile: DiskFile {
    let path: String
    private let disk: MemoryDisk
    private let file: Int
    private let life: Int

    init(disk: MemoryDisk, file: Int, life: Int, path: String) {
        (self.disk, self.file, self.life, self.path) = (disk, file, life, path)
    }

    deinit {
        disk.state.withLock { state in
            if state.life == life { state.files[file]?.handleCount -= 1 }
        }
    }

    func size() throws(StorageError) -> Int {
        try change { file, _, _ throws(StorageError) in file.contents.count }
    }

    func read(at offset: Int, count: Int) throws(StorageError) -> [UInt8] {
        try change { file, _, _ throws(StorageError) in
            let end = min(file.contents.count, offset + max(0, count))
            return offset < end ? Array(file.contents[offset..<end]) : []
        }
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) {
        try change { file, faults, room throws(StorageError) in
            // As with a real disk, what still fits is written.
            let fitting = room > Int.max - file.occupiedByteCount ? Int.max : file.occupiedByteCount + room - offset
            let allowed = min(fitting, faults.bytesLeft ?? .max, faults.bytesUntilFailure ?? .max)
            let written = Array(bytes.prefix(max(0, allowed)))
            faults.bytesLeft = faults.bytesLeft.map { $0 - written.count }
            faults.bytesUntilFailure = faults.bytesUntilFailure.map { $0 - written.count }
            if !written.isEmpty {
                let change = FileChange.write(offset: offset, bytes: written)
                change.apply(to: &file.contents)
                file.unsynced.append(change)
            }
            guard written.count < bytes.count else { return }
            if faults.bytesUntilFailure == 0 { throw .system(.write, path: path, code: 5, text: "injected fault") }
            throw .noSpace(.write, path: path)
        }
    }

    func truncate(to size: Int) throws(StorageError) {
        try change { file, _, _ throws(StorageError) in
            let change = FileChange.truncate(size: size)
            change.apply(to: &file.contents)
            file.reservedEnd = 0
            file.unsynced.append(change)
        }
    }

    func reserve(_ range: Range<Int>) throws(StorageError) {
        try change { file, faults, room throws(StorageError) in
            let growth = max(0, range.upperBound - file.occupiedByteCount)
            guard growth <= min(room, faults.bytesLeft ?? .max) else { throw .noSpace(.write, path: path) }
            file.reservedEnd = max(file.reservedEnd, range.upperBound)
        }
    }

    func sync() throws(StorageError) {
        let persists = try disk.state.withLock { state throws(StorageError) in try state.mayPersist(.sync, path) }
        try change { file, _, _ throws(StorageError) in
            guard persists else { return }
            for change in file.unsynced { change.apply(to: &file.durable) }
            file.unsynced = []
        }
    }

    private func change<Result>(
        _ body: (inout MemoryDisk.File, inout MemoryDisk.Faults, _ room: Int) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        // The file is changed in place: taking it out and putting it back would copy its contents.
        var result: Swift.Result<Result, StorageError>?
        disk.state.withLock { state in
            guard state.life == life, state.files[file] != nil else { return }
            var faults = state.faults
            let room = state.roomByteCount
            do throws(StorageError) {
                result = .success(try body(&state.files[file, default: MemoryDisk.File()], &faults, room))
            } catch {
                result = .failure(error)
            }
            state.faults = faults
        }
        guard let result else { throw .staleHandle(path: path) }
        return try result.get()
    }
}
