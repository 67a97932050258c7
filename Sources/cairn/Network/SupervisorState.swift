import Foundation
import HTTP

/// What a supervisor knows, for other processes: `supervisor.json`.
struct SupervisorState: Hashable, Sendable {
    static let version: Int64 = 1

    struct Node: Hashable, Sendable {
        let name: String
        /// Nil while it is not running.
        var process: Int32?
        /// How often it was started again.
        var restarts: UInt64
    }

    let process: Int32
    /// How long the network took until it worked; nil as long as it doesn't.
    var readyMilliseconds: UInt64?
    /// Why it was given up.
    var failure: String?
    var nodes: [Node]

    func node(_ name: String) -> Node? { nodes.first { $0.name == name } }

    /// Puts it into a file, whole or not at all.
    func write(to path: String) throws { try writeText(json.prettyText + "\n", to: path) }

    /// Nil if there is none, or it is not one of this version.
    static func read(_ path: String) -> SupervisorState? {
        guard let data = FileManager.default.contents(atPath: path), data.count <= NetworkLimits.stateByteCountMax,
            let json = try? JSON(parsing: Array(data))
        else { return nil }
        return SupervisorState(json: json)
    }
}

extension SupervisorState {
    private var json: JSON {
        [
            "version": .integer(Self.version), "process": .integer(Int64(process)),
            "readyMilliseconds": readyMilliseconds.map(JSON.unsigned) ?? .null,
            "failure": failure.map(JSON.string) ?? .null,
            "nodes": .array(
                nodes.map { node in
                    [
                        "name": .string(node.name), "process": node.process.map { .integer(Int64($0)) } ?? .null,
                        "restarts": .unsigned(node.restarts),
                    ]
                }),
        ]
    }

    private init?(json: JSON) {
        guard json["version"] == .integer(Self.version),
            let process = json["process"]?.int64Value.flatMap(Int32.init(exactly:)),
            let list = json["nodes"]?.arrayValue, list.count <= NetworkLimits.organisationsMax
        else { return nil }
        var nodes: [Node] = []
        for json in list {
            guard let name = json["name"]?.stringValue, let restarts = json["restarts"]?.uint64Value else { return nil }
            let process = json["process"]?.int64Value.flatMap(Int32.init(exactly:))
            nodes.append(Node(name: name, process: process, restarts: restarts))
        }
        self.init(
            process: process, readyMilliseconds: json["readyMilliseconds"]?.uint64Value,
            failure: json["failure"]?.stringValue, nodes: nodes)
    }
}
