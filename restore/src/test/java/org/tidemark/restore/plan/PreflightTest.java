// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.ExitCode;
import org.tidemark.core.OwnedPlace;
import org.tidemark.core.OwnedPlace.Kind;
import org.tidemark.core.OwnedPlace.Relation;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.recoverability.Archives;
import org.tidemark.recoverability.BackupCandidate.TablespacePlace;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.PlanFinding.Severity;
import org.tidemark.restore.host.FileOwner;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.plan.TargetFacts.Content;
import org.tidemark.restore.plan.TargetFacts.DirectoryFacts;
import org.tidemark.restore.plan.TargetFacts.Near;
import org.tidemark.restore.plan.TargetFacts.Owner;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.target.RestoreMarker;
import org.tidemark.restore.target.TargetInspector;

class PreflightTest {
    private static final Path DIRECTORY = Path.of("/pg/restored");
    private static final Path FAST = Path.of("/mnt/fast");
    private static final SystemIdentifier SYSTEM = new SystemIdentifier(1);
    private static final Owner POSTGRES = new Owner("postgres", false);
    private static final long PLENTY = 1L << 40;

    @TempDir
    private Path temporary;

    private static Chosen plan(Path directory) {
        CatalogSnapshot catalog = new Archives()
                .wal(1, 1, 10)
                .backupWithTablespaces("A", 5, new TablespacePlace(16384, Optional.empty(), FAST.toString(), 1000))
                .build();
        return (Chosen) new RestorePlanner().plan(RestoreRequest.of(directory, new RecoveryTarget.Latest()), catalog);
    }

    private static List<PlanFinding> check(
            DirectoryFacts directory, DirectoryFacts fast, Owner owner, Integer... majors) {
        Map<Path, DirectoryFacts> directories = new HashMap<>(Map.of(DIRECTORY, directory, FAST, fast));
        return Preflight.check(plan(DIRECTORY), SYSTEM, new TargetFacts(directories, owner, Set.of(majors)))
                .findings();
    }

    private static DirectoryFacts place(Content content) {
        return new DirectoryFacts(content, "disk", Optional.of(PLENTY), true, Optional.empty());
    }

    private static List<PlanFinding> checkDirectory(Content content) {
        return check(place(content), place(new Content.Missing()), POSTGRES);
    }

    @Test
    void anEmptyOrMissingDirectoryIsAllowed() {
        assertThat(checkDirectory(new Content.Missing())).isEmpty();
        assertThat(checkDirectory(new Content.Empty())).isEmpty();
    }

    @Test
    void aCutOffRestoreOfTheSameBackupAloneIsCompleted() {
        assertThat(checkDirectory(new Content.CutOff("A")))
                .singleElement()
                .satisfies(finding -> assertThat(finding.severity()).isEqualTo(Severity.NOTE));
        assertThat(checkDirectory(new Content.CutOff("B"))).singleElement().satisfies(PreflightTest::isRefused);
        assertThat(checkDirectory(new Content.Restored("A", Map.of(), Set.of())))
                .singleElement()
                .satisfies(finding -> assertThat(finding.message()).contains("restored completely"));
        assertThat(checkDirectory(new Content.Restored("B", Map.of(), Set.of())))
                .singleElement()
                .satisfies(PreflightTest::isRefused);
    }

    @Test
    void thePlanSaysWhatTheRestoreBeginsWith() {
        Content cutOff = new Content.CutOff("A");
        Content whole = new Content.Restored("A", Map.of("16384", FAST), Set.of("recovery.signal"));

        assertThat(start(new Content.Missing(), new Content.Empty())).isEqualTo(new StartFrom.Empty());
        assertThat(start(cutOff, new Content.Missing())).isEqualTo(new StartFrom.Resumed(List.of()));
        assertThat(start(new Content.Empty(), cutOff)).isEqualTo(new StartFrom.Resumed(List.of()));
        assertThat(start(whole, cutOff)).isEqualTo(new StartFrom.Existing(List.of()));
        assertThat(start(whole, new Content.Empty()))
                .as("its tablespace is gone")
                .isEqualTo(new StartFrom.Resumed(List.of()));
        assertThat(start(new Content.Restored("A", Map.of("16384", Path.of("/mnt/slow")), Set.of()), cutOff))
                .as("its tablespace is elsewhere now")
                .isEqualTo(new StartFrom.Resumed(List.of()));
        assertThat(start(new Content.Restored("A", Map.of("16384", FAST), Set.of("standby.signal")), cutOff))
                .as("it was restored in another role")
                .isEqualTo(new StartFrom.Resumed(List.of()));
    }

    private static StartFrom start(Content directory, Content fast) {
        TargetFacts facts = new TargetFacts(Map.of(DIRECTORY, place(directory), FAST, place(fast)), POSTGRES, Set.of());
        return Preflight.check(plan(DIRECTORY), SYSTEM, facts).start();
    }

    @Test
    void anythingElseInTheDirectoryIsRefused() {
        for (Content content : List.of(
                new Content.Live(),
                new Content.Used(),
                new Content.Occupied("x"),
                new Content.NotADirectory(),
                new Content.Dangling(FAST),
                new Content.Unreadable())) {
            assertThat(checkDirectory(content)).singleElement().satisfies(PreflightTest::isRefused);
        }
    }

    @Test
    void whatBelongsToAClusterIsNeverToBeEmptied() throws IOException {
        List<PlanFinding> findings = check(
                place(new Content.OfCluster("PG_VERSION")), place(new Content.OfCluster("PG_15_202209061")), POSTGRES);

        assertThat(findings).hasSize(2).allSatisfy(finding -> {
            isRefused(finding);
            assertThat(finding.message()).contains("belongs to a cluster");
            assertThat(finding.hint()).doesNotContain("empty", "emove");
        });
        assertThat(findings)
                .extracting(PlanFinding::hint)
                .containsExactly(
                        "Restore elsewhere: --to /pg/restored-restored",
                        "Restore elsewhere: --tablespace 16384=/mnt/fast-restored");
        Path directory = Files.createDirectory(temporary.resolve("tablespace"));
        Files.createDirectory(directory.resolve("PG_15_202209061"));
        assertThat(inspect(directory)).isEqualTo(new Content.OfCluster("PG_15_202209061"));
    }

    private static void isRefused(PlanFinding finding) {
        assertThat(finding.isProblem()).isTrue();
        assertThat(finding.exitCode()).isEqualTo(ExitCode.RESTORE_REFUSED);
    }

    @Test
    void whatSharesAFileSystemSharesItsRoom() {
        long slack = 64 << 20;
        DirectoryFacts tight =
                new DirectoryFacts(new Content.Empty(), "disk", Optional.of(2 * slack + 4999), true, Optional.empty());
        DirectoryFacts enough =
                new DirectoryFacts(new Content.Empty(), "disk", Optional.of(2 * slack + 5000), true, Optional.empty());
        DirectoryFacts other =
                new DirectoryFacts(new Content.Empty(), "another", Optional.of(slack + 1000), true, Optional.empty());

        assertThat(check(tight, tight, POSTGRES)).singleElement().satisfies(finding -> {
            isRefused(finding);
            assertThat(finding.message()).contains("data directory, tablespace 16384 at '/pg/restored'");
        });
        assertThat(check(enough, enough, POSTGRES)).isEmpty();
        assertThat(check(tight, other, POSTGRES)).isEmpty();
    }

    /** A new directory is not put into what belongs to something; what is there is judged by its content. */
    @Test
    void aPlaceThatBelongsToSomethingIsRefused() {
        for (Kind kind : Kind.values()) {
            for (Relation relation : Relation.values()) {
                OwnedPlace place = new OwnedPlace(kind, "the owner", FAST);
                boolean isCluster = kind == Kind.CLUSTER;

                assertThat(isRefused(new Content.Missing(), place, relation))
                        .isEqualTo(relation == Relation.INSIDE || (relation == Relation.EQUAL && !isCluster));
                assertThat(isRefused(new Content.CutOff("A"), place, relation))
                        .isEqualTo(relation != Relation.AROUND && !isCluster);
            }
        }
    }

    private static boolean isRefused(Content content, OwnedPlace place, Relation relation) {
        TargetFacts facts = new TargetFacts(
                Map.of(DIRECTORY, place(content), FAST, place(new Content.Missing())),
                POSTGRES,
                Set.of(),
                Optional.empty(),
                List.of(),
                List.of(),
                List.of(new Near(DIRECTORY, place, relation)));
        return !Preflight.check(plan(DIRECTORY), SYSTEM, facts).problems().isEmpty();
    }

    @Test
    void filesOfRootAreRefused() {
        assertThat(check(place(new Content.Empty()), place(new Content.Empty()), new Owner("root", true)))
                .singleElement()
                .satisfies(finding -> assertThat(finding.hint()).contains("install -d -o postgres"));
    }

    @Test
    void aDirectoryThatCannotBeWrittenIsRefused() {
        DirectoryFacts closed =
                new DirectoryFacts(new Content.Missing(), "disk", Optional.of(PLENTY), false, Optional.empty());

        assertThat(check(closed, place(new Content.Empty()), POSTGRES))
                .singleElement()
                .satisfies(PreflightTest::isRefused);
    }

    @Test
    void anotherVersionOfPostgresqlOnTheHostIsAWarning() {
        DirectoryFacts empty = place(new Content.Empty());

        assertThat(check(empty, empty, POSTGRES, 14, 16))
                .singleElement()
                .satisfies(finding -> assertThat(finding.severity()).isEqualTo(Severity.WARNING));
        assertThat(check(empty, empty, POSTGRES, 15)).isEmpty();
        assertThat(check(empty, empty, POSTGRES)).isEmpty();
    }

    @Test
    void theInspectorTellsWhatIsInADirectory() throws IOException {
        Path directory = temporary.resolve("a/b");
        assertThat(inspect(directory)).isEqualTo(new Content.Missing());

        Files.createDirectories(directory);
        assertThat(inspect(directory)).isEqualTo(new Content.Empty());

        Files.createDirectory(directory.resolve("global"));
        assertThat(inspect(directory)).isEqualTo(new Content.Occupied("global"));

        new RestoreMarker(new SystemIdentifier(1), "A", Instant.EPOCH).write(directory, FileOwner.of(directory));
        assertThat(inspect(directory)).isEqualTo(new Content.CutOff("A"));

        Files.writeString(directory.resolve("global/pg_control"), "x");
        assertThat(inspect(directory)).isEqualTo(new Content.Used());

        Files.writeString(directory.resolve("backup_label"), "x");
        Files.createFile(directory.resolve("recovery.signal"));
        Files.createDirectory(directory.resolve("pg_tblspc"));
        Files.createSymbolicLink(directory.resolve("pg_tblspc/16384"), FAST);
        assertThat(inspect(directory))
                .isEqualTo(new Content.Restored("A", Map.of("16384", FAST), Set.of("recovery.signal")));

        Files.writeString(directory.resolve("postmaster.pid"), "x");
        assertThat(inspect(directory)).isEqualTo(new Content.Live());
    }

    @Test
    void aMarkerThatIsNotOneOfOursDoesNotCount() throws IOException {
        Path directory = Files.createDirectory(temporary.resolve("a"));
        Files.writeString(directory.resolve(RestoreMarker.NAME), "{}");

        assertThat(inspect(directory)).isEqualTo(new Content.Occupied(RestoreMarker.NAME));
    }

    private static Content inspect(Path directory) throws IOException {
        DirectoryFacts facts =
                new TargetInspector().inspect(plan(directory)).directories().get(directory);
        assertThat(facts).isNotNull();
        return facts == null ? new Content.Missing() : facts.content();
    }
}
