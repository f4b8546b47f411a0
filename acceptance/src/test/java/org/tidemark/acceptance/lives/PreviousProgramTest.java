// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.lives;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.DrillChains;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.layout.DrillKeys;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.core.ClusterName;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.filesystem.FileSystemStoreProvider;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/**
 * The program of an earlier commit works on repositories that this one has written, or refuses to: it removes nothing
 * that a backup refers to, and this program reads everything afterwards. {@code .ci/previous-program} builds the
 * earlier one and names its checkout in {@code TIDEMARK_TEST_PREVIOUS}.
 */
@EnabledIfEnvironmentVariable(
        named = "TIDEMARK_TEST_PREVIOUS",
        matches = ".+",
        disabledReason = "no earlier program to compare with; build one and run this test by: .ci/previous-program")
final class PreviousProgramTest {
    private static Path checkout;

    @BeforeAll
    static void findPrevious() {
        checkout = Path.of(System.getenv("TIDEMARK_TEST_PREVIOUS"));
    }

    @Test
    void worksOrRefusesAndRemovesNothingThatIsReferredTo() throws Exception {
        PostgresBinaries newest = PostgresBinaries.embedded().getLast();
        try (ClusterLife life = new ClusterLife(newest, "near", "far")
                        .with("acknowledge = 1")
                        .with("near", "retention = 'REDUNDANCY 2'");
                TidemarkHost other = TidemarkHost.ofCheckout(checkout)) {
            writeAllThatThisProgramWrites(life);

            other.configure(configurationWithOwnSpool(life));
            Set<Path> before = objects(life);
            List<Outcome> looked = List.of(
                    other.run("list-backup"),
                    other.run("check"),
                    other.run("retention"),
                    other.run("verify", "--all"),
                    other.run("wal-list"));
            Outcome expiry = other.run("expire", "--confirm");
            Outcome sync = other.run("sync");
            Outcome plan = other.run(
                    "recover",
                    "--dry-run",
                    "--to",
                    other.directory().resolve("nowhere").toString());

            looked.forEach(PreviousProgramTest::assertWorksOrRefuses);
            assertWorksOrRefuses(expiry);
            assertWorksOrRefuses(sync);
            assertWorksOrRefuses(plan);
            assertThat(other.run("list-backup").data()).contains("can be reached");
            assertThat(objects(life)).as(expiry.talk() + sync.talk()).containsAll(marksOf(before));

            life.host().must("sync");
            life.host().must("verify", "--all");
            life.mustAgree();
            life.mustHoldWhatWasArchived(life.restored(other));
            life.mustHoldWhatWasArchived(life.restored(life.host(), "--repository", "near"));
            life.mustHoldWhatWasArchived(life.restored(life.host(), "--repository", "far"));
        }
    }

    /**
     * Backups with a tablespace, kept, annotated and verified, an expiry, an outage with its queue, and a second
     * timeline.
     */
    private static void writeAllThatThisProgramWrites(ClusterLife life) throws Exception {
        PostgresServer primary = life.begin();
        life.archive(primary, "a");
        Path tablespace = OperatingUser.current().newTemporaryDirectory("tablespace");
        primary.sql("CREATE TABLESPACE fast LOCATION '" + tablespace + "'");
        life.host().must("backup", "--name", "first");
        // A standby on this host could not have it as well.
        primary.sql("DROP TABLESPACE fast");
        Files.delete(tablespace);
        life.host().must("keep", "first", "--note", "audit");
        life.archive(primary, "b");
        life.host().must("backup");
        life.host().must("verify", "--all");
        life.archive(primary, "c");
        life.host().must("backup");
        life.host().must("expire", "--confirm");
        PostgresServer standby = life.standbyOf(primary);
        life.failOver(primary, standby);
        life.archive(standby, "d");
        life.host().must("backup");

        Path far = life.directory("far");
        storeEvidence(far);
        Path away = far.resolveSibling("away");
        Files.move(far, away, StandardCopyOption.ATOMIC_MOVE);
        life.archive(standby, "e");
        life.host().run("backup");
        life.archive(standby, "f");
        Files.move(away, far, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Of a drill, as this program stores it. */
    private static void storeEvidence(Path repository) throws Exception {
        try (ObjectStore store = new FileSystemStoreProvider().open(repository.toUri(), Map.of())) {
            ClusterArchive archive = Repository.open(store, Optional.empty())
                    .incarnations(new ClusterName("main"))
                    .getFirst();
            IncarnationKeys keys = archive.identity().keys();
            Instant now = Instant.now();
            DrillEvidence evidence = new DrillEvidence(
                    keys,
                    "1",
                    Optional.empty(),
                    "db1",
                    "0.2.0",
                    Optional.empty(),
                    now,
                    now,
                    new DrillEvidence.Target("latest", Optional.empty(), "given"),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    List.of(),
                    List.of(new DrillEvidence.Judged("files", Optional.empty(), Optional.empty())),
                    new DrillEvidence.Took(Duration.ZERO, Duration.ZERO, Duration.ZERO, 0));
            new DrillChains(store, keys)
                    .append(
                            new DrillKeys(
                                    keys,
                                    UUID.fromString(archive.repository().id().value()),
                                    UUID.randomUUID()),
                            evidence);
        }
        OperatingUser.current().own(repository);
    }

    private static String configurationWithOwnSpool(ClusterLife life) throws Exception {
        OperatingUser.current().own(life.host().directory());
        return Files.readString(life.host().config()).replaceFirst("(?s)\\A\\[host]\\n[^\\n]*\\n", "");
    }

    /** An error of the program itself is neither. */
    private static void assertWorksOrRefuses(Outcome outcome) {
        assertThat(outcome.talk()).doesNotContain("an error in the program itself");
        assertThat(outcome.status()).as(outcome.data() + outcome.talk()).isBetween(0, 60);
    }

    private static Set<Path> objects(ClusterLife life) throws Exception {
        Set<Path> found = new TreeSet<>();
        for (String repository : List.of("near", "far")) {
            try (Stream<Path> files = Files.walk(life.directory(repository))) {
                files.filter(Files::isRegularFile).forEach(found::add);
            }
        }
        return found;
    }

    /** The objects that only this program may know: the marks of the repository's WAL, and evidence of drills. */
    private static List<Path> marksOf(Set<Path> objects) {
        return objects.stream()
                .filter(object -> object.toString().contains("/mark/wal/")
                        || object.toString().contains("/drill/"))
                .toList();
    }
}
