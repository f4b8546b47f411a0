// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.tidemark.postgres.Secret;
import org.tidemark.postgres.TlsSettings;
import org.tidemark.postgres.TlsSettings.Mode;

/**
 * The TLS part of a connection string, with libpq's defaults: the files in {@code ~/.postgresql}. If there are root
 * certificates, {@code require} means {@code verify-ca} (PostgreSQL: initialize_SSL in fe-secure-openssl.c).
 */
record TlsSettingsReader(Map<ConnectionKey, String> values, Path home) {
    TlsSettings read() {
        Optional<String> roots = file(ConnectionKey.SSLROOTCERT, "root.crt");
        Optional<String> certificate = file(ConnectionKey.SSLCERT, "postgresql.crt");
        return new TlsSettings(
                mode(roots),
                roots,
                certificate,
                certificate.isPresent() ? file(ConnectionKey.SSLKEY, "postgresql.key") : Optional.empty(),
                new Secret(value(ConnectionKey.SSLPASSWORD)));
    }

    private Mode mode(Optional<String> roots) {
        boolean system = roots.filter(TlsSettings.SYSTEM::equals).isPresent();
        Mode mode = value(ConnectionKey.SSLMODE)
                .map(TlsSettingsReader::mode)
                .orElse(system ? Mode.VERIFY_FULL : Mode.PREFER);
        if (system && mode != Mode.VERIFY_FULL) {
            // As in libpq: otherwise a certificate of any public authority would be accepted.
            throw ConnectionSettingsReader.wrong(
                    ConnectionKey.SSLMODE,
                    "must be verify-full where sslrootcert is 'system', not '" + mode.keyword() + "'");
        }
        return mode == Mode.REQUIRE && roots.isPresent() ? Mode.VERIFY_CA : mode;
    }

    private static Mode mode(String text) {
        return Arrays.stream(Mode.values())
                .filter(mode -> mode.keyword().equals(text))
                .findFirst()
                .orElseThrow(() -> ConnectionSettingsReader.wrong(
                        ConnectionKey.SSLMODE,
                        "is not one of "
                                + Arrays.stream(Mode.values())
                                        .map(Mode::keyword)
                                        .collect(Collectors.joining(", "))
                                + ": '" + text + "'"));
    }

    private Optional<String> file(ConnectionKey key, String usualName) {
        return value(key)
                .or(() -> Optional.of(home.resolve(".postgresql").resolve(usualName))
                        .filter(Files::exists)
                        .map(Path::toString));
    }

    private Optional<String> value(ConnectionKey key) {
        return Optional.ofNullable(values.get(key)).filter(value -> !value.isEmpty());
    }
}
