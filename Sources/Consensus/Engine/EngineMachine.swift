internal import Primitives

/// An engine between its start and its end: what those of several nodes do alike.
protocol EngineMachine: Sendable {
    associatedtype Configuration: Sendable
    /// What an answer is to.
    associatedtype Awaited: Sendable

    init(_ start: EngineStart, _ configuration: Configuration, _ plant: EnginePlant?)

    var now: Instant { get set }
    var effects: [EngineEffect] { get set }
    var awaited: AwaitedAnswers<Awaited> { get set }
    var status: EngineStatus { get }

    mutating func handle(_ input: EngineInput)
}

extension EngineMachine {
    mutating func token(for answer: Awaited) -> EngineToken { awaited.token(for: answer) }

    mutating func answered(_ token: EngineToken) -> Awaited? { awaited.answered(token) }

    mutating func refuse(_ peer: UInt32, _ fault: MessageFault) { effects.append(.refused(from: peer, fault)) }
}

/// What was asked for, by the number that names it in the answer.
struct AwaitedAnswers<Awaited: Sendable>: Sendable {
    private var next: UInt64 = 0
    private var answers: [UInt64: Awaited] = [:]

    mutating func token(for answer: Awaited) -> EngineToken {
        defer { next += 1 }
        answers[next] = answer
        return EngineToken(number: next)
    }

    mutating func answered(_ token: EngineToken) -> Awaited? { answers.removeValue(forKey: token.number) }
}

/// An engine that is nothing before its start, and a machine from then on.
protocol MachineEngine: ConsensusEngine {
    associatedtype Machine: EngineMachine
    var configuration: Machine.Configuration { get }
    var plant: EnginePlant? { get }
    /// Nil before the start.
    var machine: Machine? { get set }
    var status: EngineStatus { get set }
}

extension MachineEngine {
    package mutating func handle(_ input: EngineInput, at now: Instant, into effects: inout [EngineEffect]) {
        if case .start(let start) = input {
            guard machine == nil else { return }
            machine = Machine(start, configuration, plant)
        }
        // Asked for with each input: taken out of the machine while that is changed in place.
        if let status = machine?.handle(input, at: now, into: &effects) { self.status = status }
    }
}

extension EngineMachine {
    fileprivate mutating func handle(
        _ input: EngineInput, at now: Instant, into effects: inout [EngineEffect]
    ) -> EngineStatus {
        self.now = now
        handle(input)
        effects.append(contentsOf: self.effects)
        self.effects.removeAll(keepingCapacity: true)
        return status
    }
}
