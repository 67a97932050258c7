internal import CFileRoom
internal import Glibc

/// A file of the operating system.
///
/// Sendable because the descriptor never changes while it lives, and pread, pwrite, ftruncate and fdatasync may be
/// called from any thread.
final class FileDiskFile: DiskFile {
    let path: String
    private let descriptor: Int32

    init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    func size() throws(StorageError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileDisk.failure(.measure, path) }
        return Int(status.st_size)
    }

    func read(at offset: Int, count: Int) throws(StorageError) -> [UInt8] {
        // No more is reserved than the file holds, whatever length a damaged record asked for; what is short is not
        // worth the question.
        let wanted = count <= StorageLimits.shortReadBytesMax ? max(0, count) : max(0, min(count, try size() - offset))
        guard wanted > 0 else { return [] }
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, initialized in
            while initialized < wanted, let base = buffer.baseAddress {
                let position = off_t(offset + initialized)
                let got = FileDisk.retrying { pread(descriptor, base + initialized, wanted - initialized, position) }
                if got < 0 { code = errno }
                guard got > 0 else { return }
                initialized += got
            }
        }
        guard code == 0 else { throw FileDisk.failure(.read, path, code: code) }
        return bytes
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) {
        var code: Int32 = 0
        bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count, let base = buffer.baseAddress {
                let position = off_t(offset + written)
                let count = FileDisk.retrying { pwrite(descriptor, base + written, buffer.count - written, position) }
                guard count > 0 else {
                    code = count < 0 ? errno : EIO
                    return
                }
                written += count
            }
        }
        guard code == 0 else { throw FileDisk.failure(.write, path, code: code) }
    }

    func truncate(to size: Int) throws(StorageError) {
        guard FileDisk.retrying({ ftruncate(descriptor, off_t(size)) }) == 0 else {
            throw FileDisk.failure(.truncate, path)
        }
    }

    func reserve(_ range: Range<Int>) throws(StorageError) {
        guard !range.isEmpty else { return }
        let result = FileDisk.retrying {
            cairn_reserve_file_room(descriptor, off_t(range.lowerBound), off_t(range.count))
        }
        // A file system that can't is no reason to stop: its writes then fail one by one.
        guard result == 0 || errno == EOPNOTSUPP || errno == ENOSYS else { throw FileDisk.failure(.write, path) }
    }

    func sync() throws(StorageError) {
        guard FileDisk.retrying({ fdatasync(descriptor) }) == 0 else { throw FileDisk.failure(.sync, path) }
    }
}
