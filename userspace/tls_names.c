// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>

#include "tls_names.h"
#include "util.h"

/* Not a registry, but how the specifications spell them. */
static const struct tls_name versions[] = {
	{ 0x0002, "SSLv2" },
	{ 0x0300, "SSLv3" },
	{ 0x0301, "TLSv1.0" },
	{ 0x0302, "TLSv1.1" },
	{ 0x0303, "TLSv1.2" },
	{ 0x0304, "TLSv1.3" },
};

/* TLS Supported Groups */
static const struct tls_name groups[] = {
	{ 0x0001, "sect163k1" },
	{ 0x0002, "sect163r1" },
	{ 0x0003, "sect163r2" },
	{ 0x0004, "sect193r1" },
	{ 0x0005, "sect193r2" },
	{ 0x0006, "sect233k1" },
	{ 0x0007, "sect233r1" },
	{ 0x0008, "sect239k1" },
	{ 0x0009, "sect283k1" },
	{ 0x000a, "sect283r1" },
	{ 0x000b, "sect409k1" },
	{ 0x000c, "sect409r1" },
	{ 0x000d, "sect571k1" },
	{ 0x000e, "sect571r1" },
	{ 0x000f, "secp160k1" },
	{ 0x0010, "secp160r1" },
	{ 0x0011, "secp160r2" },
	{ 0x0012, "secp192k1" },
	{ 0x0013, "secp192r1" },
	{ 0x0014, "secp224k1" },
	{ 0x0015, "secp224r1" },
	{ 0x0016, "secp256k1" },
	{ 0x0017, "secp256r1" },
	{ 0x0018, "secp384r1" },
	{ 0x0019, "secp521r1" },
	{ 0x001a, "brainpoolP256r1" },
	{ 0x001b, "brainpoolP384r1" },
	{ 0x001c, "brainpoolP512r1" },
	{ 0x001d, "x25519" },
	{ 0x001e, "x448" },
	{ 0x001f, "brainpoolP256r1tls13" },
	{ 0x0020, "brainpoolP384r1tls13" },
	{ 0x0021, "brainpoolP512r1tls13" },
	{ 0x0022, "GC256A" },
	{ 0x0023, "GC256B" },
	{ 0x0024, "GC256C" },
	{ 0x0025, "GC256D" },
	{ 0x0026, "GC512A" },
	{ 0x0027, "GC512B" },
	{ 0x0028, "GC512C" },
	{ 0x0029, "curveSM2" },
	{ 0x0100, "ffdhe2048" },
	{ 0x0101, "ffdhe3072" },
	{ 0x0102, "ffdhe4096" },
	{ 0x0103, "ffdhe6144" },
	{ 0x0104, "ffdhe8192" },
	{ 0x0200, "MLKEM512" },
	{ 0x0201, "MLKEM768" },
	{ 0x0202, "MLKEM1024" },
	{ 0x11eb, "SecP256r1MLKEM768" },
	{ 0x11ec, "X25519MLKEM768" },
	{ 0x11ed, "SecP384r1MLKEM1024" },
	{ 0x11ee, "curveSM2MLKEM768" },
	{ 0x6399, "X25519Kyber768Draft00" },
	{ 0x639a, "SecP256r1Kyber768Draft00" },
	{ 0xff01, "arbitrary_explicit_prime_curves" },
	{ 0xff02, "arbitrary_explicit_char2_curves" },
};

/* TLS SignatureScheme */
static const struct tls_name schemes[] = {
	{ 0x0201, "rsa_pkcs1_sha1" },
	{ 0x0202, "dsa_sha1" },
	{ 0x0203, "ecdsa_sha1" },
	{ 0x0301, "rsa_sha224" },
	{ 0x0302, "dsa_sha224" },
	{ 0x0303, "ecdsa_sha224" },
	{ 0x0401, "rsa_pkcs1_sha256" },
	{ 0x0402, "dsa_sha256" },
	{ 0x0403, "ecdsa_secp256r1_sha256" },
	{ 0x0420, "rsa_pkcs1_sha256_legacy" },
	{ 0x0501, "rsa_pkcs1_sha384" },
	{ 0x0502, "dsa_sha384" },
	{ 0x0503, "ecdsa_secp384r1_sha384" },
	{ 0x0520, "rsa_pkcs1_sha384_legacy" },
	{ 0x0601, "rsa_pkcs1_sha512" },
	{ 0x0602, "dsa_sha512" },
	{ 0x0603, "ecdsa_secp521r1_sha512" },
	{ 0x0620, "rsa_pkcs1_sha512_legacy" },
	{ 0x0704, "eccsi_sha256" },
	{ 0x0705, "iso_ibs1" },
	{ 0x0706, "iso_ibs2" },
	{ 0x0707, "iso_chinese_ibs" },
	{ 0x0708, "sm2sig_sm3" },
	{ 0x0709, "gostr34102012_256a" },
	{ 0x070a, "gostr34102012_256b" },
	{ 0x070b, "gostr34102012_256c" },
	{ 0x070c, "gostr34102012_256d" },
	{ 0x070d, "gostr34102012_512a" },
	{ 0x070e, "gostr34102012_512b" },
	{ 0x070f, "gostr34102012_512c" },
	{ 0x0804, "rsa_pss_rsae_sha256" },
	{ 0x0805, "rsa_pss_rsae_sha384" },
	{ 0x0806, "rsa_pss_rsae_sha512" },
	{ 0x0807, "ed25519" },
	{ 0x0808, "ed448" },
	{ 0x0809, "rsa_pss_pss_sha256" },
	{ 0x080a, "rsa_pss_pss_sha384" },
	{ 0x080b, "rsa_pss_pss_sha512" },
	{ 0x081a, "ecdsa_brainpoolP256r1tls13_sha256" },
	{ 0x081b, "ecdsa_brainpoolP384r1tls13_sha384" },
	{ 0x081c, "ecdsa_brainpoolP512r1tls13_sha512" },
	{ 0x0904, "mldsa44" },
	{ 0x0905, "mldsa65" },
	{ 0x0906, "mldsa87" },
};

/* TLS Alerts */
static const struct tls_name alerts[] = {
	{ 0, "close_notify" },
	{ 10, "unexpected_message" },
	{ 20, "bad_record_mac" },
	{ 21, "decryption_failed" },
	{ 22, "record_overflow" },
	{ 30, "decompression_failure" },
	{ 40, "handshake_failure" },
	{ 41, "no_certificate" },
	{ 42, "bad_certificate" },
	{ 43, "unsupported_certificate" },
	{ 44, "certificate_revoked" },
	{ 45, "certificate_expired" },
	{ 46, "certificate_unknown" },
	{ 47, "illegal_parameter" },
	{ 48, "unknown_ca" },
	{ 49, "access_denied" },
	{ 50, "decode_error" },
	{ 51, "decrypt_error" },
	{ 52, "too_many_cids_requested" },
	{ 60, "export_restriction" },
	{ 70, "protocol_version" },
	{ 71, "insufficient_security" },
	{ 80, "internal_error" },
	{ 86, "inappropriate_fallback" },
	{ 90, "user_canceled" },
	{ 100, "no_renegotiation" },
	{ 109, "missing_extension" },
	{ 110, "unsupported_extension" },
	{ 111, "certificate_unobtainable" },
	{ 112, "unrecognized_name" },
	{ 113, "bad_certificate_status_response" },
	{ 114, "bad_certificate_hash_value" },
	{ 115, "unknown_psk_identity" },
	{ 116, "certificate_required" },
	{ 117, "general_error" },
	{ 120, "no_application_protocol" },
	{ 121, "ech_required" },
};

/* TLS HandshakeType, spelled as the structures of the RFCs are */
static const struct tls_name handshakes[] = {
	{ 0, "HelloRequest" },
	{ 1, "ClientHello" },
	{ 2, "ServerHello" },
	{ 3, "HelloVerifyRequest" },
	{ 4, "NewSessionTicket" },
	{ 5, "EndOfEarlyData" },
	{ 6, "HelloRetryRequest" },
	{ 8, "EncryptedExtensions" },
	{ 11, "Certificate" },
	{ 12, "ServerKeyExchange" },
	{ 13, "CertificateRequest" },
	{ 14, "ServerHelloDone" },
	{ 15, "CertificateVerify" },
	{ 16, "ClientKeyExchange" },
	{ 20, "Finished" },
	{ 21, "CertificateURL" },
	{ 22, "CertificateStatus" },
	{ 23, "SupplementalData" },
	{ 24, "KeyUpdate" },
	{ 25, "CompressedCertificate" },
	{ 67, "NextProtocol" },
};

/* TLS ContentType */
static const struct tls_name contents[] = {
	{ 20, "change_cipher_spec" },
	{ 21, "alert" },
	{ 22, "handshake" },
	{ 23, "application_data" },
	{ 24, "heartbeat" },
	{ 25, "tls12_cid" },
	{ 26, "ACK" },
};

/* TLS ClientCertificateType */
static const struct tls_name certificate_types[] = {
	{ 1, "rsa_sign" },
	{ 2, "dss_sign" },
	{ 3, "rsa_fixed_dh" },
	{ 4, "dss_fixed_dh" },
	{ 64, "ecdsa_sign" },
	{ 65, "rsa_fixed_ecdh" },
	{ 66, "ecdsa_fixed_ecdh" },
	{ 67, "gost_sign256" },
	{ 68, "gost_sign512" },
};

static const char *find(const struct tls_name *table, size_t nr,
			unsigned int number)
{
	for (size_t i = 0; i < nr; i++)
		if (table[i].number == number)
			return table[i].name;
	return NULL;
}

/**
 * tls_version_name() - name of a protocol version
 * @number: as on the wire
 *
 * Return: its name, NULL if it has none. So do the functions that follow.
 */
const char *tls_version_name(unsigned int number)
{
	return find(versions, ARRAY_SIZE(versions), number);
}

/**
 * tls_group_name() - name of a group for the key exchange
 * @number: as on the wire
 *
 * Return: its name in the registry, or NULL.
 */
const char *tls_group_name(unsigned int number)
{
	return find(groups, ARRAY_SIZE(groups), number);
}

/**
 * tls_scheme_name() - name of a signature scheme
 * @number: as on the wire
 *
 * Return: its name in the registry, or NULL.
 */
const char *tls_scheme_name(unsigned int number)
{
	return find(schemes, ARRAY_SIZE(schemes), number);
}

/**
 * tls_alert_name() - name of an alert
 * @number: its description, as on the wire
 *
 * Return: its name in the registry, or NULL.
 */
const char *tls_alert_name(unsigned int number)
{
	return find(alerts, ARRAY_SIZE(alerts), number);
}

/**
 * tls_handshake_name() - name of a handshake message
 * @number: its type, as on the wire
 *
 * Return: its name, or NULL.
 */
const char *tls_handshake_name(unsigned int number)
{
	return find(handshakes, ARRAY_SIZE(handshakes), number);
}

/**
 * tls_content_name() - name of a content type
 * @number: type of a record, as on the wire
 *
 * Return: its name in the registry, or NULL.
 */
const char *tls_content_name(unsigned int number)
{
	return find(contents, ARRAY_SIZE(contents), number);
}

/**
 * tls_certificate_type_name() - name of a kind of client certificate
 * @number: as on the wire
 *
 * Return: its name in the registry, or NULL.
 */
const char *tls_certificate_type_name(unsigned int number)
{
	return find(certificate_types, ARRAY_SIZE(certificate_types), number);
}

/**
 * tls_add_name() - add a name, or the number of what has none
 * @t: the text
 * @name: what one of the functions above returned
 * @number: what it was given
 */
void tls_add_name(struct text *t, const char *name, unsigned int number)
{
	if (name)
		text_add(t, "%s", name);
	else
		text_add(t, "0x%04x", number);
}

/**
 * tls_is_grease() - is this a number that means nothing on purpose?
 * @number: a cipher suite, extension, group, version or signature scheme
 *
 * Return: whether it is one of RFC 8701 section 2: 0x0a0a, 0x1a1a ... 0xfafa.
 */
bool tls_is_grease(unsigned int number)
{
	return (number & 0x0f0f) == 0x0a0a && number >> 8 == (number & 0xff);
}
