import Cryptography
import Ledger
import Primitives
import Testing

/// The hashes of fixed values of the members' types, as in `GoldenTests`.
@Suite struct MembersGoldenTests {
    typealias Format = GoldenTests.Format

    static let formats: [Format] = [
        Format("MemberName", "e2da14a7e4131a66a5c17a508a4545c4254e0acc070e7d857fbccd1a7aa35b7b") {
            $0.memberName().canonicalBytes
        },
        Format("NodeAddress", "ca564ae07240ce4f1d0d4036431ca088d36e9a74f5aa44eb1ba601548cfcd90a") {
            $0.nodeAddress().canonicalBytes
        },
        Format("NodeRole", "33c44adc74f973897c4d7e14cd24f85a47bc1f0c5f6e32c4694596db5f49685e") { _ in
            NodeRole.allCases.flatMap(\.canonicalBytes)
        },
        Format("MemberNode", "3f32e5dde2dc3a841661b5da137c25a27bee7e99724c37282b8712e04fac5b15") {
            $0.memberNode().canonicalBytes
        },
        Format("NamedNode", "f8b8dacb60d3a8e98ac4a09a209fbfaf2ca2e15ef76b847cfb8dde38764596ee") {
            NamedNode(organisation: $0.memberName(), node: $0.memberNode()).canonicalBytes
        },
        Format("Organisation", "98cdf9a3d0dc01924c3253f316b792bf7082b1118677680d05ff78b8a10cb524") {
            $0.organisation().canonicalBytes
        },
        Format("VotingRule", "ae98fe6d9b69a4b1c76038d06f0277f863f87e890a463037d4d3b8e70e4396e4") {
            $0.votingRule().canonicalBytes
        },
        Format("Membership", "d10a031488970d16b5f0edb2a95180c7e4ac410ebe2cba3b35543e6285a27300") {
            $0.membership().canonicalBytes
        },
        Format("Genesis of version 3", "3a5d61f1f4228c260386143666fb14825e209ba5378735ca392c6f4f522e4a2c") {
            $0.genesisWithMembers().canonicalBytes
        },
    ]

    @Test(arguments: formats) func formatsStayAsTheyAre(_ format: Format) {
        var samples = Samples(seed: 1)
        let bytes = (0..<8).flatMap { _ in format.sample(&samples) }
        #expect(Suite.international.hash(bytes).bytes.hexadecimal == "0x" + format.hash, "\(format.name) changed")
    }
}
