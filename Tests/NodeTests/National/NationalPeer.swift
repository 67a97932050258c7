import HTTP
import SystemTestSupport

/// SM2 and SM3 by two other implementations, in Python: see `Peers/recompute.py`.
enum NationalPeer {
    private static let peer = PythonPeer(script: "recompute.py", packages: ["gmssl==3.2.2", "tongsuopy==1.0.1"])

    static let missing = peer.missing

    /// Asked once.
    static let areThere = peer.isThere()

    /// How many things of each kind came out as the chain has them, and how many did not.
    static func recompute(
        _ endpoint: String, hash: String, scratch: ScratchFolder
    ) throws -> [String: (right: UInt64, wrong: UInt64)] {
        let json = try JSON(parsing: Array(peer.run([endpoint, hash], scratch: scratch).utf8))
        var counts: [String: (right: UInt64, wrong: UInt64)] = [:]
        for member in json.objectValue?.members ?? [] {
            counts[member.key] = (member.value["right"]?.uint64Value ?? 0, member.value["wrong"]?.uint64Value ?? 0)
        }
        return counts
    }
}
