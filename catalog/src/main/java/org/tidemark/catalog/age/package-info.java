// SPDX-License-Identifier: Apache-2.0
/**
 * The age file format, version 1, with X25519 recipients: what the {@code age} program writes and reads
 * (https://age-encryption.org/v1). Loaded only where something is encrypted. On the JDK's own X25519, HMAC-SHA-256 and
 * ChaCha20-Poly1305; see docs/adr/0008-encryption.md.
 */
package org.tidemark.catalog.age;
