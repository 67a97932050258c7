internal import Cryptography
internal import Foundation
internal import HTTP
internal import Networking

/// What a client shows to a node that asks who calls, and by whom it lets the node's certificate be vouched for.
///
/// ```swift
/// var access = NodeAccess()
/// access.authorityFile = "acme-root.pem"
/// access.tokenFile = "reports.token"
/// let client = try CairnClient(endpoint: "https://node-1.acme.example:8545", access: access)
/// ```
/// The files are read when a client is made. Nodes on one's own machine mostly ask for nothing.
public struct NodeAccess: Hashable, Sendable {
    /// The file of the client's certificate and those of the authorities between it and a root, in PEM.
    public var certificateFile: String?
    /// The file of the certificate's key: P-256, PKCS #8 in PEM, not encrypted.
    public var keyFile: String?
    /// The file of the authorities that may vouch for the node, in PEM; nil for those that the system trusts.
    public var authorityFile: String?
    /// The file that holds a token and nothing else.
    public var tokenFile: String?

    /// Nothing is shown, and those vouch for nodes whom the system trusts.
    public init() {}
}

extension NodeAccess {
    /// What is shown to an endpoint: on TLS, and in each request.
    func parts(
        for endpoint: HTTPEndpoint
    ) throws(ClientError) -> (tls: HTTPClientTLS, headers: [(name: String, value: String)]) {
        var tls = HTTPClientTLS()
        if endpoint.isSecure {
            tls.identity = try identity()
            if let authorityFile { tls.authorities = .only(try certificates(authorityFile)) }
        }
        guard let tokenFile else { return (tls, []) }
        let isLocal = (try? SocketAddress(host: endpoint.host, port: 0).isLoopback) ?? (endpoint.host == "localhost")
        guard endpoint.isSecure || isLocal else {
            throw .invalid("a token is not sent to \(endpoint) in plain text: use https://, or a node on this machine")
        }
        return (tls, [("Authorization", "Bearer \(try token(tokenFile))")])
    }

    private func identity() throws(ClientError) -> TLSIdentity? {
        switch (certificateFile, keyFile) {
        case (nil, nil): return nil
        case (let certificate?, let key?):
            let chain = try certificates(certificate)
            do { return try TLSIdentity(chain: chain, key: SoftwareKey(pkcs8: try Self.read(key))) } catch {
                throw .invalid("\(key): \(error)")
            }
        default: throw .invalid("a certificate and its key are given together")
        }
    }

    private func certificates(_ path: String) throws(ClientError) -> [[UInt8]] {
        let bytes = try Self.read(path)
        let blocks: [[UInt8]]
        do throws(CertificateError) { blocks = try PEM.decode(bytes, .certificate) } catch {
            throw .invalid("\(path): \(error)")
        }
        guard !blocks.isEmpty else { throw .invalid("\(path): there is no certificate in it") }
        return blocks
    }

    private func token(_ path: String) throws(ClientError) -> String {
        let text = String(decoding: try Self.read(path), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        let isToken = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard isToken, (1...ClientLimits.tokenByteCountMax).contains(text.utf8.count) else {
            throw .invalid("\(path) must hold one token and nothing else")
        }
        return text
    }

    private static func read(_ path: String) throws(ClientError) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .invalid("cannot read \(path): is it there, and yours to read?")
        }
        return Array(data)
    }
}
