#pragma once
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/modes.h>
#include <openssl/params.h>
#include <openssl/sha.h>

// Which parts of a key EVP_PKEY_fromdata takes: macros that Swift does not see.
static const int cairn_openssl_public_key = EVP_PKEY_PUBLIC_KEY;
static const int cairn_openssl_key_pair = EVP_PKEY_KEYPAIR;

// The one-shot SHA256() looks its algorithm up in every call, and an EVP context is an allocation. These three calls
// do neither. OpenSSL 3 marks them as deprecated in favour of EVP, which it keeps slower for short inputs.
// Hashes the bytes behind those of a prefix.
static inline void cairn_openssl_sha256_after(
    const void *prefix, size_t prefix_count, const void *bytes, size_t count, unsigned char *digest) {
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, prefix, prefix_count);
    SHA256_Update(&context, bytes, count);
    SHA256_Final(digest, &context);
#pragma clang diagnostic pop
}

static inline void cairn_openssl_sha256(const void *bytes, size_t count, unsigned char *digest) {
    cairn_openssl_sha256_after(bytes, 0, bytes, count, digest);
}
