// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.tidemark.core.Secret;
import org.tidemark.postgres.internal.ConnectionSettingsReader;

/**
 * The settings of a connection: a libpq connection string, completed from the service file, the environment and the
 * defaults. Immutable.
 *
 * @param addresses the addresses to try, in this order
 * @param session which server may answer
 * @param password the password of the connection string, its service or PGPASSWORD
 * @param passwordFile the file to search if there is no password
 * @param driverProperties properties for pgjdbc
 */
public record ConnectionSettings(
        List<ServerAddress> addresses,
        TargetSession session,
        String user,
        String database,
        Optional<Secret> password,
        Path passwordFile,
        TlsSettings tls,
        Duration connectTimeout,
        String applicationName,
        Map<String, String> driverProperties) {
    public ConnectionSettings {
        addresses = List.copyOf(addresses);
        driverProperties = Map.copyOf(driverProperties);
    }

    /**
     * Parses {@code host=db1 user=tidemark} or {@code postgresql://tidemark@db1/postgres}.
     *
     * @throws org.tidemark.core.UserFacingException USAGE with the name of the invalid keyword
     * @see <a href="https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING">connection strings</a>
     */
    public static ConnectionSettings parse(String conninfo, ClientEnvironment environment) {
        return new ConnectionSettingsReader(environment).read(conninfo);
    }

    /** The same settings with another database. */
    public ConnectionSettings withDatabase(String name) {
        return with(addresses, session, name, applicationName);
    }

    /** The same settings with another application_name, by which synchronous_standby_names knows a receiver. */
    public ConnectionSettings withApplicationName(String name) {
        return with(addresses, session, database, name);
    }

    /** The same settings with another wish which server is to answer. */
    public ConnectionSettings withSession(TargetSession wanted) {
        return with(addresses, wanted, database, applicationName);
    }

    /** The same settings with only one address. */
    public ConnectionSettings at(ServerAddress address) {
        return with(List.of(address), session, database, applicationName);
    }

    private ConnectionSettings with(
            List<ServerAddress> newAddresses, TargetSession newSession, String newDatabase, String newName) {
        return new ConnectionSettings(
                newAddresses,
                newSession,
                user,
                newDatabase,
                password,
                passwordFile,
                tls,
                connectTimeout,
                newName,
                driverProperties);
    }

    /** A connection string for messages, without any secret. */
    @Override
    public String toString() {
        String hosts = addresses.stream().map(ServerAddress::toString).collect(Collectors.joining(","));
        String masked = password.map(secret -> " password=" + secret).orElse("");
        return "host=" + hosts + " user=" + user + " dbname=" + database + masked + " sslmode="
                + tls.mode().keyword();
    }

    /** libpq's target_session_attrs: which server may answer. */
    public enum TargetSession {
        ANY("any"),
        READ_WRITE("read-write"),
        READ_ONLY("read-only"),
        PRIMARY("primary"),
        STANDBY("standby"),
        /** A standby, or else any. */
        PREFER_STANDBY("prefer-standby");

        private final String keyword;

        TargetSession(String keyword) {
            this.keyword = keyword;
        }

        public String keyword() {
            return keyword;
        }
    }

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
            Optional<Secret> keyPassword) {
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
}
