import CairnClient
import Contracts
import Cryptography
import Foundation
import Ledger
import Primitives

/// Waits until a network works: until each of its nodes answers and has committed the first block.
///
/// A chain without transactions has no blocks, so it sends one: the administrator of the first organisation asks the
/// ledger who signs for its account, which changes nothing.
struct NetworkReadiness: Sendable {
    let folder: NetworkFolder

    private struct Place: Sendable {
        let name: String
        let client: CairnClient
    }

    /// Throws if it takes too long, or the first transaction fails.
    func wait() async throws {
        let deadline = ContinuousClock.now + .milliseconds(NetworkLimits.readyMilliseconds)
        let places = try folder.nodes.map { place in
            Place(
                name: place.name,
                client: try CairnClient(
                    endpoint: try place.configuration().endpoint,
                    timeoutMilliseconds: NetworkLimits.readyAnswerMilliseconds))
        }
        let heights = try await each(places) { place in
            try await retry(deadline, "\(place.name) does not answer") { try await place.client.chain().height }
        }
        guard heights.contains(0) else { return }
        let first = try await sendFirst(places[0], deadline)
        _ = try await each(places) { place in
            try await retry(deadline, "\(place.name) has no first block") { () async throws -> Bool? in
                switch try await place.client.wait(for: first) {
                case .committed, .failed: true
                case .expired, .pending: nil
                }
            }
        }
    }

    /// The first transaction, which is in the ledger of the node that it was sent to.
    private func sendFirst(_ place: Place, _ deadline: ContinuousClock.Instant) async throws -> Digest {
        let name = folder.plan.organisations[0]
        let store = try AccountStore(directory: folder.accountsFolder)
        let passphrase = try PassphrasePrompt.read(file: folder.accountsPassphraseFile)
        let account = Account(
            name: name, address: try store.find(name).address, key: try store.openKey(name, passphrase: passphrase))
        var signed = try await sign(account, place.client)
        return try await retry(deadline, "\(place.name) commits no block") { () async throws -> Digest? in
            switch try await place.client.submit(signed) {
            case .committed(let receipt): return receipt.receipt.transaction
            case .failed(let receipt):
                throw CommandError.failed(
                    "the first transaction failed: \(receipt.failure?.text ?? "no reason given")")
            case .pending: return nil
            case .expired:
                signed = try await sign(account, place.client)
                return nil
            }
        }
    }

    private func sign(_ account: Account, _ client: CairnClient) async throws -> SignedTransaction {
        try await client.sign(
            Accounts.address, "authentication", account.address.value.canonicalBytes, from: account)
    }

    /// Asks until there is an answer: nodes that are starting refuse, or don't listen yet.
    private func retry<Value>(
        _ deadline: ContinuousClock.Instant, _ what: String, _ body: () async throws -> Value?
    ) async throws -> Value {
        while true {
            var reason = ""
            do {
                if let value = try await body() { return value }
            } catch let error as ClientError {
                reason = ": \(error)"
            }
            guard ContinuousClock.now < deadline else {
                throw CommandError.failed(
                    "the network did not work within \(NetworkLimits.readyMilliseconds / 1000) s: \(what)\(reason)")
            }
            try await Task.sleep(for: .milliseconds(NetworkLimits.pollMilliseconds))
        }
    }

    /// Does something with all at the same time, and gives the results in no order.
    private func each<Value: Sendable>(
        _ places: [Place], _ body: @escaping @Sendable (Place) async throws -> Value
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: Value.self) { group in
            for place in places { group.addTask { try await body(place) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}
