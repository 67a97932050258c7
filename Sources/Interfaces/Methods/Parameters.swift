internal import HTTP
internal import Ledger
internal import Primitives

/// The parameters of a call, by position or by name.
struct Parameters {
    private let values: [String: JSON]
    private let names: [String]

    /// Reads the parameters of a method, by its description.
    init(_ json: JSON?, of method: CairnMethod) throws(JSONRPCError) {
        try self.init(json, names: method.description.names)
    }

    /// Reads parameters that are either an array in the order of `names`, or an object with only these names.
    init(_ json: JSON?, names: [String]) throws(JSONRPCError) {
        self.names = names
        switch json {
        case nil, .null: values = [:]
        case .array(let list):
            guard list.count <= names.count else {
                throw .invalidParameters("there are \(list.count), but the method takes \(names.count) at most")
            }
            values = Dictionary(uniqueKeysWithValues: zip(names, list))
        case .object(let object):
            var values: [String: JSON] = [:]
            for member in object.members {
                guard names.contains(member.key) else {
                    throw .invalidParameters(
                        "\"\(member.key.prefix(80))\" is not one; the method takes "
                            + (names.isEmpty ? "none" : names.joined(separator: ", ")))
                }
                values[member.key] = member.value
            }
            self.values = values
        case let other?: throw .invalidParameters("they must be an array or an object, not \(other.kind)")
        }
    }

    /// A parameter that may be left out.
    func optional<Value>(
        _ name: String, _ what: String, _ read: (JSON) -> Value?
    ) throws(JSONRPCError) -> Value? {
        precondition(names.contains(name), "a parameter that is read is described")
        guard let json = values[name], !json.isNull else { return nil }
        guard let value = read(json) else { throw .invalidParameters("\"\(name)\" must be \(what)") }
        return value
    }

    func required<Value>(
        _ name: String, _ what: String, _ read: (JSON) -> Value?
    ) throws(JSONRPCError) -> Value {
        guard let value = try optional(name, what, read) else {
            throw .invalidParameters("\"\(name)\" is missing; it must be \(what)")
        }
        return value
    }

    func bytes(_ name: String) throws(JSONRPCError) -> [UInt8] {
        try required(name, "hexadecimal digits", Self.bytes)
    }

    /// A contract's key, which no longer one can be.
    func key(_ name: String) throws(JSONRPCError) -> [UInt8] {
        let maximum = LedgerLimits.stateKeyByteCountMax
        return try required(name, "hexadecimal digits of at most \(maximum) bytes") { json in
            Self.bytes(json).flatMap { $0.count <= maximum ? $0 : nil }
        }
    }

    func digest(_ name: String) throws(JSONRPCError) -> Digest {
        try required(name, "32 bytes in hexadecimal digits") { $0.stringValue.flatMap(Digest.init(hexadecimal:)) }
    }

    func address(_ name: String) throws(JSONRPCError) -> Address {
        try required(name, "an address of 20 bytes in hexadecimal digits", Self.address)
    }

    static func address(_ json: JSON) -> Address? { json.stringValue.flatMap(Address.init(hexadecimal:)) }

    static func bytes(_ json: JSON) -> [UInt8]? { json.stringValue.flatMap([UInt8].init(hexadecimal:)) }
}
