// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;

/** Somebody moves a bundle of a backup away: every command says so, and none lets an older backup go for it. */
@InTurn
class MissingObjectsTest {
    private CheckedCluster cluster;
    private String older;
    private String newer;

    @BeforeEach
    void start() {
        cluster = new CheckedCluster(PostgresBinaries.oldestAndNewest().getLast(), "local", "offsite");
        cluster.archive();
        older = cluster.host().must("backup").data().strip();
        cluster.archive();
        newer = cluster.host().must("backup").data().strip();
        cluster.archive();
        cluster.host().must("sync");
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private Path bundle(String repository, String backup) throws IOException {
        return cluster.stored(repository, backup + "/bundle/00000001");
    }

    private Path away(String repository, String backup) throws IOException {
        Path bundle = bundle(repository, backup);
        Path away = cluster.host().directory().resolve("away-" + repository + "-" + backup);
        Files.move(bundle, away);
        return away;
    }

    @Test
    void aBackupWithoutItsBundleCountsForNothingUntilSyncHasCopiedIt() throws IOException {
        away("local", newer);

        assertThat(cluster.findings("backup"))
                .filteredOn(each -> each.startsWith("CRITICAL"))
                .singleElement()
                .asString()
                .startsWith("CRITICAL backup " + newer + " in 'local' lacks 1 of its objects: '")
                .endsWith(newer + "/bundle/00000001' is missing");
        assertThat(cluster.hints("backup"))
                .anyMatch(each -> each.startsWith("Copy what is missing with: ")
                        && each.contains(" sync ")
                        && each.endsWith(" offsite local --quick"));
        assertThat(cluster.host().must("list-backup").data()).contains("local: lacks 1 of its objects");
        assertThat(cluster.host()
                        .must("list-backup", "--repository", "local")
                        .data()
                        .lines()
                        .filter(line -> line.startsWith(newer)))
                .singleElement()
                .asString()
                .contains("broken");
        assertThat(cluster.host()
                        .must("retention", "--repository", "local", "--with", "REDUNDANCY 1")
                        .data())
                .contains("it is broken, but would be kept if it were repaired: it lacks 1 of its objects");
        Outcome deletion = cluster.host().run("delete", "retain", "1", "--repository", "local");
        assertThat(deletion.status()).isZero();
        assertThat(bundle("local", older)).exists();
        Outcome refused = cluster.host().run("delete", older, "--repository", "local");
        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.talk()).contains("only 0 usable backups would be left");

        cluster.host().must("sync", "offsite", "local");

        assertThat(cluster.findings("backup")).noneMatch(each -> each.startsWith("CRITICAL"));
        assertThat(cluster.host().must("list-backup").data()).doesNotContain("broken", "lacks");
        cluster.host().must("delete", "retain", "1", "--repository", "local");
        // The newer one's id begins with it where both were taken in one second.
        assertThat(cluster.host().must("list-backup", "--repository", "local").data())
                .doesNotContain(older + " ");
    }

    @Test
    void checkIsNotContentWhereNothingCanBeRestored() throws IOException {
        for (String repository : new String[] {"local", "offsite"}) {
            away(repository, older);
            away(repository, newer);
        }

        assertThat(cluster.findings("backup"))
                .filteredOn(each -> each.startsWith("CRITICAL"))
                .hasSize(4);
        assertThat(cluster.hints("backup")).anyMatch(each -> each.contains("tidemark backup"));
        assertThat(cluster.findings("recovery"))
                .singleElement()
                .asString()
                .startsWith("CRITICAL recover would refuse to restore the newest state: backup " + newer)
                .endsWith(" (and 1 more problem)");
        Outcome plan = cluster.host().run("recover", "--to", "/nowhere/x", "--dry-run");
        assertThat(plan.status()).isEqualTo(1);
        assertThat(plan.data()).contains("backup " + newer + " leads to the target, but is not reliable");
    }

    @Test
    void aBackupWhoseDescriptionIsGoneWaitsForNothing() throws IOException {
        Path description = cluster.stored("local", newer + "/backup.json");
        Path waiting = bundle("local", newer).resolve("../../waiting.json").normalize();
        // Without waiting.json, its WAL was archived before its files were stored. A move keeps the owner.
        Files.move(description, waiting, StandardCopyOption.REPLACE_EXISTING);

        assertThat(cluster.host().must("list-backup", "--repository", "local").data())
                .contains("its backup.json is missing, although its WAL is archived; 'tidemark cron' stores it");
    }

    @Test
    void recoverTakesTheOlderBackupAndSaysSo() throws IOException {
        away("local", newer);

        String plan = cluster.host()
                .run("recover", "--to", "/nowhere/x", "--dry-run", "--repository", "local")
                .data();

        assertThat(plan.lines().findFirst().orElseThrow()).containsPattern("[1-9] warnings?$");
        assertThat(plan).contains("backup " + newer + " was passed over: 'local' lacks 1 of its objects", older);
        assertThat(cluster.host()
                        .run("recover", "--to", "/nowhere/x", "--dry-run")
                        .data())
                .contains("the copy of 'local' lacks 1 of its objects", "is read from another repository");
    }
}
