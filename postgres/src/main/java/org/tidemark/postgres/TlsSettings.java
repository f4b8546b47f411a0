// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.util.Optional;

/**
 * The encryption of a connection and the verification of the server. Unix sockets ignore these settings. Immutable.
 *
 * @param rootCertificates a PEM file, or {@code system} for the certificates that Java trusts
 * @param certificate the client's certificate, in PEM
 * @param key the client's key, PKCS-8 in PEM or DER
 */
public record TlsSettings(
        Mode mode,
        Optional<String> rootCertificates,
        Optional<String> certificate,
        Optional<String> key,
        Secret keyPassword) {
    /** The value of {@code rootCertificates} for the certificates that Java trusts. */
    public static final String SYSTEM = "system";

    /** libpq's sslmode. */
    public enum Mode {
        DISABLE("disable"),
        ALLOW("allow"),
        PREFER("prefer"),
        REQUIRE("require"),
        VERIFY_CA("verify-ca"),
        VERIFY_FULL("verify-full");

        private final String keyword;

        Mode(String keyword) {
            this.keyword = keyword;
        }

        public String keyword() {
            return keyword;
        }
    }
}
