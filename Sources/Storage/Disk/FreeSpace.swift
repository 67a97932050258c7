internal import Glibc

/// How much may still be written at a place.
package struct FreeSpace: Hashable, Sendable {
    /// The place, as an operator knows it.
    package let path: String
    package let byteCount: Int

    package init(path: String, byteCount: Int) { (self.path, self.byteCount) = (path, byteCount) }

    /// What the file system that holds `path` leaves to ordinary users.
    static func measured(at path: String) throws(StorageError) -> FreeSpace {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw FileDisk.failure(.measure, path) }
        let (byteCount, overflows) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return FreeSpace(path: path, byteCount: overflows ? .max : Int(clamping: byteCount))
    }
}
