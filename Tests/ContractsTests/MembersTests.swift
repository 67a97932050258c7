import Contracts
import Cryptography
import Ledger
import Primitives
import Testing

/// What organisations decide, and how.
@Suite struct MembersTests {
    private var members = MemberBlocks(TestMembers.membership(4))

    private static func name(_ text: String) -> MemberName { TestMembers.name(text) }

    private static let newcomer = TestMembers.organisation(
        "new", root: 10, administrators: [20], nodes: [TestMembers.node("eye", key: 20, .observer)])

    private func state(_ number: UInt64 = 1) throws -> String? { try members.report(number)?.standing.state.name }

    // MARK: Votes

    @Test mutating func `the vote that suffices carries a proposal out`() throws {
        #expect(try members.propose([.setRule(.all)], by: 1).gist == "Proposed Voted")
        #expect(try members.vote(false, on: 1, by: 2).gist == "Voted")
        #expect(try members.members().rule == "majority")
        #expect(try members.vote(true, on: 1, by: 3).gist == "Voted")
        #expect(try state() == "open")
        #expect(try members.vote(true, on: 1, by: 4).gist == "Voted Executed")
        #expect(try members.members().rule == "all")
        let report = try #require(try members.report(1))
        #expect(report.standing.tally == ProposalTally(yes: 3, no: 1, organisations: 4, needed: 3))
        #expect(report.standing.votes.map(\.isYes) == [true, false, true, true])
        #expect(report.standing.state == .executed(members.blocks.time))
        #expect(
            report.proposal.organisation == Self.name("a") && report.proposal.account == TestMembers.administrator(1))
        #expect(try members.vote(true, on: 1, by: 2).gist == "ended")
    }

    @Test mutating func `a proposal that can't pass any more is rejected`() throws {
        _ = try members.propose([.setRule(.all)], by: 1)
        #expect(try members.vote(false, on: 1, by: 2).gist == "Voted")
        #expect(try members.vote(false, on: 1, by: 3).gist == "Voted Rejected")
        #expect(try state() == "rejected")
        #expect(try members.members().rule == "majority")
        #expect(try members.page(open: true).reports.isEmpty)
    }

    @Test mutating func `an organisation has one vote, which stays`() throws {
        _ = try members.propose(
            [.setAdministrators(Self.name("a"), [1, 30].map(TestMembers.administrator).sorted())], by: 1)
        _ = try members.propose([.setRule(.all)], by: 1)
        #expect(try members.vote(true, on: 2, by: 30).gist == "")
        #expect(try members.vote(false, on: 2, by: 30).gist == "voted")
        #expect(try members.vote(false, on: 2, by: 1).gist == "voted")
        #expect(try members.report(2)?.standing.votes.count == 1)
    }

    @Test mutating func `only administrators propose and vote, about what there is`() throws {
        #expect(try members.propose([.setRule(.all)], by: 99).gist == "notAnAdministrator")
        #expect(try members.vote(true, on: 1, by: 99).gist == "notAnAdministrator")
        #expect(try members.vote(true, on: 1, by: 1).gist == "noProposal")
        // Before anything is decoded.
        let stranger = TestMembers.administrator(99)
        #expect(try members.blocks.run(Members.address, "propose", [255], by: stranger).gist == "notAnAdministrator")
        let member = TestMembers.administrator(1)
        for bytes in [[], [0], [1], [1, 10], [255, 255]] as [[UInt8]] {
            #expect(try members.blocks.run(Members.address, "propose", bytes, by: member).gist == "badArguments")
        }
        let long = [UInt8](repeating: 0, count: GovernanceLimits.proposalByteCountMax + 1)
        #expect(try members.blocks.run(Members.address, "propose", long, by: member).gist == "tooLong")
        #expect(try members.blocks.run(Members.address, "vote", [1], by: member).gist == "badArguments")
        #expect(try members.blocks.run(Members.address, "rule", [], by: member).gist == "noMethod")
    }

    @Test mutating func `who acts for an organisation it decides alone`() throws {
        let accounts = [5, 6].map(TestMembers.administrator).sorted()
        #expect(
            try members.propose([.setAdministrators(Self.name("a"), accounts)], by: 1).gist == "Proposed Voted Executed"
        )
        #expect(try members.organisation("a")?.administrators == accounts)
        #expect(try members.organisation(of: 1) == nil && members.organisation(of: 5) == "a")
        #expect(try members.propose([.setRule(.all)], by: 1).gist == "notAnAdministrator")
        #expect(try members.propose([.setRule(.all)], by: 6).gist == "Proposed Voted")
        // Another's administrators, or more besides, is for all.
        #expect(
            try members.propose([.setAdministrators(Self.name("b"), [TestMembers.administrator(7)])], by: 5).gist
                == "Proposed Voted")
        #expect(
            try members.propose([.setAdministrators(Self.name("a"), accounts), .setRule(.all)], by: 5).gist
                == "Proposed Voted")
    }

    // MARK: Time

    @Test mutating func `a proposal expires`() throws {
        _ = try members.propose([.setRule(.all)], by: 1, lifetime: 2500)
        #expect(try members.vote(true, on: 1, by: 2).gist == "Voted")
        members.blocks.lead += 400
        #expect(try members.vote(true, on: 1, by: 3).gist == "Voted Executed")
        _ = try members.propose([.setRule(.majority)], by: 1, lifetime: 2500)
        members.blocks.lead += 1500
        #expect(try members.vote(true, on: 2, by: 2).gist == "ended")
        #expect(try state(2) == "expired")
        #expect(try members.page(open: true).reports.isEmpty)
        #expect(try members.page(open: false).reports.map(\.proposal.number) == [2, 1])
        // The next proposal writes it down.
        #expect(try members.propose([.setRule(.majority)], by: 1).gist == "Expired Proposed Voted")
        #expect(try state(2) == "expired")
    }

    @Test mutating func `how long a proposal may be open`() throws {
        for lifetime in [0, GovernanceLimits.lifetimeMillisecondsMax + 1, .max >> 20] {
            #expect(try members.propose([.setRule(.all)], by: 1, lifetime: lifetime).gist == "wrongExpiry")
        }
        for lifetime in [GovernanceLimits.lifetimeMillisecondsMax, 1] {
            #expect(try members.propose([.setRule(.all)], by: 1, lifetime: lifetime).gist == "Proposed Voted")
        }
    }

    @Test mutating func `open proposals are bounded, for each organisation and in all`() throws {
        for _ in 0..<GovernanceLimits.openOfOrganisationMax {
            #expect(try members.propose([.setRule(.all)], by: 1).gist == "Proposed Voted")
        }
        #expect(try members.propose([.setRule(.all)], by: 1).gist == "tooManyOpen")
        #expect(try members.propose([.setRule(.all)], by: 2).gist == "Proposed Voted")
        // One that has ended makes room.
        for voter in [2, 3] { _ = try members.vote(false, on: 1, by: voter) }
        #expect(try members.propose([.setRule(.all)], by: 1).gist == "Proposed Voted")
        var many = MemberBlocks(TestMembers.membership(9))
        for number in 1...8 {
            for _ in 0..<GovernanceLimits.openOfOrganisationMax {
                #expect(
                    try many.propose([.setRule(.all)], by: number, lifetime: 600_000).gist == "Proposed Voted")
            }
        }
        #expect(try many.propose([.setRule(.all)], by: 9).gist == "tooManyOpen")
        let first = try many.page(open: true)
        #expect(first.reports.map(\.proposal.number) == Array((49...64).reversed()) && first.next == 49)
        #expect(try many.page(open: true, before: 17).next == nil)
        // Each in his own affairs too.
        let own = GovernanceAction.setAdministrators(Self.name("i"), [TestMembers.administrator(9)])
        #expect(try many.propose([own], by: 9).gist == "tooManyOpen")
    }

    // MARK: Members

    @Test mutating func `organisations come and go`() throws {
        _ = try members.propose([.addOrganisation(Self.newcomer)], by: 1)
        for voter in [2, 3] { _ = try members.vote(true, on: 1, by: voter) }
        #expect(try members.members().names == ["a", "b", "c", "d", "new"])
        #expect(try members.organisation("new") == Self.newcomer)
        #expect(try members.planned() == nil, "an observer makes no epoch")
        #expect(try members.propose([.removeOrganisation(Self.name("new"))], by: 20).gist == "Proposed Voted")
        for voter in [1, 2] { _ = try members.vote(true, on: 2, by: voter) }
        #expect(try members.members().names == ["a", "b", "c", "d"])
        #expect(try members.organisation("new") == nil && members.organisation(of: 20) == nil)
        #expect(try members.propose([.setRule(.all)], by: 20).gist == "notAnAdministrator")
    }

    @Test mutating func `what can't hold is refused at once`() throws {
        let (a, key) = (Self.name("a"), TestMembers.node("other", key: 1))
        let refused: [[GovernanceAction]] = [
            [.addOrganisation(TestMembers.organisation("a", root: 9, administrators: [9], nodes: []))],
            [.addOrganisation(TestMembers.organisation("new", root: 9, administrators: [1], nodes: []))],
            [.addOrganisation(TestMembers.organisation("new", root: 0, administrators: [9], nodes: []))],
            [.addOrganisation(TestMembers.organisation("new", root: 9, administrators: [], nodes: []))],
            [.removeOrganisation(Self.name("new"))], [.removeNode(a, node: Self.name("other"))],
            [.addNode(a, TestMembers.node("node", key: 9))], [.addNode(a, key)], [.changeNode(a, key)],
            [.addNode(Self.name("new"), TestMembers.node("node", key: 9))], [.removeAuthority(a, .zero)],
            [.addAuthority(a, [1, 2, 3])], [.addAuthority(a, TestMembers.roots[1])], [.setAdministrators(a, [])],
            [.removeAuthority(a, TestBlocks.suite.hash(TestMembers.roots[0]))], [.setRule(.number(5))],
            // Three bear no fault, and four did.
            [.removeOrganisation(a)], [.removeNode(a, node: Self.name("node"))], [.changeEngine(.solo, .all)],
            [.changeEngine(.raft, .shared)],
        ]
        for actions in refused {
            #expect(try members.propose(actions, by: 2).gist == "notAllowed", "\(actions)")
        }
        #expect(try members.report(1) == nil && members.planned() == nil)
    }

    @Test mutating func `what no longer holds ends as failed, with the reason`() throws {
        for root in [10, 11] {
            let other = TestMembers.organisation("new", root: root, administrators: [20 + root], nodes: [])
            _ = try members.propose([.setRule(.all), .addOrganisation(other)], by: 1)
        }
        for voter in [2, 3] { _ = try members.vote(true, on: 2, by: voter) }
        #expect(try state(2) == "executed")
        let others = [(2, "Voted"), (3, "Voted"), (4, "Voted"), (31, "Voted Failed")]
        for (voter, gist) in others { #expect(try members.vote(true, on: 1, by: voter).gist == gist) }
        let standing = try #require(try members.report(1)?.standing)
        guard case .failed(members.blocks.time, let failure) = standing.state else {
            Issue.record("\(standing)")
            return
        }
        #expect(failure.code == "notAllowed" && failure.text.contains("an organisation new already"))
        #expect(try members.organisation("new")?.authorities == [TestMembers.roots[11]])
    }

    @Test mutating func `who is removed has no vote any more`() throws {
        var five = MemberBlocks(TestMembers.membership(5))
        _ = try five.propose([.setRule(.all)], by: 5)
        _ = try five.vote(true, on: 1, by: 1)
        _ = try five.propose([.removeOrganisation(Self.name("e"))], by: 1)
        for voter in [2, 3] { _ = try five.vote(true, on: 2, by: voter) }
        #expect(try five.members().names == ["a", "b", "c", "d"])
        #expect(try five.report(1)?.standing.votes.map(\.organisation.description) == ["a"])
        #expect(try five.report(1)?.standing.tally == ProposalTally(yes: 1, no: 0, organisations: 4, needed: 3))
        #expect(try five.vote(true, on: 1, by: 5).gist == "notAnAdministrator")
        // Another one of the same name begins anew.
        let again = TestMembers.organisation("e", root: 9, administrators: [9], nodes: [])
        _ = try five.propose([.addOrganisation(again)], by: 1)
        for voter in [2, 3] { _ = try five.vote(true, on: 3, by: voter) }
        #expect(try five.vote(false, on: 1, by: 9).gist == "Voted")
    }

    @Test mutating func `to vote the same again has the votes counted again`() throws {
        var members = MemberBlocks(TestMembers.membership(6), engine: .raft)
        _ = try members.propose([.setRule(.all)], by: 1)
        for voter in [2, 3] { _ = try members.vote(true, on: 1, by: voter) }
        for voter in [4, 5] { _ = try members.vote(false, on: 1, by: voter) }
        _ = try members.propose([.removeOrganisation(Self.name("f"))], by: 1)
        for voter in [2, 3, 4] { _ = try members.vote(true, on: 2, by: voter) }
        // Three of five are enough, and all have voted.
        #expect(try members.report(1)?.standing.state == .open)
        #expect(try members.vote(false, on: 1, by: 4).gist == "Executed")
    }
}

// MARK: - Epochs

extension MembersTests {
    @Test mutating func `nodes and engines make the next epoch`() throws {
        let observer = TestMembers.node("eye", key: 8, .observer)
        _ = try members.propose([.addNode(Self.name("a"), observer)], by: 1)
        for voter in [2, 3] { _ = try members.vote(true, on: 1, by: voter) }
        #expect(try members.planned() == nil)
        _ = try members.propose([.addNode(Self.name("b"), TestMembers.node("second", key: 9))], by: 1)
        _ = try members.vote(true, on: 2, by: 2)
        #expect(try members.vote(true, on: 2, by: 3).gist == "Voted Planned Executed")
        let keys = [0, 1, 9, 2, 3].map { TestMembers.keys[$0].consensus }
        #expect(
            try members.planned()
                == EpochConfiguration(
                    number: 1, engine: .pbft, verification: .all, orderers: keys, certifiers: keys))
        // The engine goes with the nodes that are planned already.
        _ = try members.propose([.changeEngine(.fbft, .shared)], by: 1)
        for voter in [2, 3] { _ = try members.vote(true, on: 3, by: voter) }
        #expect(
            try members.planned()
                == EpochConfiguration(
                    number: 1, engine: .fbft, verification: .shared, orderers: keys, certifiers: keys))
        let rotated = TestMembers.node("node", key: 10)
        _ = try members.propose([.changeNode(Self.name("d"), rotated)], by: 4)
        for voter in [2, 3] { _ = try members.vote(true, on: 4, by: voter) }
        #expect(try members.planned()?.orderers == [0, 1, 9, 2, 10].map { TestMembers.keys[$0].consensus })
        #expect(try members.planned()?.engine == .fbft)
        #expect(try members.organisation("d")?.nodes == [rotated])
    }

    @Test mutating func `who may order is decided by proposals alone`() throws {
        let epoch = try #require(members.blocks.epoch?.epoch)
        let next = EpochConfiguration(
            number: 1, engine: .fbft, verification: .all, orderers: epoch.orderers, certifiers: epoch.certifiers)
        let certifier = try #require(epoch.certifiers[0].address(in: TestBlocks.suite))
        let receipt = try members.blocks.run(
            Epochs.address, "change", next.canonicalBytes, by: certifier, gasLimit: MemberBlocks.gasLimit)
        #expect(receipt.gist == "byProposal")
        for account in [certifier, TestMembers.administrator(1)] {
            let receipt = try members.blocks.run(
                Epochs.address, "plan", next.canonicalBytes, by: account, gasLimit: MemberBlocks.gasLimit)
            #expect(receipt.gist == "noMethod")
        }
    }

    @Test mutating func `a node that orders alone can't hand over`() throws {
        var alone = MemberBlocks(TestMembers.membership(1), engine: .solo)
        let a = Self.name("a")
        for actions: [GovernanceAction] in [
            [.changeEngine(.raft, .all)], [.changeNode(a, TestMembers.node("node", key: 9))],
            [.addNode(a, TestMembers.node("other", key: 9))],
        ] { #expect(try alone.propose(actions, by: 1).gist == "notAllowed") }
        #expect(try alone.propose([.setRule(.all)], by: 1).gist == "Proposed Voted Executed")
        #expect(try alone.propose([.removeOrganisation(a)], by: 1).gist == "notAllowed")
        #expect(try alone.propose([.addOrganisation(Self.newcomer)], by: 1).gist == "Proposed Voted Executed")
        // Now both must agree.
        #expect(try alone.propose([.setRule(.majority)], by: 1).gist == "Proposed Voted")
        #expect(try alone.vote(true, on: 3, by: 20).gist == "Voted Executed")
    }

    @Test mutating func `on a chain without members there is nobody to propose`() throws {
        members.blocks.founders = nil
        #expect(try members.propose([.setRule(.all)], by: 1).gist == "notAnAdministrator")
        #expect(try members.members() == ("majority", []))
        #expect(try members.report(1) == nil && members.page(open: true).reports.isEmpty)
        let epoch = try #require(members.blocks.epoch?.epoch)
        let next = EpochConfiguration(
            number: 1, engine: .fbft, verification: .all, orderers: epoch.orderers, certifiers: epoch.certifiers)
        let certifier = try #require(epoch.certifiers[0].address(in: TestBlocks.suite))
        let receipt = try members.blocks.run(
            Epochs.address, "change", next.canonicalBytes, by: certifier, gasLimit: MemberBlocks.gasLimit)
        #expect(receipt.gist == "Voted")
    }

    @Test mutating func `a vote that runs out of gas is not cast`() throws {
        let more = (8..<12).map { GovernanceAction.addNode(Self.name("a"), TestMembers.node("n-\($0)", key: $0)) }
        _ = try members.propose(more, by: 1)
        _ = try members.vote(true, on: 1, by: 2)
        let receipt = try members.blocks.run(
            Members.address, "vote", UInt64(1).canonicalBytes + [1], by: TestMembers.administrator(3),
            gasLimit: 200_000)
        #expect(receipt.gist == "outOfGas")
        #expect(try members.report(1)?.standing.votes.count == 2)
        #expect(try members.vote(true, on: 1, by: 3).gist == "Voted Planned Executed")
    }
}
