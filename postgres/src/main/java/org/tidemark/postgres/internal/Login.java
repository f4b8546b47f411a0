// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.net.Socket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGProperty;
import org.tidemark.core.ExitCode;
import org.tidemark.core.LongWaits;
import org.tidemark.core.LongWaits.Wait;
import org.tidemark.core.Secret;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.ConnectionSettings.TargetSession;
import org.tidemark.postgres.ConnectionSettings.TlsSettings;
import org.tidemark.postgres.PostgresException;
import org.tidemark.postgres.ServerAddress;
import org.tidemark.postgres.internal.ServerSocketFactory.LoginSockets;
import org.tidemark.postgres.internal.ServerTlsFactory.SystemTlsFactory;

/** Logs in through pgjdbc, which does TLS, SCRAM and certificates on sockets that {@link LoginSockets} remembers. */
public final class Login {
    /** The purpose of a connection. */
    public enum Purpose {
        REPLICATION,
        QUERIES
    }

    /**
     * An open connection.
     *
     * @param address the address that answered
     * @param plain the socket that carries the bytes; closing it ends the connection at once
     * @param socket the socket for the protocol: {@code plain}, or the TLS socket around it
     */
    public record Session(
            ServerAddress address, Connection driver, Socket plain, Socket socket, PostgresErrors errors) {}

    /** On a standby, or where the server is told to be so by default. */
    private static final String READ_ONLY = "transaction_read_only";

    private static final int FIRST_WITH_HOT_STANDBY = 14;

    private static final int FIRST_WITH_IDLE_SESSION_TIMEOUT = 14;
    private static final int FIRST_WITH_TRANSACTION_TIMEOUT = 17;

    /** Each statement of ours has a time limit of its own. */
    private static final String SETTLED = String.join(
            "; ",
            "SET search_path = pg_catalog",
            "SET default_transaction_isolation = 'read committed'",
            "SET default_transaction_deferrable = off",
            "SET statement_timeout = 0",
            "SET lock_timeout = 0",
            "SET idle_in_transaction_session_timeout = 0",
            "SET standard_conforming_strings = on",
            "SET IntervalStyle = postgres");

    private Login() {}

    /** Tries the addresses in order until a server answers that is of the wanted kind. */
    public static Session open(ConnectionSettings settings, Purpose purpose) {
        if (settings.session() != TargetSession.PREFER_STANDBY) {
            return open(settings, settings.session(), purpose);
        }
        try {
            return open(settings, TargetSession.STANDBY, purpose);
        } catch (PostgresException e) {
            if (e.exitCode() != ExitCode.POSTGRES_UNAVAILABLE) {
                throw e;
            }
            return open(settings, TargetSession.ANY, purpose);
        }
    }

    private static Session open(ConnectionSettings settings, TargetSession wanted, Purpose purpose) {
        PostgresException failure = null;
        for (ServerAddress address : settings.addresses()) {
            try {
                return open(settings, address, wanted, purpose);
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

    private static Session open(
            ConnectionSettings settings, ServerAddress address, TargetSession wanted, Purpose purpose) {
        PasswordFile passwordFile =
                PasswordFile.find(settings.passwordFile(), address, databases(settings, purpose), settings.user());
        Properties properties = properties(settings, address, purpose);
        properties.setProperty(
                PGProperty.PASSWORD.getName(),
                // An empty password: without the property the driver would search for a password by its own rules.
                settings.password()
                        .or(passwordFile::password)
                        .map(Secret::value)
                        .orElse(""));
        PostgresErrors errors = new PostgresErrors(
                address,
                settings.user(),
                purpose,
                settings.password().isPresent()
                        ? "the connection string, its service or PGPASSWORD gave it"
                        : passwordFile.remark());
        LoginSockets sockets = new LoginSockets();
        try (Wait _ = LongWaits.on("PostgreSQL at " + address)) {
            Connection driver = ScopedValue.where(LoginSockets.CURRENT, sockets)
                    .call(() -> new Driver().connect(url(settings, address), properties));
            requireKind(wanted, present(driver), address);
            if (purpose == Purpose.QUERIES) {
                settleSession(present(driver));
            }
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

    /** Asks by SHOW alone, which a WAL sender answers as well. */
    private static void requireKind(TargetSession wanted, Connection driver, ServerAddress address)
            throws SQLException {
        boolean fits = switch (wanted) {
            case ANY, PREFER_STANDBY -> true;
            case READ_WRITE -> !isOn(driver, READ_ONLY);
            case READ_ONLY -> isOn(driver, READ_ONLY);
            case PRIMARY -> !recovers(driver);
            case STANDBY -> recovers(driver);
        };
        if (!fits) {
            driver.close();
            throw new PostgresException(
                    ExitCode.POSTGRES_UNAVAILABLE,
                    "the server at " + address + " is not what was asked for: " + wanted.keyword(),
                    "target_session_attrs, or for backups --from or backup-from, says which server is to answer. Name"
                            + " the hosts of all servers of the cluster in conninfo.",
                    "",
                    null);
        }
    }

    /**
     * What a role, a database or the server sets for every session must not decide what a query of ours means, or end
     * it. With a search_path that names another schema before pg_catalog, a function that somebody put there would run
     * with the rights of this role. The statements need no snapshot, which a standby cannot take where serializable is
     * the default, and name no function.
     */
    private static void settleSession(Connection driver) throws SQLException {
        int major = driver.getMetaData().getDatabaseMajorVersion();
        String all = SETTLED
                + (major >= FIRST_WITH_IDLE_SESSION_TIMEOUT ? "; SET idle_session_timeout = 0" : "")
                + (major >= FIRST_WITH_TRANSACTION_TIMEOUT ? "; SET transaction_timeout = 0" : "");
        try (Statement statement = driver.createStatement()) {
            statement.execute(all);
        }
    }

    private static boolean recovers(Connection driver) throws SQLException {
        return isOn(
                driver,
                driver.getMetaData().getDatabaseMajorVersion() >= FIRST_WITH_HOT_STANDBY
                        ? "in_hot_standby"
                        : READ_ONLY);
    }

    private static boolean isOn(Connection driver, String setting) throws SQLException {
        try (Statement statement = driver.createStatement();
                ResultSet row = statement.executeQuery("SHOW " + setting)) {
            return row.next() && row.getString(1).equals("on");
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
            // In password files "replication" is the database name of streaming replication.
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
        // With a login limit the driver would connect in a separate thread.
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
                // Without this the driver runs queries at the start of a connection, which a WAL sender refuses.
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
        tls.keyPassword().ifPresent(password -> set(properties, PGProperty.SSL_PASSWORD, password.value()));
    }

    private static void set(Properties properties, PGProperty property, String value) {
        properties.setProperty(property.getName(), value);
    }
}
