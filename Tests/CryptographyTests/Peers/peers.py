"""Answers by two other implementations of SM2, SM3 and SM4: gmssl and tongsuopy.

Reads one JSON list of requests from standard input and writes the list of answers to standard output. Bytes are
hexadecimal. A request names a peer and an operation; an operation that the peer lacks is an error.
With --check it only imports the peers.
"""

import json
import sys

from gmssl import func, sm2, sm3, sm4
from tongsuopy.crypto import hashes
from tongsuopy.crypto.asymciphers import ec
from tongsuopy.crypto.ciphers import Cipher, algorithms, modes
from tongsuopy.crypto.ciphers.aead import SM4CCM, SM4GCM
from tongsuopy.crypto.asymciphers.utils import encode_dss_signature
from tongsuopy.crypto.exceptions import InvalidSignature

PEERS = {}


def operation(peer):
    def register(function):
        PEERS[peer, function.__name__.rsplit("_", 1)[0]] = function
        return function

    return register


# gmssl: pure Python


def gmssl_key(point, private=""):
    key = sm2.CryptSM2(private_key=private, public_key="", asn1=False)
    # Its initialiser would take zeros and fours from the start of x as well.
    key.public_key = point
    return key


@operation("gmssl")
def sm3_g(message):
    return sm3.sm3_hash(func.bytes_to_list(bytes.fromhex(message)))


@operation("gmssl")
def sm2_sign_g(private, point, message):
    return gmssl_key(point, private).sign_with_sm3(bytes.fromhex(message))


@operation("gmssl")
def sm2_verify_g(point, message, signature):
    return bool(gmssl_key(point).verify_with_sm3(signature, bytes.fromhex(message)))


def gmssl_cipher(key, mode):
    # It knows the paddings 0 and 1; any other number means none, in ECB.
    cipher = sm4.CryptSM4(padding_mode=2)
    cipher.set_key(bytes.fromhex(key), mode)
    return cipher


@operation("gmssl")
def sm4_ecb_g(key, plaintext):
    return gmssl_cipher(key, sm4.SM4_ENCRYPT).crypt_ecb(bytes.fromhex(plaintext)).hex()


@operation("gmssl")
def sm4_cbc_g(key, iv, plaintext):
    # In CBC it always adds a block of padding.
    return gmssl_cipher(key, sm4.SM4_ENCRYPT).crypt_cbc(bytes.fromhex(iv), bytes.fromhex(plaintext))[:-16].hex()


# tongsuopy: the Tongsuo library in C

ALGORITHM = ec.ECDSA(hashes.SM3())


@operation("tongsuopy")
def sm3_t(message):
    context = hashes.Hash(hashes.SM3())
    context.update(bytes.fromhex(message))
    return context.finalize().hex()


@operation("tongsuopy")
def sm2_sign_t(private, point, message):
    key = ec.derive_private_key(int(private, 16), ec.SM2())
    der = key.sign(bytes.fromhex(message), ALGORITHM)
    end = 4 + der[3]
    r, s = int.from_bytes(der[4:end], "big"), int.from_bytes(der[end + 2 :], "big")
    return "%064x%064x" % (r, s)


@operation("tongsuopy")
def sm2_verify_t(point, message, signature):
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SM2(), bytes.fromhex("04" + point))
    der = encode_dss_signature(int(signature[:64], 16), int(signature[64:], 16))
    try:
        key.verify(der, bytes.fromhex(message), ALGORITHM)
    except InvalidSignature:
        return False
    return True


def tongsuo_encrypt(key, mode, plaintext):
    encryptor = Cipher(algorithms.SM4(bytes.fromhex(key)), mode).encryptor()
    return (encryptor.update(bytes.fromhex(plaintext)) + encryptor.finalize()).hex()


@operation("tongsuopy")
def sm4_ecb_t(key, plaintext):
    return tongsuo_encrypt(key, modes.ECB(), plaintext)


@operation("tongsuopy")
def sm4_cbc_t(key, iv, plaintext):
    return tongsuo_encrypt(key, modes.CBC(bytes.fromhex(iv)), plaintext)


@operation("tongsuopy")
def sm4_gcm_t(key, nonce, plaintext, context):
    return SM4GCM(bytes.fromhex(key)).encrypt(*(bytes.fromhex(part) for part in (nonce, plaintext, context))).hex()


@operation("tongsuopy")
def sm4_ccm_t(key, nonce, plaintext, context):
    return SM4CCM(bytes.fromhex(key)).encrypt(*(bytes.fromhex(part) for part in (nonce, plaintext, context))).hex()


if "--check" not in sys.argv:
    requests = json.load(sys.stdin)
    json.dump([PEERS[peer, name](*arguments) for peer, name, *arguments in requests], sys.stdout)
