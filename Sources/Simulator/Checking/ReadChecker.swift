/// Whether those who read see all that was decided when they asked.
struct ReadChecker {
    /// How much was decided when each reader asked, and how many got an answer.
    private var asked: [UInt64] = []
    private(set) var count = 0

    /// Somebody wants to read; gives the number of the question.
    mutating func ask(after decided: UInt64) -> UInt64 {
        asked.append(decided)
        return UInt64(asked.count - 1)
    }

    mutating func answered(_ number: UInt64, _ decision: UInt64?, by process: Int) throws {
        guard let decision else { return }
        count += 1
        guard decision >= asked[Int(number)] else {
            throw SimulationFailure(
                .order, "process \(process) lets somebody read at \(decision) who asked after \(asked[Int(number)])")
        }
    }
}
