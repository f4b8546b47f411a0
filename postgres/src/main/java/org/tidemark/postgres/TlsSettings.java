// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.util.Optional;

/**
 * How a connection is encrypted and the server is proven. Has no effect on unix sockets. Immutable.
 *
 * @param rootCertificates a PEM file, or {@code system} for the certificates that Java trusts
 * @param certificate the client's own, PEM
 * @param key the client's own, PKCS-8, PEM or DER
 */
public record TlsSettings(
        Mode mode,
        Optional<String> rootCertificates,
        Optional<String> certificate,
        Optional<String> key,
        Secret keyPassword) {
    /** The value of {@code rootCertificates} that stands for the certificates that Java trusts. */
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
