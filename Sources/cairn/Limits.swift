import Cryptography

/// The limits of an authority's folder.
enum AuthorityLimits {
    /// How many certificates an authority issues: as many as its revocation list can hold.
    static let certificatesMax = CertificateLimits.revocationsMax
    /// The largest register, in bytes. An entry takes about 300, with names of the longest 800.
    static let registerByteCountMax = 15 << 20
    /// The validity of what nobody gives days for.
    static let rootDays = 7_300
    static let issuingDays = 3_650
    static let holderDays = 365
    /// In how many days the next revocation list of either authority comes.
    static let issuingListDays = 30
    static let rootListDays = 365
}

/// The limits of a network on one machine, and how long its supervisor waits for what.
enum NetworkLimits {
    /// How many organisations there are unless told otherwise, and at most: each has a process.
    static let organisations = 4
    static let organisationsMax = 100
    /// Where the ports for clients and those for the other nodes begin unless told otherwise.
    static let portBase: UInt16 = 8545
    static let peerPortBase: UInt16 = 30301
    /// The largest `network.json` and `supervisor.json` that are read, in bytes.
    static let planByteCountMax = 64 << 10
    static let stateByteCountMax = 1 << 20

    /// How long a network may take until it works, and a question to a node meanwhile.
    static let readyMilliseconds: UInt64 = 60_000
    static let readyAnswerMilliseconds: UInt64 = 30_000
    /// How soon what is not there yet is looked for again.
    static let pollMilliseconds: UInt64 = 10
    /// How long a node that is told to stop may take before it is killed, and how long after that all must be gone.
    static let stopMilliseconds: UInt64 = 30_000
    static let goneMilliseconds: UInt64 = 10_000
    /// How long before a node that has ended is started again: twice as long each time, up to a limit; as at first
    /// once it has run for long enough.
    static let restartMilliseconds: UInt64 = 200
    static let restartMillisecondsMax: UInt64 = 30_000
    static let restartForgivenMilliseconds: UInt64 = 60_000
    /// How often logs are looked at, how long one may be before it begins anew, in bytes, and how many of its lines
    /// are shown of a node that did not start.
    static let tickMilliseconds: UInt64 = 1_000
    static let logByteCountMax = 8 << 20
    static let logLinesShown = 6
    static let logTailByteCount = 16 << 10
    /// How long `network status` waits for a node, and how often it looks with --watch.
    static let statusMilliseconds: UInt64 = 2_000
    static let watchMilliseconds: UInt64 = 1_000
}

/// The validity of tokens, in days.
enum TokenLimits {
    static let days = 365
    static let daysMax = 10_958
}

/// The limits of files that describe members.
enum GovernanceFileLimits {
    /// The largest such file, in bytes.
    static let byteCountMax = 1 << 20
}
