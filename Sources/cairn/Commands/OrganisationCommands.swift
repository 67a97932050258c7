import CairnClient
import HTTP
import Ledger
import Primitives

extension Command {
    static let organisationList = Command(
        noun: "organisation", verb: "list", summary: "list the organisations of the chain",
        discussion: """
            They change by proposals: cairn proposal create. The rule says how many of them must agree to one.
            """,
        options: [.height, .node]
    ) { invocation in
        let json = try await invocation.organisations()
        if invocation.isJSON { return Terminal.print(json) }
        let organisations = json["organisations"]?.arrayValue ?? []
        guard !organisations.isEmpty else { return Terminal.note("the chain has no organisations") }
        let table = TextTable(
            titles: ["organisation", "validators", "observers", "administrators", "authorities"],
            rows: organisations.map(OrganisationText.row))
        for line in table.lines(Terminal.output) { Terminal.print(line) }
        Terminal.print("rule: \(LedgerText.text(json["rule"]))")
    }

    static let organisationShow = Command(
        noun: "organisation", verb: "show", summary: "show an organisation: who acts for it, its nodes and authorities",
        discussion: """
            With --json it is printed in the form that cairn proposal create takes in a file.
            """,
        arguments: [Argument(name: "name", help: "the organisation's name")], options: [.height, .node]
    ) { invocation in
        let name = try invocation.required("name")
        let all = try await invocation.organisations()["organisations"]?.arrayValue ?? []
        guard let json = all.first(where: { $0["name"]?.stringValue == name }) else {
            throw CommandError.failed("there is no organisation \(name); see: cairn organisation list")
        }
        if invocation.isJSON { return Terminal.print(json) }
        for line in OrganisationText.lines(json) { Terminal.print(line) }
    }
}

extension Invocation {
    fileprivate func organisations() async throws -> JSON {
        try await client().call("cairn_organisations", [try height().map(JSON.unsigned) ?? .null])
    }
}

/// How organisations look to people.
enum OrganisationText {
    static func row(_ json: JSON) -> [String] {
        let nodes = json["nodes"]?.arrayValue ?? []
        return [
            LedgerText.text(json["name"]), "\(nodes.count { $0["role"] == "validator" })",
            "\(nodes.count { $0["role"] == "observer" })", "\(json["administrators"]?.arrayValue?.count ?? 0)",
            "\(json["authorities"]?.arrayValue?.count ?? 0)",
        ]
    }

    static func lines(_ json: JSON) -> [String] {
        var lines = ["organisation   \(LedgerText.text(json["name"]))"]
        lines += (json["administrators"]?.arrayValue ?? []).map { "administrator  \(LedgerText.text($0))" }
        for authority in json["authorities"]?.arrayValue ?? [] {
            let until = LedgerText.time(authority["notAfter"]?.uint64Value)
            lines.append("authority      \(LedgerText.text(authority["subject"])), until \(until)")
            lines.append("               fingerprint \(LedgerText.text(authority["fingerprint"]))")
        }
        for node in json["nodes"]?.arrayValue ?? [] {
            let addresses = (node["addresses"]?.arrayValue ?? []).map { LedgerText.text($0) }
            let name = "\(LedgerText.text(node["role"])) \(LedgerText.text(node["name"]))"
            lines.append("node           \(([name] + addresses).joined(separator: ", "))")
            lines.append("               consensus \(LedgerText.text(node["consensusKey"]))")
            lines.append("               certificate \(LedgerText.text(node["certificateKey"]))")
        }
        return lines
    }
}
