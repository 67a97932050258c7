"""Ed25519 (RFC 8032) in plain Python, so that the examples need nothing but Python's standard library.

It is slow and its time depends on the secret: fine for trying things out, not for keys that matter. A real client uses
a library (libsodium, PyNaCl, cryptography).
"""

import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_MINUS_1 = pow(2, (P - 1) // 4, P)


def sha512_number(data):
    return int.from_bytes(hashlib.sha512(data).digest(), "little")


def add(a, b):
    """Adds two points in extended coordinates (X, Y, Z, T), with x = X/Z, y = Y/Z and xy = T/Z."""
    e = (a[1] - a[0]) * (b[1] - b[0])
    f = (a[1] + a[0]) * (b[1] + b[0])
    g = 2 * a[3] * b[3] * D
    h = 2 * a[2] * b[2]
    e, f, g, h = f - e, h - g, h + g, f + e
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(number, point):
    result = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = add(result, point)
        point = add(point, point)
        number >>= 1
    return result


def decode(data):
    """A point from its 32 bytes; None if it is none. Any coding of a point is taken, as ZIP 215 has it."""
    number = int.from_bytes(data, "little")
    y, sign = (number & (2**255 - 1)) % P, number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * SQRT_MINUS_1 % P
    if x * x % P != square:
        return None
    if x & 1 != sign:
        x = -x % P
    return (x, y, 1, x * y % P)


def encode(point):
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def expand(secret):
    """The scalar and the prefix of a secret, which is 32 bytes (the "seed")."""
    digest = hashlib.sha512(secret).digest()
    scalar = int.from_bytes(digest[:32], "little") & (2**254 - 8) | 2**254
    return scalar, digest[32:]


def public_key(secret):
    return encode(multiply(expand(secret)[0], BASE))


def sign(secret, message):
    scalar, prefix = expand(secret)
    key = public_key(secret)
    nonce = sha512_number(prefix + message) % L
    commitment = encode(multiply(nonce, BASE))
    challenge = sha512_number(commitment + key + message) % L
    return commitment + ((nonce + challenge * scalar) % L).to_bytes(32, "little")


def verify(key, message, signature):
    """Whether a signature is valid by the rule of ZIP 215: [8][s]B = [8]R + [8][k]A."""
    a, r = decode(key), decode(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    challenge = sha512_number(signature[:32] + key + message) % L
    left = multiply(8 * s, BASE)
    right = multiply(8, add(r, multiply(challenge, a)))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0
