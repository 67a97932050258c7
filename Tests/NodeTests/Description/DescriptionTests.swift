import Foundation
import HTTP
import Interfaces
import SystemTestSupport
import Testing

extension NodeTests {
    /// What the node says of itself, against what it does.
    @Suite struct DescriptionTests {
        private static func description(_ rpc: RPCConnection) async throws -> LiveDescription {
            try #require(try await rpc.liveDescription())
        }

        /// Each method with all its parameters, then with those only that it needs; the connections check the replies.
        @Test(.timeLimit(.minutes(3))) func everyMethodAnswersAsDescribed() async throws {
            let calls = try await DescribedCalls()
            let socket = try await LiveSocket(calls.chain.node.endpoint)
            let description = try await Self.description(calls.chain.rpc)
            for method in description.methods {
                var given: Set<String> = []
                for parameters in try calls.parameters(of: method.name) {
                    given.formUnion(parameters.members.map(\.key))
                    _ = try await socket.call(method.name, .object(parameters))
                    guard !method.needsWebSocket else { continue }
                    let again = try calls.parameters(of: method.name)[0]
                    _ = try await calls.chain.rpc.call(method.name, .object(again))
                }
                #expect(
                    given == Set(method.parameters.map(\.name)), "\(method.name) has parameters that it was not given")
                try await Self.leaveOut(method, calls, socket)
            }
            // What was subscribed to is told, and checked as it comes.
            _ = try await calls.chain.submit(
                calls.chain.alice, "transfer", AssetArguments.movement("GOLD", to: calls.chain.bob.address, 1))
            #expect(try await socket.waiting("0x2").isEmpty == false)
        }

        /// A method does without what may be left out, and names what may not.
        private static func leaveOut(
            _ method: LiveDescription.Method, _ calls: DescribedCalls, _ socket: LiveSocket
        ) async throws {
            guard method.name != "cairn_getProof" else { return }
            var needed = try calls.parameters(of: method.name)[0]
            for parameter in method.parameters where !parameter.isRequired { needed[parameter.name] = nil }
            _ = try await socket.call(method.name, .object(needed))
            for parameter in method.parameters where parameter.isRequired {
                var few = needed
                few[parameter.name] = nil
                let refusal = await #expect(throws: RPCConnection.Refusal.self) {
                    try await socket.call(method.name, .object(few))
                }
                #expect(refusal?.code == -32602 && refusal?.message.contains("\"\(parameter.name)\"") == true)
            }
        }

        @Test func theMethodsDescribedAreThoseAnswered() async throws {
            let chain = try LiveChain()
            let socket = try await LiveSocket(chain.node.endpoint)
            let description = try await Self.description(chain.rpc)
            #expect(description.methods.map(\.name) == CairnMethod.allCases.map(\.rawValue))
            for name in description.methods.map(\.name) + ["cairn_nothing", "", "rpc_Discover"] {
                let isKnown = description.method(name) != nil
                for answer in [try? await chain.rpc.calls([(name, ["?": 1])])[0], await Self.answer(socket, name)] {
                    guard case .failure(let refusal) = answer else {
                        Issue.record("\(name) took an unknown parameter: \(String(describing: answer))")
                        continue
                    }
                    #expect((refusal.code == -32601) != isKnown, "\(name): \(refusal)")
                }
            }
        }

        private static func answer(_ socket: LiveSocket, _ method: String) async -> Result<JSON, RPCConnection.Refusal>?
        {
            do {
                return .success(try await socket.call(method, ["?": 1]))
            } catch {
                return (error as? RPCConnection.Refusal).map(Result.failure)
            }
        }

        /// Whatever is changed in the description, the connections notice.
        @Test func aPlantedDifferenceIsFound() async throws {
            let chain = try LiveChain()
            try await chain.fund()
            let document = try await chain.rpc.call("rpc_discover")
            let text = String(decoding: document.text, as: UTF8.self)
            for (place, planted) in [
                (##""genesisBytes":{"$ref":"#/components/schemas/Bytes"},"##, ""),
                (##""genesisBytes":{"$ref":"#/components/schemas/Bytes"}"##, #""genesisBytes":{"type":"integer"}"#),
                (#""required":["name","group","#, #""required":["colour","name","group","#),
                (#""suite":{"type":"string","enum":["international","national"]}"#, #""suite":{"const":"other"}"#),
                (#""pattern":"^0x[0-9a-f]{64}$""#, #""pattern":"^0x[0-9a-f]{63}$""#),
                (#""accepting":{"type":"boolean"}"#, #""accepting":{"type":"null"}"#),
            ] {
                try #require(text.contains(place), "\(place)")
                let changed = try LiveDescription(JSON(parsing: Array(text.replacing(place, with: planted).utf8)))
                let rpc = try RPCConnection(chain.node.endpoint, description: changed)
                try await withKnownIssue {
                    _ = try await rpc.call("cairn_chain")
                } matching: {
                    Self.isDifference($0)
                }
            }
            let (code, other) = (#"{"code":-32602,"#, #"{"code":-32999,"#)
            let changed = try LiveDescription(JSON(parsing: Array(text.replacing(code, with: other).utf8)))
            let rpc = try RPCConnection(chain.node.endpoint, description: changed)
            await withKnownIssue {
                await #expect(throws: RPCConnection.Refusal.self) { try await rpc.call("cairn_getBlock") }
            } matching: {
                Self.isDifference($0)
            }
        }

        private static func isDifference(_ issue: Issue) -> Bool {
            issue.comments.contains { $0.rawValue.contains("not as described") }
        }

        private static let peer = PythonPeer(script: "description.py", packages: ["jsonschema==4.26.0"])
        private static let isPeerThere = peer.isThere()

        /// The schemas, and the replies by them, in the eyes of a validator that we did not write.
        @Test(.enabled(if: isPeerThere, Comment(rawValue: peer.missing))) func anotherValidatorAgrees() async throws {
            let calls = try await DescribedCalls()
            let socket = try await LiveSocket(calls.chain.node.endpoint)
            let description = try await Self.description(calls.chain.rpc)
            var replies: [JSON] = []
            for method in description.methods {
                for parameters in try calls.parameters(of: method.name) {
                    replies.append([
                        "method": .string(method.name), "parameters": .object(parameters),
                        "result": try await socket.call(method.name, .object(parameters)),
                    ])
                }
            }
            let document = try await calls.chain.rpc.call("rpc_discover")
            let right = try Self.ask(["document": document, "replies": .array(replies)], calls.chain.program.scratch)
            #expect(right["wrong"] == [])
            #expect(right["methods"]?.int64Value == Int64(description.methods.count))
            #expect(right["results"]?.int64Value == Int64(replies.count))
            #expect((right["schemas"]?.int64Value ?? 0) > 50 && (right["parameters"]?.int64Value ?? 0) > 20)
            // It says so where something is wrong.
            let text = String(decoding: document.text, as: UTF8.self)
            let changed = text.replacing(#""type":"boolean""#, with: #""type":"bool""#)
                .replacing("schemas/Account\"", with: "schemas/Nobody\"")
            let planted: JSON = ["method": "cairn_getValue", "parameters": ["key": "0x0"], "result": ["value": 1]]
            let wrong = try Self.ask(
                ["document": try JSON(parsing: Array(changed.utf8)), "replies": [planted]], calls.chain.program.scratch)
            let found = (wrong["wrong"]?.arrayValue ?? []).compactMap(\.stringValue)
            for kind in ["schemas", "references", "parameters", "results"] {
                #expect(found.contains { $0.hasPrefix(kind) }, "\(kind): \(found)")
            }
        }

        private static func ask(_ json: JSON, _ scratch: ScratchFolder) throws -> JSON {
            let file = try scratch.write(json.text, to: "description.json")
            return try JSON(parsing: Array(peer.run([file], scratch: scratch).utf8))
        }
    }
}
