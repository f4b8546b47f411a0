// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.postgresql.core.BaseConnection;
import org.tidemark.core.Lsn;
import org.tidemark.core.SlotName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.postgres.BaseBackupOptions;
import org.tidemark.postgres.BaseBackupReceiver;
import org.tidemark.postgres.BaseBackupResult;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.PostgresException;
import org.tidemark.postgres.ReplicationConnection;
import org.tidemark.postgres.ReplicationConnection.SystemIdentity;
import org.tidemark.postgres.WalSender;
import org.tidemark.postgres.WalStream;
import org.tidemark.postgres.internal.ProtocolSession.ResultRow;

/**
 * A WAL sender session. The driver logs in and cancels; this class speaks the replication protocol. Not thread-safe,
 * except {@link #cancel}.
 */
public final class PhysicalReplicationConnection implements ReplicationConnection {
    private static final Duration COMMAND_LIMIT = Duration.ofMinutes(1);
    private static final String UNDEFINED_FILE = "58P01";
    private static final int FIRST_WITH_OPTION_LISTS = 150_000;
    private static final int FIRST_WITH_READ_SLOT = 150_000;

    private final Login.Session login;
    private final Wire wire;
    private final ProtocolSession session;
    private final int serverVersionNum;

    private PhysicalReplicationConnection(Login.Session login) {
        this.login = login;
        this.wire = new Wire(login.plain(), login.socket(), login.errors());
        this.session = new ProtocolSession(wire);
        this.serverVersionNum = number(show("server_version_num"));
    }

    /** Logs in; the caller closes the connection. */
    public static PhysicalReplicationConnection open(ConnectionSettings settings) {
        Login.Session login = Login.open(settings, Login.Purpose.REPLICATION);
        try {
            return new PhysicalReplicationConnection(login);
        } catch (RuntimeException e) {
            closeDriver(login);
            throw e;
        }
    }

    @Override
    public WalSender walSender() {
        try {
            return new WalSender(
                    login.address(), login.driver().unwrap(BaseConnection.class).getBackendPID());
        } catch (SQLException e) {
            throw new IllegalStateException("the driver hides its connection", e);
        }
    }

    @Override
    public SystemIdentity identifySystem() {
        List<ResultRow> rows = session.query("IDENTIFY_SYSTEM", "its system identifier", COMMAND_LIMIT);
        if (rows.size() != 1) {
            throw session.violated(rows.size() + " rows for IDENTIFY_SYSTEM");
        }
        ResultRow row = rows.getFirst();
        try {
            return new SystemIdentity(
                    SystemIdentifier.parse(row.text(0).orElse("")),
                    new Timeline(number(row.text(1).orElse(""))),
                    Lsn.parse(row.text(2).orElse("")));
        } catch (IllegalArgumentException e) {
            throw session.violated("IDENTIFY_SYSTEM with " + e.getMessage());
        }
    }

    @Override
    public String show(String name) {
        if (!name.matches("[A-Za-z_][A-Za-z0-9_.]*")) {
            throw new IllegalArgumentException("not the name of a setting: '" + name + "'");
        }
        return session.query("SHOW " + name, "the setting '" + name + "'", COMMAND_LIMIT).stream()
                .findFirst()
                .flatMap(row -> row.text(0))
                .orElse("");
    }

    @Override
    public int serverVersionNum() {
        return serverVersionNum;
    }

    @Override
    public Optional<byte[]> timelineHistory(Timeline timeline) {
        if (timeline.equals(Timeline.FIRST)) {
            return Optional.empty(); // the server would write an error into its log
        }
        try {
            return session
                    .query("TIMELINE_HISTORY " + timeline.id(), "the history of timeline " + timeline, COMMAND_LIMIT)
                    .stream()
                    .findFirst()
                    .flatMap(row -> row.bytes(1));
        } catch (PostgresException e) {
            if (e.hasState(UNDEFINED_FILE)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    @Override
    public void uploadManifest(EarlierManifest manifest) throws IOException {
        session.copyIn("UPLOAD_MANIFEST", "the answer to UPLOAD_MANIFEST", COMMAND_LIMIT, manifest::writeTo);
    }

    @Override
    public BaseBackupResult baseBackup(BaseBackupOptions options, BaseBackupReceiver receiver) throws IOException {
        BaseBackupRun run = new BaseBackupRun(wire, session, options, receiver);
        try {
            return run.run(serverVersionNum);
        } finally {
            session.onNotice(_ -> {});
            if (!run.isAnswered()) {
                abandon();
            }
        }
    }

    @Override
    public void createSlot(String name, WalStream.SlotLife life) {
        String temporary = switch (life) {
            case PERMANENT -> "";
            case TEMPORARY -> " TEMPORARY";
        };
        String reserved = serverVersionNum >= FIRST_WITH_OPTION_LISTS ? " (RESERVE_WAL)" : " RESERVE_WAL";
        session.query(
                "CREATE_REPLICATION_SLOT " + quoted(name) + temporary + " PHYSICAL" + reserved,
                "the replication slot '" + name + "'",
                COMMAND_LIMIT);
    }

    @Override
    public void dropSlot(String name) {
        session.query(
                "DROP_REPLICATION_SLOT " + quoted(name),
                "the removal of the replication slot '" + name + "'",
                COMMAND_LIMIT);
    }

    @Override
    public Optional<Lsn> slotStart(String name) {
        if (serverVersionNum < FIRST_WITH_READ_SLOT) {
            return Optional.empty();
        }
        Optional<String> start = session
                .query(
                        "READ_REPLICATION_SLOT " + quoted(name),
                        "the state of the replication slot '" + name + "'",
                        COMMAND_LIMIT)
                .stream()
                .findFirst()
                .flatMap(row -> row.text(1));
        try {
            return start.map(Lsn::parse);
        } catch (IllegalArgumentException e) {
            throw session.violated("READ_REPLICATION_SLOT with " + e.getMessage());
        }
    }

    @Override
    public WalStream startReplication(WalStream.Start start) {
        return PhysicalWalStream.start(session, start);
    }

    static String quoted(String slot) {
        return "\"" + SlotName.require(slot) + "\"";
    }

    @Override
    public void cancel() {
        wire.cut(this::askToCancel);
    }

    @Override
    public void close() {
        closeDriver(login);
    }

    /** Ends the connection in the middle of an answer; otherwise the server would stay in backup mode. */
    private void abandon() {
        // An interrupted thread cannot open the connection that carries the request.
        boolean interrupted = Thread.interrupted();
        try {
            askToCancel();
            wire.close();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void askToCancel() {
        try {
            login.driver().unwrap(BaseConnection.class).cancelQuery();
        } catch (SQLException e) {
            // The next step closes the connection, which the server notices when it sends.
            System.getLogger(PhysicalReplicationConnection.class.getName())
                    .log(System.Logger.Level.DEBUG, "a request to cancel was not sent", e);
        }
    }

    private int number(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw session.violated("'" + text + "' where a number belongs");
        }
    }

    private static void closeDriver(Login.Session login) {
        try {
            login.driver().close();
        } catch (SQLException e) {
            System.getLogger(PhysicalReplicationConnection.class.getName())
                    .log(System.Logger.Level.DEBUG, "closing a connection failed", e);
        }
    }
}
