internal import Ledger
internal import Storage

/// Whether a node takes transactions, by the room on its disks.
///
/// It is a value, apart from threads and clocks: told what was measured and which writes wait, it says when that changes.
struct RoomState: Sendable {
    private let limits: RoomLimits
    /// Why nothing is taken; nil if it is.
    private(set) var refusal: Rejection?
    /// How many threads wait for room to write.
    private var blockedCount = 0
    /// The place with the least room, as last measured.
    private(set) var least: FreeSpace?
    private var waitingByteCount = 0

    init(limits: RoomLimits) { self.limits = limits }

    /// Takes in what is free at each place, and how much waits to be ordered. True if what is to be told changed.
    mutating func measured(_ spaces: [FreeSpace], waitingByteCount: Int) -> Bool {
        least = spaces.min { $0.byteCount < $1.byteCount }
        self.waitingByteCount = waitingByteCount
        return update()
    }

    /// A write found no room at a path. True if what is to be told changed.
    mutating func blocked(at path: String) -> Bool {
        blockedCount += 1
        // Whatever was measured before, there is none now.
        least = FreeSpace(path: path, byteCount: 0)
        return update()
    }

    /// The write went through, or was given up.
    mutating func unblocked() { blockedCount -= 1 }

    private mutating func update() -> Bool {
        guard let least else { return false }
        let needed = limits.neededAgain(waitingByteCount: waitingByteCount)
        let reason = Rejection.diskFull(path: least.path, freeByteCount: least.byteCount, neededByteCount: needed)
        if refusal != nil {
            let isOver = blockedCount == 0 && least.byteCount >= needed
            refusal = isOver ? nil : reason
            return isOver
        }
        guard blockedCount > 0 || least.byteCount < limits.needed(waitingByteCount: waitingByteCount) else {
            return false
        }
        refusal = reason
        return true
    }
}
