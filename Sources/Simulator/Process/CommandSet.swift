/// Numbers of commands, which are dense: clients count them up from 1. What is no command's number is never in it.
struct CommandSet {
    private var has: [Bool] = []
    private(set) var count = 0
    /// The lowest number from 1 on that is not in it.
    private(set) var firstMissing: UInt64 = 1

    private static let numberMax: UInt64 = 1 << 24

    func contains(_ command: UInt64) -> Bool { command < UInt64(has.count) && has[Int(command)] }

    /// Whether it was not there.
    @discardableResult mutating func insert(_ command: UInt64) -> Bool {
        guard command < Self.numberMax, !contains(command) else { return false }
        let missing = Int(command) + 1 - has.count
        if missing > 0 { has.append(contentsOf: repeatElement(false, count: max(missing, has.count))) }
        has[Int(command)] = true
        count += 1
        while contains(firstMissing) { firstMissing += 1 }
        return true
    }

    mutating func remove(_ command: UInt64) {
        guard contains(command) else { return }
        has[Int(command)] = false
        count -= 1
        firstMissing = min(firstMissing, max(1, command))
    }
}
