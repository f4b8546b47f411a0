// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.net.Socket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGProperty;
import org.tidemark.core.ExitCode;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.PostgresException;
import org.tidemark.postgres.ServerAddress;
import org.tidemark.postgres.TlsSettings;

/** Logs in through pgjdbc: TLS, SCRAM, certificates and unix sockets are its work; which sockets it uses is ours. */
public final class Login {
    /** What a connection is for. */
    public enum Purpose {
        REPLICATION,
        QUERIES
    }

    /**
     * A connection that is open.
     *
     * @param address the one that answered
     * @param plain the socket that carries the bytes: closing it ends the connection at once
     * @param socket where the protocol is spoken: {@code plain}, or the TLS socket around it
     */
    public record Session(
            ServerAddress address, Connection driver, Socket plain, Socket socket, PostgresErrors errors) {}

    private Login() {}

    /** Tries the addresses in their order, until one answers. */
    public static Session open(ConnectionSettings settings, Purpose purpose) {
        PostgresException failure = null;
        for (ServerAddress address : settings.addresses()) {
            try {
                return open(settings, address, purpose);
            } catch (PostgresException e) {
                if (e.exitCode() != ExitCode.POSTGRES_UNAVAILABLE) {
                    throw e;
                }
                if (failure != null) {
                    e.addSuppressed(failure);
                }
                failure = e;
            }
        }
        if (failure == null) {
            throw new IllegalArgumentException("connection settings without an address");
        }
        throw failure;
    }

    private static Session open(ConnectionSettings settings, ServerAddress address, Purpose purpose) {
        PasswordFile passwordFile =
                PasswordFile.find(settings.passwordFile(), address, databases(settings, purpose), settings.user());
        Properties properties = properties(settings, address, purpose);
        properties.setProperty(
                PGProperty.PASSWORD.getName(),
                // Nothing rather than no password: the driver would look it up by rules of its own.
                settings.password().value().or(passwordFile::value).orElse(""));
        PostgresErrors errors = new PostgresErrors(
                address,
                settings.user(),
                purpose,
                settings.password().value().isPresent()
                        ? "the connection string, its service or PGPASSWORD gave it"
                        : passwordFile.remark());
        LoginSockets sockets = new LoginSockets();
        try {
            Connection driver = ScopedValue.where(LoginSockets.CURRENT, sockets)
                    .call(() -> new Driver().connect(url(settings, address), properties));
            Socket plain = sockets.plain().orElse(null);
            return new Session(
                    address,
                    present(driver),
                    present(plain),
                    sockets.tls().<Socket>map(tls -> tls).orElseGet(() -> present(plain)),
                    errors);
        } catch (SQLException e) {
            throw errors.login(e, sockets.tls().isPresent());
        }
    }

    private static <T> T present(@Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("the driver connected without its socket factory");
        }
        return value;
    }

    private static Set<String> databases(ConnectionSettings settings, Purpose purpose) {
        return switch (purpose) {
            // Streaming replication has a database name of its own in password files.
            case REPLICATION -> Set.of("replication", settings.database());
            case QUERIES -> Set.of(settings.database());
        };
    }

    private static String url(ConnectionSettings settings, ServerAddress address) {
        String host = address.isUnixSocket() ? "localhost" : address.host();
        return "jdbc:postgresql://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + address.port() + "/"
                + URLEncoder.encode(settings.database(), StandardCharsets.UTF_8);
    }

    private static Properties properties(ConnectionSettings settings, ServerAddress address, Purpose purpose) {
        Properties properties = new Properties();
        settings.driverProperties().forEach(properties::setProperty);
        String seconds = Long.toString(settings.connectTimeout().toSeconds());
        set(properties, PGProperty.USER, settings.user());
        set(properties, PGProperty.APPLICATION_NAME, settings.applicationName());
        set(properties, PGProperty.CONNECT_TIMEOUT, seconds);
        set(properties, PGProperty.SOCKET_TIMEOUT, seconds);
        // A login limit would make the driver connect in a thread of its own.
        set(properties, PGProperty.LOGIN_TIMEOUT, "0");
        set(properties, PGProperty.TCP_KEEP_ALIVE, "true");
        set(properties, PGProperty.SOCKET_FACTORY, ServerSocketFactory.class.getName());
        set(
                properties,
                PGProperty.SOCKET_FACTORY_ARG,
                address.isUnixSocket() ? address.socketFile().toString() : "");
        setTls(properties, settings.tls(), address);
        switch (purpose) {
            case REPLICATION -> {
                set(properties, PGProperty.REPLICATION, "true");
                set(properties, PGProperty.PREFER_QUERY_MODE, "simple");
                // Without it the driver runs queries at its start, which a WAL sender refuses.
                set(properties, PGProperty.ASSUME_MIN_SERVER_VERSION, "13");
            }
            case QUERIES -> {}
        }
        return properties;
    }

    private static void setTls(Properties properties, TlsSettings tls, ServerAddress address) {
        if (address.isUnixSocket()) {
            set(properties, PGProperty.SSL_MODE, TlsSettings.Mode.DISABLE.keyword());
            set(properties, PGProperty.GSS_ENC_MODE, "disable");
            return;
        }
        set(properties, PGProperty.SSL_MODE, tls.mode().keyword());
        boolean system =
                tls.rootCertificates().filter(TlsSettings.SYSTEM::equals).isPresent();
        set(
                properties,
                PGProperty.SSL_FACTORY,
                system ? SystemTlsFactory.class.getName() : ServerTlsFactory.class.getName());
        tls.rootCertificates().filter(_ -> !system).ifPresent(file -> set(properties, PGProperty.SSL_ROOT_CERT, file));
        tls.certificate().ifPresent(file -> set(properties, PGProperty.SSL_CERT, file));
        tls.key().ifPresent(file -> set(properties, PGProperty.SSL_KEY, file));
        tls.keyPassword().value().ifPresent(text -> set(properties, PGProperty.SSL_PASSWORD, text));
    }

    private static void set(Properties properties, PGProperty property, String value) {
        properties.setProperty(property.getName(), value);
    }
}
