internal import HTTP
internal import Networking

extension NodeConfiguration {
    /// Who may use the node's endpoint: what the part "rpc" of `node.json` says besides address and port. All of it may be
    /// left out on loopback, where anybody may then use it.
    ///
    /// ```json
    /// {
    ///   "address": "0.0.0.0",
    ///   "port": 8545,
    ///   "tls": { "certificates": "endpoint.pem", "key": "endpoint.key" },
    ///   "tokens": "tokens.json",
    ///   "hosts": ["node-1.acme.example"],
    ///   "origins": ["https://app.acme.example"],
    ///   "limits": { "requestsPerSecond": 500, "bytesPerSecond": 8388608, "connectionsPerAddress": 64 }
    /// }
    /// ```
    package struct Access: Hashable, Sendable {
        /// By what the endpoint is known, and whose certificates it takes.
        package struct TLS: Hashable, Sendable {
            /// The file of the endpoint's certificate and those of the authorities between it and a root, in PEM.
            package var certificates: String
            /// The file of its key: P-256, PKCS #8 in PEM, not encrypted.
            package var key: String
            /// The file of the authorities whose certificates are taken, in PEM; nil for those that the chain has of its
            /// members.
            package var authorities: String?
            /// The file of revocation lists, in PEM, read again when it changes.
            package var revocations: String?

            package init(certificates: String, key: String, authorities: String? = nil, revocations: String? = nil) {
                (self.certificates, self.key) = (certificates, key)
                (self.authorities, self.revocations) = (authorities, revocations)
            }
        }

        /// Of each client, by its identity or else its address; nil for the default, which on an open endpoint is none.
        package struct Limits: Hashable, Sendable {
            package var requestsPerSecond: Int?
            package var bytesPerSecond: Int?
            package var connectionsPerAddress: Int?

            package init() {}
        }

        package var tls: TLS?
        /// The file of tokens (`TokenFile`), read again when it changes.
        package var tokens: String?
        /// The names by which the endpoint is called besides loopback ones, without ports.
        package var hosts: [String] = []
        /// The origins whose pages may call.
        package var origins: [String] = []
        package var limits = Limits()

        package init() {}

        /// Whether a caller must show who it is.
        package var isGuarded: Bool { tls != nil || tokens != nil }
    }
}

// MARK: - Reading

extension NodeConfiguration.Access {
    static let names = ["tls", "tokens", "hosts", "origins", "limits"]

    /// Reads those keys of the part "rpc" that are not about the address.
    init(_ fields: ConfigurationFields) throws(ConfigurationError) {
        if fields.has("tls") { tls = try TLS(json: fields.value("tls"), at: fields.path("tls")) }
        tokens = try fields.optionalText("tokens")
        if fields.has("hosts") {
            hosts = try fields.list(
                "hosts", count: 0...EndpointLimits.hostsMax, of: "a name or address without a port, as node.example.org"
            ) { json, _ throws(ConfigurationError) in json.stringValue.flatMap { Self.isHost($0) ? $0 : nil } }
        }
        if fields.has("origins") {
            origins = try fields.list(
                "origins", count: 0...EndpointLimits.originsMax, of: "an origin, as https://app.example.org"
            ) { json, _ throws(ConfigurationError) in json.stringValue.flatMap { Self.isOrigin($0) ? $0 : nil } }
        }
        if fields.has("limits") { limits = try Limits(json: fields.value("limits"), at: fields.path("limits")) }
    }

    private static func isHost(_ text: String) -> Bool {
        SocketAddress.isNumeric(text) || AddressText.split("\(text):1")?.host == text
    }

    private static func isOrigin(_ text: String) -> Bool {
        guard let endpoint = try? HTTPEndpoint(text) else { return false }
        return endpoint.path == "/" && !text.hasSuffix("/")
    }

    /// What is reached from elsewhere must know whom it answers.
    func check(address text: String) throws(ConfigurationError) {
        guard let address = try? SocketAddress(host: text, port: 0), !address.isLoopback else { return }
        guard tls != nil else {
            throw ConfigurationError(
                description: "\"rpc.address\" holds \"\(text)\", which other machines can reach, and there is no "
                    + "\"rpc.tls\": give the endpoint a certificate, or let it listen on 127.0.0.1")
        }
        guard !hosts.isEmpty else {
            throw ConfigurationError(
                description:
                    "\"rpc.address\" holds \"\(text)\", which other machines can reach, and \"rpc.hosts\" names "
                    + "nothing: list the names by which clients call the endpoint, as node.example.org")
        }
    }
}

extension NodeConfiguration.Access.TLS {
    fileprivate init(json: JSON, at path: String) throws(ConfigurationError) {
        let fields = try ConfigurationFields(
            json, at: path, names: ["certificates", "key"], mayHave: ["authorities", "revocations"])
        self.init(
            certificates: try fields.text("certificates"), key: try fields.text("key"),
            authorities: try fields.optionalText("authorities"), revocations: try fields.optionalText("revocations"))
    }
}

extension NodeConfiguration.Access.Limits {
    fileprivate init(json: JSON, at path: String) throws(ConfigurationError) {
        let fields = try ConfigurationFields(
            json, at: path, names: [],
            mayHave: ["requestsPerSecond", "bytesPerSecond", "connectionsPerAddress"])
        func number(_ name: String, _ range: ClosedRange<Int>) throws(ConfigurationError) -> Int? {
            fields.has(name) ? try fields.number(name, in: range) : nil
        }
        requestsPerSecond = try number("requestsPerSecond", EndpointLimits.requestsPerSecondRange)
        bytesPerSecond = try number("bytesPerSecond", EndpointLimits.bytesPerSecondRange)
        connectionsPerAddress = try number("connectionsPerAddress", EndpointLimits.connectionsPerAddressRange)
    }
}

// MARK: - Writing

extension NodeConfiguration.Access {
    func write(to object: inout JSONObject) {
        if let tls {
            var inner = JSONObject()
            inner["certificates"] = .string(tls.certificates)
            inner["key"] = .string(tls.key)
            inner["authorities"] = tls.authorities.map(JSON.string)
            inner["revocations"] = tls.revocations.map(JSON.string)
            object["tls"] = .object(inner)
        }
        object["tokens"] = tokens.map(JSON.string)
        if !hosts.isEmpty { object["hosts"] = .array(hosts.map(JSON.string)) }
        if !origins.isEmpty { object["origins"] = .array(origins.map(JSON.string)) }
        guard limits != Limits() else { return }
        var inner = JSONObject()
        inner["requestsPerSecond"] = limits.requestsPerSecond.map { .integer(Int64($0)) }
        inner["bytesPerSecond"] = limits.bytesPerSecond.map { .integer(Int64($0)) }
        inner["connectionsPerAddress"] = limits.connectionsPerAddress.map { .integer(Int64($0)) }
        object["limits"] = .object(inner)
    }
}
