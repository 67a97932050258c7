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
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

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

// TLS: macros that Swift does not see.
static const uint64_t cairn_openssl_no_renegotiation = SSL_OP_NO_RENEGOTIATION;
static const uint64_t cairn_openssl_no_ticket = SSL_OP_NO_TICKET;
static const int cairn_openssl_utf8 = MBSTRING_UTF8;

/// TLS 1.3 only, without sessions to resume.
static inline int cairn_openssl_fix_version(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) &&
        SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION);
}

static inline int cairn_openssl_set_groups(SSL_CTX *context, const char *names) {
    return SSL_CTX_set1_groups_list(context, (char *)names) == 1;
}

// By which algorithms the other end may sign, whether it is the server or the client.
static inline int cairn_openssl_set_signatures(SSL_CTX *context, const char *names) {
    return SSL_CTX_set1_sigalgs_list(context, names) == 1 && SSL_CTX_set1_client_sigalgs_list(context, names) == 1;
}

static inline void cairn_openssl_limit_chain(SSL_CTX *context, long byte_count) {
    SSL_CTX_set_max_cert_list(context, byte_count);
}

static inline int cairn_openssl_add_to_chain(SSL_CTX *context, X509 *certificate) {
    return SSL_CTX_add1_chain_cert(context, certificate) == 1;
}

static inline int cairn_openssl_chain_count(const STACK_OF(X509) *chain) { return sk_X509_num(chain); }

static inline X509 *cairn_openssl_chain_element(const STACK_OF(X509) *chain, int index) {
    return sk_X509_value(chain, index);
}

// Nothing of a certificate is judged: that is for whoever gets the chain.
static inline int cairn_openssl_accept_chain(X509_STORE_CTX *store, void *argument) {
    (void)argument;
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

// Whom a chain may end with: any certificate of the store, whether or not it is a root.
static inline void cairn_openssl_trust_any_link(SSL_CTX *context) {
    X509_STORE_set_flags(SSL_CTX_get_cert_store(context), X509_V_FLAG_PARTIAL_CHAIN);
}

// The server's certificate must be for this name, or for this address.
static inline int cairn_openssl_expect_server(SSL *connection, const char *host, int is_address) {
    if (is_address) { return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), host); }
    return SSL_set1_host(connection, host) == 1 && SSL_set_tlsext_host_name(connection, host) == 1;
}

static inline void cairn_openssl_accept_any_chain(SSL_CTX *context) {
    SSL_CTX_set_cert_verify_callback(context, cairn_openssl_accept_chain, NULL);
}
