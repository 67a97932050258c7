import Contracts
import Cryptography
import Ledger
import Primitives
import Testing

/// The codings of what the contract for members takes, stores, returns and emits, and its keys. Part of execution
/// version 3.
@Suite struct MembersGoldenTests {
    private let one = Address.system(1)
    private let two = Address.system(2)
    private let acme = TestMembers.name("acme")
    private let bank = TestMembers.name("bank")

    private func hex(_ value: some CanonicalEncodable) -> String { value.canonicalBytes.hexadecimal }

    private var node: MemberNode {
        MemberNode(
            name: TestMembers.name("n"), role: .observer, consensusKey: TestBlocks.key(1),
            certificateKey: TestBlocks.key(2), addresses: [])
    }

    private var actions: [GovernanceAction] {
        [
            .addOrganisation(Organisation(name: acme, authorities: [[1, 2]], administrators: [one], nodes: [])),
            .removeOrganisation(acme), .addNode(acme, node), .removeNode(acme, node: bank), .changeNode(acme, node),
            .addAuthority(acme, [9]), .removeAuthority(acme, .zero), .setAdministrators(acme, [one, two]),
            .changeEngine(.fbft, .shared), .setRule(.number(258)),
        ]
    }

    private static let keyOfOne = "01" + String(repeating: "01", count: 32)
    private static let keyOfTwo = "01" + String(repeating: "02", count: 32)
    private static let acmeDigits = "0461636d65"

    /// The coding of "GovernanceAction".
    @Test func `what may be changed`() throws {
        let (name, node) = (Self.acmeDigits, "016e" + "02" + Self.keyOfOne + Self.keyOfTwo + "00")
        let (zeros, one, two) = (
            String(repeating: "00", count: 32), String(repeating: "00", count: 19) + "01",
            String(repeating: "00", count: 19) + "02"
        )
        #expect(
            actions.map { hex($0) } == [
                "0x00" + name + "01020102" + "01" + one + "00", "0x01" + name, "0x02" + name + node,
                "0x03" + name + "0462616e6b", "0x04" + name + node, "0x05" + name + "0109", "0x06" + name + zeros,
                "0x07" + name + "02" + one + two, "0x080301", "0x090302010000",
            ])
        #expect(actions.map(\.kind) == GovernanceAction.kinds)
        for action in actions { #expect(try GovernanceAction(canonicalBytes: action.canonicalBytes) == action) }
    }

    /// The codings of "ProposalDraft", "GovernanceProposal", "OrganisationVote", "ProposalTally", "ProposalState",
    /// "ProposalStanding", "ProposalReport" and "ProposalPage".
    @Test func `proposals and votes`() throws {
        let draft = ProposalDraft(
            actions: [.setRule(.all)], note: "why", expiry: Timestamp(milliseconds: 258))
        let digits = "010902" + "03776879"
        #expect(hex(draft) == "0x" + digits + "0201000000000000")
        let account = String(repeating: "00", count: 19) + "01"
        let proposal = GovernanceProposal(
            number: 7, organisation: acme, account: one, actions: draft.actions, note: draft.note,
            created: Timestamp(milliseconds: 1), expiry: draft.expiry)
        let proposalDigits =
            "0700000000000000" + Self.acmeDigits + account + digits + "0100000000000000" + "0201000000000000"
        #expect(hex(proposal) == "0x" + proposalDigits)
        let vote = OrganisationVote(organisation: acme, account: one, isYes: true, time: Timestamp(milliseconds: 2))
        let voteDigits = Self.acmeDigits + account + "01" + "0200000000000000"
        #expect(hex(vote) == "0x" + voteDigits)
        let tally = ProposalTally(yes: 1, no: 2, organisations: 3, needed: 4)
        let tallyDigits = "01000000020000000300000004000000"
        #expect(hex(tally) == "0x" + tallyDigits)
        let time = Timestamp(milliseconds: 3)
        let states: [ProposalState] = [
            .open, .executed(time), .rejected(time), .expired(time), .failed(time, Failure(code: "a", text: "b")),
        ]
        let timeDigits = "0300000000000000"
        #expect(
            states.map { hex($0) } == [
                "0x00", "0x01" + timeDigits, "0x02" + timeDigits, "0x03" + timeDigits, "0x04" + timeDigits + "01610162",
            ])
        #expect(states.map(\.name) == ProposalState.names)
        let standing = ProposalStanding(votes: [vote], tally: tally, state: .open)
        let standingDigits = "01" + voteDigits + tallyDigits + "00"
        #expect(hex(standing) == "0x" + standingDigits)
        let report = ProposalReport(proposal: proposal, standing: standing)
        #expect(hex(report) == "0x" + proposalDigits + standingDigits)
        #expect(
            hex(ProposalPage(reports: [report], next: 9))
                == "0x01" + proposalDigits + standingDigits + "01" + "0900000000000000")
    }

    /// "OpenProposal" as it is stored, and the other keys.
    @Test func `what is stored where`() throws {
        #expect(Members.address.description == "0x0000000000000000000000000000000000000103")
        var members = MemberBlocks(TestMembers.membership(2))
        let added = TestMembers.organisation("new", root: 9, administrators: [9], nodes: [])
        _ = try members.propose([.addOrganisation(added), .setRule(.all)], by: 1, note: "why")
        let state = members.blocks.state
        func stored(_ key: [UInt8]) -> [UInt8]? { state.values[StateKey(contract: Members.address, key: key)] }
        let expiry = Timestamp(milliseconds: members.blocks.time.milliseconds + MemberBlocks.lifetime)
        #expect(stored(Array("c".utf8)) == UInt64(1).canonicalBytes)
        #expect(
            stored(Array("l".utf8))
                == [1] + UInt64(1).canonicalBytes + TestMembers.name("a").canonicalBytes + expiry.canonicalBytes)
        let report = try #require(try members.report(1))
        #expect(stored(Array("p".utf8) + [0, 0, 0, 0, 0, 0, 0, 1]) == report.proposal.canonicalBytes)
        #expect(stored(Array("s".utf8) + [0, 0, 0, 0, 0, 0, 0, 1]) == report.standing.canonicalBytes)
        #expect(MemberStore.proposalKey(258) == Array("p".utf8) + [0, 0, 0, 0, 0, 0, 1, 2])
        #expect(MemberStore.standingKey(258) == Array("s".utf8) + [0, 0, 0, 0, 0, 0, 1, 2])
        let before = state.values.count { $0.key.hasPrefix(StateKey(contract: Members.address, key: [UInt8]())) }
        #expect(before == 4, "what the genesis says is not written down")
        _ = try members.vote(true, on: 1, by: 2)
        #expect(stored(MemberStore.ruleKey) == [2])
        #expect(stored(MemberStore.namesKey) == [3, 1, 97, 1, 98, 3, 110, 101, 119])
        #expect(stored(MemberStore.organisationKey(TestMembers.name("new"))) == added.canonicalBytes)
        #expect(MemberStore.organisationKey(acme) == Array("oacme".utf8) && stored(Array("oa".utf8)) == nil)
        #expect(
            stored(Array("a".utf8) + TestMembers.administrator(9).bytes)
                == [1] + TestMembers.name("new").canonicalBytes)
        #expect(stored(Array("l".utf8)) == nil)
    }

    /// The names, topics and data of all events.
    @Test func `events of members`() throws {
        var members = MemberBlocks(TestMembers.membership(2))
        let receipt = try members.propose([.setRule(.all)], by: 1)
        let report = try #require(try members.report(1))
        let number = Digest(words: [0, 0, 0, 1])
        let topics = [TestMembers.administrator(1).topic, number]
        #expect(
            receipt.events == [
                Event(
                    contract: Members.address, name: "Proposed", topics: topics, data: report.proposal.canonicalBytes),
                Event(
                    contract: Members.address, name: "Voted", topics: topics,
                    data: report.standing.votes[0].canonicalBytes),
            ])
        let ended = try #require(try members.vote(false, on: 1, by: 2).events.last)
        #expect(
            ended
                == Event(
                    contract: Members.address, name: "Rejected", topics: [number],
                    data: UInt64(1).canonicalBytes + ProposalState.rejected(members.blocks.time).canonicalBytes))
    }

    @Test func `the limits of version 3`() {
        #expect(GovernanceLimits.actionsMax == 16 && GovernanceLimits.proposalByteCountMax == 48 << 10)
        #expect(GovernanceLimits.noteByteCountMax == 256 && GovernanceLimits.lifetimeMillisecondsMax == 7_776_000_000)
        #expect(GovernanceLimits.openMax == 64 && GovernanceLimits.openOfOrganisationMax == 8)
        #expect(GovernanceLimits.pageItemsMax == 16 && GovernanceLimits.pageLooksMax == 80)
        #expect(MemberLimits.nameByteCountMax == 32 && MemberLimits.organisationsMax == 64)
        #expect(MemberLimits.authoritiesMax == 4 && MemberLimits.authorityByteCountMax == 4096)
        #expect(MemberLimits.administratorsMax == 16 && MemberLimits.organisationNodesMax == 64)
        #expect(MemberLimits.nodesMax == 1024 && MemberLimits.addressesMax == 4 && MemberLimits.hostByteCountMax == 128)
    }
}
