/// How many bytes of replies may wait, on all connections of a server together, for earlier replies or for clients that
/// take theirs slowly. Used on the loop's thread.
final class HTTPReplyBudget {
    private let byteCountMax: Int
    private var byteCount = 0

    init(byteCountMax: Int) { self.byteCountMax = byteCountMax }

    /// Sets `count` bytes aside; false if there is no room for them.
    func take(_ count: Int) -> Bool {
        guard count <= byteCountMax - byteCount else { return false }
        byteCount += count
        return true
    }

    func giveBack(_ count: Int) { byteCount -= count }
}
