import CairnClient
import Foundation
import HTTP
import Interfaces

/// What somebody who has started a network wants to know.
struct NetworkOverview {
    let folder: NetworkFolder
    let state: SupervisorState
    let isDetached: Bool

    func text(isJSON: Bool) throws -> String {
        isJSON ? try json().prettyText : try lines(Terminal.output).joined(separator: "\n")
    }

    private func json() throws -> JSON {
        let nodes = try folder.nodes.map { place -> JSON in
            let configuration = try place.configuration()
            let peer = configuration.network.map { JSON.string("\($0.listen)") }
            return [
                "name": .string(place.name), "organisation": .string(place.organisation),
                "endpoint": .string(configuration.endpoint), "peerAddress": peer ?? .null,
                "process": state.node(place.name)?.process.map { .integer(Int64($0)) } ?? .null,
            ]
        }
        return [
            "directory": .string(folder.path), "engine": .string("\(folder.plan.engine)"),
            "suite": .string("\(folder.plan.suite)"), "supervisor": .integer(Int64(state.process)),
            "readyMilliseconds": state.readyMilliseconds.map(JSON.unsigned) ?? .null, "nodes": .array(nodes),
            "administrators": .array(folder.plan.organisations.map(JSON.string)),
            "keystore": .string(folder.accountsFolder), "passphraseFile": .string(folder.accountsPassphraseFile),
        ]
    }

    private func lines(_ style: Style) throws -> [String] {
        let places = folder.nodes
        let rows = try places.map { place in
            let configuration = try place.configuration()
            return [place.name, configuration.endpoint, configuration.network.map { "\($0.listen)" } ?? "-"]
        }
        let count = places.count == 1 ? "1 node" : "\(places.count) nodes"
        let time = Double(state.readyMilliseconds ?? 0) / 1000
        let ready = style.green("ready")
        let seconds = time.formatted(.number.precision(.fractionLength(2)).locale(Locale(identifier: "en")))
        let endpoint = rows[0][1]
        return ["\(ready) in \(seconds) s: \(count), \(folder.plan.engine), \(folder.plan.suite)"]
            + TextTable(titles: ["node", "for clients", "for nodes"], rows: rows).lines(style) + [
                "accounts  \(folder.plan.organisations.joined(separator: ", ")): for each administrator one, with",
                "          export CAIRN_NODE=\(endpoint) CAIRN_KEYSTORE=\(folder.accountsFolder) "
                    + "CAIRN_PASSPHRASE_FILE=\(folder.accountsPassphraseFile)",
                "status    cairn network status --directory \(folder.path)",
                "stop      \(isDetached ? "" : "Ctrl-C, or ")cairn network down --directory \(folder.path)",
            ]
    }
}
