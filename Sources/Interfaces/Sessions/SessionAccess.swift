internal import HTTP

/// Who calls over one WebSocket. Used on the loop's thread.
final class SessionAccess {
    let doorkeeper: Doorkeeper
    private let credential: Credential
    /// As the connection began.
    private let beginning: Caller
    private var isHeldBack = false

    init(_ doorkeeper: Doorkeeper, _ admitted: Doorkeeper.Admitted) {
        self.doorkeeper = doorkeeper
        (credential, beginning) = (admitted.credential, admitted.caller)
    }

    func caller() throws(EndpointRefusal) -> Caller { try doorkeeper.standing(of: credential).get() }

    /// Why the caller may do less than when it began; nil if it may still do as much.
    func loss() -> String? {
        do throws(EndpointRefusal) {
            return try caller().rights.isSuperset(of: beginning.rights) ? nil : "the caller has lost rights"
        } catch {
            return error.error.message
        }
    }

    /// Counts what has come, and reads no more for as long as that was too much.
    func charge(calls: Int, byteCount: Int, on connection: WebSocketConnection) {
        doorkeeper.charge(beginning.name, calls: calls, byteCount: byteCount)
        let wait = doorkeeper.waitMilliseconds(beginning.name)
        guard wait > 0, !isHeldBack else { return }
        isHeldBack = true
        connection.pauseReading(for: .rate)
        connection.loop.schedule(afterMilliseconds: wait) { [self] in
            isHeldBack = false
            connection.resumeReading(for: .rate)
        }
    }
}
