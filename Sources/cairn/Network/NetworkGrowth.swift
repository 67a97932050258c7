import CairnClient
import Contracts
import Cryptography
import Foundation
import HTTP
import Interfaces
import Ledger
import Networking
import Node
import Primitives

/// Adds an organisation with a node to a network that runs, as the organisations themselves would: by their votes.
///
/// ```
/// keys, certificates ─▶ voted in with an observer ─▶ its node joins by a snapshot, and follows ─▶ voted a validator
/// ```
/// A node is given a say once it follows, not before: until then the others would wait for it in vain. What was
/// interrupted goes on where it was when the same is asked again.
struct NetworkGrowth {
    let folder: NetworkFolder
    let organisation: MemberName
    /// Whether its node is to order and certify, too.
    let isValidator: Bool

    /// What has become of it.
    struct Added {
        let place: NodePlace
        let endpoint: String
        let height, epoch: UInt64
        let stage: NetworkReport.Stage
    }

    private var place: NodePlace { folder.place(of: organisation.description) }

    func run() async throws -> Added {
        let ballot = try NetworkBallot(folder: folder)
        let isPlanned = folder.plan.organisations.contains(organisation.description)
        let joining = isPlanned ? folder : try await make()
        if try await ballot.member(organisation) == nil {
            Terminal.note("proposing \(organisation), with an observer")
            try await ballot.carry([.addOrganisation(try described())], "\(organisation) joins")
        }
        if !isPlanned { try write(joining.plan) }
        let client = try CairnClient(
            endpoint: try place.configuration().endpoint, timeoutMilliseconds: NetworkLimits.readyAnswerMilliseconds)
        Terminal.note("waiting until \(place.name) has joined and follows")
        let target = try await ballot.height()
        _ = try await NetworkWait.until("\(place.name) does not follow") {
            try await Self.report(client).height >= target
        }
        if isValidator { try await promote(ballot, client) }
        let report = try await Self.report(client)
        return Added(
            place: place, endpoint: try place.configuration().endpoint, height: report.height, epoch: report.epoch,
            stage: report.stage)
    }

    private static func report(_ client: CairnClient) async throws -> NetworkReport {
        guard let report = NetworkReport(json: try await client.call("cairn_network", [])) else {
            throw CairnClient.malformed("cairn_network")
        }
        return report
    }

    // MARK: Its folder

    /// Where its description stands: what the others are given to vote on.
    private var descriptionFile: String { "\(folder.organisationFolder(organisation.description))/organisation.json" }

    /// Makes what the organisation and its node need, unless that is there, and gives the network with it.
    private func make() async throws -> NetworkFolder {
        let plan = folder.plan.adding(organisation.description)
        let grown = NetworkFolder(path: folder.path, plan: plan)
        guard !FileManager.default.fileExists(atPath: place.configurationFile) else { return grown }
        // What an earlier try has left half-made.
        for path in [place.path, folder.organisationFolder(organisation.description)] {
            try? FileManager.default.removeItem(atPath: path)
        }
        Terminal.note("making the keys and certificates of \(organisation)")
        let generation = NetworkGeneration(path: folder.path, plan: plan)
        let invitation = try await NetworkBallot(folder: folder).invitation()
        let (configuration, member) = try generation.addMember(
            place, in: folder, invitedBy: folder.nodes[0].configuration(), invitation)
        try NewFiles.write(
            Array((member.prettyText + "\n").utf8), to: descriptionFile, mode: NetworkGeneration.privateMode)
        // Written last: with it the node's folder is whole.
        try NewFiles.write(
            Array((configuration.json.prettyText + "\n").utf8), to: place.configurationFile,
            mode: NetworkGeneration.privateMode)
        return grown
    }

    private func described() throws -> Organisation { try MemberFile(descriptionFile).organisation() }

    /// From now on the network has it, and its supervisor starts its node.
    private func write(_ plan: NetworkPlan) throws { try writeText(plan.json.prettyText + "\n", to: folder.planFile) }

    // MARK: Its say

    private func promote(_ ballot: NetworkBallot, _ client: CairnClient) async throws {
        guard let node = try described().nodes.first else { return }
        if try await ballot.member(organisation)?.isValidator(node.name) == false {
            Terminal.note("proposing that \(place.name) orders and certifies")
            let validator = MemberNode(
                name: node.name, role: .validator, consensusKey: node.consensusKey,
                certificateKey: node.certificateKey, addresses: node.addresses)
            try await ballot.carry([.changeNode(organisation, validator)], "\(place.name) becomes a validator")
        }
        Terminal.note("waiting until \(place.name) takes part")
        _ = try await NetworkWait.until("\(place.name) does not take part") {
            try await Self.report(client).stage == .running
        }
    }
}

/// Waits for what a network must come to.
enum NetworkWait {
    /// Asks until the answer is yes: nodes that are starting refuse, or don't listen yet.
    static func until(_ what: String, _ body: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .milliseconds(NetworkLimits.readyMilliseconds)
        var reason = ""
        while true {
            do {
                if try await body() { return }
            } catch let error as ClientError { reason = ": \(error)" }
            guard ContinuousClock.now < deadline else {
                throw CommandError.failed("\(what) within \(NetworkLimits.readyMilliseconds / 1000) s\(reason)")
            }
            try await Task.sleep(for: .milliseconds(NetworkLimits.pollMilliseconds))
        }
    }
}
