import Cryptography
import Foundation
import HTTP
import Interfaces

/// The folder of a network: all nodes of all organisations, on one machine.
///
/// ```
/// network.json                      what it was made as; written last
/// genesis.bin                       the chain's genesis
/// organisations/NAME/authority/     the organisation's root and issuing authority
/// organisations/NAME/passphrase     of their keys
/// nodes/NAME/                       all that a node needs, and its log
/// admin/accounts/, admin/passphrase an account for each organisation's administrator
/// supervisor.pid                    locked by the supervisor
/// supervisor.json, supervisor.log   what the supervisor knows, and says
/// ```
struct NetworkFolder: Sendable {
    /// Absolute.
    let path: String
    let plan: NetworkPlan

    private static let planName = "network.json"

    func file(_ name: String) -> String { "\(path)/\(name)" }

    var genesisFile: String { file("genesis.bin") }
    var planFile: String { file(Self.planName) }
    var accountsFolder: String { file("admin/accounts") }
    var accountsPassphraseFile: String { file("admin/passphrase") }
    var stateFile: String { file("supervisor.json") }
    var supervisorLogFile: String { file("supervisor.log") }
    static func lockFile(_ path: String) -> String { "\(path)/supervisor.pid" }
    func organisationFolder(_ organisation: String) -> String { file("organisations/\(organisation)") }

    /// In the order of the organisations.
    var nodes: [NodePlace] {
        plan.organisations.map(place)
    }

    /// Where an organisation's node is, or would be.
    func place(of organisation: String) -> NodePlace {
        let name = NetworkPlan.nodeName(organisation)
        return NodePlace(name: name, organisation: organisation, path: file("nodes/\(name)"))
    }

    /// A path without links, so that processes can be known by it. What is not there yet is taken as it is.
    static func absolute(_ path: String) -> String {
        URL(filePath: path).standardizedFileURL.resolvingSymlinksInPath().path
    }

    static func exists(at path: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(planName)") }

    static func open(_ path: String) throws -> NetworkFolder {
        let path = absolute(path)
        guard exists(at: path) else {
            throw CommandError.failed(
                "\(path) is not the folder of a network; make one with: cairn network up --directory \(path)")
        }
        let bytes = try readFile("\(path)/\(planName)", "the network's plan")
        guard bytes.count <= NetworkLimits.planByteCountMax, let json = try? JSON(parsing: bytes),
            let plan = NetworkPlan(json: json)
        else {
            throw CommandError.failed(
                "\(path)/\(planName) is damaged or of another version; restore it from a backup")
        }
        return NetworkFolder(path: path, plan: plan)
    }
}

/// The folder of one node.
struct NodePlace: Hashable, Sendable {
    let name: String
    let organisation: String
    let path: String

    func file(_ name: String) -> String { "\(path)/\(name)" }

    var configurationFile: String { file("node.json") }
    var passphraseFile: String { file("passphrase") }
    var log: NodeLogFile { NodeLogFile(path: file("log")) }

    func configuration() throws -> NodeConfiguration {
        let bytes = try readFile(configurationFile, "the configuration")
        do throws(ConfigurationError) { return try NodeConfiguration(json: bytes) } catch {
            throw CommandError.failed("\(configurationFile): \(error)")
        }
    }

    /// Until when the node's certificate is valid, as the file has it; nil if there is none.
    var certificateEnds: UInt64? {
        guard let bytes = FileManager.default.contents(atPath: file("certificates/node.pem")),
            let chain = try? Certificate.all(in: Array(bytes))
        else { return nil }
        return chain.map(\.notAfter.milliseconds).min()
    }
}

extension NodeConfiguration {
    /// Where clients reach the node.
    var endpoint: String {
        HTTPEndpoint(host: rpcAddress, port: rpcPort, isSecure: rpcAccess.tls != nil).address
    }
}

extension HTTPEndpoint {
    /// Without the path.
    fileprivate var address: String { String(description.dropLast(path.count)) }
}
