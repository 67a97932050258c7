import Cryptography
import Interfaces
import Ledger
import Networking
import Node
import Primitives

/// What a node needs to talk with the others of its chain, from the files that its configuration names.
struct NodePeers {
    let network: NodeConfiguration.Network
    let suite: Suite
    /// Where a name of the configuration is.
    let path: (String) -> String

    func parts() throws -> PeerParts {
        let chain = try certificates(network.certificates, "the node's certificates").map(\.bytes)
        let key = try key()
        let isNational = suite == .national
        return PeerParts(
            nodes: network.nodes.map { node in
                ListedNode(
                    name: node.name, organisation: node.organisation, addresses: node.addresses, keys: node.keys,
                    certificateKey: node.certificateKey)
            }, own: UInt32(network.own),
            // The channel's own key proves nothing in the national suite: what is signed inside does.
            identity: isNational
                ? try .selfSigned(try .generate(.p256), name: "node") : try TLSIdentity(chain: chain, key: key),
            chain: isNational ? chain : [], key: isNational ? key : nil, listenAddress: network.listen,
            verifier: try verifier(), software: "cairn/\(Main.version)", invitation: network.invitation)
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

    /// By the roots of all organisations, each of which names its own.
    private func verifier() throws -> CertificateVerifier {
        let roots = try certificates(network.authorities, "the organisations' authorities")
        do {
            return try CertificateVerifier(
                suite: suite,
                trusted: try roots.map { root in
                    try TrustedAuthority(root, for: root.subject.organisation ?? "")
                })
        } catch let error as CertificateError {
            throw CommandError.failed("\(path(network.authorities)): \(error)")
        }
    }
}
