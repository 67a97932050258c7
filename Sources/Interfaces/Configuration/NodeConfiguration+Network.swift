package import Cryptography
internal import HTTP
package import Ledger
package import Networking
internal import Primitives

extension NodeConfiguration {
    /// The part "network" of `node.json`: the nodes of the chain, and what this one shows to the others. All of its
    /// keys but "invitation" and "revocations" must be there.
    ///
    /// ```json
    /// {
    ///   "listen": "127.0.0.1:30301",
    ///   "own": 0,
    ///   "certificates": "certificates/node.pem",
    ///   "key": "certificates/node.key",
    ///   "authorities": "certificates/authorities.pem",
    ///   "revocations": "certificates/revocations",
    ///   "invitation": {"epoch": 3, "digest": "0x…"},
    ///   "nodes": [
    ///     {
    ///       "name": "node-1.alpha",
    ///       "organisation": "alpha",
    ///       "addresses": ["127.0.0.1:30301"],
    ///       "keys": ["ed25519:0x…"],
    ///       "certificateKey": "p256:0x…"
    ///     }
    ///   ]
    /// }
    /// ```
    package struct Network: Hashable, Sendable {
        /// Where the node listens for the others: a numeric address.
        package var listen: SocketAddress
        /// This node's place in `nodes`. Invariant: it is one.
        package var own: Int
        /// The file of the node's certificate and those of the authorities between it and a root, in PEM.
        package var certificates: String
        /// The file of the certificate's key: PKCS #8 in PEM, not encrypted.
        package var key: String
        /// The file with the roots of all organisations, in PEM.
        package var authorities: String
        /// The folder with the organisations' revocation lists, files in PEM whose names end in `.pem`; nil for none.
        package var revocations: String?
        /// What a node that was not there at the chain's beginning believes: an epoch's number and the digest of what it
        /// is. Nil for the first epoch's keys.
        package var invitation: Invitation?
        /// In the same order on all nodes of the chain. Invariant: at least one; no name and no key is there twice.
        package var nodes: [Node]

        package init(
            listen: SocketAddress, own: Int, certificates: String, key: String, authorities: String, nodes: [Node],
            revocations: String? = nil, invitation: Invitation? = nil
        ) {
            precondition(nodes.indices.contains(own))
            (self.listen, self.own, self.nodes) = (listen, own, nodes)
            (self.certificates, self.key, self.authorities) = (certificates, key, authorities)
            (self.revocations, self.invitation) = (revocations, invitation)
        }

        /// A node of the chain, as all others know it.
        package struct Node: Hashable, Sendable {
            package var name: String
            package var organisation: String
            /// Tried one after another. A node without any is only waited for.
            package var addresses: [PeerAddress]
            /// By which it orders and certifies: at least one.
            package var keys: [PublicKey]
            /// The key in its certificate.
            package var certificateKey: PublicKey

            package init(
                name: String, organisation: String, addresses: [PeerAddress], keys: [PublicKey],
                certificateKey: PublicKey
            ) {
                (self.name, self.organisation, self.addresses) = (name, organisation, addresses)
                (self.keys, self.certificateKey) = (keys, certificateKey)
            }
        }
    }
}

// MARK: - Reading

extension NodeConfiguration.Network {
    private typealias Limits = NetworkConfigurationLimits

    init(json: JSON) throws(ConfigurationError) {
        let fields = try ConfigurationFields(
            json, at: "network", names: ["listen", "own", "certificates", "key", "authorities", "nodes"],
            mayHave: ["revocations", "invitation"])
        let listen = try fields.text("listen")
        guard let (host, port) = AddressText.split(listen), let address = try? SocketAddress(host: host, port: port)
        else {
            throw .wrong(
                fields.path("listen"), fields.value("listen"),
                "a numeric address and a port, as 127.0.0.1:30301 or [::]:30301")
        }
        let nodes = try fields.list("nodes", count: 1...Limits.nodesMax, of: "the chain's nodes") {
            json, path throws(ConfigurationError) in try Node(json: json, at: path)
        }
        try Self.requireDistinct(nodes)
        self.init(
            listen: address, own: try fields.number("own", in: 0...(nodes.count - 1)),
            certificates: try fields.text("certificates"), key: try fields.text("key"),
            authorities: try fields.text("authorities"), nodes: nodes,
            revocations: fields.value("revocations").isNull ? nil : try fields.text("revocations"),
            invitation: try Self.invitation(fields))
    }

    private static func invitation(_ fields: ConfigurationFields) throws(ConfigurationError) -> Invitation? {
        let json = fields.value("invitation")
        guard !json.isNull else { return nil }
        let inner = try ConfigurationFields(json, at: fields.path("invitation"), names: ["epoch", "digest"])
        guard let epoch = inner.value("epoch").uint64Value else {
            throw .wrong(inner.path("epoch"), inner.value("epoch"), "the number of an epoch")
        }
        guard let digest = inner.value("digest").stringValue.flatMap({ Digest(hexadecimal: $0) }) else {
            throw .wrong(inner.path("digest"), inner.value("digest"), "a digest, as 0x and 64 digits")
        }
        return Invitation(epoch: epoch, digest: digest)
    }

    /// Of two nodes with one name or key nobody could say which is meant.
    private static func requireDistinct(_ nodes: [Node]) throws(ConfigurationError) {
        var (names, keys, certificateKeys): (Set<String>, Set<PublicKey>, Set<PublicKey>) = ([], [], [])
        for (index, node) in nodes.enumerated() {
            let path = "network.nodes[\(index)]"
            guard names.insert(node.name).inserted else { throw twice("\(path).name", node.name) }
            for key in node.keys {
                guard keys.insert(key).inserted else { throw twice("\(path).keys", key.description) }
            }
            guard certificateKeys.insert(node.certificateKey).inserted else {
                throw twice("\(path).certificateKey", node.certificateKey.description)
            }
        }
    }

    private static func twice(_ path: String, _ text: String) -> ConfigurationError {
        .wrong(path, .string(text), "another one than that of the nodes before")
    }
}

extension NodeConfiguration.Network.Node {
    private typealias Limits = NetworkConfigurationLimits

    fileprivate init(json: JSON, at path: String) throws(ConfigurationError) {
        let fields = try ConfigurationFields(
            json, at: path, names: ["name", "organisation", "addresses", "keys", "certificateKey"])
        let certificateKey = fields.value("certificateKey").stringValue.flatMap { PublicKey(text: $0) }
        guard let certificateKey, CertificateAlgorithm(certificateKey.scheme) != nil else {
            throw .wrong(
                fields.path("certificateKey"), fields.value("certificateKey"),
                "a key of P-256 or SM2, as p256:0x and 66 digits")
        }
        self.init(
            name: try Self.name("name", fields), organisation: try Self.name("organisation", fields),
            addresses: try fields.list(
                "addresses", count: 0...Limits.addressesMax, of: "a host and a port, as node.example.org:30301"
            ) { json, _ throws(ConfigurationError) in
                json.stringValue.flatMap(AddressText.split).map { PeerAddress(host: $0.host, port: $0.port) }
            },
            keys: try fields.list("keys", count: 1...Limits.keysMax, of: "a key, as ed25519:0x and 64 digits") {
                json, _ throws(ConfigurationError) in json.stringValue.flatMap { PublicKey(text: $0) }
            },
            certificateKey: certificateKey)
    }

    private static func name(
        _ key: String, _ fields: ConfigurationFields
    ) throws(ConfigurationError) -> String {
        let text = try fields.text(key)
        guard text.unicodeScalars.count <= Limits.nameCharactersMax, CertificateName.isPrintable(text) else {
            throw .wrong(
                fields.path(key), fields.value(key),
                "1 to \(Limits.nameCharactersMax) characters, and none that can't be seen")
        }
        return text
    }
}

// MARK: - Writing

extension NodeConfiguration.Network {
    var json: JSON {
        [
            "listen": .string(AddressText.join(listen.host, listen.port)), "own": .integer(Int64(own)),
            "certificates": .string(certificates), "key": .string(key), "authorities": .string(authorities),
            "nodes": .array(nodes.map(\.json)),
            "revocations": revocations.map(JSON.string) ?? .null,
            "invitation": invitation.map {
                ["epoch": .unsigned($0.epoch), "digest": .string($0.digest.description)]
            } ?? .null,
        ]
    }
}

extension NodeConfiguration.Network.Node {
    fileprivate var json: JSON {
        [
            "name": .string(name), "organisation": .string(organisation),
            "addresses": .array(addresses.map { .string(AddressText.join($0.host, $0.port)) }),
            "keys": .array(keys.map { .string($0.description) }),
            "certificateKey": .string(certificateKey.description),
        ]
    }
}
