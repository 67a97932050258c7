internal import Ledger
package import Primitives

/// A contract that is compiled into the node.
package protocol NativeContract: Sendable {
    static var address: Address { get }

    /// Executes a method. Arguments and result are in the ledger's canonical coding, as the method documents.
    static func execute(
        _ method: String, _ arguments: inout CanonicalDecoder, in host: inout Host
    ) throws(ContractError) -> [UInt8]
}

/// Finds compiled-in contracts by their address.
package struct NativeEngine: Sendable {
    /// So few that going through them is faster than hashing an address.
    private let contracts: [(address: Address, type: any NativeContract.Type)]

    package init(_ contracts: [any NativeContract.Type]) {
        self.contracts = contracts.map { ($0.address, $0) }
    }

    /// Executes a method of the contract at `host.contract`.
    func execute(_ method: String, _ arguments: [UInt8], in host: inout Host) throws(ContractError) -> [UInt8] {
        guard let contract = contracts.first(where: { $0.address == host.contract })?.type else {
            throw .failed("noContract", "there is no contract at \(host.contract)")
        }
        var decoder = CanonicalDecoder(arguments)
        return try contract.execute(method, &decoder, in: &host)
    }
}

extension CanonicalDecoder {
    /// Reads a method's arguments, all of them; bytes that don't fit make the method fail.
    package mutating func arguments<Arguments>(
        _ read: (inout CanonicalDecoder) throws(CodingError) -> Arguments
    ) throws(ContractError) -> Arguments {
        do throws(CodingError) {
            let arguments = try read(&self)
            try finish()
            return arguments
        } catch {
            throw .failed("badArguments", "\(error)")
        }
    }
}
