import Contracts
import Cryptography
import Ledger
import Primitives
import TestSupport
import Testing

/// Random proposals, votes, removals and expiries, held against a naive model.
@Suite struct MembersPropertyTests {
    private typealias Action = NaiveGovernance.Action
    private typealias Node = NaiveGovernance.Node

    private static let names = ["a", "b", "c", "d", "e", "f", "g"]
    private static let nodes = ["node", "eye", "more"]
    private static let rules: [VotingRule] = [
        .majority, .majority, .majority, .twoThirds, .all, .number(2), .number(6),
    ]
    private static let administratorsMax = 14

    /// What one run needs: random choices out of few things, so that they often collide.
    private struct World {
        var generator: SeededGenerator
        var blocks: MemberBlocks
        var model: NaiveGovernance
        var seen: [String: Int] = [:]

        init(seed: UInt64) {
            generator = SeededGenerator(seed: seed)
            model = NaiveGovernance(
                Dictionary(
                    uniqueKeysWithValues: (0..<5).map { number in
                        (
                            names[number],
                            NaiveGovernance.Organisation(
                                administrators: [number + 1], nodes: ["node": Node(key: number, isValidator: true)],
                                roots: [number])
                        )
                    }))
            blocks = MemberBlocks(TestMembers.membership(5))
        }

        mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }

        mutating func name() -> String { names[below(names.count)] }

        mutating func node() -> Node { Node(key: below(16), isValidator: below(3) > 0) }

        mutating func administrators() -> Set<Int> {
            Set((0...below(2)).map { _ in 1 + below(administratorsMax) })
        }

        /// Mostly one that acts for an organisation.
        mutating func administrator() -> Int {
            let acting = model.organisations.flatMap(\.value.administrators).sorted()
            return below(8) == 0 ? 1 + below(administratorsMax) : acting[below(acting.count)]
        }

        mutating func action() -> Action {
            switch below(20) {
            case 0...2:
                return .add(
                    name(),
                    NaiveGovernance.Organisation(
                        administrators: administrators(), nodes: below(2) == 0 ? [:] : [nodes[below(3)]: node()],
                        roots: [below(12)]))
            case 3...5: return .remove(name())
            case 6...8: return .addNode(name(), nodes[below(3)], node())
            case 9: return .changeNode(name(), nodes[below(3)], node())
            case 10: return .removeNode(name(), nodes[below(3)])
            case 11...14: return .administrators(name(), administrators())
            case 15: return .addRoot(name(), below(12))
            case 16: return .removeRoot(name(), below(12))
            default: return .rule(rules[below(rules.count)])
            }
        }

        mutating func propose() throws -> (got: Receipt, expected: String) {
            let actions = (0...below(2) * below(2)).map { _ in action() }
            let (administrator, lifetime) = (self.administrator(), UInt64(1000 + below(200) * 1000))
            let receipt = try blocks.propose(actions.map(\.value), by: administrator, lifetime: lifetime)
            let now = blocks.blocks.time.milliseconds
            let expected = model.propose(actions, by: administrator, now: now, expiry: now + lifetime)
            return (receipt, expected)
        }

        mutating func vote() throws -> (got: Receipt, expected: String) {
            let count = model.proposals.count
            // Mostly on one that is open.
            let open = model.proposals.indices.filter { model.proposals[$0].state == "open" }.map { $0 + 1 }
            let number = below(6) == 0 || open.isEmpty ? 1 + below(count + 2) : open[below(open.count)]
            let (isYes, administrator) = (below(4) > 0, self.administrator())
            let receipt = try blocks.vote(isYes, on: UInt64(number), by: administrator)
            let now = blocks.blocks.time.milliseconds
            return (receipt, model.vote(isYes, on: number, by: administrator, now: now))
        }

        /// All that can be asked for.
        func check() throws {
            let now = blocks.blocks.time.milliseconds
            let members = try blocks.members()
            #expect(members.rule == model.rule.description)
            #expect(members.names == model.organisations.keys.sorted())
            for (name, organisation) in model.organisations {
                #expect(try blocks.organisation(name) == organisation.value(name))
            }
            for number in 1...administratorsMax {
                #expect(try blocks.organisation(of: number) == model.organisation(of: number))
            }
            for number in max(1, model.proposals.count - 12)..<max(1, model.proposals.count + 1) {
                let report = try #require(try blocks.report(UInt64(number)))
                #expect(report.standing.state.name == model.state(number, now: now), "proposal \(number)")
                let votes = report.standing.votes.map { ($0.organisation.description, $0.isYes) }
                #expect(Dictionary(uniqueKeysWithValues: votes) == model.proposals[number - 1].votes)
            }
            let planned = try blocks.planned()
            let validators = Set(model.validators.map { TestMembers.keys[$0].consensus })
            #expect(Set(planned?.orderers ?? blocks.blocks.epoch?.epoch.orderers ?? []) == validators)
            #expect(planned?.certifiers == planned?.orderers)
            let open = try blocks.page(open: true).reports.map { Int($0.proposal.number) }
            let expected = (1..<max(1, model.proposals.count + 1)).filter { model.state($0, now: now) == "open" }
            #expect(open == Array(expected.reversed().prefix(GovernanceLimits.pageItemsMax)))
        }
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func `the model agrees`(_ seed: UInt64) throws {
        var world = World(seed: seed)
        for round in 0..<700 {
            let (receipt, expected) = try world.below(4) == 0 ? world.propose() : world.vote()
            if world.below(10) == 0 { world.blocks.blocks.lead += UInt64(world.below(20) * 1000) }
            let got = receipt.outcome.code ?? Self.state(of: receipt)
            try #require(got == expected, "round \(round)")
            world.seen[expected, default: 0] += 1
            if round % 5 == 0 { try world.check() }
        }
        try world.check()
        for outcome in ["open", "executed", "rejected", "notAllowed", "ended", "voted", "notAnAdministrator"] {
            #expect(world.seen[outcome, default: 0] > 3, "\(outcome) hardly ever happened: \(world.seen)")
        }
    }

    /// What `propose` and `vote` return: the state, for the first behind the number.
    private static func state(of receipt: Receipt) -> String? {
        guard let value = receipt.outcome.value else { return nil }
        let hasNumber = receipt.events.contains { $0.name == "Proposed" }
        return try? ProposalState(canonicalBytes: hasNumber ? Array(value.dropFirst(8)) : value).name
    }
}

// MARK: - Hostile bytes

extension MembersPropertyTests {
    /// Whatever the bytes, the contract answers, and its storage stays sound.
    @Test func `arguments that somebody made up`() throws {
        var generator = SeededGenerator(seed: 9)
        var blocks = MemberBlocks(TestMembers.membership(2))
        let expiry = Timestamp(milliseconds: 50_000_000)
        let organisation = TestMembers.organisation("new", root: 9, administrators: [9], nodes: [])
        let drafts: [[GovernanceAction]] = [
            [.setRule(.all)], [.addOrganisation(organisation)], [.changeEngine(.fbft, .shared), .setRule(.number(1))],
            [.addNode(TestMembers.name("a"), TestMembers.node("eye", key: 9, .observer))],
            [.setAdministrators(TestMembers.name("b"), [TestMembers.administrator(7)])],
            [.removeAuthority(TestMembers.name("a"), .zero)],
        ]
        let seeds = drafts.map { ProposalDraft(actions: $0, note: "why", expiry: expiry).canonicalBytes }
        let votes = (1...9).map { UInt64($0).canonicalBytes + [1] }
        var codes: [String: Int] = [:]
        for _ in 0..<3000 {
            let isVote = Int.random(in: 0..<4, using: &generator) == 0
            let sender = TestMembers.administrator(1 + Int.random(in: 0..<2, using: &generator))
            let receipt = try blocks.blocks.run(
                Members.address, isVote ? "vote" : "propose", generator.mutated(isVote ? votes : seeds), by: sender,
                gasLimit: MemberBlocks.gasLimit)
            codes[receipt.outcome.code ?? "success", default: 0] += 1
        }
        #expect(codes["damaged"] == nil && codes["badArguments", default: 0] > 100, "\(codes)")
        #expect(codes["success", default: 0] > 10, "\(codes)")
        for method in ["organisation", "organisationOf", "nodes", "proposal", "proposals", "organisations"] {
            for _ in 0..<200 {
                let bytes = generator.mutated([[], [0], UInt64(1).canonicalBytes, [1, 1] + UInt64(9).canonicalBytes])
                let outcome = try blocks.blocks.ask(Members.address, method, bytes).outcome
                #expect(outcome.code == nil || outcome.code == "badArguments", "\(method): \(outcome)")
            }
        }
    }
}
