// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.random;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.TimelineHistoryFile;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresServer;

/**
 * What happens to a server besides its rows, and what a recovery on the same host can do about it: tablespaces come and
 * go in one place, whose disk may not be mounted; settings are raised; wal_level is minimal for a while; it is
 * promoted, and the history of its timeline is lost. Not thread-safe.
 */
final class ServerEvents {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final PostgresServer server;
    private final Path place;
    private final NavigableSet<Lsn> created = new TreeSet<>();
    private final NavigableSet<String> minimal = new TreeSet<>();
    private final NavigableMap<String, Timeline> promoted = new TreeMap<>();
    private final Set<Timeline> lost = new HashSet<>();
    private boolean isUsed;
    private int connections = 100;

    /** @param place of the tablespaces; it is not there yet */
    ServerEvents(PostgresServer server, Path place) throws IOException {
        this.server = server;
        this.place = place;
        OperatingUser.current().own(Files.createDirectory(place));
    }

    /** What a recovery on this host meets in the place of the tablespaces. */
    enum Obstacle {
        NONE,
        /** It goes by the backup that is chosen: an earlier tablespace, which was dropped, was in the same place. */
        PERHAPS,
        /** The files of a tablespace that the server uses. */
        CERTAIN
    }

    Obstacle on(Lsn target) {
        if (!isUsed || target.isBefore(created.first())) {
            return Obstacle.NONE;
        }
        return target.isBefore(created.last()) ? Obstacle.PERHAPS : Obstacle.CERTAIN;
    }

    /** The segments in which wal_level became minimal: no recovery leads to their ends. */
    NavigableSet<String> minimal() {
        return minimal;
    }

    /** The timelines after the first, by the segments in which they begin. */
    NavigableMap<String, Timeline> promoted() {
        return promoted;
    }

    /** The timelines to which no recovery leads from an earlier one. */
    Set<Timeline> lost() {
        return lost;
    }

    /** As a standby is; its timeline begins in a segment in which no backup begins and no mark is. */
    String promote() throws IOException {
        server.stopFast();
        Path signal = server.dataDirectory().resolve("standby.signal");
        OperatingUser.current().own(Files.createFile(signal));
        server.start();
        server.promote();
        server.awaitRecoveryEnd(LIMIT);
        String segment = server.archiveCurrentSegment(LIMIT);
        Timeline timeline = WalFile.parse(segment).timeline();
        promoted.put(segment, timeline);
        return "timeline " + timeline + " begins in " + segment;
    }

    /**
     * The history of the newest timeline is removed from pg_wal.
     *
     * @return empty if it has none that can be lost
     */
    Optional<TimelineHistoryFile> loseHistory() throws IOException {
        if (promoted.isEmpty() || !lost.add(promoted.lastEntry().getValue())) {
            return Optional.empty();
        }
        TimelineHistoryFile history =
                new TimelineHistoryFile(promoted.lastEntry().getValue());
        Files.delete(server.dataDirectory().resolve("pg_wal").resolve(history.name()));
        return Optional.of(history);
    }

    /** A tablespace is created with a table, or the one that is there is dropped. */
    String tablespace() {
        if (isUsed) {
            server.sql("DROP TABLE elsewhere");
            server.sql("DROP TABLESPACE elsewhere");
            isUsed = false;
            return "the tablespace is dropped";
        }
        created.add(Lsn.parse(server.query("SELECT pg_current_wal_insert_lsn()")));
        server.sql("CREATE TABLESPACE elsewhere LOCATION '" + place + "'");
        server.sql("CREATE TABLE elsewhere TABLESPACE elsewhere AS SELECT generate_series(1, 500) AS n");
        isUsed = true;
        return "a tablespace is created";
    }

    /** Recovery needs at least as many connections. */
    String raiseASetting() {
        connections += 7;
        server.sql("ALTER SYSTEM SET max_connections = " + connections);
        server.restart();
        return "max_connections is " + connections;
    }

    /** For a while, within one segment, which is archived. */
    String writeLessForAWhile() {
        server.archiveCurrentSegment(LIMIT);
        server.sql(
                "ALTER SYSTEM SET wal_level = minimal",
                "ALTER SYSTEM SET max_wal_senders = 0",
                "ALTER SYSTEM SET archive_mode = off");
        server.restart();
        server.sql(
                "ALTER SYSTEM RESET wal_level",
                "ALTER SYSTEM RESET max_wal_senders",
                "ALTER SYSTEM RESET archive_mode");
        server.restart();
        String segment = server.archiveCurrentSegment(LIMIT);
        minimal.add(segment);
        return "wal_level was minimal in " + segment;
    }

    /** The server runs without the disk of the tablespace; empty if it has none. */
    <T> Optional<T> whileNotMounted(Supplier<T> action) throws IOException {
        if (!isUsed) {
            return Optional.empty();
        }
        Path disk = place.resolveSibling("not-mounted");
        server.stopFast();
        Files.move(place, disk);
        OperatingUser.current().own(Files.createDirectory(place));
        server.start();
        try {
            return Optional.of(action.get());
        } finally {
            server.stopFast();
            Files.delete(place);
            Files.move(disk, place);
            server.start();
        }
    }
}
