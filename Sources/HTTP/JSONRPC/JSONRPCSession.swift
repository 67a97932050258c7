package import Networking

/// What the calls of one WebSocket are answered by, where that needs the connection: subscriptions, binary messages.
///
/// One is made for each WebSocket, and is free to answer the common methods by another `JSONRPCMethods`. All is called on
/// the loop's thread and must not wait there.
package protocol JSONRPCSessionMethods: JSONRPCMethods, AnyObject {
    /// A text message came, with so many calls; they are about to be made.
    func received(calls: Int, byteCount: Int, on connection: WebSocketConnection)
    /// A binary message came. Without an implementation it closes the WebSocket with 1003.
    func received(binary: [UInt8], on connection: WebSocketConnection)
    /// So much output waits that the client seems slow: notify less until `drained`, or close with a reason.
    func congested(_ connection: WebSocketConnection)
    /// The output is below half of what made it `congested`.
    func drained(_ connection: WebSocketConnection)
    /// The last call: nothing can be notified any more.
    func closed(_ closure: WebSocketClosure)
}

extension JSONRPCSessionMethods {
    package func received(calls: Int, byteCount: Int, on connection: WebSocketConnection) {}
    package func received(binary: [UInt8], on connection: WebSocketConnection) {
        connection.close(.unsupportedData, reason: "binary messages are not understood here")
    }
    package func congested(_ connection: WebSocketConnection) {}
    package func drained(_ connection: WebSocketConnection) {}
    package func closed(_ closure: WebSocketClosure) {}
}

/// JSON-RPC 2.0 over one WebSocket: each text message is a call or a batch.
///
/// A reply is a text message of its own, sent as soon as it is there: ids tell which call it answers. At most
/// `callsMax` calls wait for their replies, and one batch more; then the client is held back.
///
/// It is `@unchecked Sendable` because what changes in it is used on the loop's thread only; replies from other threads
/// get there by the connection's outbox.
package final class JSONRPCSession: WebSocketSession, @unchecked Sendable {
    private let connection: WebSocketConnection
    private let service: JSONRPCService
    private let methods: (any JSONRPCSessionMethods)?
    private let callsMax: Int
    private var callsWaiting = 0

    /// A session whose methods need to know the connection.
    package init(
        _ connection: WebSocketConnection, _ methods: any JSONRPCSessionMethods,
        callsMax: Int = HTTPLimits.webSocketCallsMax
    ) {
        self.connection = connection
        self.methods = methods
        self.callsMax = callsMax
        service = JSONRPCService(methods)
    }

    /// A session whose methods are those of every connection; binary messages close it.
    package init(
        _ connection: WebSocketConnection, _ service: JSONRPCService, callsMax: Int = HTTPLimits.webSocketCallsMax
    ) {
        self.connection = connection
        self.service = service
        self.callsMax = callsMax
        methods = nil
    }

    package func received(text: [UInt8]) {
        let begun: (Int) -> Void = { [self] count in
            begin(count)
            methods?.received(calls: count, byteCount: text.count, on: connection)
        }
        service.handle(text, begin: begun) { [self] count, reply in deliver(count, reply) }
    }

    package func received(binary: [UInt8]) {
        guard let methods else {
            return connection.close(.unsupportedData, reason: "binary messages are not understood here")
        }
        methods.received(binary: binary, on: connection)
    }

    package func congested() { methods?.congested(connection) }
    package func drained() { methods?.drained(connection) }
    package func closed(_ closure: WebSocketClosure) { methods?.closed(closure) }

    // MARK: - Calls that wait

    private func begin(_ count: Int) {
        callsWaiting += count
        if callsWaiting >= callsMax { connection.pauseReading(for: .calls) }
    }

    /// From any thread.
    private func deliver(_ count: Int, _ reply: [UInt8]?) {
        if connection.loop.isCurrent {
            if let reply { connection.send(.text(reply)) }
            return end(count)
        }
        let item = WebSocketOutbox.Item(message: reply.map { .text($0) }) { [self] in end(count) }
        _ = connection.post([item], isBounded: false)
    }

    private func end(_ count: Int) {
        callsWaiting -= count
        if callsWaiting < callsMax { connection.resumeReading(for: .calls) }
    }
}

extension WebSocketConnection {
    /// Sends a notification (JSON-RPC 2.0, section 4.1) to the client. From any thread, in the order of all that this
    /// thread sends.
    /// - Returns: `full` or `closed` if it is not sent.
    @discardableResult
    package func notify(_ method: String, _ parameters: JSON) -> MailboxOutcome {
        var writer = JSONWriter(reservingCapacity: 256)
        writer.write(verbatim: #"{"jsonrpc":"2.0","method":"#)
        writer.write(string: method)
        writer.write(verbatim: #","params":"#)
        writer.write(parameters)
        writer.write(verbatim: "}")
        return loop.isCurrent ? send(.text(writer.bytes)) : post(.text(writer.bytes))
    }
}
