import CairnClient
import Cryptography
import Foundation
import HTTP
import Interfaces
import Networking
import Node
import Storage

@main
struct Main {
    static let version = InterfaceDescription.version

    static let table = CommandTable(
        commands: [
            .chainCreate, .networkUp, .networkStatus, .networkAddOrganisation, .networkDown, .benchRun, .nodeRun,
            .nodeMethods, .accountCreate,
            .accountImport, .accountAdd, .accountList, .accountShow, .accountKeys, .accountRotate, .accountPolicy,
            .authorityCreate, .authorityIssue,
            .authorityRenew, .authorityRevoke, .authorityList, .authorityRequest, .tokenCreate, .tokenList,
            .tokenRemove, .assetCreate, .assetIssue,
            .assetTransfer,
            .assetTransferFrom, .assetApprove, .assetBurn, .assetFreeze, .assetUnfreeze, .assetBalance,
            .assetAllowance, .organisationList, .organisationShow,
            .proposalCreate, .proposalVote, .proposalList, .proposalShow, .transactionShow,
            .transactionSign, .transactionJoin, .transactionSubmit, .blockShow,
            .historyAccount, .historyAsset, .historyKey, .historyEvents, .watchBlocks, .watchAccount, .watchEvents,
            .proofGet, .proofVerify, .ledgerVerify, .simulate, .completionBash, .completionZsh, .completionFish,
        ])

    /// Swift looks for them beside the environment, where it finds none if a library that was loaded before has changed that
    /// (libfaketime does).
    private static var arguments: [String] {
        guard CommandLine.arguments.isEmpty else { return CommandLine.arguments }
        let line = FileManager.default.contents(atPath: "/proc/self/cmdline") ?? Data()
        return line.split(separator: 0, omittingEmptySubsequences: false).dropLast().map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    static func main() async {
        let words = Array(arguments.dropFirst())
        // What programs read is JSON, errors included.
        let isJSON = words.contains("--json")
        do {
            switch try table.parse(words) {
            case .help(let command):
                let help = Help(table: table, style: isJSON ? .plain : Terminal.output)
                let text = command.map(help.page) ?? help.overview()
                isJSON ? Terminal.print(["help": .string(text)]) : Terminal.print(text)
            case .version:
                isJSON ? Terminal.print(["version": .string(version)]) : Terminal.print("cairn \(version)")
            case .run(let invocation):
                try await invocation.command.run(invocation)
            }
        } catch CommandError.usage(let reason, let command) {
            let help = Help(table: table, style: Terminal.errors)
            fail(reason, isJSON: isJSON)
            if !isJSON {
                Terminal.note(
                    command.map { "usage: \(help.synopsis($0))\nhelp:  cairn \($0.name) --help" }
                        ?? "help: cairn --help")
            }
            exit(2)
        } catch {
            fail(reason(of: error), isJSON: isJSON)
            exit(1)
        }
    }

    private static func reason(of error: any Error) -> String {
        if case CommandError.failed(let reason) = error { return reason }
        return "\(error)"
    }

    private static func fail(_ reason: String, isJSON: Bool) {
        guard !isJSON else { return Terminal.print(["error": .string(reason)]) }
        Terminal.note("\(Terminal.errors.red("cairn:")) \(reason)")
    }
}
