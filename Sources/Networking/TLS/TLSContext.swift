internal import COpenSSL
internal import Cryptography

/// What the TLS connections of one loop share: an identity, options, and room to read into.
///
/// TLS 1.3 alone, without tickets, resumption, early data or renegotiation. OpenSSL judges no certificate: that the
/// other end has the key of its certificate TLS proves, and whether it is believed says whoever gets the chain. The one
/// exception are clients of servers that are known by names (`TLSOptions.serverAuthorities`).
package final class TLSContext {
    let options: TLSOptions
    /// `SSL_CTX`.
    let pointer: OpaquePointer
    /// What is read from any of the connections; its users see it during a call only.
    let readBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: TLSLimits.readBytesMax, alignment: 16)
    private let protocols: ProtocolList

    /// - Parameter identity: a client may have none.
    package init(_ identity: TLSIdentity?, _ options: TLSOptions) throws(NetworkingError) {
        guard let pointer = OpenSSL.call({ SSL_CTX_new(TLS_method()) }) else {
            preconditionFailure("there is no memory")
        }
        self.pointer = pointer
        self.options = options
        protocols = ProtocolList(options.protocols)
        let isMade = OpenSSL.call { configure() && (identity?.install(in: pointer) ?? true) }
        guard isMade else { throw .tls(.identityUnusable(reason: "OpenSSL does not take it")) }
        guard OpenSSL.call({ trust(options.serverAuthorities) }) else {
            throw .tls(.identityUnusable(reason: "an authority that is to be trusted can't be read"))
        }
    }

    deinit {
        SSL_CTX_free(pointer)
        readBuffer.deallocate()
    }

    private func configure() -> Bool {
        SSL_CTX_set_options(pointer, cairn_openssl_no_renegotiation | cairn_openssl_no_ticket)
        cairn_openssl_limit_chain(pointer, TLSLimits.chainBytesMax)
        if options.serverAuthorities == nil { cairn_openssl_accept_any_chain(pointer) }
        SSL_CTX_set_verify(pointer, verification, nil)
        if !options.protocols.isEmpty {
            // The list lives as long as the context, and so as long as any connection of it.
            SSL_CTX_set_alpn_select_cb(pointer, ProtocolList.select, Unmanaged.passUnretained(protocols).toOpaque())
            guard SSL_CTX_set_alpn_protos(pointer, protocols.bytes, UInt32(protocols.count)) == 0 else { return false }
        }
        return cairn_openssl_fix_version(pointer) == 1
            && SSL_CTX_set_num_tickets(pointer, 0) == 1
            && SSL_CTX_set_ciphersuites(pointer, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") == 1
            && cairn_openssl_set_groups(pointer, "X25519:P-256") == 1
            && (!options.demandsP256 || cairn_openssl_set_signatures(pointer, "ecdsa_secp256r1_sha256") == 1)
    }

    private func trust(_ authorities: TLSServerAuthorities?) -> Bool {
        switch authorities {
        case nil: return true
        case .system: return SSL_CTX_set_default_verify_paths(pointer) == 1
        case .only(let certificates):
            cairn_openssl_trust_any_link(pointer)
            return certificates.allSatisfy { bytes in
                guard let certificate = TLSIdentity.certificate(bytes) else { return false }
                defer { X509_free(certificate) }
                return X509_STORE_add_cert(SSL_CTX_get_cert_store(pointer), certificate) == 1
            }
        }
    }

    private var verification: Int32 {
        switch options.peerCertificate {
        case .required: SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
        case .optional: SSL_VERIFY_PEER
        case .notAsked: SSL_VERIFY_NONE
        }
    }
}

/// Application protocols as RFC 7301 writes them, at an address that stays.
private final class ProtocolList {
    let bytes: UnsafeMutablePointer<UInt8>
    let count: Int

    init(_ names: [String]) {
        let coded = names.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        count = coded.count
        bytes = .allocate(capacity: max(count, 1))
        for (index, byte) in coded.enumerated() { bytes[index] = byte }
    }

    deinit { bytes.deallocate() }

    /// Chooses what a client offers of ours; breaks off if there is nothing.
    static let select: SSL_CTX_alpn_select_cb_func = { _, chosen, chosenCount, offered, offeredCount, argument in
        guard let argument, let chosen, let chosenCount else { return SSL_TLSEXT_ERR_ALERT_FATAL }
        let list = Unmanaged<ProtocolList>.fromOpaque(argument).takeUnretainedValue()
        var place: UnsafeMutablePointer<UInt8>?
        let code = SSL_select_next_proto(&place, chosenCount, list.bytes, UInt32(list.count), offered, offeredCount)
        guard code == OPENSSL_NPN_NEGOTIATED, let place else { return SSL_TLSEXT_ERR_ALERT_FATAL }
        chosen.pointee = UnsafePointer(place)
        return SSL_TLSEXT_ERR_OK
    }
}
