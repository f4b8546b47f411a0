// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.backups;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.cli.ProgramRun;
import org.tidemark.cli.command.TwoRepositories;
import org.tidemark.core.ClusterName;
import org.tidemark.store.ObjectStore;
import tools.jackson.databind.JsonNode;

/** An operator's marks of the golden repository's two backups, in it and in a copy. */
class OperatorMarksTest extends TwoRepositories {
    @BeforeEach
    void twoRepositories() throws IOException {
        unpackGolden();
    }

    private Path marks(String repository, String id) {
        return root.resolve(repository).resolve("main/7312089945514410/mark").resolve(id);
    }

    private long count(String repository, String id) throws IOException {
        if (!Files.exists(marks(repository, id))) {
            return 0;
        }
        try (Stream<Path> marks = Files.list(marks(repository, id))) {
            return marks.count();
        }
    }

    private JsonNode listed(String id) {
        for (JsonNode backup : json(run("list-backup", "--json")).at("/backups")) {
            if (backup.at("/id").stringValue().equals(id)) {
                return backup;
            }
        }
        throw new AssertionError("not listed: " + id);
    }

    @Test
    void aKeepIsSetInEveryRepositoryAndShownUntilItIsReleased() throws IOException {
        ProgramRun kept = must("keep", OLDER, "--until", "2199-11-01", "--note", "before 5.0");

        assertThat(kept.data()).isEqualTo("""
                backup 20261120T063011Z is kept in 'local' until 2199-11-01 23:59:59Z, with all later WAL, "before 5.0"
                backup 20261120T063011Z is kept in 'offsite' until 2199-11-01 23:59:59Z, with all later WAL, "before 5.0"
                """);
        assertThat(must("list-backup").data())
                .containsPattern(
                        "\\n" + OLDER + " +full +kept +.* local offsite +kept until 2199-11-01, \"before 5.0\"")
                .containsPattern("\\n" + LATEST + " +full +complete ");
        assertThat(must("show-backup", OLDER).data())
                .contains(
                        "state         complete",
                        "kept          in offsite until 2199-11-01 23:59:59Z, with all later WAL, \"before 5.0\"");
        JsonNode backup = listed(OLDER);
        assertThat(backup.at("/state").stringValue()).isEqualTo("complete");
        assertThat(backup.at("/kept/1/repository").stringValue()).isEqualTo("offsite");
        assertThat(backup.at("/kept/1/target").stringValue()).isEqualTo("full");
        assertThat(backup.at("/kept/1/until").stringValue()).isEqualTo("2199-11-01T23:59:59.000000Z");
        assertThat(backup.at("/kept/1/note").stringValue()).isEqualTo("before 5.0");
        assertThat(listed(LATEST).at("/kept")).isEmpty();

        ProgramRun again = must("keep", OLDER, "--until", "2199-11-01 23:59:59Z", "--note", "before 5.0");
        assertThat(again.data()).contains("is already kept in 'local'", "nothing was changed");
        assertThat(count("local", OLDER)).isEqualTo(1);

        ProgramRun changed = must("keep", OLDER, "--target", "standalone");
        assertThat(changed.data())
                .contains("in 'local' until it is released, with only the WAL that it needs (before: until 2199-11-01");
        assertThat(must("list-backup").data()).containsPattern(OLDER + ".* local offsite +kept standalone;? ?");

        assertThat(must("keep", OLDER, "--release").data())
                .contains("is no longer kept in 'local' (before: until it is released", "in 'offsite'");
        assertThat(must("keep", OLDER, "--release").data())
                .contains("backup " + OLDER + " is not kept in 'local'; nothing was changed");
        assertThat(listed(OLDER).at("/kept")).isEmpty();
        assertThat(count("local", OLDER)).isEqualTo(3);
    }

    @Test
    void oneRepositoryKeepsABackupThatTheOtherDoesNot() throws IOException {
        must("keep", "latest", "--repository", "offsite");

        assertThat(count("local", LATEST)).isZero();
        assertThat(must("list-backup").data()).containsPattern(LATEST + " +full +kept +.* offsite: kept\\b");
        assertThat(must("list-backup", "--repository", "offsite").data())
                .containsPattern(LATEST + " +full +kept ")
                .doesNotContain("offsite: kept");
        must("sync", "offsite", "local", "--quick");
        assertThat(count("local", LATEST)).isZero();
    }

    @Test
    void aRepositoryThatIsGoneIsNamedAndTheOthersKeepTheBackup() throws IOException {
        Files.move(root.resolve("offsite"), root.resolve("unmounted"));

        ProgramRun run = run("keep", "oldest");

        assertThat(run.status()).isEqualTo(10);
        assertThat(run.data()).contains("is kept in 'local'").doesNotContain("offsite");
        assertThat(run.talk()).contains("WARNING: 'offsite' is left out", "HINT: ");
        assertThat(count("local", OLDER)).isEqualTo(1);
        assertThat(json(run("keep", "oldest", "--json"))
                        .at("/unreadable/0/repository")
                        .stringValue())
                .isEqualTo("offsite");
        Files.move(root.resolve("unmounted"), root.resolve("offsite"));
        assertThat(must("keep", "oldest").data()).contains("already kept in 'local'", "is kept in 'offsite'");
    }

    @Test
    void aStoreThatDoesNotTakeTheMarkIsNamedAndTheOthersKeepTheBackup() throws IOException {
        Files.writeString(marks("local", OLDER).getParent(), "no directory");

        ProgramRun run = run("keep", OLDER);

        assertThat(run.status()).isNotZero();
        assertThat(run.data()).contains("is kept in 'offsite'").doesNotContain("'local'");
        assertThat(run.talk()).contains("WARNING: backup " + OLDER + " could not be marked in 'local'", "HINT: ");
        JsonNode result = json(run("keep", OLDER, "--json")).at("/repositories");
        assertThat(result.at("/0/result").stringValue()).isEqualTo("failed");
        assertThat(result.at("/0/status").intValue()).isEqualTo(run.status());
        assertThat(result.at("/1/result").stringValue()).isEqualTo("unchanged");
        assertThat(run("keep", OLDER, "--repository", "local").talk()).startsWith("ERROR: backup " + OLDER);
    }

    @Test
    void aBackupThatIsNotCompleteIsNotKept() throws IOException {
        Path published = root.resolve("offsite/main/7312089945514410/catalog").resolve(OLDER);
        Files.delete(published.resolve("backup.json"));

        ProgramRun inOne = must("keep", OLDER);
        assertThat(inOne.data()).contains("is kept in 'local'").doesNotContain("offsite");
        assertThat(inOne.talk()).contains("WARNING: backup " + OLDER + " is incomplete in 'offsite'");
        ProgramRun nowhere = run("keep", OLDER, "--repository", "offsite");
        assertThat(nowhere.status()).isEqualTo(50);
        assertThat(nowhere.talk()).contains("is incomplete");
        assertThat(count("offsite", OLDER)).isZero();

        assertThat(run("keep", "20200101T000000Z").status()).isEqualTo(50);
    }

    @Test
    void aRepositoryWithoutTheBackupIsNamed() throws IOException {
        Path here = root.resolve("offsite/main/7312089945514410/catalog").resolve(OLDER);
        for (String document : new String[] {"backup.json", "bundles", "intent.json"}) {
            Files.delete(here.resolve(document));
        }

        ProgramRun run = must("keep", OLDER);

        assertThat(run.talk()).contains("'offsite' does not have backup " + OLDER);
        assertThat(json(must("keep", OLDER, "--json"))
                        .at("/repositories/1/result")
                        .stringValue())
                .isEqualTo("absent");
    }

    /** It may have been the keep: until the backup is kept or released again, it stays. */
    @Test
    void aDamagedMarkIsNamedByEveryCommand() throws IOException {
        must("keep", OLDER, "--repository", "local");
        Path mark = marks("local", OLDER).resolve("00000001.json");
        Files.writeString(mark, Files.readString(mark).replace("full", "fall"));

        assertThat(must("list-backup").talk()).contains("WARNING", "00000001.json", "damaged");
        ProgramRun released = must("keep", OLDER, "--release");
        assertThat(released.data()).contains("is no longer kept in 'local'", "is not kept in 'offsite'");
        assertThat(released.talk()).contains("00000001.json", "counts as one");
        ProgramRun again = must("keep", OLDER, "--release");
        assertThat(again.data()).contains("is not kept in 'local'");
        assertThat(again.talk()).contains("00000001.json", "a later mark says");
    }

    @Test
    void aDryRunSaysWhatItWouldDoAndStoresNothing() throws IOException {
        ProgramRun run = must("keep", "latest", "--dry-run", "--until", "2199-11-01 06:30+01");

        assertThat(run.data()).contains("would be kept in 'local' until 2199-11-01 05:30:00Z");
        JsonNode document = json(must("keep", "latest", "--dry-run", "--json", "--target", "STANDALONE"));
        assertThat(document.at("/backup").stringValue()).isEqualTo(LATEST);
        assertThat(document.at("/dryRun").booleanValue()).isTrue();
        assertThat(document.at("/kept/target").stringValue()).isEqualTo("standalone");
        assertThat(document.at("/repositories/0/result").stringValue()).isEqualTo("changed");
        assertThat(count("local", LATEST)).isZero();
        must("keep", "latest");
        assertThat(must("keep", "latest", "--release", "--dry-run").data()).contains("would no longer be kept");
        assertThat(listed(LATEST).at("/kept")).hasSize(2);
    }

    @Test
    void wrongUsageEndsWithTwoAndChangesNothing() throws IOException {
        for (String options : List.of(
                "--until 2020-01-01",
                "--until 2199-02-30",
                "--until 2199-11-01T06:30",
                "--until tomorrow",
                "--target partial",
                "--release --note x",
                "--release --until 2199-11-01",
                "--release --target full")) {
            ProgramRun run = run(("keep latest " + options).split(" ", -1));

            assertThat(run.status()).as(run.talk()).isEqualTo(2);
            assertThat(run.data()).isEmpty();
            assertThat(run.talk()).contains("ERROR: ", "HINT: ");
        }
        assertThat(count("local", LATEST)).isZero();
    }

    @Test
    void anAnnotationIsShownAndCopiedUntilItIsRemoved() throws IOException {
        String text = "the last one with the old schema: " + "x".repeat(60);

        ProgramRun one = must("annotate", OLDER, text, "--repository", "local");
        assertThat(one.data()).isEqualTo("backup " + OLDER + " is annotated in 'local': \"" + text + "\"\n");
        assertThat(must("list-backup").data())
                .containsPattern(OLDER + ".* local offsite +\"the last one with the old schema: x{25}…\"");
        assertThat(must("show-backup", OLDER).data()).contains("\nannotation    " + text + "\n");
        assertThat(listed(OLDER).at("/annotation").stringValue()).isEqualTo(text);
        assertThat(listed(LATEST).has("annotation")).isFalse();
        must("sync", "local", "offsite", "--quick");
        assertThat(json(must("show-backup", OLDER, "--repository", "offsite", "--json"))
                        .at("/backup/annotation")
                        .stringValue())
                .isEqualTo(text);

        ProgramRun again = must("annotate", OLDER, text);
        assertThat(again.data()).contains("already in 'local'; nothing", "already in 'offsite'; nothing was changed");
        assertThat(must("annotate", OLDER, "new", "--dry-run").data())
                .contains("would be annotated in 'local': \"new\" (before: \"the last one");
        JsonNode changed = json(must("annotate", OLDER, "new", "--json"));
        assertThat(changed.at("/annotation").stringValue()).isEqualTo("new");
        assertThat(changed.at("/repositories/0/result").stringValue()).isEqualTo("changed");

        assertThat(must("annotate", OLDER, "").data())
                .contains("the annotation of backup " + OLDER + " is removed from 'local' (before: \"new\")");
        assertThat(must("annotate", OLDER, "").data()).contains("has no annotation in 'local'; nothing was changed");
        assertThat(listed(OLDER).has("annotation")).isFalse();
    }

    @Test
    void anAnnotationHoldsAlsoWhereTheClockOfAnotherHostIsAhead() throws IOException {
        try (ObjectStore store = store("local")) {
            Repository.open(store, Optional.empty())
                    .incarnations(new ClusterName("main"))
                    .getFirst()
                    .backups()
                    .mark(new BackupId(OLDER), new Mark.Annotated(Instant.parse("2199-11-01T00:00:00Z"), "early"));
        }

        must("annotate", OLDER, "late");

        assertThat(listed(OLDER).at("/annotation").stringValue()).isEqualTo("late");
        must("annotate", OLDER, "");
        assertThat(listed(OLDER).has("annotation")).isFalse();
    }

    @Test
    void anAnnotationIsOneLineOfLimitedLength() {
        for (String text : List.of("two\nlines", "\u001b[2J", "x".repeat(1_001))) {
            ProgramRun run = run("annotate", "latest", text);

            assertThat(run.status()).isEqualTo(2);
            assertThat(run.talk()).startsWith("ERROR: TEXT: the text has ").contains("at most 1000 characters");
        }
    }

    @Test
    void aNoteIsOneLine() {
        ProgramRun run = run("keep", "latest", "--note", "two\nlines");

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.talk()).contains("--note: the text has a control character or a line break");
    }
}
