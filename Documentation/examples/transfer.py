#!/usr/bin/env python3
"""Makes, signs and sends a transfer without any of Cairn's code: what a client in another language has to do.

    python3 transfer.py SECRET_FILE SYMBOL AMOUNT TO

SECRET_FILE holds the sender's Ed25519 secret, 64 hexadecimal digits, as `cairn account import` takes it.
AMOUNT is in the asset's smallest unit. TO is an address. The node is $CAIRN_NODE, or http://127.0.0.1:8545.
"""

import hashlib
import json
import os
import secrets
import sys
import time
import urllib.request

import ed25519

NODE = os.environ.get("CAIRN_NODE", "http://127.0.0.1:8545")
ASSETS = bytes.fromhex("0000000000000000000000000000000000000100")
ED25519 = b"\x01"
EXPIRED, DUPLICATE = -32014, -32020


# The canonical coding: integers little-endian, lengths in ULEB128, structures their fields in order.

def u16(value):
    return value.to_bytes(2, "little")


def u32(value):
    return value.to_bytes(4, "little")


def u64(value):
    return value.to_bytes(8, "little")


def u256(value):
    return value.to_bytes(32, "little")


def length(count):
    coded = bytearray()
    while count >= 0x80:
        coded.append(count & 0x7F | 0x80)
        count >>= 7
    coded.append(count)
    return bytes(coded)


def sized(data):
    """A byte sequence or a text: its length, then its bytes."""
    return length(len(data)) + data


def sequence(items):
    return length(len(items)) + b"".join(items)


# What is hashed.

def identity_of(transaction):
    return hashlib.sha256(b"cairn.transaction" + transaction).digest()


def address_of(public_key):
    """The address of an Ed25519 key: the last 20 bytes of a hash of its scheme and itself."""
    return hashlib.sha256(b"cairn.address" + ED25519 + public_key).digest()[12:]


def call_of_contract(chain, sender, contract, method, arguments, expiry, gas_limit=100_000):
    """The signed part of a transaction."""
    return b"".join([
        u16(1),                                              # version
        bytes.fromhex(chain["genesis"][2:]),                 # the chain
        u32(chain["group"]),
        sender,
        contract,
        sized(method.encode()),
        sized(arguments),
        u64(secrets.randbits(64)),                           # salt
        u64(expiry),                                         # in milliseconds since 1970
        u64(gas_limit),
        b"\x00",                                             # no fee payer
        sequence([]),                                        # no extensions
        sequence([sender]),                                  # who must sign, ascending
    ])


def signed(transaction, secret):
    signature = ed25519.sign(secret, identity_of(transaction))
    # The first byte is the signer's place among those who must sign.
    return transaction + sequence([b"\x00" + ED25519 + ed25519.public_key(secret) + signature])


# The node.

class Refused(Exception):
    def __init__(self, error):
        super().__init__(f"{error['message']} (code {error['code']})")
        self.code = error["code"]


def call(method, /, **parameters):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
    request = urllib.request.Request(NODE, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=70) as response:
        reply = json.load(response)
    if "error" in reply:
        raise Refused(reply["error"])
    return reply["result"]


def submit(raw, identity, expiry):
    """Sends a transaction until its fate is known: always the same bytes, which take effect at most once."""
    sent = False
    while True:
        try:
            if not sent:
                try:
                    call("cairn_sendTransaction", transaction="0x" + raw.hex())
                except Refused as refusal:
                    # In both cases it may be in a block since an earlier try; the receipt tells.
                    if refusal.code not in (DUPLICATE, EXPIRED):
                        raise
                sent = True
            answer = call("cairn_waitForReceipt", identity="0x" + identity.hex(), expiry=expiry)
            if answer["status"] != "pending":
                return answer
        except OSError as error:
            # The connection broke, so nobody knows whether the node took it. It may have restarted: send again.
            print(f"trying again: {error}", file=sys.stderr)
            sent = False
            time.sleep(1)


def main(secret_file, symbol, amount, to):
    with open(secret_file) as file:
        secret = bytes.fromhex(file.read().strip())
    chain = call("cairn_chain")
    sender = address_of(ed25519.public_key(secret))
    arguments = sized(symbol.encode()) + bytes.fromhex(to.removeprefix("0x")) + u256(int(amount))
    expiry = int((time.time() + 60) * 1000)
    transaction = call_of_contract(chain, sender, ASSETS, "transfer", arguments, expiry)
    raw = signed(transaction, secret)
    identity = identity_of(transaction)
    print(f"sender    0x{sender.hex()}")
    print(f"raw       0x{raw.hex()}")
    print(f"identity  0x{identity.hex()}")
    answer = submit(raw, identity, expiry)
    print(f"status    {answer['status']}")
    if "receipt" in answer:
        receipt = answer["receipt"]
        print(f"height    {receipt['height']}")
        print(f"gas used  {receipt['gasUsed']}")
        if "failure" in receipt:
            print(f"failure   {receipt['failure']['text']} ({receipt['failure']['code']})")
    return 0 if answer["status"] == "committed" else 1


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    try:
        sys.exit(main(*sys.argv[1:]))
    except Refused as refusal:
        sys.exit(f"refused: {refusal}")
    except OSError as error:
        sys.exit(f"no answer from {NODE}: {error}")
