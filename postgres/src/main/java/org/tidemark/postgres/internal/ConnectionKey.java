// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The supported keywords of a connection string, each with its environment variable. A keyword is rejected if a
 * connection that ignores it would be less safe than requested.
 *
 * @see <a href="https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS">parameter keywords</a>
 */
enum ConnectionKey {
    HOST("host", "PGHOST"),
    PORT("port", "PGPORT"),
    DBNAME("dbname", "PGDATABASE"),
    USER("user", "PGUSER"),
    PASSWORD("password", "PGPASSWORD"),
    PASSFILE("passfile", "PGPASSFILE"),
    SERVICE("service", "PGSERVICE"),
    CONNECT_TIMEOUT("connect_timeout", "PGCONNECT_TIMEOUT"),
    APPLICATION_NAME("application_name", "PGAPPNAME"),
    FALLBACK_APPLICATION_NAME("fallback_application_name", ""),
    OPTIONS("options", "PGOPTIONS"),
    SSLMODE("sslmode", "PGSSLMODE"),
    SSLROOTCERT("sslrootcert", "PGSSLROOTCERT"),
    SSLCERT("sslcert", "PGSSLCERT"),
    SSLKEY("sslkey", "PGSSLKEY"),
    SSLPASSWORD("sslpassword", ""),
    CHANNEL_BINDING("channel_binding", "PGCHANNELBINDING"),
    REQUIRE_AUTH("require_auth", "PGREQUIREAUTH"),
    GSSENCMODE("gssencmode", "PGGSSENCMODE"),
    KRBSRVNAME("krbsrvname", "PGKRBSRVNAME"),
    // Ignored without harm: the driver uses UTF-8, sends keep-alives, and sends the server's name.
    CLIENT_ENCODING("client_encoding", ""),
    KEEPALIVES("keepalives", ""),
    KEEPALIVES_IDLE("keepalives_idle", ""),
    KEEPALIVES_INTERVAL("keepalives_interval", ""),
    KEEPALIVES_COUNT("keepalives_count", ""),
    SSLSNI("sslsni", "");

    private final String keyword;
    private final String variable;

    ConnectionKey(String keyword, String variable) {
        this.keyword = keyword;
        this.variable = variable;
    }

    String keyword() {
        return keyword;
    }

    /** The environment variable; empty if the keyword has no variable. */
    String variable() {
        return variable;
    }

    static Optional<ConnectionKey> of(String keyword) {
        return Arrays.stream(values())
                .filter(key -> key.keyword.equals(keyword))
                .findFirst();
    }

    /** All keywords, for messages. */
    static String list() {
        return Arrays.stream(values()).map(ConnectionKey::keyword).collect(Collectors.joining(", "));
    }
}
