import Primitives
import TestSupport
import Testing

@testable import Cryptography

@Suite struct KeccakTests {
    /// Published by Ethereum: the hashes of no bytes, of "abc", and of an event's and a method's signature.
    @Test(arguments: [
        ("", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        ("abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
        ("Transfer(address,address,uint256)", "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"),
    ])
    func agreesWithPublishedHashes(message: String, expected: String) {
        #expect(Keccak256.hash(Array(message.utf8)) == Digest(hexadecimal: expected))
    }

    /// Hashes of the bytes 0, 1, ..., 250, 0, 1, ... of these numbers, made with PyCryptodome 4.4.0 (Crypto.Hash.keccak,
    /// 256 bits), around the lane of 8 bytes and the rate of 136.
    static let independent: [(byteCount: Int, hash: String)] = [
        (1, "bc36789e7a1e281436464229828f817d6612f7b477d66591ff96a9e064bcc98a"),
        (7, "801560412425120fa609be232d6fa71c7f64f42aee7977267687dcc0a2f5aa63"),
        (8, "59e7c99f6be4fd053d7c99f54e371304a33213473dc41f1825b7f3ceb33841a6"),
        (9, "1c2876c406adb4065117127d838f839f4fe555c0106787d5cb24f6df3444e08d"),
        (32, "8ae1aa597fa146ebd3aa2ceddf360668dea5e526567e92b0321816a4e895bd2d"),
        (64, "002030bde3d4cf89919649775cd71875c4d0ab1708a380e03fefc3a28aa24831"),
        (127, "c52f0bd08793b9e8601b29753539e1bf47f8e483eed0a901e8761982449c9b4c"),
        (128, "ed4c9adc183fb8cb025b1500ec3eeae1b45517314441a187605de1bb8a64726e"),
        (134, "861e165162f806cd361c4421a48f205820ddf4deb02db9f041f48e179ddada97"),
        (135, "cbdfd9dee5faad3818d6b06f95a219fd290b0e1706f6a82e5a595b9ce9faca62"),
        (136, "7ce759f1ab7f9ce437719970c26b0a66ff11fe3e38e17df89cf5d29c7d7f807e"),
        (137, "ac73d4fae68b8453f764007c1a20ce95994187861f0c3227a3a8e99a73a3b1db"),
        (144, "36b6c310c763efcdcd51591b27ac640ec854bf8da8e413f4cc0f4a29e2a48dbc"),
        (200, "bfb0aa97863e797943cf7c33bb7e880bb4543f3d2703c0923c6901c2af57b890"),
        (271, "27eceb59ebc3dc8a04a5b135be641591a7278540e4556a2ba9f408194e666ec3"),
        (272, "8e2476e65823b24d96ebe239f2c1534cdf763e689e2410c3b1cb0c74e6177bfc"),
        (273, "3f02f134370e4debb95140ef49ddd3aed8c65ff1ed83a43f1b269421f179c5f9"),
        (408, "2fa03dab557315e48395073815c6aefeb1e78b5f750fa85b623ab3a1f1d988a1"),
        (1000, "af692982e84a5a9688359025660a7857cd28ee7c8d867cfa1677baf2e6d1f63b"),
        (4096, "154a932bb08a718880807903c8724a2e293271f249bd8d7017eb0e9b456a218d"),
    ]

    @Test(arguments: independent)
    func agreesWithAnotherImplementation(byteCount: Int, hash: String) {
        let bytes = (0..<byteCount).map { UInt8($0 % 251) }
        #expect(Keccak256.hash(bytes) == Digest(hexadecimal: hash))
        #expect(Keccak256.hash(([0xFF] + bytes).span.extracting(1..<byteCount + 1)) == Digest(hexadecimal: hash))
    }
}
