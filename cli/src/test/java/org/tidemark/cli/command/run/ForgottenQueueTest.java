// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.archiver.queue.PendingQueue;
import org.tidemark.archiver.queue.PendingQueue.Addition;
import org.tidemark.archiver.queue.QueueListing;
import org.tidemark.archiver.queue.Spool;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.format.ContainerHeader;
import org.tidemark.catalog.layout.WalNames;
import org.tidemark.cli.ProgramRun;
import org.tidemark.cli.command.TwoRepositories;
import org.tidemark.core.ClusterName;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;

/** Two segments are queued for {@code offsite}: one by its name, one with its bytes. */
class ForgottenQueueTest extends TwoRepositories {
    private static final List<String> SEGMENTS = List.of("000000020000000000000020", "000000020000000000000021");

    private Path spool;
    private Path stored = Path.of("");
    private RepositoryId offsite;
    private PendingQueue queue;

    @BeforeEach
    void queued() throws IOException {
        spool = root.resolve("spool");
        unpackGolden();
        withSpool();
        must("status"); // from now on this host knows the ids
        offsite = id("offsite");
        try (ObjectStore store = store("local")) {
            ClusterArchive archive = Repository.open(store, Optional.empty())
                    .incarnations(new ClusterName("main"))
                    .getFirst();
            queue = new Spool(spool, 1L << 30)
                    .queue(offsite, new ClusterName("main"), archive.identity().system());
            QueueListing listed = queue.list();
            for (String name : SEGMENTS) {
                ObjectKey key = archive.wal().key(WalNames.requireSegment(name));
                stored = root.resolve("local").resolve(key.value());
                byte[] bytes = Files.readAllBytes(stored);
                ContainerHeader header = ContainerHeader.read(new ByteArrayInputStream(bytes), key);
                listed = queue.add(
                        listed,
                        name.equals(SEGMENTS.getFirst())
                                ? new Addition.Name(
                                        name, header.content().orElseThrow().plain(), id("local"))
                                : new Addition.Bytes(name, header, ObjectSource.of(bytes)));
            }
        }
    }

    private void withSpool() throws IOException {
        Path file = root.resolve("tidemark.toml");
        Files.writeString(file, "[host]\nspool = '" + spool + "'\n" + Files.readString(file));
    }

    private RepositoryId id(String name) throws IOException {
        try (ObjectStore store = store(name)) {
            return Repository.open(store, Optional.empty()).id();
        }
    }

    @Test
    void aPlanRemovesNothingAndSaysWhatElseIsToBeDone() throws IOException {
        ProgramRun plan = must("sync", "--forget", "offsite", "--dry-run");

        assertThat(plan.data())
                .startsWith("2 objects (")
                .endsWith("queued for 'offsite' would be removed from the spool\n");
        assertThat(plan.talk()).contains("'offsite' is still in repositories of the cluster");
        assertThat(queue.list().waiting()).isEqualTo(2);
    }

    @Test
    void whatIsQueuedGoesAndNothingElse() throws IOException {
        Path other = Files.createDirectories(spool.resolve("v1/pending/" + id("local") + "/main/7312089945514410"))
                .resolve("0000000000000001.000000020000000000000020");
        Files.writeString(other, "x");

        assertThat(must("sync", "--forget", "offsite").data()).contains("removed from the spool");

        assertThat(queue.list().waiting()).isZero();
        assertThat(other).exists();
        assertThat(must("sync", "--forget", "offsite").data()).isEqualTo("nothing is queued for 'offsite'\n");
    }

    @Test
    void theOnlyCopyStays() throws IOException {
        Files.delete(stored);

        ProgramRun run = run("sync", "--forget", "offsite");

        assertThat(run.status()).isEqualTo(23);
        assertThat(run.talk())
                .contains("1 queued object exists only in the spool of this host, for example '" + SEGMENTS.getLast()
                        + "'")
                .contains(spool.toString());
        assertThat(queue.list().waiting()).isEqualTo(2);
    }

    @Test
    void aRepositoryThatIsNoLongerConfiguredIsNamedByItsId() throws IOException {
        Files.writeString(root.resolve("tidemark.toml"), """
                [repository.local]
                url = '%s'
                [cluster.main]
                repositories = ['local']
                """.formatted(
                        root.resolve("local").toUri()));
        withSpool();

        ProgramRun sync = run("sync");
        assertThat(sync.status()).isEqualTo(1);
        assertThat(sync.talk()).contains("sync --forget " + offsite);
        ProgramRun byName = run("sync", "--forget", "offsite");
        assertThat(byName.status()).isEqualTo(2);
        assertThat(byName.talk()).contains("There are queues for: " + offsite);
        must("sync", "--forget", offsite.value());
        assertThat(must("sync").talk()).doesNotContain("queued");
    }
}
