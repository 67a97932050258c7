#!/usr/bin/env python3
"""Checks a proof with nothing but the chain's genesis, and without any of Cairn's code.

    python3 verify_proof.py PROOF_FILE GENESIS_FILE

It knows chains of the suite "international" whose certifiers have Ed25519 keys, as `cairn network up` makes them, and
blocks of their first epoch.
"""

import hashlib
import sys

import ed25519

EMPTY = bytes(32)

# By the engine's number (solo, raft, pbft, fbft), what it bears: nothing (0), crashes (1), any fault (2).
FAULT_MODELS = {0: 0, 1: 1, 2: 2, 3: 2}


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


class Wrong(Exception):
    pass


def demand(condition, reason):
    if not condition:
        raise Wrong(reason)


class Reader:
    """Reads the canonical coding, and refuses what is not canonical."""

    def __init__(self, data):
        self.data, self.offset = data, 0

    def take(self, count):
        demand(self.offset + count <= len(self.data), "the input ends in the middle of a value")
        self.offset += count
        return self.data[self.offset - count:self.offset]

    def number(self, byte_count):
        return int.from_bytes(self.take(byte_count), "little")

    def length(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                demand(shift == 0 or byte != 0, "a length is not in its shortest form")
                return value
            shift += 7
            demand(shift <= 28, "a length is too long")

    def sized(self):
        return self.take(self.length())

    def option(self, read):
        tag = self.number(1)
        demand(tag <= 1, "an option's tag is neither 0 nor 1")
        return read() if tag else None

    def sequence(self, read):
        return [read() for _ in range(self.length())]

    def since(self, start):
        return self.data[start:self.offset]

    def finish(self):
        demand(self.offset == len(self.data), "bytes follow the value")


# The types, field by field.

def read_key(reader):
    demand(reader.number(1) == 1, "this example knows Ed25519 keys only")
    return reader.take(32)


def read_genesis(data):
    reader = Reader(data)
    version = reader.number(2)
    demand(version in (2, 3), "the genesis has another version")
    reader.sized()                                  # name
    demand(reader.number(1) == 1, "the suite is not international")
    group = reader.number(4)
    reader.number(8)                                # time
    reader.sequence(lambda: reader.number(1))       # fault models
    epoch, engine = reader.number(8), reader.number(1)
    demand(engine in FAULT_MODELS, "the engine is not known")
    reader.number(1)                                # who checks signatures
    reader.sequence(lambda: read_key(reader))       # orderers
    certifiers = reader.sequence(lambda: read_key(reader))
    reader.number(4)                                # execution version
    reader.take(8 + 8 + 4 + 4 + 8 + 4 + 4)          # limits
    if version == 2:
        reader.finish()                             # in version 3 the first members follow
    return sha256(b"cairn.genesis", data), group, epoch, FAULT_MODELS[engine], certifiers


def read_certificate(reader):
    start = reader.offset
    statement = {"genesis": reader.take(32), "group": reader.number(4), "epoch": reader.number(8)}
    reader.number(4)                                # execution version
    reader.number(8)                                # decision
    statement["height"] = reader.number(8)
    for name in ["block", "state", "receipts", "next epoch"]:
        statement[name] = reader.take(32)
    digest = sha256(b"cairn.result", reader.since(start))
    rule = (reader.number(1), reader.number(4))
    signatures = reader.sequence(lambda: (reader.number(4), reader.take(64)))
    return statement, digest, rule, signatures


def check_certificate(certificate, genesis):
    statement, digest, rule, signatures = certificate
    chain, group, epoch, model, certifiers = genesis
    demand(statement["genesis"] == chain, "the certificate is of another chain")
    demand((statement["group"], statement["epoch"]) == (group, epoch), "the certificate is of another epoch")
    count = len(certifiers)
    demand(rule == (model, count), "the certificate goes by another rule")
    places = [place for place, _ in signatures]
    demand(places == sorted(set(places)) and all(place < count for place in places), "the signers are not in order")
    demand(len(places) >= [count, count // 2 + 1, 2 * count // 3 + 1][model], "the signers are not a quorum")
    for place, signature in signatures:
        demand(ed25519.verify(certifiers[place], digest, signature), "a signature is wrong")
    return statement


def check_key(reader, statement):
    """That the state after the block holds a value at a key, or nothing."""
    contract, key = reader.take(20), reader.sized()
    value = reader.option(reader.sized)
    leaf = reader.option(lambda: (reader.take(32), reader.take(32)))
    siblings = reader.sequence(lambda: reader.take(32))
    path = sha256(b"cairn.key", contract, key)

    def bit(of, depth):
        return of[depth // 8] >> (7 - depth % 8) & 1

    demand(len(siblings) <= 256, "the way is too long")
    if value is not None:
        demand(leaf == (path, sha256(b"cairn.value", value)), "the leaf is another one")
    elif leaf is not None:
        demand(leaf[0] != path, "the leaf is that of the key")
        demand(all(bit(leaf[0], depth) == bit(path, depth) for depth in range(len(siblings))), "the leaf is elsewhere")
    node = EMPTY if leaf is None else sha256(b"\x00", *leaf)
    for depth in reversed(range(len(siblings))):
        pair = (siblings[depth], node) if bit(path, depth) else (node, siblings[depth])
        node = sha256(b"\x01", *pair)
    demand(node == statement["state"], "the way does not lead to the state root")
    shown = "nothing" if value is None else "0x" + value.hex()
    return f"contract 0x{contract.hex()} holds {shown} at key 0x{key.hex()}"


def list_root(element, inclusion):
    """The root of the list that holds the element, by the shape of RFC 6962."""
    index, count, siblings = inclusion
    demand(index < count, "the index is beyond the list")
    sides = []
    while count > 1:
        left = 1 << (count - 1).bit_length() - 1
        sides.append(index < left)
        index, count = (index, left) if index < left else (index - left, count - left)
    demand(len(sides) == len(siblings), "the proof has another shape than the list")
    node = sha256(b"\x02", sha256(element), EMPTY)
    for is_left, sibling in zip(reversed(sides), siblings):
        node = sha256(b"\x03", *((node, sibling) if is_left else (sibling, node)))
    return node


def check_receipt(reader, statement):
    """That the block holds a transaction, and what became of it."""
    start = reader.offset
    reader.take(2 + 4 + 8 + 32 + 8 + 4 + 8 + 8)     # version to time; all of the header is in the block's hash
    count, transactions_root = reader.number(4), reader.take(32)
    demand(sha256(b"cairn.block", reader.since(start)) == statement["block"], "the header is of another block")
    transaction = reader.sized()
    start = reader.offset
    identity, is_failure = reader.take(32), reader.length()
    demand(is_failure <= 1, "the outcome is neither success nor failure")
    outcome = reader.sized() + reader.sized() if is_failure else reader.sized()
    reader.number(8)                                # gas used
    reader.sequence(lambda: (reader.take(20), reader.sized(), reader.sequence(lambda: reader.take(32)), reader.sized()))
    receipt = reader.since(start)
    inclusions = [
        (reader.number(4), reader.number(4), reader.sequence(lambda: reader.take(32))) for _ in range(2)]
    demand(all(inclusion[1] == count for inclusion in inclusions), "the header counts other transactions")
    demand(inclusions[0][0] == inclusions[1][0], "the receipt is of another transaction")
    demand(list_root(transaction, inclusions[0]) == transactions_root, "the transaction is not in the block")
    demand(list_root(receipt, inclusions[1]) == statement["receipts"], "the receipt is not in the block")
    return f"transaction 0x{identity.hex()} " + (f"failed: {outcome.decode()}" if is_failure else "took effect")


def main(proof_file, genesis_file):
    with open(genesis_file, "rb") as file:
        genesis = read_genesis(file.read())
    with open(proof_file, "rb") as file:
        reader = Reader(file.read())
    demand(reader.number(1) == 1, "the proof has another version")
    statement = check_certificate(read_certificate(reader), genesis)
    kind = reader.length()
    demand(kind <= 1, "the proof shows something unknown")
    shown = (check_receipt if kind else check_key)(reader, statement)
    reader.finish()
    print(f"proven: {shown}")
    print(f"at block {statement['height']} of chain 0x{statement['genesis'].hex()}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except Wrong as error:
        sys.exit(f"not proven: {error}")
