import CairnClient
import Cryptography
import Foundation
import Glibc
import HTTP
import Interfaces
import Ledger
import Networking
import Primitives

extension Command {
    static let networkUp = Command(
        noun: "network", verb: "up", summary: "run a network of organisations on this machine",
        discussion: """
            Makes what is not there yet: for each organisation an authority, a node with its keys and its certificate,
            and an account for its administrator; for all the genesis. Then it runs each node as a process, starts those
            that end again, and says how they are reached as soon as each has committed the first block. A folder that
            is there is started as it is. It stays in the foreground; SIGTERM, SIGINT or "cairn network down" stop it.

            Four organisations:     cairn network up --directory net
            In the background:      cairn network up --directory net --detach
            One node, for trying:   cairn network up --directory net --organisations 1
            """,
        options: [
            .networkDirectory,
            Option(
                name: "organisations", placeholder: "N",
                help: "how many organisations, with a node each (default: \(NetworkLimits.organisations))"),
            Option(
                name: "names", placeholder: "A,B,C", help: "what they are called (default: alpha, bravo, charlie, ...)"),
            Option(
                name: "engine", placeholder: "ENGINE",
                help: "the consensus engine (default: fbft; solo for one organisation)",
                value: .words(NetworkRequest.engineNames)),
            .suite("the network's ciphers: international or national (default: international)"),
            Option(
                name: "port-base", placeholder: "PORT",
                help: "the first port for clients, the others follow; 0 for any (default: \(NetworkLimits.portBase))"),
            Option(
                name: "peer-port-base", placeholder: "PORT",
                help: "the same for the ports between nodes (default: \(NetworkLimits.peerPortBase))"),
            Option(name: "detach", placeholder: nil, help: "go on in the background, as soon as the network works"),
        ]
    ) { invocation in
        let began = ContinuousClock.now
        // What is made here is nobody else's to read.
        umask(0o077)
        let request = try NetworkRequest(invocation)
        let path = try prepare(try invocation.required("directory"), request)
        let lock = try SupervisorLock(of: path)
        defer { lock.release() }
        let folder: NetworkFolder
        if NetworkFolder.exists(at: path) {
            folder = try NetworkFolder.open(path)
            try request.requireAgreement(with: folder.plan, in: path)
        } else {
            folder = try await NetworkGeneration(path: path, plan: try request.plan()).run()
        }
        let isJSON = invocation.isJSON
        guard !invocation.has("detach") else {
            lock.release()
            let state = try await DetachedSupervisor(folder: folder, began: began).start()
            let text = try NetworkOverview(folder: folder, state: state, isDetached: true).text(isJSON: isJSON)
            return Terminal.print(text)
        }
        try await Supervisor.run(folder, began: began) { state in
            let overview = NetworkOverview(folder: folder, state: state, isDetached: false)
            // The network goes on even if nobody reads this.
            if let text = try? overview.text(isJSON: isJSON) { Terminal.tryWrite(text + "\n", to: STDOUT_FILENO) }
        }
    }

    static let networkStatus = Command(
        noun: "network", verb: "status", summary: "show how the nodes of a network are",
        discussion: """
            For each node: whether it answers and takes part, its height and how many blocks it is behind, its epoch,
            view and whether it leads, the peers that it is connected with, how often it was started again, and until
            when its certificate is valid (yellow in the last \(CertificateLimits.expiryWarningDays) days).
            """,
        options: [
            .networkDirectory,
            Option(name: "watch", placeholder: nil, help: "go on, once a second; with --json one object on a line"),
        ]
    ) { invocation in
        let folder = try NetworkFolder.open(try invocation.required("directory"))
        guard invocation.has("watch") else {
            let status = await NetworkStatus.ask(folder)
            return invocation.isJSON
                ? Terminal.print(status.json) : Terminal.print(status.lines(Terminal.output).joined(separator: "\n"))
        }
        try await watch(folder, isJSON: invocation.isJSON)
    }

    static let networkAddOrganisation = Command(
        noun: "network", verb: "add-organisation", summary: "add an organisation with its node to a running network",
        discussion: """
            Makes the organisation's authority, its node's keys and certificate and its administrator's account, and has
            the others vote it in, first with an observer. Its node joins by a snapshot, or executes the chain where
            nobody has one; once it follows, the organisations vote that it orders and certifies, too. All keys are in
            the network's folder; where each organisation has its own, they do the same with "cairn authority",
            "cairn proposal create --add-organisation" and "cairn proposal vote".

            What was interrupted goes on where it was when the same command is given again.

            A fifth organisation:   cairn network add-organisation echo --directory net
            """,
        arguments: [Argument(name: "name", help: "the organisation's name: a-z, 0-9 and '-'")],
        options: [
            .networkDirectory,
            Option(name: "observer", placeholder: nil, help: "its node follows, and has no say"),
        ]
    ) { invocation in
        umask(0o077)
        let folder = try NetworkFolder.open(try invocation.required("directory"))
        let text = try invocation.required("name")
        let isThere = folder.plan.organisations.contains(text)
        let organisations = isThere ? folder.plan.organisations : folder.plan.organisations + [text]
        if let flaw = NetworkPlan.flaw(ofOrganisations: organisations) {
            throw CommandError.usage(flaw, invocation.command)
        }
        guard let name = MemberName(text) else { throw CommandError.usage("\(text) is no name", invocation.command) }
        guard SupervisorLock.holder(of: folder.path) != nil else {
            throw CommandError.failed(
                "the network in \(folder.path) is not running; start it with: cairn network up --directory "
                    + "\(folder.path)")
        }
        let added = try await NetworkGrowth(
            folder: folder, organisation: name, isValidator: !invocation.has("observer")
        ).run()
        if invocation.isJSON {
            return Terminal.print([
                "organisation": .string(text), "node": .string(added.place.name), "endpoint": .string(added.endpoint),
                "height": .unsigned(added.height), "epoch": .unsigned(added.epoch),
                "stage": .string(added.stage.rawValue),
            ])
        }
        Terminal.print(
            "\(Terminal.output.green("added")) \(text): \(added.place.name) is \(added.stage.rawValue) at height "
                + "\(added.height), epoch \(added.epoch), and answers at \(added.endpoint)")
    }

    static let networkDown = Command(
        noun: "network", verb: "down", summary: "stop a network and wait until its nodes have gone",
        discussion: """
            Each node takes nothing new and brings what it took to its end. Nodes that were left behind by a supervisor
            that was killed are stopped too. The folder stays; "cairn network up" goes on with it.
            """,
        options: [.networkDirectory]
    ) { invocation in
        let folder = try NetworkFolder.open(try invocation.required("directory"))
        let stopped = try NetworkShutdown(folder: folder).run()
        if invocation.isJSON {
            return Terminal.print(["directory": .string(folder.path), "stopped": .integer(Int64(stopped))])
        }
        Terminal.print(
            stopped == 0
                ? "the network in \(folder.path) was not running"
                : "\(Terminal.output.green("stopped")) \(stopped == 1 ? "1 node" : "\(stopped) nodes") of \(folder.path)"
        )
    }

    /// Makes the folder if it is not there, and gives back its path. One with something else in it is refused.
    private static func prepare(_ directory: String, _ request: NetworkRequest) throws -> String {
        let lockName = URL(filePath: NetworkFolder.lockFile("")).lastPathComponent
        let contents = try? FileManager.default.contentsOfDirectory(atPath: directory)
        guard !NetworkFolder.exists(at: directory) else { return NetworkFolder.absolute(directory) }
        guard (contents ?? []).allSatisfy({ $0 == lockName }) else {
            throw CommandError.failed(
                "\(directory) is not empty, and holds no whole network; name a new folder, or empty it")
        }
        // What is asked for wrongly leaves nothing behind.
        _ = try request.plan()
        try makePrivateFolder(directory)
        return NetworkFolder.absolute(directory)
    }

    /// Shows the state of a network once a second, until somebody has had enough.
    private static func watch(_ folder: NetworkFolder, isJSON: Bool) async throws {
        let signals = try EventLoop(name: "signals")
        try signals.watchForTermination { _ in exit(0) }
        let isDrawn = !isJSON && isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
        while true {
            let status = await NetworkStatus.ask(folder)
            if isJSON {
                Terminal.print(String(decoding: status.json.text, as: UTF8.self))
            } else {
                // To the upper left corner, and away with what is there.
                let start = isDrawn ? "\u{1B}[H\u{1B}[J" : ""
                Terminal.print(start + status.lines(Terminal.output).joined(separator: "\n"))
            }
            try await Task.sleep(for: .milliseconds(NetworkLimits.watchMilliseconds))
        }
    }
}

extension Option {
    fileprivate static let networkDirectory = Option(
        name: "directory", placeholder: "DIR", help: "the network's folder", isRequired: true, value: .folder)
}
