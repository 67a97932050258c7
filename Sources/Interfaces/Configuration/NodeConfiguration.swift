package import HTTP
internal import Networking
internal import Node

/// What `node.json` says. Paths are relative to the folder of the file.
///
/// ```json
/// {
///   "genesis": "genesis.bin",
///   "data": "data",
///   "keys": "keys",
///   "key": "node",
///   "passphraseFile": "passphrase",
///   "rpc": { "address": "127.0.0.1", "port": 8545 },
///   "stateCacheMegabytes": 256,
///   "minimumFreeMegabytes": 512,
///   "keptCheckpoints": 4
/// }
/// ```
/// A node of a chain of several nodes has a part "network" besides, see `NodeConfiguration.Network`. What else "rpc" may
/// hold says `NodeConfiguration.Access`.
package struct NodeConfiguration: Hashable, Sendable {
    /// The file of the chain's genesis.
    package var genesis = "genesis.bin"
    /// The folder of the journal, the log and the state.
    package var data = "data"
    /// The folder of the node's keys.
    package var keys = "keys"
    /// The name of the node's key there.
    package var key = "node"
    /// The file of the key's passphrase.
    package var passphraseFile = "passphrase"
    /// Where clients reach the node.
    package var rpcAddress = "127.0.0.1"
    /// 0 for one that the system chooses.
    package var rpcPort: UInt16 = 8545
    /// Who they are, and what they may do. Invariant: an address that is not loopback has TLS and names.
    package var rpcAccess = Access()
    /// How much memory the state's store may take for what it has read.
    package var stateCacheMegabytes = 256

    /// With less room than this on a disk the node takes no transactions.
    package var minimumFreeMegabytes = NodeLimits.minimumFreeByteCount >> 20

    /// How many earlier states are kept whole, each for as much room as a state takes at most; 0 for none.
    package var keptCheckpoints = 4

    /// The other nodes, and how they are reached; nil for a node alone.
    package var network: Network?

    package static let stateCacheMegabytesRange = 8...65_536
    package static let minimumFreeMegabytesRange = 16...1_048_576
    package static let keptCheckpointsRange = 0...NodeLimits.keptCheckpointsMax

    package init() {}
}

/// What is wrong with a configuration, and what is allowed.
package struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// A value that is not allowed: where, what it is, and what it may be.
    static func wrong(_ path: String, _ value: JSON, _ allowed: String) -> ConfigurationError {
        var writer = JSONWriter()
        writer.write(value)
        let shown = String(decoding: writer.bytes.prefix(80), as: UTF8.self)
        return ConfigurationError(description: "\"\(path)\" holds \(shown); it must be \(allowed)")
    }
}

extension NodeConfiguration {
    /// Reads a configuration. Every key may be left out; one that is not known, or a value that is not allowed, is
    /// named.
    package init(json text: [UInt8]) throws(ConfigurationError) {
        let json: JSON
        do throws(JSONError) {
            json = try JSON(parsing: text)
        } catch {
            throw ConfigurationError(description: "it is not JSON: \(error)")
        }
        guard let object = json.objectValue else {
            throw ConfigurationError(description: "it must be an object, not \(json.kind)")
        }
        for member in object.members { try take(member, path: member.key) }
    }

    private static let known = [
        "genesis", "data", "keys", "key", "passphraseFile", "rpc", "stateCacheMegabytes", "minimumFreeMegabytes",
        "keptCheckpoints", "network",
    ]

    private mutating func take(_ member: JSONObject.Member, path: String) throws(ConfigurationError) {
        switch path {
        case "genesis": genesis = try Self.text(member)
        case "data": data = try Self.text(member)
        case "keys": keys = try Self.text(member)
        case "key": key = try Self.text(member)
        case "passphraseFile": passphraseFile = try Self.text(member)
        case "stateCacheMegabytes":
            stateCacheMegabytes = try Self.number(member, in: Self.stateCacheMegabytesRange)
        case "minimumFreeMegabytes":
            minimumFreeMegabytes = try Self.number(member, in: Self.minimumFreeMegabytesRange)
        case "keptCheckpoints": keptCheckpoints = try Self.number(member, in: Self.keptCheckpointsRange)
        case "network": network = try Network(json: member.value)
        case "rpc":
            try takeRPC(
                try ConfigurationFields(
                    member.value, at: path, names: [], mayHave: ["address", "port"] + Access.names))
        default:
            throw ConfigurationError(
                description: "there is no \"\(path.prefix(80))\"; there are \(Self.known.joined(separator: ", "))")
        }
    }

    private mutating func takeRPC(_ fields: ConfigurationFields) throws(ConfigurationError) {
        if let text = try fields.optionalText("address") {
            guard SocketAddress.isNumeric(text) else {
                throw .wrong(fields.path("address"), fields.value("address"), "a numeric address, as 127.0.0.1 or ::1")
            }
            rpcAddress = text
        }
        if fields.has("port") { rpcPort = UInt16(try fields.number("port", in: 0...Int(UInt16.max))) }
        rpcAccess = try Access(fields)
        try rpcAccess.check(address: rpcAddress)
    }

    private static func number(
        _ member: JSONObject.Member, in range: ClosedRange<Int>
    ) throws(ConfigurationError) -> Int {
        guard let value = member.value.int64Value.map(Int.init), range.contains(value) else {
            throw ConfigurationError.wrong(
                member.key, member.value, "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    private static func text(_ member: JSONObject.Member) throws(ConfigurationError) -> String {
        guard let text = member.value.stringValue, !text.isEmpty else {
            throw ConfigurationError.wrong(member.key, member.value, "a text that is not empty")
        }
        return text
    }

    /// The configuration as a file holds it.
    package var json: JSON {
        var object = JSONObject()
        object["genesis"] = .string(genesis)
        object["data"] = .string(data)
        object["keys"] = .string(keys)
        object["key"] = .string(key)
        object["passphraseFile"] = .string(passphraseFile)
        var rpc = JSONObject()
        rpc["address"] = .string(rpcAddress)
        rpc["port"] = .integer(Int64(rpcPort))
        rpcAccess.write(to: &rpc)
        object["rpc"] = .object(rpc)
        object["stateCacheMegabytes"] = .integer(Int64(stateCacheMegabytes))
        object["minimumFreeMegabytes"] = .integer(Int64(minimumFreeMegabytes))
        object["keptCheckpoints"] = .integer(Int64(keptCheckpoints))
        object["network"] = network?.json
        return .object(object)
    }
}
