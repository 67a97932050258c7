internal import Consensus
internal import Primitives

/// An engine of any kind, changed in place.
protocol EngineHolder: AnyObject {
    func handle(_ input: EngineInput, at now: Instant, into effects: inout [EngineEffect])
    var liveRecords: [[UInt8]] { get }
    var status: EngineStatus { get }
}

final class HeldEngine<Engine: ConsensusEngine>: EngineHolder {
    private var engine: Engine

    init(_ engine: Engine) { self.engine = engine }

    func handle(_ input: EngineInput, at now: Instant, into effects: inout [EngineEffect]) {
        engine.handle(input, at: now, into: &effects)
    }

    var liveRecords: [[UInt8]] { engine.liveRecords }
    var status: EngineStatus { engine.status }
}
