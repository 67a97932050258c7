internal import Synchronization

/// A flag that one thread sets and others look at; what else they know of each other does not depend on it.
final class SharedFlag: Sendable {
    private let value = Atomic<Bool>(false)

    var isSet: Bool {
        get { value.load(ordering: .relaxed) }
        set { value.store(newValue, ordering: .relaxed) }
    }
}
