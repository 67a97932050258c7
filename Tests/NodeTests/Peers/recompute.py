"""Computes again what a chain of the national suite says, by other implementations of its ciphers.

    recompute.py ENDPOINT HASH

Takes the raw bytes of genesis, blocks, transactions, receipts, certificates and state proofs from a node, decodes them
without any of Cairn's code, and computes digests, roots, addresses and signatures again: with SM2 by gmssl and by
tongsuopy, and with the hash HASH, which is gmssl (its SM3), tongsuopy (its SM3) or sha256. Prints a JSON object that
says for each kind of thing how many were right, and how many wrong. With --check it only imports the libraries.
"""

import hashlib
import json
import sys
import urllib.request

from gmssl import func, sm2, sm3
from tongsuopy.crypto import exceptions, hashes
from tongsuopy.crypto.asymciphers import ec
from tongsuopy.crypto.asymciphers.utils import encode_dss_signature

ED25519, SECP256K1, P256, SM2 = range(1, 5)
ASSETS = bytes.fromhex("0000000000000000000000000000000000000100")
EMPTY = bytes(32)


# Hashes.


def by_gmssl(data):
    return bytes.fromhex(sm3.sm3_hash(func.bytes_to_list(data)))


def by_tongsuopy(data):
    context = hashes.Hash(hashes.SM3())
    context.update(data)
    return context.finalize()


HASHES = {"gmssl": by_gmssl, "tongsuopy": by_tongsuopy, "sha256": lambda data: hashlib.sha256(data).digest()}


def keccak256(data):
    """Ethereum's hash, by the reference description of Keccak."""
    rate, mask = 136, (1 << 64) - 1

    def rotated(word, count):
        return (word << count | word >> (64 - count)) & mask if count else word

    def permuted(lanes):
        register = 1
        for _ in range(24):
            parity = [lanes[x][0] ^ lanes[x][1] ^ lanes[x][2] ^ lanes[x][3] ^ lanes[x][4] for x in range(5)]
            change = [parity[x - 1] ^ rotated(parity[(x + 1) % 5], 1) for x in range(5)]
            lanes = [[lanes[x][y] ^ change[x] for y in range(5)] for x in range(5)]
            x, y, current = 1, 0, lanes[1][0]
            for step in range(24):
                x, y = y, (2 * x + 3 * y) % 5
                current, lanes[x][y] = lanes[x][y], rotated(current, (step + 1) * (step + 2) // 2 % 64)
            for y in range(5):
                row = [lanes[x][y] for x in range(5)]
                for x in range(5):
                    lanes[x][y] = row[x] ^ (~row[(x + 1) % 5] & mask & row[(x + 2) % 5])
            for bit in range(7):
                register = (register << 1 ^ (register >> 7) * 0x71) % 256
                if register & 2:
                    lanes[0][0] ^= 1 << ((1 << bit) - 1)
        return lanes

    padded = bytearray(data) + bytes(rate - len(data) % rate)
    padded[len(data)] ^= 1
    padded[-1] ^= 0x80
    lanes = [[0] * 5 for _ in range(5)]
    for start in range(0, len(padded), rate):
        for index in range(rate // 8):
            word = padded[start + 8 * index:start + 8 * index + 8]
            lanes[index % 5][index // 5] ^= int.from_bytes(word, "little")
        lanes = permuted(lanes)
    return b"".join(lanes[index][0].to_bytes(8, "little") for index in range(4))


# Points and signatures.

CURVES = {
    SECP256K1: (2**256 - 2**32 - 977, 0, 7),
    SM2: (
        0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF, -3,
        0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93),
}


def point(scheme, key):
    """x and y of a compressed key."""
    p, a, b = CURVES[scheme]
    x = int.from_bytes(key[1:], "big")
    y = pow(x**3 + a * x + b, (p + 1) // 4, p)
    y = y if y % 2 == key[0] % 2 else p - y
    return x.to_bytes(32, "big") + y.to_bytes(32, "big")


def is_signed(key, message, signature):
    """Whether both libraries take a signature of SM2; they must agree."""
    coordinates = point(SM2, key)
    first = sm2.CryptSM2(private_key="", public_key="", asn1=False)
    # Its initialiser would take zeros and fours from the start of x.
    first.public_key = coordinates.hex()
    first = bool(first.verify_with_sm3(signature.hex(), message))
    der = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    try:
        other = ec.EllipticCurvePublicKey.from_encoded_point(ec.SM2(), b"\x04" + coordinates)
        other.verify(der, message, ec.ECDSA(hashes.SM3()))
        second = True
    except exceptions.InvalidSignature:
        second = False
    assert first == second, "gmssl and tongsuopy differ"
    return first


# The canonical coding.


class Reader:
    def __init__(self, text):
        self.data, self.offset = bytes.fromhex(text.removeprefix("0x")), 0

    def take(self, count):
        self.offset += count
        assert self.offset <= len(self.data), "the input ends in the middle of a value"
        return self.data[self.offset - count:self.offset]

    def number(self, count):
        return int.from_bytes(self.take(count), "little")

    def length(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def sized(self):
        return self.take(self.length())

    def option(self, read):
        return read() if self.number(1) else None

    def sequence(self, read):
        return [read() for _ in range(self.length())]

    def key(self):
        scheme = self.number(1)
        return scheme, self.take(32 if scheme == ED25519 else 33)

    def finish(self):
        assert self.offset == len(self.data), "bytes follow the value"


def read_genesis(text):
    reader = Reader(text)
    assert reader.number(2) == 2
    reader.sized()
    assert reader.number(1) == 2, "the suite is not national"
    reader.take(4 + 8)
    reader.sequence(lambda: reader.number(1))
    reader.take(8 + 1 + 1)
    reader.sequence(reader.key)
    certifiers = reader.sequence(reader.key)
    reader.take(4 + 8 + 8 + 4 + 4 + 8 + 4 + 4)
    reader.finish()
    return reader.data, certifiers


def read_transaction(text):
    reader = Reader(text)
    reader.take(2 + 32 + 4 + 20 + 20)
    reader.sized()
    reader.sized()
    reader.take(8 + 8 + 8)
    reader.option(lambda: reader.take(20 + 32))
    assert reader.length() == 0
    signers = reader.sequence(lambda: reader.take(20))
    signed_part = reader.data[:reader.offset]
    signatures = reader.sequence(lambda: (reader.number(1), *reader.key(), reader.take(64)))
    reader.finish()
    return signed_part, signers, signatures


def read_certificate(reader):
    start = reader.offset
    reader.take(32 + 4 + 8 + 4 + 8 + 8)
    roots = [reader.take(32) for _ in range(3)]
    reader.take(32)
    statement = reader.data[start:reader.offset]
    reader.take(1 + 4)
    return statement, roots, reader.sequence(lambda: (reader.number(4), reader.take(64)))


def read_header(text):
    reader = Reader(text)
    reader.take(2 + 4 + 8)
    parent = reader.take(32)
    reader.take(8 + 4 + 8 + 8 + 4)
    root = reader.take(32)
    reader.finish()
    return reader.data, parent, root


# The chain.


class Chain:
    def __init__(self, endpoint, name):
        self.endpoint, self.hash, self.found = endpoint, HASHES[name], {}

    def call(self, method, *parameters):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
        request = urllib.request.Request(self.endpoint, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)["result"]

    def note(self, kind, is_right):
        self.found.setdefault(kind, {"right": 0, "wrong": 0})["right" if is_right else "wrong"] += 1

    def digest(self, *parts):
        return self.hash(b"".join(parts))

    def list_root(self, elements):
        nodes = [self.digest(b"\x02", self.digest(element), EMPTY) for element in elements]

        def root(nodes):
            if len(nodes) == 1:
                return nodes[0]
            left = 1 << (len(nodes) - 1).bit_length() - 1
            return self.digest(b"\x03", root(nodes[:left]), root(nodes[left:]))

        return root(nodes) if nodes else EMPTY

    def check(self):
        chain = self.call("cairn_chain")
        genesis, self.certifiers = read_genesis(chain["genesisBytes"])
        parent = self.digest(b"cairn.genesis", genesis)
        self.note("genesis", "0x" + parent.hex() == chain["genesis"])
        accounts = set()
        for height in range(1, chain["height"] + 1):
            parent = self.check_block(self.call("cairn_getBlock", height), parent, accounts)
        for account in sorted(accounts):
            for symbol in [b"GOLD", b"NONE"]:
                self.check_state(account, symbol)

    def check_block(self, block, parent, accounts):
        header, named_parent, transactions_root = read_header(block["rawHeader"])
        block_hash = self.digest(b"cairn.block", header)
        self.note("parents", named_parent == parent)
        reader = Reader(block["certificate"]["raw"])
        statement, (certified_hash, _, receipts_root), signatures = read_certificate(reader)
        reader.finish()
        self.note("block hashes", block_hash == certified_hash)
        self.check_certificate(statement, signatures)
        raw = [self.call("cairn_getTransaction", identity)["raw"] for identity in block["transactions"]]
        for text, identity in zip(raw, block["transactions"]):
            self.check_transaction(text, identity, accounts)
        receipts = [self.call("cairn_getReceipt", identity)["raw"] for identity in block["transactions"]]
        self.note("transactions' roots", self.list_root([Reader(text).data for text in raw]) == transactions_root)
        self.note("receipts' roots", self.list_root([Reader(text).data for text in receipts]) == receipts_root)
        return block_hash

    def check_certificate(self, statement, signatures):
        digest = self.digest(b"cairn.result", statement)
        assert len(signatures) == len(self.certifiers)
        for place, signature in signatures:
            scheme, key = self.certifiers[place]
            assert scheme == SM2, "a certifier's key is not one of SM2"
            self.note("certificates", is_signed(key, digest, signature))

    def check_transaction(self, text, identity, accounts):
        signed_part, signers, signatures = read_transaction(text)
        digest = self.digest(b"cairn.transaction", signed_part)
        self.note("identities", "0x" + digest.hex() == identity)
        for place, scheme, key, signature in signatures:
            accounts.add(signers[place])
            if scheme == SECP256K1:
                self.note("addresses of Ethereum", keccak256(point(scheme, key))[12:] == signers[place])
                continue
            address = self.digest(b"cairn.address", bytes([scheme]), key)[12:]
            self.note(f"addresses of scheme {scheme}", address == signers[place])
            if scheme == SM2:
                self.note("signatures of accounts", is_signed(key, digest, signature))

    def check_state(self, account, symbol):
        """The root of a state proof, of presence or absence."""
        reader = Reader(self.call("cairn_getProof", "0x" + ASSETS.hex(), "0x" + (b"h" + account + symbol).hex())["proof"])
        assert reader.number(1) == 1
        statement, (_, root, _), signatures = read_certificate(reader)
        self.check_certificate(statement, signatures)
        assert reader.length() == 0
        contract, key = reader.take(20), reader.sized()
        value = reader.option(reader.sized)
        leaf = reader.option(lambda: (reader.take(32), reader.take(32)))
        siblings = reader.sequence(lambda: reader.take(32))
        reader.finish()
        path = self.digest(b"cairn.key", contract, key)
        is_right = (value is not None) == (symbol == b"GOLD")
        if value is not None:
            is_right = is_right and leaf == (path, self.digest(b"cairn.value", value))
        node = EMPTY if leaf is None else self.digest(b"\x00", *leaf)
        for depth in reversed(range(len(siblings))):
            is_right_child = path[depth // 8] >> (7 - depth % 8) & 1
            pair = (siblings[depth], node) if is_right_child else (node, siblings[depth])
            node = self.digest(b"\x01", *pair)
        self.note("state proofs", is_right and node == root)


if "--check" not in sys.argv:
    checked = Chain(*sys.argv[1:])
    checked.check()
    print(json.dumps(checked.found))
