import Foundation
import HTTP
import Simulator

/// What a simulation's runs were, as a table or as JSON.
struct SimulationReport {
    private let summary: SimulationSummary
    private let options: SimulationOptions
    private let isOfReplicas: Bool
    private let seedCount: UInt64
    private let failures: [(seed: UInt64, failure: SimulationFailure)]
    private let seconds: Double

    init(
        _ summary: SimulationSummary, _ options: SimulationOptions, isOfReplicas: Bool, seedCount: UInt64,
        _ failures: [(seed: UInt64, failure: SimulationFailure)], _ elapsed: Duration
    ) {
        self.summary = summary
        self.options = options
        self.isOfReplicas = isOfReplicas
        self.seedCount = seedCount
        self.failures = failures
        seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
    }

    private var rows: [(String, String)] {
        let faults = summary.faults.named.filter { $0.count > 0 }.map { "\($0.count) \($0.name)" }
        let refusals = summary.refusals.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.value) \($0.key)" }
        var rows = [
            (
                "engine",
                "\(options.engine)\(isOfReplicas ? " with whole replicas" : ""), \(options.nodeCount) nodes, "
                    + "\(seedCount) seeds from \(options.seed)"
            ),
            ("events", "\(summary.events) (\(perSecond(summary.events)) a second)"),
            ("virtual time", "\(summary.virtualNanoseconds / 1_000_000_000) s"),
            ("decisions", "\(summary.decisions) (\(perSecond(Int(summary.decisions))) a second)"),
            ("commands", "\(summary.commands)"),
            ("faults", faults.isEmpty ? "none" : faults.joined(separator: ", ")),
            ("messages refused", refusals.isEmpty ? "none" : refusals.joined(separator: ", ")),
            (
                "checked",
                "\(summary.signatureChecks) signatures, \(summary.proofs) proofs, \(summary.reads) answers to readers"
            ),
            ("evidence", "\(summary.evidence)"),
            ("states reached", "\(summary.phases.joined(separator: ", ")), \(summary.transitionCount) transitions"),
            ("trace", String(summary.traceHash.value, radix: 16)),
        ]
        if options.changes != nil {
            let milliseconds = summary.longestHandOverNanoseconds / 1_000_000
            rows.insert(
                (
                    "epochs",
                    "\(summary.epochs) begun, \(summary.switches) with another engine; at most \(milliseconds) ms from "
                        + "block to block"
                ), at: 4)
            let joining = summary.joining
            rows.insert(
                (
                    "joins",
                    "\(joining.restored) by a snapshot, \(joining.fromGenesis) from the genesis, \(joining.invitedAgain) "
                        + "invited again; \(joining.refused) lies refused"
                ), at: 5)
        }
        if isOfReplicas {
            rows.insert(("catching up", catchingUp), at: rows.count - 3)
        }
        if summary.oldCopies > 0 {
            rows.insert(("old copies", "\(summary.oldCopies) put back, \(summary.oldCopiesFound) found out"), at: 6)
        }
        return rows
    }

    private var catchingUp: String {
        let joining = summary.longestJoiningNanoseconds / 1_000_000
        return "at most \(summary.longestCatchUpNanoseconds / 1_000_000) ms once all was well"
            + (joining > 0 ? ", and \(joining) ms of those who joined" : "")
    }

    private func perSecond(_ count: Int) -> String { "\(Int(Double(count) / max(seconds, 0.001)))" }

    /// The line that runs a seed again.
    private func replay(_ seed: UInt64) -> String {
        let kinds = FaultKinds.named.filter { options.faults.contains($0.kind) }.map(\.name)
        var words = ["cairn simulate --engine \(options.engine) --nodes \(options.nodeCount) --seed \(seed)"]
        if let changes = options.changes {
            words.append(changes.engines.count > 1 ? "--switch-engines" : "--change-members")
        } else if isOfReplicas {
            words.append("--layer replica")
        }
        if let count = options.oldCopies { words.append("--old-copies \(count)") }
        if options.faults != .all { words.append("--faults \(kinds.isEmpty ? "none" : kinds.joined(separator: ","))") }
        if let actors = options.actors { words.append("--liars \(actors.map(\.rawValue).joined(separator: ","))") }
        if let busy = options.busyMilliseconds { words.append("--busy \(busy / 1000)") }
        if ![200_000, .max].contains(options.eventsMax) { words.append("--steps \(options.eventsMax)") }
        if case .real(let suite) = options.signing { words.append("--signatures \(suite)") }
        return words.joined(separator: " ")
    }

    var text: String {
        var lines = rows.map { name, value in
            name.padding(toLength: 18, withPad: " ", startingAt: 0) + value
        }
        for (seed, failure) in failures {
            lines.append("\(Terminal.output.red("violation")) of seed \(seed): \(failure)")
            lines.append("  replay with: \(replay(seed))")
        }
        if failures.isEmpty { lines.append(Terminal.output.green("no violation")) }
        return lines.joined(separator: "\n")
    }

    var json: JSON {
        var object = JSONObject()
        object["engine"] = .string("\(options.engine)")
        object["nodes"] = .unsigned(UInt64(options.nodeCount))
        object["seeds"] = .unsigned(seedCount)
        object["events"] = .unsigned(UInt64(summary.events))
        object["virtualMilliseconds"] = .unsigned(summary.virtualNanoseconds / 1_000_000)
        object["decisions"] = .unsigned(summary.decisions)
        object["commands"] = .unsigned(summary.commands)
        object["epochs"] = .unsigned(summary.epochs)
        object["longestHandOverMilliseconds"] = .unsigned(summary.longestHandOverNanoseconds / 1_000_000)
        object["longestCatchUpMilliseconds"] = .unsigned(summary.longestCatchUpNanoseconds / 1_000_000)
        object["longestJoiningMilliseconds"] = .unsigned(summary.longestJoiningNanoseconds / 1_000_000)
        object["engineSwitches"] = .unsigned(UInt64(summary.switches))
        object["reads"] = .unsigned(UInt64(summary.reads))
        object["evidence"] = .unsigned(UInt64(summary.evidence))
        object["joined"] = .unsigned(UInt64(summary.joining.restored))
        object["joinedFromGenesis"] = .unsigned(UInt64(summary.joining.fromGenesis))
        object["invitedAgain"] = .unsigned(UInt64(summary.joining.invitedAgain))
        object["oldCopies"] = .unsigned(UInt64(summary.oldCopies))
        object["oldCopiesFound"] = .unsigned(UInt64(summary.oldCopiesFound))
        object["trace"] = .string(String(summary.traceHash.value, radix: 16))
        var faults = JSONObject()
        for (name, count) in summary.faults.named { faults[name] = .unsigned(UInt64(count)) }
        object["faults"] = .object(faults)
        object["violations"] = .array(
            failures.map { seed, failure in
                [
                    "seed": .unsigned(seed), "property": .string(failure.property.rawValue),
                    "what": .string("\(failure)"), "replay": .string(replay(seed)),
                ]
            })
        return .object(object)
    }
}
