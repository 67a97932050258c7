import CWslay
import HTTP

/// The frame reader of wslay, another's implementation, to hold ours against. It owns every pointer of the library.
final class WslayReader {
    private var context: wslay_event_context_ptr?
    private var input: [UInt8] = []
    private var offset = 0
    private(set) var events: [WebSocketFrameReader.Event] = []
    /// wslay lets a Close with half a code pass, which the standard does not allow.
    private var hasHalfCode = false

    /// A server's reader.
    init(messageBytesMax: Int) {
        var callbacks = wslay_event_callbacks()
        callbacks.recv_callback = { context, buffer, length, _, owner in
            guard let buffer, let owner else { return -1 }
            // The owner outlives its context, and is used by one thread.
            let count = Unmanaged<WslayReader>.fromOpaque(owner).takeUnretainedValue().give(buffer, length)
            if count == 0 { wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK.rawValue) }
            return count == 0 ? -1 : count
        }
        callbacks.on_msg_recv_callback = { _, message, owner in
            guard let message, let owner else { return }
            Unmanaged<WslayReader>.fromOpaque(owner).takeUnretainedValue().note(message.pointee)
        }
        let code = wslay_event_context_server_init(&context, &callbacks, Unmanaged.passUnretained(self).toOpaque())
        precondition(code == 0, "a context is made without anything that could fail but memory")
        wslay_event_config_set_max_recv_msg_length(context, UInt64(messageBytesMax))
    }

    deinit { wslay_event_context_free(context) }

    /// - Returns: whether the bytes were refused.
    func read(_ bytes: [UInt8]) -> Bool {
        input = bytes
        offset = 0
        while offset < input.count, wslay_event_get_read_enabled(context) != 0 {
            guard wslay_event_recv(context) == 0 else { return true }
        }
        return hasHalfCode || wslay_event_get_read_enabled(context) == 0 && wslay_event_get_close_received(context) == 0
    }

    private func give(_ buffer: UnsafeMutablePointer<UInt8>, _ length: Int) -> Int {
        let count = min(length, input.count - offset)
        for index in 0..<count { buffer[index] = input[offset + index] }
        offset += count
        return count
    }

    private func note(_ message: wslay_event_on_msg_recv_arg) {
        let bytes = Array(UnsafeBufferPointer(start: message.msg, count: message.msg_length))
        switch message.opcode {
        case 1: events.append(.message(.text(bytes)))
        case 2: events.append(.message(.binary(bytes)))
        case 9: events.append(.ping(bytes))
        case 10: events.append(.pong(bytes))
        default:
            hasHalfCode = bytes.count == 1
            guard !hasHalfCode else { return }
            let code = message.status_code == 0 ? 1005 : message.status_code
            let reason = String(decoding: bytes.dropFirst(2), as: UTF8.self)
            events.append(.close(WebSocketClose(WebSocketCloseCode(rawValue: code), reason)))
        }
    }
}
