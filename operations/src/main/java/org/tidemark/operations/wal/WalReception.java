// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.wal;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.archiver.PushTarget;
import org.tidemark.archiver.WalOrigin;
import org.tidemark.archiver.push.WalPusher;
import org.tidemark.archiver.push.WalPusher.Acknowledgement;
import org.tidemark.archiver.receive.ArchivedWal;
import org.tidemark.archiver.receive.PieceDelivery;
import org.tidemark.archiver.receive.ReceiveOptions;
import org.tidemark.archiver.receive.ReceiveSpool;
import org.tidemark.archiver.receive.StartPlan;
import org.tidemark.archiver.receive.WalPosition;
import org.tidemark.archiver.receive.WalReceiver;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.PostgresException;
import org.tidemark.postgres.ReplicationConnection;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.postgres.WalStream.SlotLife;
import org.tidemark.server.ServerSettings;
import org.tidemark.session.Session;
import org.tidemark.store.StorageException.StorageDenied;

/** Receives WAL of a cluster from its server into the configured repositories, and manages the slot for that. */
public final class WalReception {
    /** A repository that is not needed for acknowledgement is waited for so long. */
    private static final Duration EXTRA_WAIT = Duration.ofSeconds(1);

    private final Session session;
    private final Optional<String> standbyName;
    private final Clock clock;
    private volatile ConnectionSettings connection;

    /** What happens if a slot of the name exists already. */
    public enum Existing {
        FAILS,
        IS_FINE
    }

    /** @param standbyName by which synchronous_standby_names knows the receiver; empty: that of conninfo */
    public WalReception(Session session, Optional<String> standbyName, Clock clock) {
        this.session = session;
        this.standbyName = standbyName;
        this.clock = clock;
        this.connection = named(session.connection());
    }

    private ConnectionSettings named(ConnectionSettings settings) {
        return standbyName.map(settings::withApplicationName).orElse(settings);
    }

    /** As the files say it now; as they said it before while somebody writes them. */
    private ConnectionSettings connectionAsOfNow() {
        try {
            connection = named(session.connectionAsOfNow(clock));
        } catch (UserFacingException e) {
            // The next connection reads them again.
        }
        return connection;
    }

    /**
     * Receives WAL; see {@link WalReceiver#run}.
     *
     * @throws UserFacingException with LOCAL_FILES if another process of this host receives WAL of the cluster
     */
    public void run(ReceiveOptions options, WalReceiver.Observer observer) throws IOException {
        ClusterSettings cluster = session.cluster()
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.USAGE,
                        "no cluster is configured",
                        "Write a configuration with: tidemark init --url URL --conninfo TEXT"));
        List<RepositorySettings> repositories = session.repositorySettings();
        int needed = cluster.acknowledgeOf(repositories.size());
        SpoolDirectory.make(session.spool());
        try (ReceiveSpool.Claim claim =
                ReceiveSpool.claim(session.spool(), cluster.name(), connection.applicationName())) {
            List<PushTarget> targets = targets(cluster.name(), repositories);
            new WalReceiver(
                            options,
                            new ConfiguredServer(),
                            (origin, plan, held) -> next(cluster.name(), repositories, needed, origin, plan, held),
                            new WalPusher(
                                    targets,
                                    session.spool(),
                                    new Acknowledgement(
                                            needed,
                                            session.pending(),
                                            cluster.name(),
                                            session.configuration().host().pushTimeout(),
                                            EXTRA_WAIT,
                                            clock)),
                            new PieceDelivery.Into(targets, needed, session.spool()),
                            claim,
                            clock,
                            observer)
                    .run();
        }
    }

    private final class ConfiguredServer implements WalReceiver.Server {
        @Override
        public ReplicationConnection connect() {
            return ReplicationConnection.open(connectionAsOfNow());
        }

        @Override
        public Optional<WalReceiver.Slot> slotBySql(String slot) {
            try (SqlConnection sql = SqlConnection.open(connection)) {
                return sql.text(
                                ServerSettings.LIMIT,
                                "SELECT coalesce(restart_lsn::text, '') || ' ' || coalesce(wal_status, '')"
                                        + " FROM pg_replication_slots WHERE slot_name = ?",
                                slot)
                        .map(WalReception::slot);
            } catch (PostgresException e) {
                return Optional.empty(); // this role may do no more than stream
            }
        }
    }

    /** Its start and its wal_status. */
    private static WalReceiver.Slot slot(String row) {
        int space = row.indexOf(' ');
        return new WalReceiver.Slot(
                Optional.of(row.substring(0, space))
                        .filter(start -> !start.isEmpty())
                        .map(Lsn::parse),
                row.substring(space + 1).equals("lost"));
    }

    private List<PushTarget> targets(ClusterName cluster, List<RepositorySettings> repositories) {
        return repositories.stream()
                .map(settings -> new PushTarget(
                        settings.name(),
                        settings.encoding(),
                        settings.url().toString(),
                        system -> archive(settings, cluster, system),
                        () -> session.repositories().rememberedId(settings)))
                .toList();
    }

    /** The archive in a repository that is still there: its disk may have been unmounted since it was opened. */
    private ClusterArchive archive(RepositorySettings settings, ClusterName cluster, SystemIdentifier system)
            throws IOException {
        return archive(session.repositories().openPresent(settings), settings, cluster, system);
    }

    private static ClusterArchive archive(
            Repository repository, RepositorySettings settings, ClusterName cluster, SystemIdentifier system)
            throws IOException {
        return repository
                .incarnation(cluster, system)
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.WRONG_CLUSTER,
                        "the server has system identifier " + system + ", which is not registered for cluster '"
                                + cluster + "' in '" + settings.name() + "'",
                        "Is another cluster at the address of conninfo? See it with: tidemark config. If '" + cluster
                                + "' was created again by initdb or pg_upgrade, run: tidemark init --cluster "
                                + cluster + " --new-incarnation"));
    }

    /** What is needed next by the repositories that answer. */
    private Optional<WalPosition> next(
            ClusterName cluster,
            List<RepositorySettings> repositories,
            int needed,
            WalOrigin origin,
            StartPlan plan,
            Optional<WalPosition> held) {
        List<Optional<WalPosition>> each = new ArrayList<>();
        UserFacingException failure = null;
        for (RepositorySettings settings : repositories) {
            try {
                // What an operator has rejected is received, as if it had never been archived.
                openInTime(settings);
                session.repositories().openPresent(settings);
                ClusterArchive archive = archive(session.repository(settings), settings, cluster, origin.system());
                origin.refuseOther(archive.identity());
                each.add(new ArchivedWal(archive.wal(), plan).next(held));
            } catch (IOException | UserFacingException e) {
                UserFacingException problem = StorageErrors.explainUnlessInterrupted(e);
                boolean isFirst = failure == null || problem.exitCode() == ExitCode.WRONG_CLUSTER;
                failure = isFirst ? problem : failure;
            }
        }
        if (each.isEmpty() && failure != null) {
            throw failure;
        }
        return ArchivedWal.heldBy(needed, each);
    }

    /** Creates a slot that keeps WAL from now on; false if there was one already. */
    public boolean createSlot(String slot, Existing existing) {
        try (ReplicationConnection server = ReplicationConnection.open(connection)) {
            server.createSlot(slot, SlotLife.PERMANENT);
            return true;
        } catch (PostgresException e) {
            if (existing == Existing.IS_FINE && e.hasState(ReplicationConnection.DUPLICATE_OBJECT)) {
                return false;
            }
            throw e;
        }
    }

    /** Removes a slot. */
    public void dropSlot(String slot) {
        try (ReplicationConnection server = ReplicationConnection.open(connection)) {
            server.dropSlot(slot);
        }
    }

    /** One that hangs has a limit here. */
    private void openInTime(RepositorySettings settings) throws IOException {
        try {
            session.repository(settings);
        } catch (StorageDenied e) {
            // What comes next reads the secret again.
        }
    }
}
