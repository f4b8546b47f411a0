// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.receive;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tidemark.archiver.PushTarget;
import org.tidemark.archiver.WalOrigin;
import org.tidemark.archiver.push.WalPusher;
import org.tidemark.archiver.push.WalPusher.PushReport;
import org.tidemark.archiver.receive.ReceiveOptions.FlushAfter;
import org.tidemark.archiver.receive.ReceiveOptions.Missing;
import org.tidemark.archiver.receive.ReceiveOptions.Reconnect;
import org.tidemark.archiver.receive.ReceiveOptions.Synchronous;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.wal.WalArchive;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.PartialSegment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ClientEnvironment;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.ReplicationConnection;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.postgres.WalStream.SlotLife;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;

/** A receiver in a thread, with a spool and a repository in memory. */
final class Reception implements AutoCloseable {
    static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);
    private static final ClusterName CLUSTER = new ClusterName("main");
    private static final Duration LIMIT = PostgresWait.DEFAULT_LIMIT;

    final Path spool;
    final List<String> told = new CopyOnWriteArrayList<>();
    private final GatedStore store = new GatedStore();
    private @Nullable Thread thread;
    private volatile @Nullable Exception failure;
    private volatile PostgresServer server;
    Optional<String> slot = Optional.empty();
    SlotLife slotLife = SlotLife.PERMANENT;
    FlushAfter flushAfter = FlushAfter.SPOOL;
    Synchronous synchronous = Synchronous.NO;
    Optional<Lsn> end = Optional.empty();
    Reconnect reconnect = Reconnect.YES;
    Missing missing = Missing.STOP;
    Optional<Duration> pieceInterval = Optional.empty();
    long spoolLimitBytes = 1L << 30;
    /** Pieces wait for it, and whether one does. */
    CountDownLatch piecesMayGo = new CountDownLatch(0);

    volatile boolean aPieceWaits;

    /** A store that takes no new objects while it is shut. */
    private static final class GatedStore extends DelegatingStore {
        private volatile boolean shut;

        GatedStore() {
            super(new MemoryStore(Clock.systemUTC()));
        }

        @Override
        public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
            if (shut) {
                throw new StorageUnavailable("shut", new IOException("shut"));
            }
            super.putIfAbsent(key, source);
        }
    }

    /** Registers the cluster of the server. */
    Reception(PostgresServer server, Path spool) throws IOException {
        this.server = server;
        this.spool = spool;
        ControlFile control = ControlFile.read(server.dataDirectory());
        Repository.create(store, Clock.systemUTC())
                .register(
                        new ClusterIdentity(CLUSTER, control.system(), SIZE, 8192, control.postgresMajor()),
                        Clock.systemUTC());
    }

    void shutRepository(boolean shut) {
        store.shut = shut;
    }

    /** Another server answers from the next connection on. */
    void moveTo(PostgresServer other) {
        server = other;
    }

    WalArchive wal() throws IOException {
        return Repository.open(store, Optional.empty())
                .incarnations(CLUSTER)
                .getFirst()
                .wal();
    }

    static ConnectionSettings connection(PostgresServer server) {
        return ConnectionSettings.parse(
                        server.conninfo(), new ClientEnvironment(Map.of(), Path.of("/nonexistent"), "nobody"))
                .withApplicationName("receiver");
    }

    Reception start() {
        failure = null;
        Thread fresh = new Thread(
                () -> {
                    try {
                        run();
                    } catch (IOException | RuntimeException e) {
                        failure = e;
                    }
                },
                "receiver");
        fresh.start();
        thread = fresh;
        return this;
    }

    /** In the calling thread. */
    void run() throws IOException {
        try (ReceiveSpool.Claim claim = ReceiveSpool.claim(spool, CLUSTER, "receiver")) {
            PushTarget target = new PushTarget("memory", Encoding.of(Codec.parse("zstd:1")), system -> {
                awaitPieces();
                return Repository.open(store, Optional.empty())
                        .incarnation(CLUSTER, system)
                        .orElseThrow();
            });
            new WalReceiver(
                            new ReceiveOptions(
                                    slot,
                                    slotLife,
                                    flushAfter,
                                    synchronous,
                                    Duration.ofSeconds(1),
                                    end,
                                    reconnect,
                                    missing,
                                    pieceInterval,
                                    spoolLimitBytes),
                            new TestServer(),
                            this::next,
                            new WalPusher(target, spool, Clock.systemUTC()),
                            new PieceDelivery.Into(List.of(target), 1, spool),
                            claim,
                            Clock.systemUTC(),
                            new Told())
                    .run();
        }
    }

    private void awaitPieces() {
        if (Thread.currentThread().getName().startsWith("pieces-") && piecesMayGo.getCount() > 0) {
            aPieceWaits = true;
            try {
                piecesMayGo.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Optional<WalPosition> next(WalOrigin origin, StartPlan plan, Optional<WalPosition> held)
            throws IOException {
        ClusterArchive archive = Repository.open(store, Optional.empty())
                .incarnation(CLUSTER, origin.system())
                .orElseThrow(() -> new UserFacingException(ExitCode.WRONG_CLUSTER, "not registered", "Register it."));
        return new ArchivedWal(archive.wal(), plan).next(held);
    }

    private final class TestServer implements WalReceiver.Server {
        @Override
        public ReplicationConnection connect() {
            return ReplicationConnection.open(connection(server));
        }

        @Override
        public Optional<WalReceiver.Slot> slotBySql(String name) {
            try (SqlConnection sql = SqlConnection.open(connection(server))) {
                return sql.text(LIMIT, "SELECT restart_lsn FROM pg_replication_slots WHERE slot_name = ?", name)
                        .map(start -> new WalReceiver.Slot(Optional.of(Lsn.parse(start)), false));
            }
        }
    }

    /** What the thread that archives meets then. */
    Optional<Error> error = Optional.empty();

    private final class Told implements WalReceiver.Observer {
        @Override
        public void archived(WalFile file, PushReport report) {
            if (error.isPresent()) {
                throw error.get();
            }
            told.add("archived " + file.name());
        }

        @Override
        public void notArchived(WalFile file, UserFacingException problem) {
            told.add("not archived " + file.name());
        }

        @Override
        public void putAside(PartialSegment file, UserFacingException problem) {
            told.add("put aside " + file.name());
        }

        @Override
        public void receiving(WalPosition from) {
            told.add("receiving " + from);
        }

        @Override
        public void timelineEnded(Timeline ended, Lsn at, Timeline next) {
            told.add("timeline " + ended + " ended at " + at + ", next " + next);
        }

        @Override
        public void receivedMore(Timeline ended, Lsn at, Lsn received) {
            told.add("more of timeline " + ended + " up to " + received);
        }

        @Override
        public void interrupted(UserFacingException problem, Duration pause) {
            told.add("interrupted " + problem.exitCode() + ": " + problem.getMessage());
        }

        @Override
        public void diskFull(UserFacingException problem, Duration pause) {
            told.add("disk full: " + problem.getMessage());
        }

        @Override
        public void spoolFull(long waitingBytes) {
            told.add("spool full");
        }

        @Override
        public void spoolHasRoom() {
            told.add("spool has room");
        }

        @Override
        public void startsBySpool(UserFacingException problem) {
            told.add("starts by spool");
        }

        @Override
        public void pieceNotStored(String repository, UserFacingException problem) {
            told.add("piece not stored: " + problem.getMessage());
        }

        @Override
        public void skipped(WalPosition missed) {
            told.add("skipped " + missed);
        }
    }

    boolean wasTold(String beginning) {
        return told.stream().anyMatch(each -> each.startsWith(beginning));
    }

    void awaitTold(String beginning) {
        await("'" + beginning + "' is told", () -> wasTold(beginning));
    }

    void await(String what, Callable<Boolean> condition) {
        PostgresWait.until(what + " " + told, LIMIT, server, () -> {
            if (failure != null) {
                throw new IllegalStateException("the receiver has ended " + told, failure);
            }
            return condition.call();
        });
    }

    /** Waits until the receiver has ended by itself; what it threw. */
    Optional<Exception> awaitEnd() throws InterruptedException {
        if (thread != null && !thread.join(LIMIT)) {
            throw new IllegalStateException("the receiver goes on " + told);
        }
        thread = null;
        return Optional.ofNullable(failure);
    }

    /** As SIGTERM does. */
    Optional<Exception> stop() throws InterruptedException {
        if (thread != null) {
            thread.interrupt();
        }
        return awaitEnd();
    }

    /** The only file of this name in the spool. */
    Path spooledFile(String name) throws IOException {
        try (Stream<Path> files = Files.walk(spool)) {
            return files.filter(file -> file.endsWith(name)).findFirst().orElseThrow();
        }
    }

    /** The files that wait in the spool, without the lock. */
    List<String> spooled() throws IOException {
        try (Stream<Path> files = Files.walk(spool)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> !name.equals("lock") && !name.equals("seam"))
                    .sorted()
                    .toList();
        }
    }

    @Override
    public void close() {
        try {
            stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
