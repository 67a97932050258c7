package import Contracts
internal import Ledger
internal import Primitives

/// The chain's organisations: what they propose to each other, and how they vote.
public struct MembersClient: Sendable {
    let client: CairnClient

    /// The gas limit of proposals and votes: the last vote carries the proposal out.
    private static let gasLimit: UInt64 = 100_000_000

    /// The call that proposes something to the other organisations, which is the sender's organisation's yes.
    package func call(proposing draft: ProposalDraft) -> ContractCall {
        ContractCall(
            contract: Members.address, method: "propose", arguments: draft.canonicalBytes, gasLimit: Self.gasLimit)
    }

    /// The call by which the sender's organisation votes on a proposal.
    public func call(votingYes isYes: Bool, onProposal number: UInt64) -> ContractCall {
        ContractCall(
            contract: Members.address, method: "vote", arguments: number.canonicalBytes + isYes.canonicalBytes,
            gasLimit: Self.gasLimit)
    }

    /// Votes on a proposal, and waits for the result.
    public func vote(
        yes isYes: Bool, onProposal number: UInt64, from account: Account
    ) async throws(ClientError) -> TransactionResult {
        try await client.submit(call(votingYes: isYes, onProposal: number), from: account)
    }

    /// For which organisation an account acts; nil for none.
    public func organisation(of account: AccountAddress) async throws(ClientError) -> String? {
        let bytes = try await client.ask(Members.address, "organisationOf", account.value.canonicalBytes)
        var decoder = CanonicalDecoder(bytes)
        do throws(CodingError) { return try decoder.decodeOption(MemberName.self)?.description } catch {
            throw CairnClient.malformed("cairn_call")
        }
    }
}
