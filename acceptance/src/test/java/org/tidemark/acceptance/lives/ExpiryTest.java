// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.lives;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/**
 * One cluster whose near repository keeps two backups and whose far one keeps everything: what a policy keeps can be
 * restored through a failover and a restore, and what it lets go comes from the far repository alone.
 */
@InTurn
final class ExpiryTest {
    private static final Pattern ID = Pattern.compile("[0-9]{8}T[0-9]{6}Z(-[0-9]+)?");

    static Stream<PostgresBinaries> versions() {
        return ClusterLife.versions();
    }

    @ParameterizedTest
    @MethodSource("versions")
    void whatThePolicyKeepsCanBeRestoredAndNothingElseIsThere(PostgresBinaries binaries) throws Exception {
        try (ClusterLife life = new ClusterLife(binaries, "near", "far").with("near", "retention = 'REDUNDANCY 2'")) {
            PostgresServer primary = life.begin();
            for (String batch : List.of("a", "b", "c")) {
                life.archive(primary, batch);
                primary.query("SELECT pg_create_restore_point('after " + batch + "')");
                life.host().must("backup");
            }
            life.archive(primary, "d");
            PostgresServer standby = life.standbyOf(primary);

            expire(life);
            assertThat(backups(life, "near")).hasSize(2);
            assertThat(backups(life, "far")).hasSize(4);
            life.mustAgree();
            mustNotMissWhatExpired(life);
            life.host().must("sync");
            assertThat(backups(life, "near")).hasSize(2);
            assertThat(walOf(life, "near")).isLessThan(walOf(life, "far"));
            mustReach(life, "after c", List.of("a", "b", "c"), "near");
            mustReach(life, "after a", List.of("a"), "near", "far");
            mustNotReach(life, "after a", "near");

            life.failOver(primary, standby);
            life.archive(standby, "e");
            life.host().must("backup");
            life.host().must("verify", "--all", "--repository", "near");
            // Until there are two of the new timeline, those of the old one stay as well.
            assertThat(life.host().must("expire").data()).contains("'near': nothing is to be deleted");
            life.archive(standby, "f");
            life.host().must("backup");
            expire(life);
            life.mustAgree();
            mustNotMissWhatExpired(life);
            assertThat(backups(life, "near")).hasSize(2);

            PostgresServer copy = life.restore("--repository", "near");
            life.mustHoldWhatWasArchived(copy);
            for (String batch : List.of("g", "h")) {
                life.archive(copy, batch);
                life.host().must("backup");
            }
            expire(life);
            assertThat(backups(life, "near")).hasSize(2);
            life.mustAgree();
            mustNotMissWhatExpired(life);
            life.mustHoldWhatWasArchived(life.restore("--repository", "near"));
        }
    }

    /** A backup that is kept without later WAL is restored as it was, and no recovery from it ends early in silence. */
    @ParameterizedTest
    @MethodSource("versions")
    void aStandaloneBackupStaysAndLeadsNoFurther(PostgresBinaries binaries) throws Exception {
        try (ClusterLife life = new ClusterLife(binaries, "near").with("near", "retention = 'REDUNDANCY 1'")) {
            PostgresServer primary = life.begin();
            life.archive(primary, "a");
            life.host().must("backup");
            String kept = backups(life, "near").getLast();
            life.host().must("keep", kept, "--target", "standalone", "--note", "audit");
            for (String batch : List.of("b", "c", "d")) {
                life.archive(primary, batch);
            }
            life.host().must("backup");
            life.archive(primary, "e");

            expire(life);

            assertThat(backups(life, "near")).hasSize(2).contains(kept);
            life.mustAgree();
            mustNotMissWhatExpired(life);
            Outcome further = life.dryRun("--backup", kept);
            assertThat(further.status()).as(further.data() + further.talk()).isEqualTo(1);
            ClusterLife.mustHold(
                    life.restored(life.host(), "--backup", kept, "--target-immediate", "--target-action", "promote"),
                    List.of("a"));
            life.mustHoldWhatWasArchived(life.restore());
        }
    }

    /** As the default schedule has it: where the newest backup was not read whole, one that was stays besides. */
    private static void expire(ClusterLife life) {
        life.host().must("verify", "--all", "--repository", "near");
        Outcome shown = life.host().must("expire", "--all");
        Outcome done = life.host().must("expire", "--all", "--confirm");
        assertThat(done.talk()).doesNotContain("WARNING: 'near'", "ERROR");
        assertThat(shown.data()).contains("'near': would delete");
        assertThat(done.data()).contains("'near': deleted");
        assertThat(life.host().must("expire", "--confirm").data()).contains("'near': nothing is to be deleted");
    }

    /** Neither a hole nor a repository that lacks what another has, and nothing that is damaged. */
    private static void mustNotMissWhatExpired(ClusterLife life) {
        String check = life.host().run("check", "-v").data();
        assertThat(check).doesNotContain("CRITICAL", "WARNING holes", "lacks", "is not archived in 'near'");
        assertThat(life.host().must("list-backup", "--repository", "near").data())
                .doesNotContain("except", "hole", "cannot be reached");
        life.host().must("verify", "--all", "--repository", "near");
    }

    private static List<String> backups(ClusterLife life, String repository) {
        return life.host()
                .must("list-backup", "--repository", repository)
                .data()
                .lines()
                .map(ID::matcher)
                .filter(Matcher::lookingAt)
                .map(Matcher::group)
                .sorted()
                .toList();
    }

    private static long walOf(ClusterLife life, String repository) throws Exception {
        try (Stream<Path> files = Files.walk(life.directory(repository).resolve("main"))) {
            return files.filter(file -> file.toString().contains("/wal/") && Files.isRegularFile(file))
                    .count();
        }
    }

    private static List<String> target(String point, String... repositories) {
        List<String> options = new ArrayList<>(List.of("--target-name", point));
        for (String repository : repositories) {
            options.addAll(List.of("--repository", repository));
        }
        return options;
    }

    private static void mustReach(ClusterLife life, String point, List<String> batches, String... repositories)
            throws Exception {
        List<String> options = new ArrayList<>(target(point, repositories));
        options.addAll(List.of("--target-action", "promote"));
        try (PostgresServer copy = life.restored(life.host(), options.toArray(String[]::new))) {
            ClusterLife.mustHold(copy, batches);
        }
    }

    private static void mustNotReach(ClusterLife life, String point, String repository) {
        // A restore point has no position, so which backup comes before it cannot be told: by the time it can.
        Outcome plan = life.dryRun("--target-time", "2000-01-01 00:00:00Z", "--repository", repository);
        assertThat(plan.status()).as(point + plan.data() + plan.talk()).isEqualTo(1);
    }
}
