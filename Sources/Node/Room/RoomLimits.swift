/// How much room a node wants on its disks before it takes transactions.
///
/// What was taken at the door must be brought to its end: a transaction goes into the journal, with its receipt into
/// the block log, and what it changes into the state. `NodeLimits.roomFactor` times its bytes cover the three; they are
/// set aside for as long as it waits, on top of `minimumFreeByteCount`. That covers the rest: what comes in between two
/// looks, the state's batches with their rewriting, room set aside for segments ahead of what they hold.
package struct RoomLimits: Hashable, Sendable {
    /// With less than this free, and what is set aside for waiting transactions, nothing more is taken.
    package var minimumFreeByteCount = NodeLimits.minimumFreeByteCount

    package init() {}

    /// What must be free, while transactions of so many bytes wait.
    func needed(waitingByteCount: Int) -> Int { minimumFreeByteCount + NodeLimits.roomFactor * waitingByteCount }

    /// What must be free before a node that had stopped takes transactions again: a little more, so that it does not
    /// change its mind with every block.
    func neededAgain(waitingByteCount: Int) -> Int {
        needed(waitingByteCount: waitingByteCount) + minimumFreeByteCount / 4
    }
}
