import Cryptography
import Foundation
import Interfaces
import Ledger
import Networking
import Node
import Primitives

/// What a node needs to talk with the others of its chain, from the files that its configuration names.
struct NodePeers: Sendable {
    let network: NodeConfiguration.Network
    let suite: Suite
    /// The folder that names in the configuration begin from.
    let folder: String

    private func path(_ name: String) -> String { name.hasPrefix("/") ? name : "\(folder)/\(name)" }

    func parts() throws -> PeerParts {
        PeerParts(
            nodes: network.nodes.map { node in
                ListedNode(
                    name: node.name, organisation: node.organisation, addresses: node.addresses, keys: node.keys,
                    certificateKey: node.certificateKey)
            }, own: UInt32(network.own), credentials: try credentials(), listenAddress: network.listen,
            software: "cairn/\(Main.version)", invitation: network.invitation)
    }

    /// As the files are now.
    func credentials() throws -> PeerCredentials {
        let chain = try certificates(network.certificates, "the node's certificates").map(\.bytes)
        let key = try key()
        return PeerCredentials(
            // The channel's own key proves nothing in the national suite: what is signed inside does.
            identity: suite == .national
                ? try .selfSigned(try .generate(.p256), name: "node") : try TLSIdentity(chain: chain, key: key),
            chain: chain, key: key, authorities: try authorities(), revocationLists: try revocationLists())
    }

    private func certificates(_ name: String, _ what: String) throws -> [Certificate] {
        let file = path(name)
        let bytes = try readFile(file, what)
        do {
            let blocks = try PEM.decode(bytes, .certificate)
            guard !blocks.isEmpty else { throw CommandError.failed("\(file): there is no certificate in it") }
            return try blocks.map { try Certificate(der: $0) }
        } catch let error as CertificateError { throw CommandError.failed("\(file): \(error)") }
    }

    private func key() throws -> SoftwareKey {
        let file = path(network.key)
        do { return try SoftwareKey(pkcs8: try readFile(file, "the certificate's key")) } catch let error as KeyError {
            throw CommandError.failed("\(file): \(error)")
        }
    }

    /// The roots of all organisations, each of which names its own.
    private func authorities() throws -> [TrustedAuthority] {
        let roots = try certificates(network.authorities, "the organisations' authorities")
        do {
            return try roots.map { try TrustedAuthority($0, for: $0.subject.organisation ?? "") }
        } catch let error as CertificateError {
            throw CommandError.failed("\(path(network.authorities)): \(error)")
        }
    }

    /// All that are in the folder; none if it is not there.
    private func revocationLists() throws -> [RevocationList] {
        try revocationFiles.flatMap { file in
            let bytes = try readFile(file, "a revocation list")
            do {
                return try PEM.decode(bytes, .revocationList).map { try RevocationList(der: $0) }
            } catch let error as CertificateError { throw CommandError.failed("\(file): \(error)") }
        }
    }

    private var revocationFiles: [String] {
        guard let name = network.revocations else { return [] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path(name))) ?? []
        return names.filter { $0.hasSuffix(".pem") }.sorted().map { "\(path(name))/\($0)" }
    }

    /// What shows that a file is another one: when it was changed, and how long it is.
    private var stamp: [String] {
        ([network.certificates, network.key, network.authorities].map(path) + revocationFiles).map { file in
            let attributes = try? FileManager.default.attributesOfItem(atPath: file)
            let date = (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
            return "\(file) \(date) \(attributes?[.size] as? Int ?? -1)"
        }
    }
}

// MARK: - While the node runs

extension NodePeers {
    /// Looks at the files again and again, and gives the node what they hold when they have changed: certificates are
    /// renewed and revoked without a restart. What can't be read is told once, and what was there before stays.
    func watch(_ node: Node, until isStopping: @escaping @Sendable () -> Bool) throws -> DedicatedThread {
        let first = stamp
        return try DedicatedThread(name: "certificates") {
            var seen = first
            while !isStopping() {
                usleep(Self.pauseMicroseconds)
                let now = stamp
                guard now != seen else { continue }
                seen = now
                do {
                    try node.renew(try credentials())
                    NodeLog.write("certificates and revocation lists are read anew")
                } catch {
                    NodeLog.write("certificates or revocation lists can't be used, those from before stay: \(error)")
                }
            }
        }
    }

    private static let pauseMicroseconds: UInt32 = 500_000
}
