import CairnClient
import Cryptography
import Foundation
import HTTP
import Interfaces
import Node
import Primitives

/// How a node of a network is.
struct NodeStatus: Sendable {
    /// What the node says.
    enum Answer: Sendable {
        case report(NetworkReport)
        /// Of nodes that know nothing of networks: the height alone.
        case chain(height: UInt64)
        /// It can't be reached, or does not answer as a node does.
        case none(reason: String)
    }

    let place: NodePlace
    let endpoint: String
    /// What the supervisor says; nil if there is none.
    let process: SupervisorState.Node?
    let answer: Answer
    /// The first end of a certificate of the node's chain.
    let certificateEnds: Timestamp?

    var report: NetworkReport? { if case .report(let report) = answer { report } else { nil } }

    var height: UInt64? {
        switch answer {
        case .report(let report): report.height
        case .chain(let height): height
        case .none: nil
        }
    }

    var isUp: Bool { height != nil }

    private static let methodNotFound = -32601

    /// Asks a node.
    static func ask(_ place: NodePlace, _ process: SupervisorState.Node?) async -> NodeStatus {
        var endpoint = ""
        var answer: Answer
        do {
            endpoint = try place.configuration().endpoint
            let client = try CairnClient(endpoint: endpoint, timeoutMilliseconds: NetworkLimits.statusMilliseconds)
            do throws(ClientError) {
                let json = try await client.call("cairn_network", [])
                guard let report = NetworkReport(json: json) else { throw CairnClient.malformed("cairn_network") }
                answer = .report(report)
            } catch {
                guard case .refused(Self.methodNotFound, _) = error else { throw error }
                answer = .chain(height: try await client.chain().height)
            }
        } catch CommandError.failed(let reason) {
            answer = .none(reason: reason)
        } catch {
            answer = .none(reason: "\(error)")
        }
        var ends = place.certificateEnds.map(Timestamp.init(milliseconds:))
        if case .report(let report) = answer, let own = report.certificateEnds { ends = own }
        return NodeStatus(place: place, endpoint: endpoint, process: process, answer: answer, certificateEnds: ends)
    }
}

/// How a network is.
struct NetworkStatus: Sendable {
    let folder: NetworkFolder
    /// Nil if none runs.
    let supervisor: Int32?
    let nodes: [NodeStatus]
    let time: Timestamp

    static func ask(_ folder: NetworkFolder) async -> NetworkStatus {
        let supervisor = SupervisorLock.holder(of: folder.path)
        var state = SupervisorState.read(folder.stateFile)
        // What an earlier one has left says nothing.
        if state?.process != supervisor { state = nil }
        let nodes = await withTaskGroup(of: (Int, NodeStatus).self) { group in
            for (index, place) in folder.nodes.enumerated() {
                let process = state?.node(place.name)
                group.addTask { (index, await NodeStatus.ask(place, process)) }
            }
            var nodes = [NodeStatus?](repeating: nil, count: folder.nodes.count)
            for await (index, status) in group { nodes[index] = status }
            return nodes.compactMap(\.self)
        }
        return NetworkStatus(folder: folder, supervisor: supervisor, nodes: nodes, time: SystemClock.wall)
    }

    /// How many blocks a node is behind the one that has most.
    func lag(of node: NodeStatus) -> UInt64? {
        guard let height = node.height, let highest = nodes.compactMap(\.height).max() else { return nil }
        return highest - height
    }
}

// MARK: - Certificates

/// How it is with a certificate's validity.
enum CertificateState: String {
    case valid
    /// It ends within `CertificateLimits.expiryWarningDays`.
    case expiring
    case expired

    init(_ end: Timestamp, at time: Timestamp) {
        if end < time {
            self = .expired
        } else {
            self = time.wholeDays(until: end) < CertificateLimits.expiryWarningDays ? .expiring : .valid
        }
    }
}

// MARK: - JSON

extension NetworkStatus {
    /// The engine of the newest epoch that a node is in; without an answer what the network was made with.
    private var engine: String {
        nodes.compactMap(\.report).max { $0.epoch < $1.epoch }?.engine ?? "\(folder.plan.engine)"
    }

    var json: JSON {
        [
            "directory": .string(folder.path), "engine": .string(engine),
            "suite": .string("\(folder.plan.suite)"), "time": .unsigned(time.milliseconds),
            "supervisor": supervisor.map { .integer(Int64($0)) } ?? .null,
            "nodes": .array(nodes.map(json)),
        ]
    }

    private func json(_ node: NodeStatus) -> JSON {
        var object = JSONObject()
        object["name"] = .string(node.place.name)
        object["organisation"] = .string(node.place.organisation)
        object["endpoint"] = .string(node.endpoint)
        object["isUp"] = .bool(node.isUp)
        if case .none(let reason) = node.answer { object["reason"] = .string(reason) }
        object["process"] = node.process?.process.map { .integer(Int64($0)) } ?? .null
        object["restarts"] = node.process.map { .unsigned($0.restarts) } ?? .null
        object["height"] = node.height.map(JSON.unsigned) ?? .null
        object["lag"] = lag(of: node).map(JSON.unsigned) ?? .null
        object["network"] = node.report?.json ?? .null
        object["isLeader"] = node.report.map { .bool($0.isLeader) } ?? .null
        object["certificateEnds"] = node.certificateEnds.map { .string($0.iso8601) } ?? .null
        object["certificate"] =
            node.certificateEnds.map { .string(CertificateState($0, at: time).rawValue) } ?? .null
        return .object(object)
    }
}

// MARK: - For people

extension NetworkStatus {
    private static let titles = [
        "node", "state", "height", "lag", "epoch", "view", "leader", "peers", "restarts", "process", "certificate",
    ]

    func lines(_ style: Style) -> [String] {
        let table = TextTable(titles: Self.titles, rows: nodes.map { row($0, style) })
        let supervised = supervisor.map { "supervisor \($0)" } ?? style.yellow("no supervisor runs")
        let up = nodes.count(where: \.isUp)
        let title =
            "\(style.bold("\(up) of \(nodes.count) nodes up"))  \(engine)  \(folder.plan.suite)  "
            + "\(supervised)  \(style.dim(time.iso8601))"
        let reasons = nodes.compactMap { node -> String? in
            guard case .none(let reason) = node.answer else { return nil }
            return "\(style.red(node.place.name)): \(reason)"
        }
        return [title] + table.lines(style) + reasons
    }

    private func row(_ node: NodeStatus, _ style: Style) -> [String] {
        let report = node.report
        let number = { (value: UInt64?) in value.map { "\($0)" } ?? "-" }
        let lag = lag(of: node)
        return [
            node.place.name, Self.state(node, style), number(node.height),
            lag.map { $0 > 0 ? style.yellow("\($0)") : "0" } ?? "-", number(report?.epoch), number(report?.view),
            report.map { $0.isLeader ? style.green("yes") : "no" } ?? "-",
            report.map { Self.peers($0, style) } ?? "-", number(node.process?.restarts),
            node.process?.process.map { "\($0)" } ?? "-", certificate(node, style),
        ]
    }

    private static func state(_ node: NodeStatus, _ style: Style) -> String {
        switch node.answer {
        case .none: return style.red("down")
        case .chain: return style.green("up")
        case .report(let report):
            switch report.stage {
            case .running: return style.green("running")
            case .starting, .following, .joining: return style.yellow(report.stage.rawValue)
            case .halted: return style.red("halted")
            }
        }
    }

    private static func peers(_ report: NetworkReport, _ style: Style) -> String {
        let text = "\(report.connectedCount) of \(report.peers.count)"
        return report.connectedCount < report.peers.count ? style.yellow(text) : text
    }

    private func certificate(_ node: NodeStatus, _ style: Style) -> String {
        guard let end = node.certificateEnds else { return "-" }
        switch CertificateState(end, at: time) {
        case .valid: return "until \(end.day)"
        case .expiring: return style.yellow("ends in \(time.wholeDays(until: end)) days")
        case .expired: return style.red("expired \(end.day)")
        }
    }
}
