// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.postgresql.PGProperty;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Secret;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.ClientEnvironment;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.ConnectionSettings.TargetSession;
import org.tidemark.postgres.ConnectionSettings.TlsSettings;
import org.tidemark.postgres.ConnectionSettings.TlsSettings.Mode;
import org.tidemark.postgres.ServerAddress;
import org.tidemark.postgres.internal.ConnectionSettingsReader.ConnectionKey;

/**
 * Completes a connection string by libpq's rules: the string itself takes precedence, then its service, then the
 * environment, then the defaults. Not thread-safe.
 */
public final class ConnectionSettingsReader {
    private static final String DEFAULT_PORT = "5432";
    private static final List<String> SOCKET_DIRECTORIES = List.of("/var/run/postgresql", "/tmp");
    private static final int DEFAULT_CONNECT_TIMEOUT_SECONDS = 30;
    private static final int MAX_CONNECT_TIMEOUT_SECONDS = 3_600;

    private final ClientEnvironment environment;
    private final Map<ConnectionKey, String> values = new EnumMap<>(ConnectionKey.class);

    public ConnectionSettingsReader(ClientEnvironment environment) {
        this.environment = environment;
    }

    /** Throws USAGE with the name of the invalid keyword, and never with a secret. */
    public ConnectionSettings read(String conninfo) {
        gather(conninfo);
        String user = text(ConnectionKey.USER).orElse(environment.userName());
        return new ConnectionSettings(
                addresses(),
                session(),
                user,
                text(ConnectionKey.DBNAME).orElse(user),
                text(ConnectionKey.PASSWORD).map(Secret::new),
                text(ConnectionKey.PASSFILE)
                        .map(Path::of)
                        .orElseGet(() -> environment.home().resolve(".pgpass")),
                new TlsSettingsReader(values, environment.home()).read(),
                connectTimeout(),
                text(ConnectionKey.APPLICATION_NAME)
                        .or(() -> text(ConnectionKey.FALLBACK_APPLICATION_NAME))
                        .orElse("tidemark"),
                driverProperties());
    }

    /** What a connection string itself says. Throws USAGE with the name of the invalid keyword. */
    public static Map<String, String> pairs(String conninfo) {
        try {
            return ConninfoUri.isUri(conninfo) ? ConninfoUri.parse(conninfo) : ConninfoText.parse(conninfo);
        } catch (IllegalArgumentException e) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "the connection string cannot be read: " + e.getMessage(),
                    "Write it as libpq reads it, such as \"host=db1 user=tidemark dbname=postgres\".",
                    e);
        }
    }

    private void gather(String conninfo) {
        add(pairs(conninfo), "connection string");
        text(ConnectionKey.SERVICE)
                .or(() -> environment.variable(ConnectionKey.SERVICE.variable()))
                .ifPresent(
                        service -> add(ServiceFile.read(service, environment), "connection service '" + service + "'"));
        for (ConnectionKey key : ConnectionKey.values()) {
            environment.variable(key.variable()).ifPresent(value -> values.putIfAbsent(key, value));
        }
    }

    private void add(Map<String, String> pairs, String source) {
        pairs.forEach((keyword, value) -> {
            ConnectionKey key = ConnectionKey.of(keyword)
                    .orElseThrow(() -> new UserFacingException(
                            ExitCode.USAGE,
                            "the key '" + keyword + "' in the " + source + " is unknown or not supported",
                            "These are supported: " + ConnectionKey.list() + "."));
            values.putIfAbsent(key, value);
        });
    }

    private List<ServerAddress> addresses() {
        List<String> hosts = text(ConnectionKey.HOST)
                .map(list -> List.of(list.split(",", -1)))
                .orElseGet(() -> List.of(""));
        List<String> ports = text(ConnectionKey.PORT)
                .map(list -> List.of(list.split(",", -1)))
                .orElseGet(() -> List.of(DEFAULT_PORT));
        if (ports.size() != 1 && ports.size() != hosts.size()) {
            throw wrong(ConnectionKey.PORT, "names " + ports.size() + " ports for " + hosts.size() + " hosts");
        }
        List<ServerAddress> addresses = new ArrayList<>();
        for (int i = 0; i < hosts.size(); i++) {
            int port = port(ports.get(ports.size() == 1 ? 0 : i));
            addresses.add(new ServerAddress(hosts.get(i).isEmpty() ? socketDirectory(port) : hosts.get(i), port));
        }
        return addresses;
    }

    private static int port(String text) {
        String digits = text.isEmpty() ? DEFAULT_PORT : text;
        int port = digits.matches("[0-9]{1,5}") ? Integer.parseInt(digits) : 0;
        if (port < 1 || port > 65_535) {
            throw wrong(ConnectionKey.PORT, "is not a port: '" + text + "'");
        }
        return port;
    }

    private static String socketDirectory(int port) {
        return SOCKET_DIRECTORIES.stream()
                .filter(directory -> Files.exists(new ServerAddress(directory, port).socketFile()))
                .findFirst()
                .orElse(SOCKET_DIRECTORIES.getFirst());
    }

    private Duration connectTimeout() {
        String text = text(ConnectionKey.CONNECT_TIMEOUT).orElse(Integer.toString(DEFAULT_CONNECT_TIMEOUT_SECONDS));
        int seconds = text.matches("[0-9]{1,4}") ? Integer.parseInt(text) : 0;
        if (seconds < 1 || seconds > MAX_CONNECT_TIMEOUT_SECONDS) {
            throw wrong(
                    ConnectionKey.CONNECT_TIMEOUT,
                    "is not 1 to " + MAX_CONNECT_TIMEOUT_SECONDS + " seconds: '" + text + "'");
        }
        return Duration.ofSeconds(seconds);
    }

    private TargetSession session() {
        String wanted = oneOf(
                        ConnectionKey.TARGET_SESSION_ATTRS,
                        Arrays.stream(TargetSession.values())
                                .map(TargetSession::keyword)
                                .toArray(String[]::new))
                .orElse(TargetSession.ANY.keyword());
        return Arrays.stream(TargetSession.values())
                .filter(each -> each.keyword().equals(wanted))
                .findFirst()
                .orElseThrow();
    }

    private Map<String, String> driverProperties() {
        Map<String, String> properties = new LinkedHashMap<>();
        text(ConnectionKey.OPTIONS).ifPresent(value -> properties.put(PGProperty.OPTIONS.getName(), value));
        text(ConnectionKey.REQUIRE_AUTH).ifPresent(value -> properties.put(PGProperty.REQUIRE_AUTH.getName(), value));
        text(ConnectionKey.KRBSRVNAME)
                .ifPresent(value -> properties.put(PGProperty.KERBEROS_SERVER_NAME.getName(), value));
        oneOf(ConnectionKey.CHANNEL_BINDING, "disable", "prefer", "require")
                .ifPresent(value -> properties.put(PGProperty.CHANNEL_BINDING.getName(), value));
        oneOf(ConnectionKey.GSSENCMODE, "disable", "prefer", "require")
                .ifPresent(value -> properties.put(PGProperty.GSS_ENC_MODE.getName(), value));
        return properties;
    }

    private Optional<String> oneOf(ConnectionKey key, String... allowed) {
        Optional<String> value = text(key);
        if (value.isPresent() && !Arrays.asList(allowed).contains(value.get())) {
            throw wrong(key, "is not one of " + String.join(", ", allowed) + ": '" + value.get() + "'");
        }
        return value;
    }

    private Optional<String> text(ConnectionKey key) {
        return Optional.ofNullable(values.get(key)).filter(value -> !value.isEmpty());
    }

    static UserFacingException wrong(ConnectionKey key, String problem) {
        return new UserFacingException(
                ExitCode.USAGE,
                "'" + key.keyword() + "' of the connection " + problem,
                key.variable().isEmpty()
                        ? "Change it in the connection string or its service."
                        : "It comes from the connection string, its service, or the variable " + key.variable() + ".");
    }

    /**
     * The supported keywords of a connection string, each with its environment variable. A keyword is rejected if a
     * connection that ignores it would be less safe than requested.
     *
     * @see <a href="https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS">parameter
     *     keywords</a>
     */
    enum ConnectionKey {
        HOST("host", "PGHOST"),
        PORT("port", "PGPORT"),
        DBNAME("dbname", "PGDATABASE"),
        USER("user", "PGUSER"),
        PASSWORD("password", "PGPASSWORD"),
        PASSFILE("passfile", "PGPASSFILE"),
        SERVICE("service", "PGSERVICE"),
        TARGET_SESSION_ATTRS("target_session_attrs", "PGTARGETSESSIONATTRS"),
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

    /**
     * The TLS part of a connection string, with libpq's defaults: the files in {@code ~/.postgresql}. If there are root
     * certificates, {@code require} means {@code verify-ca} (PostgreSQL: initialize_SSL in fe-secure-openssl.c).
     */
    private record TlsSettingsReader(Map<ConnectionKey, String> values, Path home) {
        TlsSettings read() {
            Optional<String> roots = file(ConnectionKey.SSLROOTCERT, "root.crt");
            Optional<String> certificate = file(ConnectionKey.SSLCERT, "postgresql.crt");
            return new TlsSettings(
                    mode(roots),
                    roots,
                    certificate,
                    certificate.isPresent() ? file(ConnectionKey.SSLKEY, "postgresql.key") : Optional.empty(),
                    value(ConnectionKey.SSLPASSWORD).map(Secret::new));
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
}
