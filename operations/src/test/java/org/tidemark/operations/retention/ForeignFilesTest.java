// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.retention;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Mark.Kept;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ExitCode;
import org.tidemark.operations.ObjectProgress;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;
import org.tidemark.session.StoredSession;

/** What people and file managers leave in a directory of a repository stops nothing. */
class ForeignFilesTest {
    private final Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    private static final List<String> FOREIGN = List.of("Thumbs.db", ".DS_Store", "notes", ".nfs0000000004", "x.tmp");

    @TempDir
    private Path directory;

    private final List<BackupId> backups = new ArrayList<>();

    @BeforeEach
    void clear() {
        backups.clear();
    }

    /** Four backups, of which the policy keeps two, with marks of every kind that expire looks at. */
    private StoredSession stored(String name) throws IOException {
        Path place = Files.createDirectory(directory.resolve(name));
        StoredSession stored =
                new StoredSession(place, new TreeMap<>(Map.of("disk", "REDUNDANCY 2")), now.minus(Duration.ofDays(9)));
        for (int day = 1; day <= 4; day++) {
            stored.at(now.minus(Duration.ofDays(8L - day)));
            stored.in("disk").wal(1, day, day);
            backups.add(stored.in("disk").backup(1, day, day));
        }
        stored.in("disk")
                .archive()
                .backups()
                .mark(
                        backups.getLast(),
                        new Kept(stored.now(), Kept.Target.FULL, Optional.empty(), Optional.empty(), Optional.empty()));
        stored.in("disk").archive().backups().mark(backups.getLast(), new Mark.Verified(now, 0, Mark.Scope.ALL));
        stored.at(now);
        return stored;
    }

    private List<Path> directories(String name) throws IOException {
        try (Stream<Path> paths = Files.walk(directory.resolve(name).resolve("disk"))) {
            return paths.filter(Files::isDirectory).toList();
        }
    }

    private ExpiryRun.Result expire(StoredSession stored, ExpiryRun.Mode mode) {
        return new ExpiryRun(stored.session(), stored.clock(), mode, repository -> new NoProgress())
                .run(new ByPolicy(true, true));
    }

    @Test
    void theyStopNoExpiryWhereverTheyAre() throws IOException {
        try (StoredSession stored = stored("session")) {
            List<BackupId> leaving = leaving(expire(stored, ExpiryRun.Mode.DRY_RUN));
            assertThat(leaving).containsExactly(backups.getFirst());
            for (Path each : directories("session")) {
                for (String name : FOREIGN) {
                    Files.writeString(each.resolve(name), "not ours");
                }
            }

            ExpiryRun.Result result = expire(stored, ExpiryRun.Mode.DELETE);

            assertThat(result.status()).as("%s", result).isEqualTo(ExitCode.DONE);
            assertThat(leaving(result)).isEqualTo(leaving);
            assertThat(result.archives()).singleElement().satisfies(each -> {
                assertThat(each.report()).isPresent();
                assertThat(each.planned().catalog().unreadable()).isEmpty();
            });
            assertThat(leaving(expire(stored, ExpiryRun.Mode.DRY_RUN))).isEmpty();
        }
    }

    /** A later program may have marks of other names. */
    @Test
    void whatCouldBeAMarkStopsIt() throws IOException {
        for (String name : List.of("2.json", "later-1.json", "00000001.json.bak")) {
            clear();
            try (StoredSession stored = stored(name)) {
                for (Path each : directories(name)) {
                    if (each.endsWith("mark")) {
                        Files.writeString(each.resolve(name), "{}");
                    }
                }
                removesNothing(stored, name);
            }
        }
    }

    /** A keep must not be lost because its file has got another name. */
    @Test
    void aKeepThatWasRenamedStopsIt() throws IOException {
        for (String name : List.of("00000001.json.old", "00000001.bak", "00000001", "00000001.jso")) {
            clear();
            try (StoredSession stored = stored(name)) {
                stored.in("disk")
                        .archive()
                        .backups()
                        .mark(
                                backups.getFirst(),
                                new Kept(now, Kept.Target.FULL, Optional.empty(), Optional.empty(), Optional.empty()));
                for (Path each : directories(name)) {
                    if (each.endsWith(Path.of("mark", backups.getFirst().value()))) {
                        Files.move(each.resolve("00000001.json"), each.resolve(name));
                    }
                }
                removesNothing(stored, name);
            }
        }
    }

    private void removesNothing(StoredSession stored, String name) throws IOException {
        ExpiryRun.Result result = expire(stored, ExpiryRun.Mode.DELETE);
        assertThat(result.status()).as(name).isNotEqualTo(ExitCode.DONE);
        assertThat(result.archives().getFirst().planned().catalog().unreadable())
                .as(name)
                .isNotEmpty();
        try (Stream<Path> files = Files.walk(directory.resolve(name))) {
            assertThat(files.map(Path::toString).filter(file -> file.endsWith("/backup.json")))
                    .as(name)
                    .hasSize(4);
        }
    }

    private static List<BackupId> leaving(ExpiryRun.Result result) {
        return result.archives().getFirst().planned().plan().leaving().stream()
                .map(PublishedBackup::id)
                .toList();
    }

    private static final class NoProgress implements ObjectProgress {
        @Override
        public void done(long objects, long bytes) {}

        @Override
        public void close() {}
    }
}
