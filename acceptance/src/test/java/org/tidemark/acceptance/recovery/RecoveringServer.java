// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresServerBuilder;
import org.tidemark.testkit.PostgresWait;

/** A real PostgreSQL that recovers by wal-fetch, and what must be true of it. Not thread-safe. */
final class RecoveringServer implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private static final String PREFETCH = "TIDEMARK_HOST_PREFETCH";

    private final PostgresServer server;
    private final ScratchArchive archive;
    private final String signalFile;

    private RecoveringServer(PostgresServer server, ScratchArchive archive, String signalFile) {
        this.server = server;
        this.archive = archive;
        this.signalFile = signalFile;
    }

    /** A recovery (recovery.signal) that does not run yet. */
    static RecoveringServer recovery(ScratchArchive archive, Goal goal) {
        return recovery(archive, goal, "1s");
    }

    /** The same with a limit of its own for asking again. */
    static RecoveringServer recovery(ScratchArchive archive, Goal goal, String fetchRetry) {
        PostgresServer server = prepared(archive, goal)
                .environment("TIDEMARK_HOST_FETCH_RETRY", fetchRetry)
                .recovery(archive.restoreCommand(goal.options()))
                .create();
        return new RecoveringServer(server, archive, "recovery.signal");
    }

    /** A standby (standby.signal) that does not run yet, with nothing but the archive to go by. */
    static RecoveringServer standby(ScratchArchive archive, Goal goal) {
        PostgresServer server = prepared(archive, goal)
                .setting("wal_retrieve_retry_interval", "200ms")
                .standby(archive.restoreCommand(goal.options()))
                .create();
        return new RecoveringServer(server, archive, "standby.signal");
    }

    /** A recovery with a prefetcher, which does not run yet. */
    static RecoveringServer prefetching(ScratchArchive archive, Goal goal) {
        PostgresServer server = prepared(archive, goal)
                .environment(PREFETCH, "64MiB")
                .recovery(archive.restoreCommand(goal.options()))
                .create();
        return new RecoveringServer(server, archive, "recovery.signal");
    }

    /** A standby with a prefetcher, which does not run yet. */
    static RecoveringServer prefetchingStandby(ScratchArchive archive, Goal goal) {
        PostgresServer server = prepared(archive, goal)
                .environment(PREFETCH, "64MiB")
                .setting("wal_retrieve_retry_interval", "200ms")
                .standby(archive.restoreCommand(goal.options()))
                .create();
        return new RecoveringServer(server, archive, "standby.signal");
    }

    private static PostgresServerBuilder prepared(ScratchArchive archive, Goal goal) {
        PostgresServerBuilder builder = PostgresServer.of(archive.cluster().binaries())
                .from(archive.cluster().base())
                .setting("archive_mode", "off")
                .environment("TIDEMARK_HOST_SPOOL", archive.spool().toString())
                .environment("TIDEMARK_HOST_FETCH_RETRY", "1s")
                .environment(PREFETCH, "0"); // an archive that is gone for one request would not be asked
        goal.settings().forEach(builder::autoSetting);
        return builder;
    }

    void launch() {
        server.launch();
    }

    /** Starts, and demands that PostgreSQL ends without having opened the database, ready to be started again. */
    void mustStop() {
        server.launch();
        server.awaitDown(LIMIT);

        requireClosed();
    }

    private void requireClosed() {
        assertThat(server.log())
                .doesNotContain("archive recovery complete")
                .doesNotContain("database system is ready to accept connections");
        assertThat(server.dataDirectory().resolve(signalFile)).exists();
    }

    /** Starts, and demands that the database is opened for writing with exactly these rows. */
    void mustOpenWith(String rows) {
        server.launch();
        server.awaitRecoveryEnd(LIMIT);

        requireOpenWith(rows);
    }

    /** Starts again and again while PostgreSQL ends without having opened the database, until it has these rows. */
    void mustOpenAfterStopsWith(String rows, int starts) {
        for (int start = 1; start <= starts; start++) {
            server.launch();
            PostgresWait.until("recovery ends", LIMIT, server, () -> !server.isRunning() || isOpen());
            if (server.isRunning()) {
                assertThat(start).as("starts").isGreaterThan(1);
                requireOpenWith(rows);
                return;
            }
            requireClosed();
        }
        throw new AssertionError("not open after " + starts + " starts:\n" + server.log());
    }

    void changeSetting(String name, String value) {
        server.awaitConnections(LIMIT);
        server.sql("ALTER SYSTEM SET " + name + " = '" + value + "'", "SELECT pg_reload_conf()");
    }

    /** Stops it as a crash does. */
    void kill() {
        server.stopImmediately();
    }

    private boolean isOpen() {
        try {
            return server.takesConnections() && !server.isInRecovery();
        } catch (IllegalStateException e) {
            return false; // it ended meanwhile
        }
    }

    private void requireOpenWith(String rows) {
        assertThat(rows()).as(server.log()).isEqualTo(rows);
        server.sql("INSERT INTO ticks VALUES (2)");
    }

    /** Demands of a standby that it shows exactly these rows before long, and is still one. */
    void mustShow(String rows) {
        server.awaitConnections(LIMIT);
        PostgresWait.until("'" + rows + "' is there", LIMIT, server, () -> rows().equals(rows));

        assertThat(server.isInRecovery()).isTrue();
    }

    /** Waits until a file has been asked for in vain after now, and demands that the server still runs. */
    void awaitRefusal(String walFile) {
        // The first of them may have begun before now.
        long enough = statusesOf(walFile).size() + 2L;
        PostgresWait.until(
                "'" + walFile + "' is refused",
                LIMIT,
                server,
                () -> statusesOf(walFile).size() >= enough);
        assertThat(statusesOf(walFile)).containsOnly("1");
        assertThat(server.isRunning()).as(server.log()).isTrue();
    }

    /** Waits until a file has been handed over. */
    void awaitDelivery(String walFile) {
        PostgresWait.until(
                "'" + walFile + "' is delivered",
                LIMIT,
                server,
                () -> archive.requests().contains(walFile + " 0"));
    }

    /** The number of rows of each batch. */
    String rows() {
        return server.query("SELECT coalesce(string_agg(batch || '=' || n, ' ' ORDER BY batch), '')"
                + " FROM (SELECT batch, count(*) AS n FROM rows GROUP BY batch) batches");
    }

    /** The timeline that the server writes on. */
    int timeline() {
        return Integer.parseInt(
                server.query("SELECT pg_walfile_name(pg_current_wal_lsn())").substring(0, 8), 16);
    }

    void restart() {
        server.stopFast();
        server.start();
    }

    Path dataDirectory() {
        return server.dataDirectory();
    }

    String log() {
        return server.log();
    }

    /** What PostgreSQL was told about a file, each time that it asked. */
    List<String> statusesOf(String walFile) {
        return archive.requests().stream()
                .filter(request -> request.startsWith(walFile + " "))
                .map(request -> request.substring(walFile.length() + 1))
                .toList();
    }

    @Override
    public void close() {
        server.close();
    }
}
