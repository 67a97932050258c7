internal import CSodium

/// libsodium, made ready. Its functions may be called from any thread once it is.
enum Sodium {
    /// Reading it makes the library ready, once; false if the system gives no randomness.
    static let isReady = sodium_init() >= 0

    static func demandReady() {
        precondition(isReady, "libsodium could not start: the system's random source does not answer")
    }
}
