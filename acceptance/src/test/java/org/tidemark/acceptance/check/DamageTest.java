// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;

/**
 * Damage that verify found, and repositories that do not answer: what is known is shown, and nothing else is hidden.
 */
@InTurn
class DamageTest {
    private static CheckedCluster cluster;
    private static String backup;

    @BeforeAll
    static void start() {
        cluster = new CheckedCluster(PostgresBinaries.oldestAndNewest().getLast(), "local", "offsite");
        cluster.archive();
        backup = cluster.host().must("backup").data().strip();
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    private static void flip(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
    }

    @Test
    void damageOfABackupIsShownUntilItIsFoundRepaired() throws IOException {
        cluster.host().must("verify");
        Path bundle = cluster.stored("local", "bundle/00000001");
        flip(bundle);
        assertThat(cluster.host().run("verify", "--all").status()).isEqualTo(1);

        assertThat(cluster.findings("damage"))
                .singleElement()
                .asString()
                .startsWith("CRITICAL verify found 1 problem in backup " + backup + " of 'local' at ");
        assertThat(cluster.host().must("list-backup").data())
                .contains("local: 1 problem when verified")
                .contains("offsite: verified");
        assertThat(cluster.json("list-backup").at("/backups/0/verified").toString())
                .contains("{\"repository\":\"local\",", "\"problems\":1,", "\"problems\":0,");
        assertThat(cluster.host().must("list-backup", "--repository", "local").data())
                .contains("broken");
        assertThat(cluster.host()
                        .run("recover", "--to", "/nowhere/x", "--dry-run")
                        .data())
                .contains("verify found 1 problem in the copy of 'local'", "is read from another repository");
        Outcome alone = cluster.host().run("recover", "--to", "/nowhere/x", "--dry-run", "--repository", "local");
        assertThat(alone.status()).isEqualTo(1);
        assertThat(alone.data())
                .contains("backup " + backup + " leads to the target, but is not reliable: verify found 1 problem");

        flip(bundle);
        cluster.host().must("verify");
        assertThat(cluster.findings("damage")).isEmpty();
        assertThat(cluster.host().must("list-backup").data()).doesNotContain("problem");
    }

    /** As after pushes that could not even queue a name, while nothing later shows it as a hole. */
    @Test
    void whatOneRepositoryLacksAtItsEndIsShownUntilSyncHasCopiedIt() throws IOException {
        String first = cluster.archive();
        String second = cluster.archive();
        cluster.archiveBy("/bin/false");
        cluster.host().must("sync"); // a push leaves to the queue what is slow, or failed a moment ago
        Path away = Files.createDirectory(cluster.host().directory().resolve("lost-at-the-end"));
        for (String segment : List.of(first, second)) {
            Files.move(cluster.stored("offsite", segment), away.resolve(segment));
        }
        for (String segment : List.of(first, second)) {
            Files.setLastModifiedTime(cluster.stored("local", segment), FileTime.from(Instant.now()));
        }
        assertThat(cluster.findings("holes")).as("it may be on its way").isEmpty();
        Files.setLastModifiedTime(
                cluster.stored("local", first), FileTime.from(Instant.now().minus(Duration.ofMinutes(5))));

        assertThat(cluster.findings("holes"))
                .containsExactly("WARNING 2 segments of timeline 1 that 'local' has, from " + first
                        + " on, are neither in 'offsite' nor queued for it");
        cluster.host().must("sync");
        assertThat(cluster.findings("holes")).isEmpty();
        cluster.archiveBy(cluster.ownCommand());
    }

    @Test
    void damageOfWalAfterTheBackupIsShownAsWell() throws IOException {
        String archived = cluster.archive();
        cluster.host().must("sync");
        Path segment = cluster.stored("offsite", archived);
        flip(segment);
        assertThat(cluster.host().run("verify", "--all", "--cluster", "main").status())
                .isEqualTo(1);
        assertThat(cluster.findings("damage"))
                .singleElement()
                .asString()
                .startsWith("CRITICAL verify found 1 problem in WAL outside the backups of 'offsite' at ");
        assertThat(cluster.host().must("list-backup").talk()).contains("verify found 1 problem in WAL");
        assertThat(cluster.host().must("verify").talk())
                .as("no problem is in what it reads")
                .contains("the WAL of 'offsite' outside the backups was not read, and has 1 problem, as verify found");
        assertThat(cluster.host().run("wal-verify").status()).isEqualTo(1);

        flip(segment);
        cluster.host().must("wal-verify");
        assertThat(cluster.findings("damage")).isEmpty();
    }

    @Test
    void noCommandPromisesAMomentAfterWalThatIsKnownToBeDamaged() throws IOException {
        cluster.archive();
        String archived = cluster.archive();
        cluster.archive();
        cluster.host().must("sync");
        List<Path> copies = List.of(cluster.stored("local", archived), cluster.stored("offsite", archived));
        for (Path copy : copies) {
            flip(copy);
        }
        assertThat(cluster.host().run("wal-verify", "--cluster", "main").status())
                .isEqualTo(1);
        String nowhere = cluster.host().directory().resolve("nowhere").toString();

        Outcome plan = cluster.host().run("recover", "--to", nowhere, "--dry-run");
        assertThat(plan.status()).isEqualTo(1);
        assertThat(plan.data())
                .contains("reachable: no", archived + " is in 'local', but damaged, as verify found at ", "1 missing");
        String reached = cluster.json("list-backup").at("/intervals").toString();
        assertThat(cluster.host().must("list-backup").data())
                .as(reached)
                .doesNotContain("Any moment from the end of backup " + backup + " to the end of the archived WAL");

        flip(copies.getFirst());
        assertThat(cluster.host().run("recover", "--to", nowhere, "--dry-run").status())
                .as("one copy was replaced since")
                .isZero();
        flip(copies.getLast());
        cluster.host().must("verify", "--all");
        assertThat(cluster.findings("damage")).isEmpty();
    }

    @Test
    void marksThatCannotBeReadOrWrittenHideNothing() throws IOException {
        cluster.host().must("verify");
        Path marks = cluster.stored("local", "mark");
        Path bundle = cluster.stored("local", "bundle/00000001");
        Files.setPosixFilePermissions(marks, PosixFilePermissions.fromString("---------"));

        Outcome list = cluster.host().must("list-backup");
        assertThat(list.data()).contains(backup, "complete");
        assertThat(list.talk())
                .contains("WARNING: 'local': its marks (results of verify, keeps, annotations) cannot be read");
        cluster.host().must("show-backup", backup);
        assertThat(cluster.findings("damage"))
                .singleElement()
                .asString()
                .startsWith("WARNING the results of verify in 'local'");

        assertThat(cluster.host().must("verify").talk()).contains("WARNING: the result cannot be recorded in 'local'");

        Files.setPosixFilePermissions(marks, PosixFilePermissions.fromString("r-x------"));
        Path ofBackup = marks.resolve(backup);
        Files.setPosixFilePermissions(ofBackup, PosixFilePermissions.fromString("r-x------"));
        flip(bundle);
        Outcome verify = cluster.host().run("verify", "--all");
        flip(bundle);
        assertThat(verify.status()).isEqualTo(1);
        assertThat(verify.data()).contains("bundle/00000001");
        assertThat(verify.talk()).contains("WARNING: the result cannot be recorded in 'local'");
        Files.setPosixFilePermissions(marks, PosixFilePermissions.fromString("rwx------"));
        Files.setPosixFilePermissions(ofBackup, PosixFilePermissions.fromString("rwx------"));
    }

    @Test
    void aSpoolThatCannotBeWrittenIsWarnedOfInTheFormOfEveryMessage() throws IOException {
        Path spool = cluster.host().directory().resolve("spool");
        Path aside = cluster.host().directory().resolve("spool-aside");
        Files.move(spool, aside);
        Files.createDirectory(
                spool, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("r-x------")));
        OperatingUser.current().own(spool);

        Outcome list = cluster.host().must("list-backup");

        assertThat(list.data()).contains(backup);
        assertThat(list.talk())
                .startsWith("WARNING: cannot remember in '" + spool)
                .contains("\nHINT: ")
                .doesNotContain("OpenRepositories");
        assertThat(cluster.findings("spool"))
                .singleElement()
                .asString()
                .startsWith("WARNING nothing can be written in '" + spool + "'");
        assertThat(cluster.hints("spool")).singleElement().asString().contains(spool.toString());
        Files.delete(spool);
        Files.move(aside, spool);
        assertThat(cluster.findings("spool")).isEmpty();
    }

    @Test
    void oneRepositoryThatIsGoneHidesNothingOfTheOther() throws IOException {
        Path aside = cluster.host().directory().resolve("aside");
        Files.move(cluster.directory("local"), aside);
        for (List<String> command : List.of(
                List.of("list-backup"), List.of("show-backup", "latest"), List.of("wal-list"), List.of("verify"))) {
            Outcome outcome = cluster.host().run(command.toArray(String[]::new));

            assertThat(outcome.status()).as(outcome.data() + outcome.talk()).isEqualTo(10);
            assertThat(outcome.data()).as(command.toString()).contains("offsite");
            assertThat(outcome.talk())
                    .contains("WARNING: 'local' is left out: ")
                    .contains("--repository offsite");
            if (command.size() == 1) {
                assertThat(cluster.json(command.getFirst())
                                .at("/unreadable/0/repository")
                                .asString())
                        .isEqualTo("local");
            }
        }
        assertThat(cluster.host().must("list-files", "latest").data()).contains("global/pg_control");
        cluster.host().must("list-backup", "--repository", "offsite");

        Files.move(aside, cluster.directory("local"));
        Outcome unknown = cluster.host().run("verify", "nosuch");
        assertThat(unknown.status()).isEqualTo(50);
        assertThat(unknown.talk())
                .startsWith("ERROR: there is no backup 'nosuch'")
                .doesNotContain("WARNING");
        Files.move(cluster.directory("local"), aside);

        Files.move(cluster.directory("offsite"), cluster.host().directory().resolve("aside2"));
        Outcome none = cluster.host().run("list-backup");
        assertThat(none.status()).isEqualTo(10);
        assertThat(none.talk()).contains("'local'", "'offsite'", "ERROR: no repository can be read");
        Files.move(cluster.host().directory().resolve("aside2"), cluster.directory("offsite"));
        Files.move(aside, cluster.directory("local"));
    }
}
