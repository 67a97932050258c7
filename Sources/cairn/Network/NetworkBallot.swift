import CairnClient
import Contracts
import Cryptography
import HTTP
import Interfaces
import Ledger
import Node
import Primitives

/// Proposes and votes for the organisations of a network whose administrators' keys are all in its folder.
struct NetworkBallot {
    private let folder: NetworkFolder
    private let client: CairnClient
    private let accounts: [Account]

    private static let lifetimeMilliseconds: UInt64 = 3_600_000

    /// What the chain says of an organisation.
    struct Member {
        let json: JSON

        /// Nil if there is no such node.
        func isValidator(_ node: MemberName) -> Bool? {
            json["nodes"]?.arrayValue?.first { $0["name"]?.stringValue == node.description }.map {
                $0["role"] == .string("\(NodeRole.validator)")
            }
        }
    }

    init(folder: NetworkFolder) throws {
        self.folder = folder
        client = try CairnClient(
            endpoint: try folder.nodes[0].configuration().endpoint,
            timeoutMilliseconds: NetworkLimits.readyAnswerMilliseconds)
        let store = try AccountStore(directory: folder.accountsFolder)
        let passphrase = try PassphrasePrompt.read(file: folder.accountsPassphraseFile)
        accounts = try folder.plan.organisations.map { name in
            Account(
                name: name, address: try store.find(name).address, key: try store.openKey(name, passphrase: passphrase))
        }
    }

    func height() async throws -> UInt64 { try await client.chain().height }

    /// Nil if the chain has no such organisation.
    func member(_ name: MemberName) async throws -> Member? {
        let json = try await client.call("cairn_organisations", [.null])
        return json["organisations"]?.arrayValue?.first { $0["name"]?.stringValue == name.description }.map(Member.init)
    }

    /// To the present epoch.
    func invitation() async throws -> Invitation {
        guard let report = NetworkReport(json: try await client.call("cairn_network", [])) else {
            throw CairnClient.malformed("cairn_network")
        }
        return Invitation(epoch: report.epoch, digest: report.epochDigest)
    }

    /// Has the first organisation propose, and others agree until that suffices.
    func carry(_ actions: [GovernanceAction], _ note: String) async throws {
        let draft = ProposalDraft(
            actions: actions, note: note,
            expiry: Timestamp(milliseconds: SystemClock.wall.milliseconds + Self.lifetimeMilliseconds))
        let result = try await submit(client.members.call(proposing: draft), from: accounts[0], "the proposal")
        var decoder = CanonicalDecoder(result)
        let number: UInt64 = try decoder.decode()
        var state: ProposalState = try decoder.decode()
        for account in accounts.dropFirst() where state == .open {
            let vote = client.members.call(votingYes: true, onProposal: number)
            state = try ProposalState(
                canonicalBytes: try await submit(vote, from: account, "the vote of \(account.name)"))
        }
        guard case .executed = state else {
            throw CommandError.failed(
                "proposal \(number) is \(state.name), not executed; see: cairn proposal show \(number)")
        }
    }

    /// What the call gave.
    private func submit(_ call: ContractCall, from account: Account, _ what: String) async throws -> [UInt8] {
        switch try await client.submit(call, from: account) {
        case .committed(let receipt):
            guard case .success(let bytes) = receipt.receipt.outcome else { return [] }
            return bytes
        case .failed(let receipt):
            throw CommandError.failed("\(what) failed: \(receipt.failure?.text ?? "no reason given")")
        case .expired, .pending: throw CommandError.failed("\(what) is in no block; is the network well?")
        }
    }
}
