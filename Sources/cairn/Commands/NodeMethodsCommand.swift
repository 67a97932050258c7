import CairnClient
import HTTP

extension Command {
    static let nodeMethods = Command(
        noun: "node", verb: "methods", summary: "list what a node answers to programs",
        discussion: """
            The methods of the node's JSON-RPC interface with their parameters; what may be left out has a question mark.
            With --json it is the whole description, an OpenRPC document: the schemas of all parameters and results, the
            errors, and what subscriptions tell.
            """,
        options: [.node]
    ) { invocation in
        let document = try await invocation.client().call("rpc_discover", [])
        if invocation.isJSON { return Terminal.print(document) }
        for method in document["methods"]?.arrayValue ?? [] { show(method) }
    }

    private static func show(_ method: JSON) {
        let isForWebSockets = method["tags"]?[0]?["name"] == "WebSocket"
        let parameters = (method["params"]?.arrayValue ?? []).map { parameter in
            (parameter["name"]?.stringValue ?? "") + (parameter["required"] == true ? "" : "?")
        }
        Terminal.print(
            Terminal.output.bold(method["name"]?.stringValue ?? "") + "  " + (method["summary"]?.stringValue ?? "")
                + (isForWebSockets ? " (over a WebSocket)" : ""))
        guard !parameters.isEmpty else { return }
        Terminal.print(Terminal.output.dim("    \(parameters.joined(separator: ", "))"))
    }
}
