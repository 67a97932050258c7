internal import HTTP

/// An object of a configuration that has just these keys, each of which must be there, and perhaps some others.
struct ConfigurationFields {
    /// How the keys are named in errors: `network.nodes[2]`.
    private let path: String
    private let object: JSONObject

    init(
        _ json: JSON, at path: String, names: [String], mayHave others: [String] = []
    ) throws(ConfigurationError) {
        let list = (names + others).joined(separator: ", ")
        guard let object = json.objectValue else { throw .wrong(path, json, "an object with \(list)") }
        for member in object.members where !names.contains(member.key) && !others.contains(member.key) {
            throw ConfigurationError(
                description: "there is no \"\(path).\(member.key.prefix(80))\"; there are, in \(path), \(list)")
        }
        for name in names where object[name] == nil {
            throw ConfigurationError(
                description: "\"\(path).\(name)\" is missing; \(path) needs \(names.joined(separator: ", "))")
        }
        (self.path, self.object) = (path, object)
    }

    func path(_ name: String) -> String { "\(path).\(name)" }

    /// Null for what may be left out and is. Invariant: the name is one of those that the object was read with.
    func value(_ name: String) -> JSON { object[name] ?? .null }

    func has(_ name: String) -> Bool { object[name] != nil }

    func optionalText(_ name: String) throws(ConfigurationError) -> String? { has(name) ? try text(name) : nil }

    func text(_ name: String) throws(ConfigurationError) -> String {
        guard let text = value(name).stringValue, !text.isEmpty else {
            throw .wrong(path(name), value(name), "a text that is not empty")
        }
        return text
    }

    func number(_ name: String, in range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
        guard let number = value(name).int64Value.map(Int.init), range.contains(number) else {
            throw .wrong(path(name), value(name), "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// What `body` makes of each element, with its path; it gives nil for what is not `allowed`.
    func list<Element>(
        _ name: String, count range: ClosedRange<Int>, of what: String,
        _ body: (JSON, _ path: String) throws(ConfigurationError) -> Element?
    ) throws(ConfigurationError) -> [Element] {
        guard let array = value(name).arrayValue, range.contains(array.count) else {
            throw .wrong(path(name), value(name), "an array of \(range.lowerBound) to \(range.upperBound): \(what)")
        }
        var elements: [Element] = []
        for (index, json) in array.enumerated() {
            let path = "\(path(name))[\(index)]"
            guard let element = try body(json, path) else { throw .wrong(path, json, what) }
            elements.append(element)
        }
        return elements
    }
}
