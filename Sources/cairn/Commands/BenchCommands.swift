import CairnClient
import Foundation
import Glibc
import HTTP
import Ledger
import Primitives

extension Command {
    static let benchRun = Command(
        noun: "bench", verb: "run", summary: "measure how fast a network of this machine is",
        discussion: """
            Starts a network in a folder of its own, which goes again, and measures it from outside, as clients do. What is
            measured shares the machine with the clients and all nodes.

            transfer: transfers of an asset between many accounts, signed before. First the latency of some that come
            one after another, then how many a second go through when all are there at once, with the mean time that
            they take in each stage and how busy each kind of thread is.
            catch-up: how many transfers a second a node catches up with that stood still while the others went on.
            snapshot: how long a new organisation's node takes to join by a snapshot of many keys, two minutes after they
            came: what is younger counts against duplicates, and newcomers fetch it as blocks besides.
            """,
        arguments: [
            Argument(
                name: "workload", help: "what is measured: transfer, catch-up or snapshot",
                value: .words(["transfer", "catch-up", "snapshot"]))
        ],
        options: [
            Option(name: "up", placeholder: "N", help: "how many organisations, with a node each (default: 4)"),
            Option(
                name: "engine", placeholder: "ENGINE", help: "the consensus engine (default: fbft; solo for one node)",
                value: .words(NetworkRequest.engineNames)),
            .suite("the network's ciphers: international or national (default: international)"),
            Option(
                name: "transactions", placeholder: "N", help: "how many transfers (default: 20000, for catch-up 100000)"
            ),
            Option(name: "senders", placeholder: "N", help: "how many accounts send them (default: 64); for transfer"),
            Option(name: "keys", placeholder: "N", help: "how many keys (default: 1000000); for snapshot"),
        ]
    ) { invocation in
        umask(0o077)
        let figures: any BenchFigures =
            switch try invocation.required("workload") {
            case "transfer": try await TransferBenchmark(invocation).run()
            case "catch-up": try await CatchUpBenchmark(invocation).run()
            case "snapshot": try await SnapshotBenchmark(invocation).run()
            default: throw CommandError.usage("the workloads are transfer, catch-up and snapshot", invocation.command)
            }
        if invocation.isJSON { return Terminal.print(figures.json) }
        Terminal.print(figures.lines.joined(separator: "\n"))
    }
}
