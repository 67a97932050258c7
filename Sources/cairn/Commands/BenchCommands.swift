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
            Starts a network in a folder of its own, which goes again, and measures it from outside, as clients do: first
            the latency of transactions that come one after another, then how many a second go through when all are
            there at once. They are signed before. What is measured shares the machine with the clients and all nodes.

            transfer: transfers of an asset between many accounts.
            """,
        arguments: [
            Argument(name: "workload", help: "what is measured: transfer", value: .words(["transfer"]))
        ],
        options: [
            Option(name: "up", placeholder: "N", help: "how many organisations, with a node each (default: 4)"),
            Option(
                name: "engine", placeholder: "ENGINE", help: "the consensus engine (default: fbft; solo for one node)",
                value: .words(NetworkRequest.engineNames)),
            .suite("the network's ciphers: international or national (default: international)"),
            Option(name: "transactions", placeholder: "N", help: "how many transfers (default: 20000)"),
            Option(name: "senders", placeholder: "N", help: "how many accounts send them (default: 64)"),
        ]
    ) { invocation in
        guard try invocation.required("workload") == "transfer" else {
            throw CommandError.usage("there is one workload: transfer", invocation.command)
        }
        umask(0o077)
        let figures = try await TransferBenchmark(invocation).run()
        if invocation.isJSON { return Terminal.print(figures.json) }
        Terminal.print(figures.text)
    }
}
