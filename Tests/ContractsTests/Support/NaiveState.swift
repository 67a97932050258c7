import Ledger
import Primitives

/// A state in a dictionary, sorted anew for every scan; it can be told to fail.
final class NaiveState: StateView {
    private(set) var values: [StateKey: [UInt8]] = [:]
    /// Whoever reads from now on is told that the disk has failed.
    var isBroken = false

    func value(at key: StateKey) throws(StateUnavailable) -> [UInt8]? {
        guard !isBroken else { throw StateUnavailable("the disk failed") }
        return values[key]
    }

    func scan(
        prefix: StateKey, from start: StateKey, limit: Int
    ) throws(StateUnavailable) -> [(StateKey, [UInt8])] {
        guard !isBroken else { throw StateUnavailable("the disk failed") }
        let found = values.filter { $0.key.hasPrefix(prefix) && $0.key >= start }.sorted { $0.key < $1.key }
        return found.prefix(limit).map { ($0.key, $0.value) }
    }

    func apply(_ changes: [StateWrite]) {
        for change in changes { values[change.key] = change.value }
    }

    func apply(_ changes: [(key: StateKey, value: [UInt8]?)]) {
        apply(changes.map { StateWrite(key: $0.key, value: $0.value) })
    }
}
