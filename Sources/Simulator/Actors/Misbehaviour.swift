internal import Primitives

/// What a lying orderer makes of what its engine says.
struct Misbehaviour {
    private let actors: [Actor]
    private var generator: SeededGenerator
    /// Whether messages are those of whole replicas.
    private let isReplica: Bool
    /// What it sent earlier.
    private var sent: [[UInt8]] = []
    /// The kinds of messages, and the receiver, that it leaves out at present.
    private var withheldKinds: [Int] = []
    private var withheldReceiver = 0
    private(set) var count = 0

    private static let sentMax = 64

    init(actors: [Actor], seed: UInt64, isReplica: Bool = false) {
        self.actors = actors
        self.isReplica = isReplica
        generator = SeededGenerator(seed: seed)
    }

    var isFaultless: Bool { actors.isEmpty }

    /// What is really sent in place of a message, and how much later.
    mutating func send(_ bytes: [UInt8], to receiver: Int) -> [(bytes: [UInt8], delayNanoseconds: UInt64)] {
        var messages: [(bytes: [UInt8], delayNanoseconds: UInt64)] = [(bytes, 0)]
        for actor in actors {
            switch actor {
            case .withholder: if withholds(bytes, from: receiver) { messages.removeFirst() }
            case .delayer: delay(&messages)
            case .replayer: replay(&messages)
            case .mutator: mutate(&messages)
            case .equivocator, .usurper, .censor, .amnesiac, .vouchesForGarbage, .lyingSynchroniser, .oldKeys: break
            }
            if messages.isEmpty { break }
        }
        if sent.count < Self.sentMax { sent.append(bytes) } else { sent[Int(generator.next() % 64)] = bytes }
        return messages
    }

    private mutating func withholds(_ bytes: [UInt8], from receiver: Int) -> Bool {
        if generator.next() % 50 == 0 {
            withheldKinds = [Int(generator.next() % (isReplica ? 26 : 10))]
            // Now and then whatever others could have its batches by.
            if isReplica, generator.next() % 4 == 0 { withheldKinds = [10, 15, 25] }
            withheldReceiver = Int(generator.next() % 10)
        }
        let withholds = kind(of: bytes).map(withheldKinds.contains) ?? false || receiver == withheldReceiver
        if withholds { count += 1 }
        return withholds
    }

    /// What an engine, dissemination or the replica itself says: 0 to 9, 10 to 19, 20 on.
    private func kind(of bytes: [UInt8]) -> Int? {
        guard isReplica else { return bytes.count > 1 ? Int(bytes[1]) : nil }
        // After the epoch.
        let bytes = Array(bytes.dropFirst(8).prefix(3))
        switch bytes.first {
        case 0: return bytes.count > 2 ? Int(bytes[2]) : nil
        case 1: return bytes.count > 1 ? 10 + Int(bytes[1]) : nil
        case let kind?: return 20 + Int(kind)
        case nil: return nil
        }
    }

    private mutating func delay(_ messages: inout [(bytes: [UInt8], delayNanoseconds: UInt64)]) {
        count += 1
        // Up to the time after which an honest orderer gives a view up.
        let delay = 800_000_000 + generator.next() % 250_000_000
        for index in messages.indices { messages[index].delayNanoseconds += delay }
    }

    private mutating func replay(_ messages: inout [(bytes: [UInt8], delayNanoseconds: UInt64)]) {
        guard generator.next() % 4 == 0, let old = sent.randomElement(using: &generator) else { return }
        count += 1
        messages.append((old, 0))
    }

    private mutating func mutate(_ messages: inout [(bytes: [UInt8], delayNanoseconds: UInt64)]) {
        guard generator.next() % 3 == 0, var bytes = messages.first?.bytes, !bytes.isEmpty else { return }
        count += 1
        switch generator.next() % 4 {
        case 0: bytes.removeLast(Int(generator.next() % UInt64(bytes.count)))
        case 1: bytes.append(UInt8(truncatingIfNeeded: generator.next()))
        default:
            for _ in 0...(generator.next() % 3) {
                bytes[Int(generator.next() % UInt64(bytes.count))] ^= UInt8(1) << UInt8(generator.next() % 8)
            }
        }
        if generator.next() % 4 == 0 { messages = [(bytes, 0)] } else { messages.append((bytes, 0)) }
    }

    /// What it proposes in place of what it should: commands that nobody sent, one twice, or no value at all.
    mutating func value(for commands: [UInt64], mark: UInt64) -> [UInt8]? {
        if actors.contains(.vouchesForGarbage), generator.next() % 2 == 0 {
            count += 1
            switch generator.next() % 3 {
            case 0: return CommandValue.encode([UInt64.max - generator.next() % 1000], mark: mark)
            case 1: return [1, 2, 3]
            default: return CommandValue.encode(commands + commands.prefix(1), mark: mark)
            }
        }
        guard actors.contains(.censor) else { return nil }
        count += 1
        let left = commands.filter { $0 % 3 != 0 }
        return left.isEmpty ? [] : CommandValue.encode(left, mark: mark)
    }

    var callsEverythingValid: Bool { actors.contains(.vouchesForGarbage) }
    var forgets: Bool { actors.contains(.amnesiac) }
}
