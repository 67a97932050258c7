internal import Primitives

extension FuzzTarget {
    /// Five whole replicas, one of which lies, while certifiers vote for other epochs: each byte says what happens next.
    /// The others must commit one history across all epochs, and nothing beyond an epoch's end.
    static let handOver = FuzzTarget(
        "hand-over", seeds: { HandOverSteps.seeds }, landmarks: HandOverSteps.landmarks
    ) { bytes throws(FuzzFailure) in
        let world = try ReplicaWorld(.ofEpochs)
        var input = FuzzInput(bytes)
        while !input.isEmpty, !world.isExhausted { try HandOverSteps.step(world, &input) }
        return world.landmarks
    }
}

/// What the bytes mean.
private enum HandOverSteps {
    static let landmarks = [
        "all enter epoch 1", "all enter epoch 2", "all go over from fbft to pbft", "all go over from fbft to raft",
        "all go over to other orderers", "a node follows certified blocks", "a node restarts after a hand-over",
        "a node restarts in the midst of a later epoch",
        "who is behind is shown the end of its epoch", "a message of an ended epoch comes again",
        "the liar forges the end of an epoch", "the liar forges blocks", "the liar forges a start",
        "the liar answers a start with what was signed before",
    ]

    static func step(_ world: ReplicaWorld, _ input: inout FuzzInput) throws(FuzzFailure) {
        switch input.byte() % 14 {
        case 0: try world.submit(to: world.node(input.byte()))
        case 1: try world.deliver(at: Int(input.byte()))
        case 2:
            let (place, offset) = (Int(input.byte()), Int(input.byte()))
            try world.deliverChanged(at: place, offset: offset * 3, change: input.byte())
        case 3: for number in numbers(input.byte(), world) { try world.fire(number) }
        case 4: world.drop(at: Int(input.byte()))
        case 5: try world.restart(world.node(input.byte()))
        case 6:
            let byte = input.byte()
            for number in numbers(byte % 128, world) { try world.log(number, releases: byte >= 128) }
        case 7:
            let (to, count) = (world.node(input.byte()), Int(input.byte()) % 64)
            try world.lie(input.bytes(count), to: to)
        case 8: try world.deliver(count: Int(input.byte()))
        case 9: try vote(world, &input)
        case 10:
            let (epoch, place, receiver) = (Int(input.byte() % 4), Int(input.byte()), input.byte())
            // To whoever it was for, or by the liar to another.
            let other = receiver < 128 ? nil : world.node(receiver)
            try world.repeatMessage(of: epoch, at: place, to: other)
        case 11: try world.lie(HandOverLie(&input))
        case 13: world.isLiarDeaf = input.byte() % 2 == 1
        default: try goOn(world, rounds: Int(input.byte() % 64))
        }
    }

    /// One node, or all of them.
    private static func numbers(_ byte: UInt8, _ world: ReplicaWorld) -> [Int] {
        let number = Int(byte) % (world.nodes.count + 1)
        return number < world.nodes.count ? [number] : Array(world.nodes.indices)
    }

    private static func vote(_ world: ReplicaWorld, _ input: inout FuzzInput) throws(FuzzFailure) {
        let number = world.node(input.byte())
        let (choice, details) = (input.byte(), input.byte())
        let next = world.chain.next(after: world.nodes[number].epoch, choice: choice, details: details)
        try world.vote(at: number, for: next, abstaining: input.byte())
    }

    /// All goes well for a while: messages come in their order, and disks follow.
    private static func goOn(_ world: ReplicaWorld, rounds: Int) throws(FuzzFailure) {
        for _ in 0..<rounds where !world.isExhausted {
            try world.deliver(count: 24)
            for number in world.nodes.indices where !world.nodes[number].isLogged { try world.log(number) }
            // Who waits for nothing but time is given some.
            if world.mail.isEmpty { for number in world.nodes.indices { try world.fire(number) } }
        }
    }

    // MARK: Seeds

    private static func goOn(_ rounds: UInt8) -> [UInt8] { [12, rounds] }

    private static func vote(_ choice: UInt8, _ details: UInt8 = 0, at node: UInt8 = 0) -> [UInt8] {
        [9, node, choice, details, 0]
    }

    /// Epochs one after another; lies, restarts and what is old in between.
    static var seeds: [[UInt8]] {
        let lies = (0..<HandOverLie.kindCount).flatMap { [11, $0, 0, 5, 1, 0, 11, $0, 4, 9, 2, 1] as [UInt8] }
        let old = (0..<6).flatMap { [10, 0, 30 * $0, 0, 10, 0, 7 * $0, 128 + $0] as [UInt8] }
        // To a node that has just begun anew.
        let answers = (0..<6).flatMap { [11, 7, 0, $0, 5 * $0, 40 * $0] as [UInt8] }
        let handOver = goOn(30)
        let work: [UInt8] = [0, 1, 0, 2] + goOn(6)
        let restart: [UInt8] = [5, 1] + goOn(6)
        // To the one that follows, instead of what its replica would say.
        let blocks = (0..<10).flatMap { [12, 1, 11, 5, 4, 0, 3, 8 + 5 * $0] as [UInt8] }
        let ends = (0..<6).flatMap { [11, 1, $0, 255, 20, 25, 12, 3] as [UInt8] }
        return [
            goOn(4) + [13, 1] + work + blocks + ends + vote(0, 1) + goOn(20) + blocks + [13, 0] + work,
            // Another engine, then another member and a new key.
            goOn(4) + vote(1) + handOver + work + restart + vote(4, 2, at: 1) + handOver + work,
            // Without the liar, which is not done with it.
            goOn(4) + vote(2) + handOver + old + lies + restart + work + [6, 5, 6, 133, 5, 0] + answers + restart
                + work,
            // In the midst of it some begin anew, and the liar speaks up.
            goOn(4) + vote(8, 8) + goOn(14) + lies + [5, 0] + answers + goOn(8) + lies + [5, 2, 5, 4]
                + handOver + old + work,
        ]
    }
}
