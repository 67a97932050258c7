import Cryptography
import Ledger
import Primitives

/// Members, well formed and otherwise random. Their keys and certificates are such as nobody holds.
extension Samples {
    mutating func memberName() -> MemberName {
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789-")
        let middle = (0..<number(below: 10)).map { _ in String(letters[number(below: letters.count)]) }.joined()
        guard let name = MemberName("m\(middle)\(number(below: 10))") else { preconditionFailure("it is a name") }
        return name
    }

    mutating func nodeAddress() -> NodeAddress {
        let texts = ["node-1.example:7000", "192.0.2.7:65535", "[2001:db8::7]:1"]
        guard let address = NodeAddress(texts[number(below: 3)]) else { preconditionFailure("it is an address") }
        return address
    }

    mutating func memberNode() -> MemberNode {
        MemberNode(
            name: memberName(), role: number(below: 2) == 0 ? .validator : .observer, consensusKey: key(),
            certificateKey: key(), addresses: array(below: 3) { $0.nodeAddress() })
    }

    mutating func organisation() -> Organisation {
        var names: Set<MemberName> = []
        return Organisation(
            name: memberName(), authorities: array(below: 3) { $0.bytes(30) },
            administrators: array(below: 4) { $0.fixed() },
            nodes: array(below: 4) { $0.memberNode() }.filter { names.insert($0.name).inserted })
    }

    mutating func votingRule() -> VotingRule {
        [.majority, .twoThirds, .all, .number(UInt32(1 + number(below: 9)))][number(below: 4)]
    }

    mutating func membership() -> Membership {
        var names: Set<MemberName> = []
        return Membership(
            rule: votingRule(),
            organisations: array(below: 4) { $0.organisation() }.filter { names.insert($0.name).inserted })
    }

    /// A genesis with members, which need not agree with the rest.
    mutating func genesisWithMembers() -> Genesis {
        let genesis = genesis()
        return Genesis(
            name: genesis.name, suite: genesis.suite, group: genesis.group, time: genesis.time,
            faultModels: genesis.faultModels, epoch: genesis.epoch, executionVersion: 3, limits: genesis.limits,
            members: membership())
    }
}
