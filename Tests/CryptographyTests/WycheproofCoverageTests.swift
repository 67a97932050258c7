import Foundation
import TestSupport
import Testing

@Suite struct WycheproofCoverageTests {
    /// Every file that lies in the folder is one that some test here runs in full.
    @Test(.enabled(if: Vectors.folder != nil, Comment(rawValue: Vectors.skipped)))
    func noFileIsLeftOut() throws {
        let folder = try #require(Vectors.folder).appending(path: "wycheproof")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }
        let tested =
            AEADTests.files.map(\.name) + AuthenticationTests.files.map(\.name) + P256Tests.files.map(\.name)
            + Secp256k1Tests.files.map(\.name) + ["hkdf_sha256_test.json", "ed25519_test.json"]
        #expect(names.sorted() == tested.sorted())
    }
}
