internal import Synchronization

/// How often batch equations failed lately, which decides whether the next one is worth trying.
///
/// It only steers the way to the answers, never the answers. Any number of threads may share one: they may overwrite
/// each other's updates, which only delays it.
final class BatchHistory: Sendable {
    /// The share of failing equations, a moving mean, in units of 1/1024.
    private let failingShare = Atomic<Int>(0)

    private static let whole = 1_024

    /// Whether checking claims one by one at once is cheaper than a batch that will probably fail. A failing equation
    /// costs both; an equation costs half to 5/8 of checking its members one by one (measured with all kernels).
    var expectsFailure: Bool { failingShare.load(ordering: .relaxed) > Self.whole * 3 / 8 }

    /// Enters how many equations failed, or would have failed had they been tried.
    func enter(failing: Int, of equations: Int) {
        let before = failingShare.load(ordering: .relaxed)
        let now = Self.whole * failing / max(1, equations)
        failingShare.store(before + (now - before) / 8, ordering: .relaxed)
    }
}
