internal import Consensus
internal import Cryptography
package import Ledger
package import Primitives

extension NetworkReplica {
    /// What does not change in an epoch.
    struct Terms: Sendable {
        let genesis: Genesis
        let chain: ChainTerms
        /// Names chain, group and epoch.
        let context: Digest
        /// Where peers reach this node.
        let place: UInt32?
        /// As what it may sign: nothing, if its disk is an old copy.
        var orderer: UInt32?
        var certifier: UInt32?
        let engineRecords: [[UInt8]]
        let baseProof: [UInt8]?
        /// Up to here the logs had blocks at the start.
        let loggedAtStart: UInt64
        let seed: UInt64
        let plant: ReplicaPlant?

        init(_ start: NetworkReplicaStart, _ plant: ReplicaPlant?) {
            genesis = start.genesis
            chain = start.genesis.terms
            context = Self.context(of: start.genesis)
            place = start.orderer
            orderer = start.orderer
            certifier = start.certifier
            engineRecords = start.journal.engineRecords
            baseProof = start.base?.record.proof
            let further = start.further.flatMap(\.certificates).map(\.statement.height)
            loggedAtStart = max(start.head.height, further.max() ?? 0)
            seed = start.seed
            self.plant = plant
        }

        /// How many nodes there are.
        var count: Int { genesis.epoch.orderers.count }

        static func context(of genesis: Genesis) -> Digest {
            var encoder = CanonicalEncoder(continuing: Array("cairn.epoch".utf8))
            encoder.encode(genesis.digest)
            encoder.encode(genesis.epoch.number)
            return genesis.suite.hash(encoder.bytes)
        }
    }

    /// Names a chain's epoch in everything that its engine and its lanes sign.
    package static func context(of genesis: Genesis) -> Digest { Terms.context(of: genesis) }
}
