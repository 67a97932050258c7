internal import CSodium

/// Secret bytes in memory of their own: fenced by guard pages, kept out of core dumps and, where the system allows it,
/// out of swap; wiped when the last owner goes.
///
/// `@unchecked Sendable`: the bytes are written only while the value is made, then the pages become read-only. It has
/// no description and takes part in no coding or comparison, so that it can't be printed or stored by accident.
package final class GuardedBytes: @unchecked Sendable, CustomReflectable {
    private let memory: UnsafeMutableRawPointer
    package let count: Int

    /// Reserves `count` bytes, at least one, and lets `fill` write them; false from it means that they are not to be
    /// used, and gives nil.
    init?(count: Int, filledBy fill: (UnsafeMutablePointer<UInt8>) -> Bool) throws(KeyError) {
        Sodium.demandReady()
        precondition(count > 0, "guarded memory holds at least one byte")
        guard let memory = sodium_malloc(count) else {
            throw KeyError(
                .system, "no guarded memory is left for \(count) secret bytes; give the process more memory")
        }
        self.memory = memory
        self.count = count
        guard fill(memory.assumingMemoryBound(to: UInt8.self)) else { return nil }
        sodium_mprotect_readonly(memory)
    }

    deinit { sodium_free(memory) }

    /// A copy of `bytes`.
    package static func copying(_ bytes: Span<UInt8>) throws(KeyError) -> GuardedBytes {
        let guarded = try GuardedBytes(count: bytes.count) { memory in
            for index in bytes.indices { memory[index] = bytes[index] }
            return true
        }
        guard let guarded else { preconditionFailure("a copy does not fail") }
        return guarded
    }

    /// A copy of `bytes`, which are wiped. The array must have no second owner: its bytes would stay.
    package static func taking(_ bytes: inout [UInt8]) throws(KeyError) -> GuardedBytes {
        defer { wipe(&bytes) }
        return try copying(bytes.span)
    }

    /// Overwrites the bytes in place and leaves the array empty.
    package static func wipe(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { sodium_memzero($0.baseAddress, $0.count) }
        bytes = []
    }

    /// Lends the bytes; the pointer must not be kept.
    func withBytes<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        // The memory is bound to bytes once, above, and lives as long as this object, which the call keeps alive.
        withExtendedLifetime(self) { body(UnsafePointer(memory.assumingMemoryBound(to: UInt8.self))) }
    }

    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
