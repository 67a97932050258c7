internal import Consensus
internal import Dissemination
internal import Ledger
internal import Primitives

// From decided to the logs.
extension NetworkReplica {
    mutating func decided(_ number: UInt64, _ value: [UInt8], _ proof: [UInt8]?) {
        guard number == decided + 1 else { return }
        decided = number
        let flight = Flight(number: number, value: value, proof: proof, since: now.monotonic, isDurable: false)
        flights.append(flight)
        persist(flight.journaled, then: .decision(number))
        orderFlight(flight)
        noteProgress()
        takeArrived()
    }

    mutating func ordered(_ decision: OrderedDecision) {
        guard let index = flights.firstIndex(where: { $0.number == decision.number }) else { return }
        flights[index].order = Flight.Order(
            batches: decision.batches, headers: decision.headers, frontier: decision.frontier)
        effects.append(
            .execute(
                Decision(number: decision.number, reading: decision.reading, transactions: decision.transactions)))
        // There may be more to order, and the engine asks only once.
        if disseminator.hasWork { steps.append(.engine(.pending)) }
        if disseminator.hasOffer { steps.append(.engine(.offer)) }
    }

    mutating func executed(_ decision: ExecutedDecision) {
        guard let index = flights.firstIndex(where: { $0.number == decision.number }), flights[index].executed == nil
        else { return }
        flights[index].executed = decision
        flights[index].since = now.monotonic
        executed = decision.number
        if let last = decision.blocks.last { head = (last.statement.height, last.statement.blockHash) }
        noteEnding(decision)
        for block in decision.blocks where !isHalted {
            let statement = block.statement
            results.know(statement)
            let digest = statement.digest(in: terms.chain.suite)
            if let known = ownResults[statement.height] {
                guard known.digest == digest else {
                    return halt(.diverged(height: statement.height, own: digest, other: known.digest))
                }
                tell(known)
            } else if let certifier = terms.certifier {
                let key = terms.epoch.certifiers[Int(certifier)]
                effects.append(.sign(token(for: .result(statement.height, digest)), digest, by: key))
            }
            examine(statement.height)
        }
        settle()
        takeArrived()
    }

    mutating func signed(_ result: OwnResult) {
        guard ownResults[result.height] == nil else { return }
        ownResults.insert(result, isDurable: false)
        persist([.signed(result)], then: .result(result))
    }

    /// Gives a decision out once all its blocks are certified, and all before it.
    mutating func settle() {
        while let index = flights.firstIndex(where: { !$0.isCommitted }), !isHalted,
            flights[index].isDurable, let executed = flights[index].executed, let order = flights[index].order
        {
            let certificates = executed.blocks.compactMap { results.certificate(at: $0.statement.height) }
            guard certificates.count == executed.blocks.count else { break }
            flights[index].certificates = certificates
            let blocks = zip(executed.blocks, certificates).map { CommittedBlock($0, certificate: $1) }
            let decision = LoggedDecision(record: flights[index].record, frontier: order.frontier)
            results.forget(upTo: executed.heights.upperBound)
            effects.append(.committed(decision, blocks))
            if flights[index].number == ending.decision { ending.certificate = certificates.last }
            noteSuccession()
            answerReads()
        }
        tellExecuted()
    }

    /// Lets the engine go on. It must not run away from the logs.
    mutating func tellExecuted() {
        let last = min(committed, logged + ReplicaLimits.unloggedDecisionsMax)
        guard last > toldExecuted, !isHeld else { return }
        toldExecuted = last
        giveEngine(.executed(decision: last))
    }

    /// The last decision that is certified with all before it.
    var committed: UInt64 { flights.last(where: \.isCommitted)?.number ?? logged }

    mutating func logged(_ decision: UInt64) {
        while let first = flights.first, first.number <= decision, first.isCommitted {
            flights.removeFirst()
            logged = first.number
            loggedHeight = first.executed?.heights.upperBound ?? loggedHeight
        }
        ownResults.forget(upTo: loggedHeight)
        giveDissemination(.logged(decision: logged))
        tellExecuted()
        takeArrived()
        fetchFurther()
        beginSynchronising()
    }

    mutating func verify(_ checks: ResultCollector.Checks) {
        effects.append(.verify(token(for: .results(checks)), results.signatureChecks(checks)))
    }
}
