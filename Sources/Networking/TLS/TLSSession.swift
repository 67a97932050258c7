internal import COpenSSL
internal import Cryptography

/// One TLS connection in OpenSSL, between two buffers in memory: what came from the other end, and what is to go there.
///
/// It owns every pointer. It has no idea of sockets, loops or time.
final class TLSSession {
    enum Side { case client, server }

    /// What came of reading.
    enum Reading {
        /// All that has come is read.
        case needsMore
        /// The room is full; there may be more.
        case full
        /// The other end sends no more.
        case finished
    }

    private let context: TLSContext
    /// `SSL`, and its two `BIO`s, which it owns.
    private let connection, input, output: OpaquePointer

    /// - Parameter serverName: for whom a server's certificate must be, where OpenSSL judges it.
    init(_ context: TLSContext, _ side: Side, serverName: String? = nil) {
        self.context = context
        guard let connection = SSL_new(context.pointer), let input = BIO_new(BIO_s_mem()),
            let output = BIO_new(BIO_s_mem())
        else { preconditionFailure("there is no memory") }
        (self.connection, self.input, self.output) = (connection, input, output)
        SSL_set_bio(connection, input, output)
        if let serverName {
            let isAddress: Int32 = SocketAddress.isNumeric(serverName) ? 1 : 0
            let isSet = cairn_openssl_expect_server(connection, serverName, isAddress)
            precondition(isSet == 1, "there is no memory, or the name holds a zero byte")
        }
        switch side {
        case .client: SSL_set_connect_state(connection)
        case .server: SSL_set_accept_state(connection)
        }
    }

    deinit { SSL_free(connection) }

    /// Takes what came from the other end.
    func feed(_ bytes: Span<UInt8>) {
        OpenSSL.call {
            bytes.withUnsafeBufferPointer { bytes in
                let count = BIO_write(input, bytes.baseAddress, Int32(bytes.count))
                precondition(count == bytes.count, "there is no memory")
            }
        }
    }

    /// What is to go to the other end.
    func takeOutput() -> [UInt8] {
        let count = BIO_ctrl_pending(output)
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = max(0, Int(BIO_read(output, buffer.baseAddress, Int32(count))))
        }
    }

    /// Goes on with the handshake. Gives back whether it is done.
    func handshake() throws(TLSFailure) -> Bool {
        try OpenSSL.call { () throws(TLSFailure) in
            let code = SSL_do_handshake(connection)
            if code != 1, let failure = failure(code) { throw failure }
            return code == 1
        }
    }

    /// Reads data into the context's buffer, as many records as fit.
    func read() throws(TLSFailure) -> (count: Int, Reading) {
        let buffer = context.readBuffer
        var count = 0
        while buffer.count - count >= TLSLimits.recordBytesMax {
            let (taken, failure) = OpenSSL.call { () -> (Int, TLSFailure?) in
                let place = buffer.baseAddress.map { $0 + count }
                let code = SSL_read(connection, place, Int32(buffer.count - count))
                return (Int(code), code > 0 ? nil : self.failure(code))
            }
            if let failure {
                // What was read before is handed on; the failure comes again at the next call.
                guard count > 0 else { throw failure }
                return (count, .full)
            }
            guard taken > 0 else {
                let isFinished = SSL_get_shutdown(connection) & SSL_RECEIVED_SHUTDOWN != 0
                return (count, isFinished ? .finished : .needsMore)
            }
            count += taken
        }
        return (count, .full)
    }

    /// Lends the first bytes of the context's buffer to `body`: what the last call of `read` gave.
    func withReadBytes(_ count: Int, _ body: (Span<UInt8>) -> Void) {
        let bytes = UnsafeRawBufferPointer(rebasing: context.readBuffer[0..<count]).bindMemory(to: UInt8.self)
        body(bytes.span)
    }

    /// Encrypts data into as few records as it fits in. Demands that the handshake is done.
    func write(_ bytes: [UInt8]) throws(TLSFailure) {
        guard !bytes.isEmpty else { return }
        try OpenSSL.call { () throws(TLSFailure) in
            let code = SSL_write(connection, bytes, Int32(bytes.count))
            // The buffer in memory takes everything.
            guard code != bytes.count else { return }
            throw failure(code) ?? .refused(reason: "data can't be encrypted")
        }
    }

    /// Says that nothing follows.
    func shutDown() { _ = OpenSSL.call { SSL_shutdown(connection) } }

    // MARK: - What the handshake has shown

    /// The application protocol, if one was agreed on.
    var applicationProtocol: String? {
        var bytes: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(connection, &bytes, &count)
        guard let bytes, count > 0 else { return nil }
        return String(decoding: UnsafeBufferPointer(start: bytes, count: Int(count)), as: UTF8.self)
    }

    /// The other end's certificates in DER, its own first; none if it has shown none.
    func peerChain() throws(TLSFailure) -> [[UInt8]] {
        guard let own = SSL_get0_peer_certificate(connection) else { return [] }
        var certificates = [own]
        // A client is given the whole chain, a server all but the first.
        if let rest = SSL_get_peer_cert_chain(connection) {
            for index in 0..<cairn_openssl_chain_count(rest) {
                guard let next = cairn_openssl_chain_element(rest, index), next != own else { continue }
                certificates.append(next)
            }
        }
        guard certificates.count <= TLSLimits.chainCertificatesMax else {
            throw .chainTooLong(certificates: certificates.count)
        }
        var chain: [[UInt8]] = []
        for certificate in certificates {
            guard let bytes = OpenSSL.call({ TLSIdentity.der(of: certificate) }) else {
                throw .refused(reason: "a certificate can't be read")
            }
            guard bytes.count <= TLSLimits.certificateBytesMax else { throw .certificateTooLong(bytes: bytes.count) }
            chain.append(bytes)
        }
        return chain
    }

    /// Bytes that only the two ends of this connection know (RFC 8446, section 7.5); nil if there are none.
    func exporterValue(label: String, context: [UInt8], byteCount: Int) -> [UInt8]? {
        let label = Array(label.utf8)
        var value = [UInt8](repeating: 0, count: byteCount)
        let isMade = OpenSSL.call {
            label.withUnsafeBytes { label in
                SSL_export_keying_material(
                    connection, &value, byteCount, label.bindMemory(to: CChar.self).baseAddress, label.count, context,
                    context.count, 1) == 1
            }
        }
        return isMade ? value : nil
    }

    // MARK: - Failures

    /// What the result of a call means; nil if it only needs more bytes or the end is reached. Before the thread's
    /// queue of errors is cleared.
    private func failure(_ code: Int32) -> TLSFailure? {
        switch SSL_get_error(connection, code) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE, SSL_ERROR_ZERO_RETURN: return nil
        default:
            let error = ERR_peek_error()
            let reason = ERR_GET_REASON(error)
            if reason == SSL_R_CERTIFICATE_VERIFY_FAILED {
                let flaw = X509_verify_cert_error_string(SSL_get_verify_result(connection))
                return .serverNotTrusted(reason: flaw.map { String(cString: $0) } ?? "no reason is known")
            }
            // An alert of the peer's is a reason above this number (SSL_AD_REASON_OFFSET).
            if (1000..<1256).contains(reason) { return .alert(TLSAlert(code: UInt8(reason - 1000))) }
            return .refused(reason: ERR_reason_error_string(error).map { String(cString: $0) } ?? "no reason is known")
        }
    }
}
