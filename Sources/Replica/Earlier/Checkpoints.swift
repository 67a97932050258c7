package import Storage

/// The states of earlier heights that a node keeps whole: the newest few of the chain's checkpoints.
///
/// They are a cache as the state is: one that is missing is no error, and a node that re-executes blocks makes those
/// that it would keep again.
package struct Checkpoints: Sendable {
    package let store: any CheckpointStore
    /// How many are kept; 0 for none.
    package let countMax: Int

    package init(store: any CheckpointStore, countMax: Int) {
        self.store = store
        self.countMax = countMax
    }

    /// Lets go of all but the newest, and of what is above `height`, which the chain has not reached: the ledger was
    /// replaced by an older one.
    package func prune(above height: UInt64 = .max) throws(StorageError) {
        let heights = try store.heights()
        let valid = heights.filter { $0 <= height }
        var failure: StorageError?
        for old in heights where old > height || !valid.suffix(countMax).contains(old) {
            // One that can't be removed keeps no other.
            do throws(StorageError) { try store.remove(old) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }
}
