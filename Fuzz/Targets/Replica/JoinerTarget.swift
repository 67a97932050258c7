internal import Primitives
internal import Replica

extension FuzzTarget {
    /// A node that joins, between an honest peer and two that lie: each byte says what happens next. What it ends with is
    /// true, the honest one is not accused, and once the others are silent it comes to its end.
    static let joiner = FuzzTarget(
        "joiner", seeds: { JoinerSteps.seeds }, landmarks: JoinerSteps.landmarks
    ) { bytes throws(FuzzFailure) in
        var input = FuzzInput(bytes)
        let world = try JoinerWorld(invitedTo: Int(input.byte() % 3))
        var steps = JoinerSteps(world)
        while !input.isEmpty, world.outcome == nil { try steps.step(&input) }
        if world.outcome == nil { try world.finish() }
        return world.landmarks.union(steps.landmarks)
    }
}

/// What the bytes mean.
private struct JoinerSteps {
    static let landmarks = [
        "it believes a hand-over", "a state is being restored", "its tail reaches into an earlier epoch",
        "the state is restored", "a liar is found out", "it goes on with what is on its disk",
        "old keys give other hand-overs", "those who certify no more give another state",
        "the state is restored without the end's help",
    ]
    private let world: JoinerWorld
    private(set) var landmarks: Set<String> = []

    init(_ world: JoinerWorld) { self.world = world }

    mutating func step(_ input: inout FuzzInput) throws(FuzzFailure) {
        switch input.byte() % 16 {
        case 0: try world.tick(milliseconds: UInt64(input.byte()) * 100)
        case 1: try world.answer(at: Int(input.byte()))
        case 2: for _ in 0..<input.byte() { try world.answer(at: 0) }
        case 3: _ = world.take(at: Int(input.byte()))
        case 4: try alter(&input)
        case 5: try usurp(&input)
        case 6:
            let (peer, count) = (liar(&input), Int(input.byte()) % 64)
            try world.tell(input.bytes(count), by: peer)
        case 7:
            let (peer, place) = (liar(&input), Int(input.byte()))
            if !world.said.isEmpty { try world.tell(world.said[place % world.said.count], by: peer) }
        case 8: try tellOther(&input)
        case 9:
            let byte = input.byte()
            try world.connect(UInt32(byte % 3), isHere: byte >= 128)
        case 10: try world.restart(seed: input.byte())
        case 11: world.isSlow = input.byte() % 2 == 1
        case 12: try world.release(at: Int(input.byte()))
        case 13: try forge(&input)
        case 14: try answerKind(&input)
        default: try retire(&input)
        }
        if case .restored? = world.outcome { landmarks.insert("the state is restored without the end's help") }
    }

    private func liar(_ input: inout FuzzInput) -> UInt32 {
        JoinerWorld.liars[Int(input.byte()) % JoinerWorld.liars.count]
    }

    /// The place of something that a liar was asked.
    private func liarsPlace(_ byte: UInt8) -> Int? {
        let places = world.questions.indices.filter { world.questions[$0].peer != JoinerWorld.honest }
        return places.isEmpty ? nil : places[Int(byte) % places.count]
    }

    // MARK: Lies

    /// A liar's answer, but for a byte.
    private func alter(_ input: inout FuzzInput) throws(FuzzFailure) {
        let (byte, offset, change) = (input.byte(), Int(input.number(byteCount: 2)), input.byte())
        guard let place = liarsPlace(byte), let question = world.take(at: place),
            let answer = JoinerChain.honest.answer(question.message)
        else { return }
        var bytes = EpochMessage(epoch: 0, message: answer).canonicalBytes
        bytes[offset % bytes.count] ^= change
        try world.tell(bytes, by: question.peer)
    }

    /// The answer to something else that was asked of anybody.
    private func tellOther(_ input: inout FuzzInput) throws(FuzzFailure) {
        let (byte, other) = (input.byte(), Int(input.byte()))
        guard let place = liarsPlace(byte), let question = world.take(at: place), !world.questions.isEmpty else {
            return
        }
        let asked = world.questions[other % world.questions.count].message
        if let answer = JoinerChain.honest.answer(asked) { try world.tell(answer, by: question.peer) }
    }

    /// What those say whose keys are anybody's, since the epochs that they certified have ended.
    private mutating func usurp(_ input: inout FuzzInput) throws(FuzzFailure) {
        let (byte, choice) = (input.byte(), Int(input.byte()))
        guard world.lostCount > 0, let place = liarsPlace(byte), let question = world.take(at: place) else { return }
        let chain = JoinerChain.usurped[choice % world.lostCount]
        guard let answer = chain.answer(question.message) else { return }
        landmarks.insert("old keys give other hand-overs")
        try world.tell(answer, by: question.peer)
    }

    /// What those have signed who certified until the newest epoch began: nobody who knows of that one believes it.
    private mutating func retire(_ input: inout FuzzInput) throws(FuzzFailure) {
        let byte = input.byte()
        guard world.knowsNewest, let place = liarsPlace(byte), case let question = world.questions[place],
            let answer = JoinerChain.retired.answer(question.message)
        else { return }
        if case .handOvers = answer { return }
        _ = world.take(at: place)
        landmarks.insert("those who certify no more give another state")
        try world.tell(answer, by: question.peer)
    }

    /// All questions of a kind, but what they lead to: as it should be by all, or by the honest one alone, or by liars who
    /// lie, or who give what old keys have signed.
    private mutating func answerKind(_ input: inout FuzzInput) throws(FuzzFailure) {
        let (kind, way) = (input.byte() % 5, input.byte() % 4)
        let lie = way == 2 ? JoinerLie(&input) : nil
        let asked = world.questions.filter { Self.kind($0.message) == kind }
        for question in asked {
            guard (question.peer == JoinerWorld.honest) == (way == 1) || way == 0,
                let place = world.questions.firstIndex(where: { $0 == question }),
                let answer = JoinerChain.honest.answer(question.message)
            else { continue }
            _ = world.take(at: place)
            let usurped = way == 3 && world.lostCount > 0 ? JoinerChain.usurped[0].answer(question.message) : nil
            try world.tell(lie?.forged(answer) ?? usurped ?? answer, by: question.peer)
        }
    }

    private static func kind(_ message: ReplicaMessage) -> UInt8 {
        switch message {
        case .fetchHandOvers: 0
        case .fetchOffer: 1
        case .fetchManifest: 2
        case .fetchChunk: 3
        default: 4
        }
    }

    private func forge(_ input: inout FuzzInput) throws(FuzzFailure) {
        let (byte, lie) = (input.byte(), JoinerLie(&input))
        guard let place = liarsPlace(byte), let question = world.take(at: place),
            let answer = JoinerChain.honest.answer(question.message)
        else { return }
        try world.tell(lie.forged(answer), by: question.peer)
    }

    // MARK: Seeds

    private static let all: [UInt8] = [2, 255]
    private static let epochs: [UInt8] = [0, 0] + all + [0, 1] + all
    /// Everything that is asked is answered, and time passes.
    private static let goOn: [UInt8] = (0..<12).flatMap { _ in all + [0, 30] }

    static var seeds: [[UInt8]] {
        let forge = (0..<8).flatMap { [13, 0, $0, 7, 1, 13, 1, $0, 1, 0] as [UInt8] }
        let alter: [UInt8] = [4, 0, 30, 0, 1, 4, 1, 100, 0, 2]
        let usurp: [UInt8] = [5, 0, 0, 5, 0, 1]
        // Each time a bit further.
        let restarts = (1..<12).flatMap { [0, 0, 2, 4 * $0, 10, $0] as [UInt8] }
        let slow: [UInt8] = [11, 1] + (0..<10).flatMap { [2, 4, 12, UInt8($0), 12, 0] as [UInt8] } + [11, 0]
        let steps = (0..<40).flatMap { [1, UInt8($0)] as [UInt8] }
        let known: [UInt8] = [0, 0] + (0..<3).flatMap { _ in [14, 0, 0] as [UInt8] }
        // The certified state in another manifest, with its chunks.
        let otherState: [UInt8] =
            [14, 1, 2, 5, 0, 3, 0, 21, 14, 2, 3] + (0..<8).flatMap { _ in [14, 3, 3] as [UInt8] }
        let retired: [UInt8] = [15, 0, 15, 0, 0, 21, 14, 2, 0] + all
        // All but the tail comes from the honest one, which is silent then.
        let tail: [UInt8] =
            (0..<12).flatMap { _ in [14, 1, 1, 14, 2, 1, 14, 3, 1] as [UInt8] }
            + (0..<4).flatMap { [0, 31, 14, 4, 2, 2, $0, 9 + 40 * $0] as [UInt8] }
        return [
            [1] + known + otherState + [14, 1, 0] + goOn,
            [1] + known + retired + goOn,
            [2] + known + [14, 1, 1, 0, 21] + tail + goOn,
            [0] + epochs + goOn,
            [1] + [0, 0] + usurp + epochs + goOn,
            [2] + [0, 0] + usurp + all + [0, 40] + forge + goOn,
            [1] + restarts + [0, 10] + steps.prefix(20) + restarts + [0, 40] + steps + forge + goOn,
            [0] + [0, 0] + alter + epochs + slow + [9, 1, 9, 129, 6, 0, 9, 1, 2, 3, 7, 1, 5, 8, 0, 1] + slow + goOn,
        ]
    }
}
