import Foundation
import Glibc

/// A lock by which a folder has one supervisor at a time. The kernel gives it back when its holder ends, however it
/// ends, and says who the holder is; the number in the file is for people.
///
/// It is a lock of the process (fcntl): a holder must not open the file a second time, as closing that would give the
/// lock back; programs that it starts don't have it.
final class SupervisorLock {
    private let descriptor: Int32
    private var isHeld = true

    /// Takes the lock; throws if another process has it.
    init(of folder: String) throws {
        descriptor = try Self.take(folder)
        let text = Array("\(getpid())\n".utf8)
        _ = ftruncate(descriptor, 0)
        _ = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    deinit { release() }

    private static func take(_ folder: String) throws -> Int32 {
        let path = NetworkFolder.lockFile(folder)
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandError.failed("cannot open \(path): \(String(cString: strerror(errno)))")
        }
        var lock = wholeFile
        guard fcntl(descriptor, F_SETLK, &lock) == 0 else {
            close(descriptor)
            let holder = holder(of: folder).map { " (supervisor \($0))" } ?? ""
            throw CommandError.failed(
                "the network in \(folder) is running already\(holder); see: cairn network status --directory \(folder)")
        }
        return descriptor
    }

    /// Gives the lock back; repeated calls do nothing.
    func release() {
        guard isHeld else { return }
        isHeld = false
        _ = ftruncate(descriptor, 0)
        close(descriptor)
    }

    /// The process that has a folder's lock; nil if none has. Not for the holder itself.
    static func holder(of folder: String) -> pid_t? {
        let descriptor = open(NetworkFolder.lockFile(folder), O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var lock = wholeFile
        guard fcntl(descriptor, F_GETLK, &lock) == 0, lock.l_type != Int16(F_UNLCK) else { return nil }
        return lock.l_pid
    }

    private static var wholeFile: Glibc.flock {
        var lock = Glibc.flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        return lock
    }
}
