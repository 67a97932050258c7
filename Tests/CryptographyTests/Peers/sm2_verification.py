#!/usr/bin/env python3
"""What gmssl and tongsuopy, two other implementations of SM2, say of signatures.

Reads lines of "verify KEY MESSAGE SIGNATURE" and "sign SECRET KEY MESSAGE", in hexadecimal (KEY is x and y, SIGNATURE
r and s, "-" stands for no bytes), and answers each with one line: "gmssl=1 tongsuo=0", or "gmssl=SIGNATURE". The
identifier is the default one. With the argument --check it only tells whether the modules are there.
"""
import sys

from gmssl import func, sm2
from tongsuopy.crypto import exceptions, hashes
from tongsuopy.crypto.asymciphers import ec


def gmssl_key(key, secret=""):
    made = sm2.CryptSM2(secret, key)
    # The initialiser strips zeros and fours from a key that happens to start with 04.
    made.public_key = key
    return made


def der(signature):
    def integer(digits):
        digits = digits.lstrip(b"\0") or b"\0"
        digits = b"\0" + digits if digits[0] >= 0x80 else digits
        return bytes([2, len(digits)]) + digits

    body = integer(signature[:32]) + integer(signature[32:])
    return bytes([0x30, len(body)]) + body


def verify(key, message, signature):
    by_gmssl = gmssl_key(key).verify_with_sm3(signature, message)
    try:
        tongsuo_key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SM2(), bytes.fromhex("04" + key))
        tongsuo_key.verify(der(bytes.fromhex(signature)), message, ec.ECDSA(hashes.SM3()))
        by_tongsuo = 1
    except (exceptions.InvalidSignature, ValueError):
        by_tongsuo = 0
    return f"gmssl={int(bool(by_gmssl))} tongsuo={by_tongsuo}"


def sign(secret, key, message):
    made = gmssl_key(key, secret)
    digest = bytes.fromhex(made._sm3_z(message))
    while True:
        signature = made.sign(digest, func.random_hex(made.para_len))
        if signature:
            return f"gmssl={signature}"


def main():
    if "--check" in sys.argv:
        return
    for line in sys.stdin:
        verb, *fields = line.split()
        message = bytes.fromhex(fields[-1 if verb == "sign" else 1].replace("-", ""))
        if verb == "verify":
            print(verify(fields[0], message, fields[2]))
        else:
            print(sign(fields[0], fields[1], message))


main()
