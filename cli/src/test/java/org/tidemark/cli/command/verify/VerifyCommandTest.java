// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.cli.ProgramRun;
import org.tidemark.cli.command.TwoRepositories;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Lsn;
import org.tidemark.core.WalFile;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import tools.jackson.databind.JsonNode;

/** verify on two repositories that hold the same. */
class VerifyCommandTest extends TwoRepositories {
    private static final String FIRST = "000000020000000000000020";
    private static final String LAST = "000000020000000000000021";

    @BeforeEach
    void unpack() throws IOException {
        unpackGolden();
    }

    private Path stored(String repository, String rest) {
        return root.resolve(repository).resolve("main/7312089945514410").resolve(rest);
    }

    private static void flip(Path file) throws IOException {
        byte[] content = Files.readAllBytes(file);
        content[content.length / 2] ^= 1;
        Files.write(file, content);
    }

    @Test
    void damageIsNamedWithTheBackupsAndTheMomentsThatItCosts() throws IOException {
        flip(stored("local", "wal/00000002/00000000/" + FIRST));

        ProgramRun run = run("verify");

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.data())
                .contains("/" + FIRST + ": is damaged: ")
                .contains("(backups " + OLDER + ", " + LATEST + ")")
                .contains("LOST     in 'local': any moment from 2026-11-20 06:30:11Z to ")
                .contains(" on timeline 2 (0/2100100 to 0/2200000), because of " + FIRST)
                .contains("'offsite' still reaches these moments.", "tidemark sync offsite local");
        JsonNode json = json(run("verify", "--json"));
        assertThat(json.at("/reports/0/findings/0/backups").size()).isEqualTo(2);
        assertThat(json.at("/reports/0/findings/0/lost/0/beginLsn").asString()).isEqualTo("0/2100100");
        assertThat(json.at("/lost/0/reachedBy/0").asString()).isEqualTo("offsite");
        assertThat(json.at("/lost/0/repository").asString()).isEqualTo("local");
    }

    @Test
    void whatIsMissingInBothRepositoriesIsLost() throws IOException {
        for (String repository : new String[] {"local", "offsite"}) {
            Files.delete(stored(repository, "backup/" + OLDER + "/bundle/00000001"));
            Files.delete(stored(repository, "backup/" + LATEST + "/bundle/00000001"));
        }

        ProgramRun run = run("verify");

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.data())
                .contains("LOST     in 'local': any moment", "LOST     in 'offsite': any moment")
                .doesNotContain("still reach");
    }

    /** A promotion cut the segment off after the end of the backups. */
    @Test
    void aPartialSegmentThatGoesFarEnoughCompletesABackup() throws IOException {
        WalFile.Segment segment = (WalFile.Segment) WalFile.parse(LAST);
        WalFile.PartialSegment cutOff = new WalFile.PartialSegment(segment);
        try (ObjectStore store = store("local")) {
            ClusterArchive archive = Repository.open(store, Optional.empty())
                    .incarnations(new ClusterName("main"))
                    .getFirst();
            byte[] content;
            try (InputStream whole = archive.wal().open(segment).orElseThrow()) {
                content = whole.readAllBytes();
            }
            try (EncodedObject encoded = ObjectEncoder.encode(
                    ContainerKind.WAL,
                    cutOff.name(),
                    archive.identity().system(),
                    Encoding.of(Codec.parse("zstd")),
                    ObjectSource.of(content),
                    root)) {
                archive.wal().put(cutOff, Lsn.parse("0/2200000"), encoded);
            }
        }
        Files.delete(stored("local", "wal/00000002/00000000/" + LAST));

        assertThat(run("verify", "--all", "--repository", "local").data()).doesNotContain("needs WAL");
        assertThat(run("verify", OLDER, "--repository", "local").status()).isZero();
        assertThat(run("list-backup", "--repository", "local").data()).doesNotContain("broken");
    }

    @Test
    void damageThatCostsNoMomentIsAProblemWithoutALoss() throws IOException {
        flip(stored("local", "backup/" + OLDER + "/bundle/00000001"));

        ProgramRun run = run("verify");

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.data())
                .contains("(backup " + OLDER + ")", "'offsite' has 1 object that is damaged or missing here.")
                .contains("tidemark sync offsite local")
                .doesNotContain("LOST");
        assertThat(run("verify", "--repository", "local").data()).contains("tidemark sync offsite local");
    }

    @Test
    void aBudgetIsSpentInEachRepositoryAndTheNextRunContinues() throws IOException {
        flip(stored("local", "wal/00000002/00000000/" + FIRST));
        int runs = 0;
        while (run("verify", "--budget", "1KiB").status() == 0) {
            assertThat(++runs).isLessThan(40);
        }

        assertThat(runs).isGreaterThan(0);
        assertThat(run("verify", "--budget", "1KiB").data()).contains(FIRST, "LOST");
        assertThat(run("verify", "--sample", "100", "--verbose").data()).contains("seed     ");
        assertThat(json(run("verify", "--sample", "100%", "--json")).at("/seed").isNumber())
                .isTrue();
    }

    @Test
    void whatIsReadIsGivenOnceAndWithItsUnit() {
        for (String[] arguments : new String[][] {
            {"verify", "--all", "--budget", "1GiB"},
            {"verify", "--budget", "100"},
            {"verify", "--budget", "0B"},
            {"verify", "--sample", "0"},
            {"verify", "--sample", "101"},
            {"verify", "--throttle", "fast"}
        }) {
            ProgramRun run = run(arguments);

            assertThat(run.status()).as(String.join(" ", arguments)).isEqualTo(2);
            assertThat(run.talk()).contains("HINT: ");
        }
        must("verify", "--throttle", "100MiB");
    }

    @Test
    void syncRepairsEveryKindOfObjectFromTheOtherRepositoryAndOverwritesNothing() throws IOException {
        String[] objects = {
            "wal/00000002/00000000/" + FIRST,
            "history/00000002.history",
            "backup/" + OLDER + "/bundle/00000001",
            "backup/" + OLDER + "/manifest/00000001",
            "backup/" + LATEST + "/backup_manifest/00000001",
            "catalog/" + OLDER + "/bundles",
            "catalog/" + LATEST + "/intent.json",
            "catalog/" + LATEST + "/backup.json"
        };
        for (String object : objects) {
            Path damaged = stored("local", object);
            flip(damaged);
            byte[] before = Files.readAllBytes(damaged);
            assertThat(run("verify", "--all", "--cluster", "main").status())
                    .as(object)
                    .isEqualTo(1);

            ProgramRun sync = run("sync", "offsite", "local");

            assertThat(sync.data()).as(object + sync.talk()).contains("1 damaged object in local repaired");
            assertThat(damaged).as(object).hasBinaryContent(before);
            must("verify", "--all", "--cluster", "main");
            ProgramRun list = must("list-backup", "--repository", "local");
            assertThat(list.data()).as(object).doesNotContain("broken", "problem");
            assertThat(list.talk()).as(object).doesNotContain("verify found", "damaged");
            assertThat(must("sync", "offsite", "local").data()).as(object).doesNotContain("repaired");
        }
        assertThat(run("verify", "--all").status())
                .as("without the cluster's name")
                .isZero();
    }

    @Test
    void aRepairedCopyThatIsDamagedInItsTurnIsFoundAndRepaired() throws IOException {
        String bundle = "backup/" + OLDER + "/bundle/00000001";
        flip(stored("local", bundle));
        must("sync", "offsite", "local", "--dry-run");
        assertThat(stored("local", "repaired")).doesNotExist();
        must("sync", "offsite", "local");
        flip(stored("local", "repaired/00000001/" + bundle));

        assertThat(run("verify", "--all", "--cluster", "main").status()).isEqualTo(1);
        must("sync", "offsite", "local");

        assertThat(stored("local", "repaired/00000002/" + bundle)).exists();
        must("verify", "--all", "--cluster", "main");
    }

    @Test
    void whatIsDamagedInBothIsNotRepaired() throws IOException {
        String segment = "wal/00000002/00000000/" + FIRST;
        flip(stored("local", segment));
        flip(stored("offsite", segment));
        run("verify");

        ProgramRun sync = run("sync", "offsite", "local");

        assertThat(sync.status()).isEqualTo(1);
        assertThat(sync.data()).contains("DAMAGED", FIRST).doesNotContain("repaired");
        assertThat(stored("local", "repaired/00000001/" + segment)).doesNotExist();
    }

    @Test
    void aBackupThatWasRemovedIsNamedAsSuch() {
        must("delete", OLDER);

        ProgramRun run = run("verify", OLDER);

        assertThat(run.status()).isEqualTo(50);
        assertThat(run.talk()).contains("backup '" + OLDER + "' was removed from 'local' at ", "list-backup");
        must("verify", LATEST);
    }

    @Test
    void theHelpOfBothNamesKeysAndJobs() {
        for (String command : new String[] {"verify", "wal-verify"}) {
            assertThat(must("help", command).data()).contains("--decrypt-with=FILE", "--jobs=N");
        }
    }

    @Test
    void aTimelineWithoutItsHistoryCostsAllOfItsMoments() throws IOException {
        assertThat(must("wal-verify").data()).contains("local: 2 segments on 1 timeline, ", "; 0 problems");
        Files.delete(stored("local", "history/00000002.history"));

        ProgramRun run = run("wal-verify");

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.data())
                .contains("PROBLEM  in 'local': the history of timeline 2 is not archived, so its WAL cannot be used")
                .contains("LOST     in 'local': any moment from ")
                .contains("local: 2 segments on 1 timeline, ", "; 1 problem")
                .contains("offsite: 2 segments on 1 timeline, ", "; 0 problems");
        assertThat(json(run("wal-verify", "--json"))
                        .at("/archives/0/unusableHistories/0/timeline")
                        .asInt())
                .isEqualTo(2);
        assertThat(must("sync", "offsite", "local").data()).contains("1 object");
        must("wal-verify");
    }
}
