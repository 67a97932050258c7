// SHA-512 (FIPS 180-4) of eight messages at a time, one in each lane. Each is 96 bytes, as R, A and a digest are: one
// block with the padding. For inclusion in ifma.c only.

// FIPS 180-4, sections 4.2.3 and 5.3.5.
static const uint64_t sha512_round_constants[80] = {
    0x428a2f98d728ae22u, 0x7137449123ef65cdu, 0xb5c0fbcfec4d3b2fu, 0xe9b5dba58189dbbcu,
    0x3956c25bf348b538u, 0x59f111f1b605d019u, 0x923f82a4af194f9bu, 0xab1c5ed5da6d8118u,
    0xd807aa98a3030242u, 0x12835b0145706fbeu, 0x243185be4ee4b28cu, 0x550c7dc3d5ffb4e2u,
    0x72be5d74f27b896fu, 0x80deb1fe3b1696b1u, 0x9bdc06a725c71235u, 0xc19bf174cf692694u,
    0xe49b69c19ef14ad2u, 0xefbe4786384f25e3u, 0x0fc19dc68b8cd5b5u, 0x240ca1cc77ac9c65u,
    0x2de92c6f592b0275u, 0x4a7484aa6ea6e483u, 0x5cb0a9dcbd41fbd4u, 0x76f988da831153b5u,
    0x983e5152ee66dfabu, 0xa831c66d2db43210u, 0xb00327c898fb213fu, 0xbf597fc7beef0ee4u,
    0xc6e00bf33da88fc2u, 0xd5a79147930aa725u, 0x06ca6351e003826fu, 0x142929670a0e6e70u,
    0x27b70a8546d22ffcu, 0x2e1b21385c26c926u, 0x4d2c6dfc5ac42aedu, 0x53380d139d95b3dfu,
    0x650a73548baf63deu, 0x766a0abb3c77b2a8u, 0x81c2c92e47edaee6u, 0x92722c851482353bu,
    0xa2bfe8a14cf10364u, 0xa81a664bbc423001u, 0xc24b8b70d0f89791u, 0xc76c51a30654be30u,
    0xd192e819d6ef5218u, 0xd69906245565a910u, 0xf40e35855771202au, 0x106aa07032bbd1b8u,
    0x19a4c116b8d2d0c8u, 0x1e376c085141ab53u, 0x2748774cdf8eeb99u, 0x34b0bcb5e19b48a8u,
    0x391c0cb3c5c95a63u, 0x4ed8aa4ae3418acbu, 0x5b9cca4f7763e373u, 0x682e6ff3d6b2b8a3u,
    0x748f82ee5defb2fcu, 0x78a5636f43172f60u, 0x84c87814a1f0ab72u, 0x8cc702081a6439ecu,
    0x90befffa23631e28u, 0xa4506cebde82bde9u, 0xbef9a3f7b2c67915u, 0xc67178f2e372532bu,
    0xca273eceea26619cu, 0xd186b8c721c0c207u, 0xeada7dd6cde0eb1eu, 0xf57d4f7fee6ed178u,
    0x06f067aa72176fbau, 0x0a637dc5a2c898a6u, 0x113f9804bef90daeu, 0x1b710b35131c471bu,
    0x28db77f523047d84u, 0x32caab7b40c72493u, 0x3c9ebe0a15c9bebcu, 0x431d67c49c100d4cu,
    0x4cc5d4becb3e42b6u, 0x597f299cfc657e2au, 0x5fcb6fab3ad6faecu, 0x6c44198c4a475817u};
static const uint64_t sha512_initial_state[8] = {
    0x6a09e667f3bcc908u, 0xbb67ae8584caa73bu, 0x3c6ef372fe94f82bu, 0xa54ff53a5f1d36f1u,
    0x510e527fade682d1u, 0x9b05688c2b3e6c1fu, 0x1f83d9abfb41bd6bu, 0x5be0cd19137e2179u};

INLINED vector three_xored(vector a, vector b, vector c) { return _mm512_ternarylogic_epi64(a, b, c, 0x96); }

INLINED vector rotated(vector x, const int bits) { return _mm512_rorv_epi64(x, _mm512_set1_epi64(bits)); }

INLINED vector small_sigma(vector x, const int first, const int second, const int shift) {
    return three_xored(rotated(x, first), rotated(x, second), _mm512_srli_epi64(x, (unsigned)shift));
}

INLINED vector next_word(const vector w[16], int i) {
    const vector s0 = small_sigma(w[(i + 1) & 15], 1, 8, 7), s1 = small_sigma(w[(i + 14) & 15], 19, 61, 6);
    return plus(plus(w[i & 15], s0), plus(w[(i + 9) & 15], s1));
}

// `s` is a to h. The names of the words move by one with each round, instead of the words.
INLINED void sha512_round(vector s[8], int round, vector word) {
#define STATE(i) s[((i) - round) & 7]
    const vector a = STATE(0), e = STATE(4);
    const vector sum1 =
        three_xored(rotated(e, 14), rotated(e, 18), rotated(e, 41));
    const vector chosen = _mm512_ternarylogic_epi64(e, STATE(5), STATE(6), 0xCA);
    const vector constant = _mm512_set1_epi64((long long)sha512_round_constants[round]);
    const vector first = plus(plus(STATE(7), sum1), plus(chosen, plus(constant, word)));
    const vector sum0 =
        three_xored(rotated(a, 28), rotated(a, 34), rotated(a, 39));
    const vector majority = _mm512_ternarylogic_epi64(a, STATE(1), STATE(2), 0xE8);
    STATE(3) = plus(STATE(3), first);
    STATE(7) = plus(first, plus(sum0, majority));
#undef STATE
}

INLINED vector bytes_swapped(vector v) {
    const vector order = _mm512_broadcast_i32x4(
        _mm_setr_epi8(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8));
    return _mm512_shuffle_epi8(v, order);
}

OUTLINED void sha512_of_96_bytes(const uint64_t *messages, uint64_t *digests) {
    const uint64_t *inputs[8];
    uint64_t *outputs[8];
    for (int l = 0; l < 8; l++) {
        inputs[l] = messages + 12 * l;
        outputs[l] = digests + 8 * l;
    }
    vector w[16], s[8];
    for (int i = 0; i < 12; i += 4) load_four_words(w + i, inputs, i);
    for (int i = 0; i < 12; i++) w[i] = bytes_swapped(w[i]);
    // The bit that ends the message, and its length: 768 bits.
    w[12] = _mm512_set1_epi64((long long)((uint64_t)1 << 63));
    w[13] = w[14] = _mm512_setzero_si512();
    w[15] = _mm512_set1_epi64(768);
    for (int i = 0; i < 8; i++) s[i] = _mm512_set1_epi64((long long)sha512_initial_state[i]);
#pragma clang loop unroll(full)
    for (int round = 0; round < 80; round++) {
        if (round >= 16) w[round & 15] = next_word(w, round);
        sha512_round(s, round, w[round & 15]);
    }
    // Eight words are the limbs of two numbers, but for two.
    fe numbers[2];
    for (int i = 0; i < 8; i++) {
        const vector start = _mm512_set1_epi64((long long)sha512_initial_state[i]);
        numbers[i / 5].l[i % 5] = bytes_swapped(plus(s[i], start));
    }
    store_words(outputs, numbers, 2);
}
