import Cryptography
import Ledger
import Primitives
import Testing

/// The hashes of fixed values of every type that goes over the wire, is signed, or is kept on disk.
///
/// A line that has to change is a change of format: it needs a new version where the type has one, and a decision.
@Suite struct GoldenTests {
    static let formats: [Format] = [
        Format("Transaction", "d9e4d5d030d90b083ef7ff036efd629cd92d3c14c7e75d0c7167c98d0904bddf") {
            $0.transaction().canonicalBytes
        },
        Format("SignedTransaction", "6f2841638ab9b46b6f6570501a583de46f4c8b74077ded3c5d238ee18a76bf15") {
            $0.signedTransaction().canonicalBytes
        },
        Format("Receipt", "58662b8cc3c83721d72d095c1ef2dbdc2293735abce432d29d1d32e603b8a900") {
            $0.receipt().canonicalBytes
        },
        Format("Event", "da36ab4ca82c20f6e8e41b13ab833062c3360b07042534a4ab72369d10a0da54") {
            $0.event().canonicalBytes
        },
        Format("Failure", "8c1d960f25bd9f3c53ce9b95bf4d90db580fc8d988ea189bec760bd950516d98") {
            $0.failure().canonicalBytes
        },
        Format("Outcome", "6df2fe97134d7205fa3481f43956c6bd3caf7ed227dc30a8e1e241bf11506921") {
            $0.receipt().outcome.canonicalBytes
        },
        Format("AccountSignature", "603d65f004027477653215feeb65054170af8c09c326639b4b0be28a13342aec") {
            AccountSignature(signer: UInt8($0.number(below: 16)), publicKey: $0.key(), signature: $0.fixed())
                .canonicalBytes
        },
        Format("FeePayer", "e971f7864703ebbf79232a320902fd477ca409c3a5d2d3160ae48c0118c3c27e") {
            FeePayer(account: $0.fixed(), cap: $0.amount()).canonicalBytes
        },
        Format("AuthenticationRecord", "e7dd36e3080af3ac1646854051238709d49194aa4e23c1347976360d1b6f0444") {
            $0.authenticationRecord().canonicalBytes
        },
        Format("WeightedKey", "a052d2f0119973899163dccc051b0ccdf02917ef7d4080d0fa17dee2cd7ef73c") {
            WeightedKey(key: $0.key(), weight: UInt16($0.number(below: 1000))).canonicalBytes
        },
        Format("BlockHeader", "bc8334015605faff33d8d7f76405f9090e633707d2a7efdc79c5e410baf57ce7") {
            $0.header(transactionCount: 3).canonicalBytes
        },
        Format("ResultStatement", "3c3cb8d9c467560c0235558c10708812ecf633609dcbb8d236d969036b3bcfe9") {
            $0.statement().canonicalBytes
        },
        Format("QuorumRule", "94aafb4aa5ba3b9a848f44467a69cf41038d9de28d500b7c445f726e2f7cc26d") {
            $0.rule().canonicalBytes
        },
        Format("BlockCertificate", "4d389cc94d45f298acef579aa6e59487fe0cc652dd741c922da23dc0c9ee154b") {
            $0.certificate().canonicalBytes
        },
        Format("CertifierSignature", "6d6f5e68c2c13cd97df6635fae911e9577c9e8e9978116b8cb6054e62e362128") {
            CertifierSignature(certifier: UInt32($0.number(below: 1024)), signature: $0.fixed()).canonicalBytes
        },
        Format("FaultModel", "5f335e718cb7a66dd58227c2eb64f78298eeb077ba1c4f5e902f28e2106a2243") { _ in
            FaultModel.allCases.flatMap(\.canonicalBytes)
        },
        Format("EpochConfiguration", "1c84440d19288d79b6f8e7d14300cdb12f9c2e3e25b974569fb67ac945fc65a6") {
            $0.genesis().epoch.canonicalBytes
        },
        Format("Genesis", "7e02d8a96707f20e95de00cf6ea62fb31e64a5ec2bca39068d87f90e3e088469") {
            $0.genesis().canonicalBytes
        },
        Format("ChainLimits", "b86ea5140ca65db07394e9b3d0eb58cc6af11f5744f39957918a89b2820660e6") { _ in
            ChainLimits().canonicalBytes
        },
        Format("StateProof", "cc1020fa834f63e76a0e4405edb9e17ba5dbe1f2cf52da034463e7ec4d65407c") {
            $0.stateProof().canonicalBytes
        },
        Format("StateProof.Leaf", "850a568b9b19856f7b3e5af69b4eb5a01cfffe56a1c31fc075284acd9e56ac9e") {
            StateProof.Leaf(path: $0.fixed(), value: $0.fixed()).canonicalBytes
        },
        Format("StateValue", "b6d2b7dcb4d7cc47020ca1ae07935e613195ba8fdc4bec8e65dd4e7d29a724ca") {
            StateValue($0.bytes($0.number(below: 200))).canonicalBytes
        },
        Format("InclusionProof", "f3dd4dbf277426ba1b5efd77619a05eba8e0acb0a78a6ec6d517016b057b52ca") {
            $0.inclusionProof().canonicalBytes
        },
        Format("KeyProof", "044681c9524d48beca35c3d05ea4512191196dd35cc9bed938b43e0361bacb29") {
            $0.keyProof().canonicalBytes
        },
        Format("ReceiptProof", "7f76d4a3a3f37bd30b5e839fca37bda272136ce646bbfa0aa21b65258d93bf11") {
            $0.receiptProof().canonicalBytes
        },
        Format("LedgerProof", "86c61d0a94e83d541cedfaef684a4249df721e6c6119725b9ff2e679dcfc6177") {
            $0.ledgerProof().canonicalBytes
        },
        Format("TreePage", "171da54a187277fd1786cace7d153854ab735c24b0b5e21085a905c8f92eb2e4") { $0.treePages() },
        Format("BulkSubmission", "82d9205d44ac31cfc6f60feb164e9f8c9ffc114bacad3a5ce668e768affeac3c") {
            $0.bulkSubmission().canonicalBytes
        },
        Format("BulkReply", "e0c86d42f6ec9bc114525f96d796b8b3d65a71fee54cb5648590dbd1238ebe0b") {
            $0.bulkReply().canonicalBytes
        },
        Format("BulkRefusal", "5bb202e5fb25071b57fd9203ae735b2777f6248df1a3df013535bb3a060c4fcb") {
            BulkRefusal(index: 1, code: -32010, text: $0.text()).canonicalBytes
        },
        Format("BulkAnswer", "002c2088982dc2ceb55752108c063ec210c8c376cddb70561197f1be735ffbb5") { samples in
            BulkAnswer(request: samples.number(), refused: [BulkRefusal(index: 1, code: -1, text: "no")]).canonicalBytes
        },
        Format("BulkReceipt", "d5358219e6a02424f93dfe9e023b84e42ee9345107ef576d78f53408763869a7") {
            BulkReceipt(index: 7, receipt: $0.receipt()).canonicalBytes
        },
        Format("BulkReceipts", "ebf6b5356cbb40adba74d90ba1cda5561a01dab0246735055d3387ea9bf38acb") { samples in
            BulkReceipts(
                height: 5, time: Timestamp(milliseconds: 9), blockHash: samples.fixed(),
                receipts: [BulkReceipt(index: 3, receipt: samples.receipt())], expired: [samples.fixed()]
            ).canonicalBytes
        },
        // What names and commits.
        Format("transaction identity", "310f822eab575d9bbeee1d60cadf1ba4ee5cd66c71506cce841a4fa4817eb5cc") {
            $0.transaction().identity(in: Samples.suite).bytes
        },
        Format("block hash", "e9e002f6608477359909131fcdedd3980481b5c6bd99389bef396fb1b34ea963") {
            $0.header(transactionCount: 3).hash(in: Samples.suite).bytes
        },
        Format("result digest", "8b751559a02cef122971137b6b408889a3124b2fd9c36aae8598b8734b19a716") {
            $0.statement().digest(in: Samples.suite).bytes
        },
        Format("genesis digest", "2be87898f545e447069f8b3803bd91f469ec590519ff6e961f0891f5c0762102") {
            $0.genesis().digest.bytes
        },
        Format("list root", "c5bbcb48407fb4360f649b5495b472980c11fc7a851a012ed787764cf298288c") { samples in
            MerkleList.root(of: (0..<11).map { _ in samples.bytes(20) }, in: Samples.suite).bytes
        },
        Format("state root", "96d51a763ec866fb774fb24f838a405cef781cc844930a64031bde3ab50534d2") {
            $0.stateRoot().bytes
        },
        Format("state key", "e4f78b3eb2db383c8f937f5a00993c5a00b55ca9a83942f5205c84c9a970b887") {
            StateKey(contract: $0.fixed(), key: [1, 2]).path(in: Samples.suite).bytes
        },
        Format("state value", "98cf2f0e1f8a63b028171cfe45555224bb5f3d86fbd8aa4ebf5c1678bc08fa70") {
            StateKey.digest(ofValue: $0.bytes(9), in: Samples.suite).bytes
        },
    ]

    struct Format: Sendable, CustomTestStringConvertible {
        let name: String
        /// SHA-256 over the coding of eight samples, one after the other.
        let hash: String
        let sample: @Sendable (inout Samples) -> [UInt8]

        init(_ name: String, _ hash: String, _ sample: @escaping @Sendable (inout Samples) -> [UInt8]) {
            (self.name, self.hash, self.sample) = (name, hash, sample)
        }

        var testDescription: String { name }
    }

    @Test(arguments: formats) func formatsStayAsTheyAre(_ format: Format) {
        var samples = Samples(seed: 1)
        let bytes = (0..<8).flatMap { _ in format.sample(&samples) }
        #expect(Suite.international.hash(bytes).bytes.hexadecimal == "0x" + format.hash, "\(format.name) changed")
    }
}

extension Samples {
    private mutating func tree() -> (root: Digest, store: PageStore)? {
        var model: [Digest: Digest] = [:]
        return try? PageStore.tree(of: changes(40, to: &model, removing: 0))
    }

    /// The names and pages of a small tree, ascending by name.
    mutating func treePages() -> [UInt8] {
        let pages = (tree()?.store.pages ?? [:]).map { $0.key.bytes + $0.value }
        return pages.sorted { $0.lexicographicallyPrecedes($1) }.flatMap { $0 }
    }

    mutating func stateRoot() -> Digest { tree()?.root ?? .zero }
}
