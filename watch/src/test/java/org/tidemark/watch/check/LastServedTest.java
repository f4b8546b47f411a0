// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.StoredArchive;
import org.tidemark.config.Environment;
import org.tidemark.core.Finding;
import org.tidemark.core.SpoolPart;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.session.Session;
import org.tidemark.session.StoredSession;
import org.tidemark.testkit.MovableClock;
import org.tidemark.watch.check.LastServed.Place;

class LastServedTest {
    private static final Instant NOW = Instant.parse("2026-11-29T03:00:00Z");
    private static final RepositoryFindings FOUND = new RepositoryFindings(
            Map.of(
                    "far",
                            List.of(Finding.critical("holes", "one \"hole\"\n", "Look.")
                                    .of("far")),
                    "near", List.of(Finding.ok("free-space", "enough").of("near"))),
            List.of(Finding.warning("awaited", "much", "Sync.")));
    private static final LastServed LAST = new LastServed(NOW, Optional.of(NOW.minusSeconds(5)), FOUND);
    private static final ClusterIdentity SERVER = StoredArchive.IDENTITY;

    @TempDir
    private Path directory;

    private static Place place(Session session, String program) {
        return new Place(session, session.cluster().orElseThrow(), program);
    }

    private static Optional<LastServed> read(Session session, String program, Instant now) {
        return LastServed.of(place(session, program), SERVER, now);
    }

    private Session configured(String toml) throws IOException {
        Path config = Files.writeString(directory.resolve("tidemark.toml"), toml);
        return Session.open(
                new Environment(Map.of(), directory, directory.resolve("home"), directory),
                new MovableClock(NOW),
                new Session.Choice(Optional.of(config), List.of(), Optional.empty(), List.of(), List.of()),
                new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8));
    }

    private StoredSession kept() throws IOException {
        StoredSession stored = StoredSession.ofTwo(directory, NOW);
        Files.createDirectories(stored.session().spool());
        LAST.keep(place(stored.session(), "1.0"), SERVER);
        return stored;
    }

    @Test
    void givesBackWhatWasKeptForTenMinutes() throws IOException {
        try (StoredSession stored = kept()) {
            Optional<LastServed> last = Optional.of(LAST);
            assertThat(read(stored.session(), "1.0", NOW)).isEqualTo(last);
            assertThat(read(stored.session(), "1.0", NOW.plusSeconds(600))).isEqualTo(last);
            assertThat(read(stored.session(), "1.0", NOW.plusSeconds(601))).isEmpty();
            assertThat(read(stored.session(), "1.0", NOW.minusSeconds(1)))
                    .as("a clock that was set back")
                    .isEmpty();
        }
    }

    @Test
    void anotherProgramSettingOrContentDoesNotCount() throws IOException {
        try (StoredSession stored = kept()) {
            assertThat(read(stored.session(), "1.1", NOW)).isEmpty();
            Path file = SpoolPart.SERVED.in(stored.session().spool()).resolve("found/main");
            String text = Files.readString(file);
            for (String wrong : List.of(
                    "",
                    "{}",
                    "[]",
                    text.substring(0, text.length() / 2),
                    text.replace("CRITICAL", "FATAL"),
                    text + " ".repeat(1 << 20))) {
                Files.writeString(file, wrong);
                assertThat(read(stored.session(), "1.0", NOW)).as(wrong).isEmpty();
            }
            Path elsewhere = Files.writeString(file.resolveSibling("elsewhere"), text);
            Files.delete(file);
            Files.createSymbolicLink(file, elsewhere);
            assertThat(read(stored.session(), "1.0", NOW)).as("a link").isEmpty();
            Files.delete(file);
            Files.writeString(file, text);
            ClusterIdentity other = new ClusterIdentity(
                    SERVER.cluster(),
                    new SystemIdentifier(7),
                    SERVER.walSegmentSize(),
                    SERVER.pageSize(),
                    SERVER.postgresMajor());
            assertThat(LastServed.of(place(stored.session(), "1.0"), other, NOW))
                    .as("after initdb")
                    .isEmpty();
            assertThat(read(stored.session(), "1.0", NOW)).isPresent();
        }
        String before = Files.readString(directory.resolve("tidemark.toml"));
        for (String changed : List.of(
                before.replace("/far'", "/elsewhere'"),
                before.replace("[cluster.main]\n", "[cluster.main]\ncheck.wal-age = '1h'\n"),
                before.replace("[cluster.main]\n", "[cluster.main]\nconninfo = 'host=elsewhere'\n"),
                before.replace("[repository.far]\n", "[repository.far]\nretention = 'REDUNDANCY 2'\n"))) {
            assertThat(changed).isNotEqualTo(before);
            try (Session session = configured(changed)) {
                assertThat(read(session, "1.0", NOW)).as(changed).isEmpty();
            }
        }
        try (Session session = configured(before)) {
            assertThat(read(session, "1.0", NOW)).isPresent();
        }
    }
}
