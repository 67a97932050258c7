/// All that decides the result of a transaction besides the state: one row for each execution version.
///
/// Results never change afterwards: whatever would alter one, a mended bug included, is a new version.
package struct ExecutionRules: Sendable {
    package let version: UInt32
    package let gas: GasSchedule
    package let contracts: NativeEngine

    /// Of new chains. Version 2 has epochs, which one node alone can't hand over from yet.
    package static let currentVersion: UInt32 = 1
    /// Of new chains with members.
    package static let versionWithMembers: UInt32 = 3

    /// The rules of a version, or nil if this program does not carry it.
    package init?(version: UInt32) {
        switch version {
        case 1:
            self.init(version: 1, gas: .version1, contracts: NativeEngine([Assets.self, Accounts.self]))
        case 2:
            self.init(version: 2, gas: .version1, contracts: NativeEngine([Assets.self, Accounts.self, Epochs.self]))
        case 3:
            self.init(
                version: 3, gas: .version1,
                contracts: NativeEngine([Assets.self, Accounts.self, Epochs.self, Members.self]))
        default:
            return nil
        }
    }

    package init(version: UInt32, gas: GasSchedule, contracts: NativeEngine) {
        self.version = version
        self.gas = gas
        self.contracts = contracts
    }
}
