import HTTP
import Primitives
import SystemTestSupport
import Testing

extension NodeTests {
    /// JSON-RPC as clients that we did not write may speak it.
    @Suite struct CallTests {
        @Test func callsInEveryForm() async throws {
            let chain = try LiveChain()
            try await chain.fund()
            let rpc = chain.rpc
            let byName = try await rpc.call("cairn_getBlock", ["height": 1])
            #expect(byName["height"] == 1)
            #expect(try await rpc.call("cairn_getBlock", [1]) == byName)
            #expect(try await rpc.call("cairn_getBlock", ["latest"])["height"] == 2)
            #expect(try await rpc.call("cairn_getBlock", [3]) == .null)
            #expect(try await rpc.call("cairn_getTransaction", [.string(Digest.zero.description)]) == .null)
            #expect(try await rpc.call("cairn_getProof", ["transaction": .string(Digest.zero.description)]) == .null)

            let batch = try await rpc.post(
                #"[{"jsonrpc":"2.0","id":"a","method":"cairn_chain"},{"jsonrpc":"2.0","method":"cairn_chain"},"#
                    + #"{"jsonrpc":"2.0","id":2,"method":"cairn_nothing"},7]"#)
            #expect(batch.arrayValue?.count == 3, "a notification gets no reply")
            #expect(batch[0]?["id"] == "a" && batch[0]?["result"]?["height"] == 2)
            #expect(batch[1]?["id"] == 2 && batch[1]?["error"]?["code"] == -32601)
            #expect(batch[2]?["id"] == .null && batch[2]?["error"]?["code"] == -32600)
            let notification = try await rpc.post(Array(#"{"jsonrpc":"2.0","method":"cairn_chain"}"#.utf8))
            #expect(notification.status == 204 && notification.body.isEmpty)
            #expect(try await rpc.post("{")["error"]?["code"] == -32700)
            #expect(try await rpc.post("[]")["error"]?["code"] == -32600)
            #expect(try await rpc.post(#"{"jsonrpc":"1.0","id":1,"method":"cairn_chain"}"#)["error"]?["code"] == -32600)
        }

        @Test func badParametersAreNamed() async throws {
            let chain = try LiveChain()
            let digest = JSON.string(Digest.zero.description)
            let cases: [(String, JSON, names: String)] = [
                ("cairn_sendTransaction", [], "transaction"),
                ("cairn_sendTransaction", ["xyz"], "transaction"),
                ("cairn_sendTransaction", [1], "transaction"),
                ("cairn_sendTransaction", ["0x", "0x"], "at most"),
                ("cairn_sendTransactions", ["0x"], "transactions"),
                ("cairn_call", ["0x12", "balance"], "contract"),
                ("cairn_call", ["contract": .string(Address.zero.description)], "method"),
                ("cairn_getTransaction", ["0x1234"], "identity"),
                ("cairn_getReceipt", [nil], "identity"),
                ("cairn_waitForReceipt", [digest, -1], "expiry"),
                ("cairn_waitForReceipt", [digest, nil, "soon"], "timeoutMilliseconds"),
                ("cairn_waitForReceipt", ["identity": digest, "timeout": 1], "timeout"),
                ("cairn_getBlock", [-1], "height"),
                ("cairn_getBlock", ["newest"], "height"),
                ("cairn_getBlock", [], "height"),
                ("cairn_getProof", [], "contract"),
                ("cairn_getProof", ["transaction": "0x"], "transaction"),
                (
                    "cairn_getProof",
                    [.string(Address.zero.description), .string(String(repeating: "00", count: 2000))], "key"
                ),
                ("cairn_getAccount", ["alice"], "address"),
                ("cairn_chain", [1], "0 at most"),
            ]
            let answers = try await chain.rpc.calls(cases.map { ($0.0, $0.1) })
            for (tried, answer) in zip(cases, answers) {
                guard case .failure(let refusal) = answer else {
                    Issue.record("\(tried) was answered: \(answer)")
                    continue
                }
                #expect(refusal.code == -32602 && refusal.message.contains(tried.names), "\(tried): \(refusal)")
            }
            let text = try await chain.rpc.post(#"{"jsonrpc":"2.0","id":1,"method":"cairn_chain","params":"x"}"#)
            #expect(text["error"]?["code"] == -32600)
        }

        @Test func bodiesHaveALimit() async throws {
            let chain = try LiveChain()
            let connection = try RPCConnection(chain.node.endpoint)
            #expect(try await connection.post([UInt8](repeating: 0x20, count: (1 << 20) + 1)).status == 413)
            let deep = String(repeating: "[", count: 100_000)
            #expect(try await chain.rpc.post(deep)["error"]?["code"] == -32700)
            let many = "[" + Array(repeating: "1", count: 101).joined(separator: ",") + "]"
            #expect(try await chain.rpc.post(many)["error"]?["code"] == -32600)
            #expect(try await chain.height == 0)
            #expect(chain.node.process.poll() == nil)
        }

        /// Python's standard library as a client that we did not write.
        @Test func python() async throws {
            let chain = try LiveChain()
            try await chain.fund()
            let signed = try chain.alice.sign(
                "transfer", chain.terms, salt: 5, expiry: LiveChain.time(inMilliseconds: 60_000),
                AssetArguments.movement("GOLD", to: chain.bob.address, 25))
            let script = try chain.program.scratch.write(Array(Self.script.utf8), to: "client.py")
            let process = try ChildProcess(
                "python3",
                [
                    script, chain.node.endpoint, signed.canonicalBytes.hexadecimal, signed.identity.description,
                    chain.bob.address.description,
                ], scratch: chain.program.scratch)
            #expect(process.wait(seconds: 60) == .exited(0), "\(process.output)\(process.errors)")
            #expect(process.output == "25 GOLD\n")
        }

        private static let script = """
            import json, sys, urllib.request
            endpoint, transaction, identity, account = sys.argv[1:]
            def call(method, *parameters):
                body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
                request = urllib.request.Request(endpoint, body, {"Content-Type": "application/json"})
                reply = json.load(urllib.request.urlopen(request, timeout=30))
                assert reply["jsonrpc"] == "2.0" and reply["id"] == 1, reply
                return reply
            assert call("cairn_sendTransaction", transaction)["result"] == identity
            answer = call("cairn_waitForReceipt", identity)["result"]
            assert answer["status"] == "committed", answer
            block = call("cairn_getBlock", answer["receipt"]["height"])["result"]
            assert block["transactions"] == [identity], block
            assert call("cairn_sendTransaction", transaction)["error"]["code"] == -32020
            holding = call("cairn_getAccount", account)["result"]["holdings"][0]
            print(holding["balance"], holding["symbol"])
            """
    }
}
