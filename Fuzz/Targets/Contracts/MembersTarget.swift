internal import Contracts
internal import Cryptography
internal import Ledger
internal import Primitives

extension FuzzTarget {
    /// The contract for members, called with any bytes by two organisations and strangers: whatever they agree on, the
    /// members that the state then holds are such as a chain may have, and each account acts for whom it should.
    static let members = FuzzTarget(
        "members", seeds: { seedsOfMembers }, landmarks: ["a proposal", "a vote", "an execution", "a failure"]
    ) { bytes throws(FuzzFailure) in
        var input = FuzzInput(bytes)
        var blocks = FuzzBlocks([Epochs.self, Members.self], founders: founders, epoch: epoch)
        var reached: Set<String> = []
        for _ in 0..<6 where !input.isEmpty {
            let calls = (0...Int(input.byte() & 3)).map { callOfMembers(&input, salt: $0) }
            for receipt in try blocks.execute(calls).receipts {
                for event in receipt.events { reached.insert(landmark(of: event.name)) }
                if case .failure(let failure) = receipt.outcome {
                    try demand(failure.code != "damaged", "the storage of the contract is damaged")
                    reached.insert("a failure")
                }
            }
            try checkMembers(blocks.state)
        }
        return reached
    }

    private static func landmark(of event: String) -> String {
        ["Proposed": "a proposal", "Voted": "a vote", "Executed": "an execution"][event] ?? event
    }

    private static func name(_ text: String) -> MemberName {
        guard let name = MemberName(text) else { preconditionFailure("\(text) is a name") }
        return name
    }

    private static func node(_ number: UInt8) -> MemberNode {
        MemberNode(
            name: name("node"), role: .validator, consensusKey: TestKeys.key(number).publicKey,
            certificateKey: TestKeys.key(number + 100).publicKey, addresses: [])
    }

    /// Two organisations of one account each. Their certificates are none: what the genesis says is taken as it is.
    private static let membership = Membership(
        rule: .majority,
        organisations: (0..<2).map { number in
            Organisation(
                name: name(["a", "b"][number]), authorities: [[UInt8(number)]],
                administrators: [FuzzBlocks.accounts[number].address], nodes: [node(UInt8(number + 1))])
        })

    private static let founders = FoundingMembers(membership)

    private static let epoch: EpochTerms = {
        let keys = membership.validatorKeys
        let epoch = EpochConfiguration(number: 0, engine: .raft, verification: .all, orderers: keys, certifiers: keys)
        return EpochTerms(
            epoch: epoch, voters: EpochVoters(of: epoch, in: .international), decision: 5,
            faultModels: [.crash, .byzantine])
    }()

    private static let methods = [
        "propose", "propose", "propose", "vote", "vote", "organisations", "organisation", "organisationOf", "nodes",
        "proposal", "proposals", "none",
    ]

    private static func callOfMembers(_ input: inout FuzzInput, salt: Int) -> SignedTransaction {
        let method = methods[Int(input.byte()) % methods.count]
        let sender = Int(input.byte())
        let arguments = input.bytes(Int(input.number(byteCount: 2)))
        return FuzzBlocks.transaction(
            Members.address, method, arguments, by: sender, gasLimit: 100_000_000, salt: salt)
    }

    /// Reads the members out of the state, as the contract's table says, and holds them against the chain's rules.
    private static func checkMembers(_ state: FuzzState) throws(FuzzFailure) {
        func stored(_ key: [UInt8]) -> [UInt8]? { state.values[StateKey(contract: Members.address, key: key)] }
        let rule = stored(MemberStore.ruleKey).map { try? VotingRule(canonicalBytes: $0) } ?? membership.rule
        guard let rule else { throw FuzzFailure("a damaged rule") }
        var names = membership.organisations.map(\.name)
        if let bytes = stored(MemberStore.namesKey) {
            var decoder = CanonicalDecoder(bytes)
            guard let list: [MemberName] = try? decoder.decodeSequence(maximum: 64) else {
                throw FuzzFailure("damaged names")
            }
            names = list
        }
        var organisations: [Organisation] = []
        for name in names {
            let kept = stored(MemberStore.organisationKey(name)).map { try? Organisation(canonicalBytes: $0) }
            guard let organisation = kept ?? membership.organisation(name), organisation.name == name else {
                throw FuzzFailure("a damaged organisation")
            }
            organisations.append(organisation)
        }
        let held = Membership(rule: rule, organisations: organisations)
        do throws(MembershipError) { try held.checkTogether() } catch {
            throw FuzzFailure("members that can't be: \(error)")
        }
    }

    private static var seedsOfMembers: [[UInt8]] {
        let expiry = Timestamp(milliseconds: 1_000_000)
        func call(_ method: UInt8, _ sender: UInt8, _ arguments: [UInt8]) -> [UInt8] {
            [method, sender, UInt8(truncatingIfNeeded: arguments.count), UInt8(arguments.count >> 8)] + arguments
        }
        func propose(_ actions: [GovernanceAction]) -> [UInt8] {
            call(0, 0, ProposalDraft(actions: actions, note: "why", expiry: expiry).canonicalBytes)
        }
        let vote = call(3, 1, UInt64(1).canonicalBytes + [1])
        let actions: [[GovernanceAction]] = [
            [.setRule(.all)], [.setRule(.number(3))], [.removeOrganisation(name("b"))],
            [.changeEngine(.fbft, .shared)], [.removeNode(name("a"), node: name("node"))],
            [.setAdministrators(name("a"), [FuzzBlocks.accounts[2].address])],
            [.setAdministrators(name("b"), [FuzzBlocks.accounts[3].address])],
            [.addOrganisation(Organisation(name: name("c"), authorities: [[7]], administrators: [.zero], nodes: []))],
            [.changeNode(name("a"), node(1)), .removeAuthority(name("a"), .zero)],
        ]
        return actions.map { [0] + propose($0) + [0] + vote + [1] + call(10, 2, [0, 0]) + call(9, 0, [1]) }
    }
}
