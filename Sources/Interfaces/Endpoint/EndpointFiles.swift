internal import Cryptography
internal import Foundation
internal import Glibc
internal import Networking

/// Why the endpoint can't be opened as it is configured.
package struct EndpointError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
}

/// The files that the configuration of an endpoint names.
struct EndpointFiles: Sendable {
    let access: NodeConfiguration.Access
    /// Where a name of the configuration is.
    let path: @Sendable (String) -> String

    /// What the endpoint shows over TLS; nil without.
    func identity() throws(EndpointError) -> TLSIdentity? {
        guard let tls = access.tls else { return nil }
        let chain = try certificates(tls.certificates)
        let key = try parse(tls.key) { bytes in try SoftwareKey(pkcs8: bytes) }
        return try parse(tls.certificates, { _ in try TLSIdentity(chain: chain.map(\.bytes), key: key) })
    }

    /// The authorities that are taken instead of those on the chain; nil for these.
    func authorities() throws(EndpointError) -> [TrustedAuthority]? {
        guard let name = access.tls?.authorities else { return nil }
        let certificates = try certificates(name)
        return try parse(name) { _ in
            try certificates.map { try TrustedAuthority($0, for: $0.subject.organisation ?? "") }
        }
    }

    func revocations() throws(EndpointError) -> [RevocationList] {
        guard let name = access.tls?.revocations else { return [] }
        return try parse(name) { bytes in
            try PEM.decode(bytes, .revocationList).map { try RevocationList(der: $0) }
        }
    }

    func tokens() throws(EndpointError) -> TokenFile {
        guard let name = access.tokens else { return TokenFile() }
        return try parse(name) { bytes in try TokenFile(json: bytes) }
    }

    private func certificates(_ name: String) throws(EndpointError) -> [Certificate] {
        try parse(name) { bytes in
            let blocks = try PEM.decode(bytes, .certificate)
            guard !blocks.isEmpty else { throw EndpointError(description: "there is no certificate in it") }
            return try blocks.map { try Certificate(der: $0) }
        }
    }

    private func parse<Value>(
        _ name: String, _ body: ([UInt8]) throws -> Value
    ) throws(EndpointError) -> Value {
        let file = path(name)
        guard let data = FileManager.default.contents(atPath: file) else {
            throw EndpointError(description: "cannot read \(file), which rpc names: is it there, and yours to read?")
        }
        do { return try body(Array(data)) } catch { throw EndpointError(description: "\(file): \(error)") }
    }

    /// What differs once a file that may change has changed.
    func stamp() -> [Int] {
        [access.tokens, access.tls?.revocations].flatMap { name -> [Int] in
            var status = stat()
            guard let name, stat(path(name), &status) == 0 else { return [0] }
            let time = status.st_mtim
            return [Int(status.st_ino), Int(status.st_size), time.tv_sec, time.tv_nsec]
        }
    }
}
