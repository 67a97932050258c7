internal import Synchronization

/// The way back for one call: gives its result or its error once, now or later, from any thread.
///
/// One that is let go of without either gives an internal error, so that no batch waits for ever.
package final class JSONRPCReply: Sendable {
    private let id: JSON?
    private let deliver: @Sendable ([UInt8]?) -> Void
    private let isUsed = Atomic<Bool>(false)

    /// - Parameter deliver: called once, with the reply's text, or with nil for a notification.
    init(id: JSON?, deliver: @Sendable @escaping ([UInt8]?) -> Void) {
        self.id = id
        self.deliver = deliver
    }

    deinit { give(.failure(.internalError("the method gave no result"))) }

    /// A second result is ignored.
    package func give(_ result: Result<JSON, JSONRPCError>) { give { JSONRPCReply.text(id: $0, result) } }

    private func give(_ text: (JSON) -> [UInt8]) {
        guard !isUsed.exchange(true, ordering: .relaxed) else { return }
        deliver(id.map(text))
    }

    package func succeed(_ result: JSON) { give(.success(result)) }

    /// Succeeds with a result that is a JSON text already.
    package func succeed(text: [UInt8]) {
        give { id in
            var writer = JSONWriter(reservingCapacity: text.count + 64)
            writer.write(verbatim: #"{"jsonrpc":"2.0","id":"#)
            writer.write(id)
            writer.write(verbatim: #","result":"#)
            writer.write(json: text)
            writer.write(verbatim: "}")
            return writer.bytes
        }
    }

    package func fail(_ error: JSONRPCError) { give(.failure(error)) }

    /// The text of a reply to a request that was not read.
    package static func text(_ error: JSONRPCError) -> [UInt8] { text(id: .null, .failure(error)) }

    static func text(id: JSON, _ result: Result<JSON, JSONRPCError>) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 128)
        writer.write(verbatim: #"{"jsonrpc":"2.0","id":"#)
        writer.write(id)
        switch result {
        case .success(let value):
            writer.write(verbatim: #","result":"#)
            writer.write(value)
        case .failure(let error):
            writer.write(verbatim: #","error":"#)
            writer.write(error.json)
        }
        writer.write(verbatim: "}")
        return writer.bytes
    }
}
