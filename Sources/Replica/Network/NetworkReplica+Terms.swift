internal import Consensus
internal import Cryptography
package import Ledger
package import Primitives

extension NetworkReplica {
    /// What does not change in an epoch.
    struct Terms: Sendable {
        let genesis: Genesis
        let epoch: EpochConfiguration
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
            epoch = start.epoch
            chain = start.genesis.terms
            context = Self.context(of: start.epoch.number, on: start.genesis)
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
        var count: Int { epoch.orderers.count }

        /// As what a node certifies, by its place; nil if it does not.
        func certifier(at place: UInt32) -> UInt32? {
            guard place < count else { return nil }
            let key = epoch.orderers[Int(place)]
            // Mostly the two lists are one.
            if place < epoch.certifiers.count, epoch.certifiers[Int(place)] == key { return place }
            return epoch.certifiers.firstIndex(of: key).map(UInt32.init)
        }

        /// The place of a node that certifies; nil if it does not order.
        func place(ofCertifier certifier: UInt32) -> UInt32? {
            guard Int(certifier) < epoch.certifiers.count else { return nil }
            let key = epoch.certifiers[Int(certifier)]
            if certifier < count, epoch.orderers[Int(certifier)] == key { return certifier }
            return epoch.orderers.firstIndex(of: key).map(UInt32.init)
        }

        static func context(of epoch: UInt64, on genesis: Genesis) -> Digest {
            var encoder = CanonicalEncoder(continuing: Array("cairn.epoch".utf8))
            encoder.encode(genesis.digest)
            encoder.encode(epoch)
            return genesis.suite.hash(encoder.bytes)
        }
    }

    /// Names a chain's epoch in everything that its engine and its lanes sign.
    package static func context(of epoch: UInt64, on genesis: Genesis) -> Digest {
        Terms.context(of: epoch, on: genesis)
    }
}
