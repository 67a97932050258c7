internal import Synchronization

/// Counts the bytes of committed blocks that the block log has not taken yet, and says when they are too many: else a
/// log slower than the journal would let memory and journal grow without bound.
final class UnloggedBlocks: Sendable {
    private struct State {
        var byteCount = 0
        var isOverLimit = false
    }

    private let state = Mutex(State())
    private let byteCountMax: Int
    private let tell: @Sendable (_ isOverLimit: Bool) -> Void

    init(byteCountMax: Int, tell: @escaping @Sendable (_ isOverLimit: Bool) -> Void) {
        self.byteCountMax = byteCountMax
        self.tell = tell
    }

    /// Blocks were committed.
    func add(byteCount: Int) { change(by: byteCount) }

    /// They are in the log.
    func remove(byteCount: Int) { change(by: -byteCount) }

    /// Tells under the lock, so that what is told last is what holds.
    private func change(by difference: Int) {
        state.withLock { state in
            state.byteCount += difference
            let bound = state.isOverLimit ? byteCountMax / 2 : byteCountMax
            guard (state.byteCount > bound) != state.isOverLimit else { return }
            state.isOverLimit.toggle()
            tell(state.isOverLimit)
        }
    }
}
