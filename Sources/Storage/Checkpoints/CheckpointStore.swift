/// Keeps what a key-value store held at certain heights, to be read beside it. Every call blocks, and may come from any
/// thread.
package protocol CheckpointStore: AnyObject, Sendable {
    /// The heights that are kept, ascending.
    func heights() throws(StorageError) -> [UInt64]

    /// Keeps what the store holds now, durably, under a height; what is kept of that height already stays as it is.
    /// Nobody may write to the store meanwhile, and what was written must be flushed. If there is no room (`noSpace`),
    /// everything is as before, and the same call may be made again.
    func keep(_ height: UInt64) throws(StorageError)

    /// What the store held at a height that is kept.
    func open(_ height: UInt64) throws(StorageError) -> any KeyValueReader

    /// Lets go of what is kept of a height. Nobody may have it open.
    func remove(_ height: UInt64) throws(StorageError)
}
