// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Codec;
import org.tidemark.catalog.Encoding;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.WalArchive;
import org.tidemark.core.ClusterName;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.ControlFile;
import org.tidemark.store.MemoryStore;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresServerBuilder;
import org.tidemark.testkit.PostgresWait;

/**
 * A standby with archive_mode = always that streams from another standby, which is promoted: where the timeline ends,
 * PostgreSQL hands over the segment as far as it goes, under its full name.
 */
class FollowingStandbyTest {
    @TempDir
    private Path work;

    private final MemoryStore store = new MemoryStore(Clock.systemUTC());
    private Optional<WalArchive> archive = Optional.empty();

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oldestAndNewest")
    void theSegmentThatItCutOffDoesNotStandInTheWayOfTheWholeOne(PostgresBinaries binaries) throws IOException {
        try (PostgresServer primary = archiving(binaries, "on").start()) {
            primary.newDirectory("archive");
            Path base = primary.takeBaseBackup(primary.newDirectory("copies").resolve("base"))
                    .dataDirectory();
            try (PostgresServer promoted = archiving(binaries, "off")
                            .from(base)
                            .standbyOf(primary)
                            .start();
                    PostgresServer follower = archiving(binaries, "always")
                            .from(base)
                            .standbyOf(promoted)
                            .create()) {
                Path handedOver = follower.newDirectory("archive");
                follower.start();
                primary.sql("CREATE TABLE rows AS SELECT generate_series(1, 500) AS n");
                awaitRows(follower, 500);
                Segment cut = (Segment) WalFile.parse(primary.query("SELECT pg_walfile_name(pg_current_wal_lsn())"));
                promoted.promote();
                PostgresWait.until(
                        "'" + cut.name() + "' is handed over",
                        PostgresWait.DEFAULT_LIMIT,
                        follower,
                        () -> follower.isArchived(cut.name())
                                && handedOver.resolve(cut.name()).toFile().exists());
                ControlFile control = ControlFile.read(primary.dataDirectory());
                register(control);

                push(cut, handedOver.resolve(cut.name()), control);
                push(cut, handedOver.resolve(cut.name()), control);

                assertThat(wal().contains(cut)).isFalse();
                assertThat(wal().partials(cut)).hasSize(1);
                primary.sql("INSERT INTO rows SELECT generate_series(501, 600)");
                assertThat(primary.archiveCurrentSegment(PostgresWait.DEFAULT_LIMIT))
                        .isEqualTo(cut.name());
                push(cut, primary.dataDirectory().resolveSibling("archive").resolve(cut.name()), control);
                assertThat(wal().contains(cut)).isTrue();
            }
        }
    }

    private static PostgresServerBuilder archiving(PostgresBinaries binaries, String mode) {
        return PostgresServer.of(binaries)
                .initdb("--wal-segsize=1")
                .setting("wal_keep_size", "64MB")
                .setting("archive_mode", mode)
                // Relative to the data directory; a base backup is taken before the directory is there.
                .setting("archive_command", "cp %p ../archive/%f");
    }

    private static void awaitRows(PostgresServer server, int count) {
        PostgresWait.until(
                "the rows are there",
                PostgresWait.DEFAULT_LIMIT,
                server,
                () -> server.query("SELECT to_regclass('rows') IS NOT NULL").equals("t"));
        PostgresWait.until(
                "the rows are there",
                PostgresWait.DEFAULT_LIMIT,
                server,
                () -> server.query("SELECT count(*) FROM rows").equals(Integer.toString(count)));
    }

    private void register(ControlFile control) throws IOException {
        archive = Optional.of(Repository.create(store, Clock.systemUTC())
                .register(
                        new ClusterIdentity(
                                new ClusterName("main"),
                                control.system(),
                                control.walSegmentSize(),
                                control.pageSize(),
                                control.postgresMajor()),
                        Clock.systemUTC())
                .wal());
    }

    private WalArchive wal() {
        return archive.orElseThrow();
    }

    private void push(Segment segment, Path file, ControlFile control) throws IOException {
        PushTarget target = new PushTarget(
                "memory",
                Encoding.of(Codec.parse("zstd:1")),
                system -> Repository.open(store, Optional.empty())
                        .incarnation(new ClusterName("main"), system)
                        .orElseThrow());
        new WalPusher(target, work, Clock.systemUTC()).push(new PushRequest(segment, file, control));
    }
}
