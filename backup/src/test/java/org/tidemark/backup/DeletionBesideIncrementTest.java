// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.IoAction;
import org.tidemark.retention.CatalogReading;
import org.tidemark.retention.Expirer;
import org.tidemark.retention.RetentionPlanner;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.GatedStore;
import org.tidemark.testkit.Rounds;

/**
 * An increment is taken while the backups that it refers to are deleted: one of the two is held before one of its
 * requests, and the other runs from its beginning to its end. Whatever the order, the increment can be restored.
 */
class DeletionBesideIncrementTest {
    private static final Encoding PLAIN = Encoding.of(Codec.parse("zstd:1"));

    @TempDir
    private Path directory;

    private final Random random = Rounds.random();
    private SyntheticCluster cluster;

    @BeforeEach
    void makeCluster() throws IOException {
        cluster = new SyntheticCluster(Files.createDirectory(directory.resolve("work")), random);
    }

    /** Does something before one of the requests. */
    private static final class Held extends GatedStore {
        private final AtomicInteger requests = new AtomicInteger();
        private final int before;
        private final IoAction meanwhile;

        Held(ObjectStore store, int before, IoAction meanwhile) {
            super(store);
            this.before = before;
            this.meanwhile = meanwhile;
        }

        @Override
        protected void pass() {
            if (requests.incrementAndGet() == before) {
                try {
                    meanwhile.run();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }

        boolean wasHeld() {
            return requests.get() >= before;
        }
    }

    @Test
    void backupsAreDeletedDuringAnyRequestOfAnIncrement() throws IOException {
        int step = Rounds.of(6, 1);
        int requests = 0;
        Set<BaseBackup.Type> types = EnumSet.noneOf(BaseBackup.Type.class);
        boolean isHeld = true;
        for (int before = 1 + random.nextInt(step); isHeld; before += step) {
            ObjectStore store = store();
            Held held = new Held(store, before, () -> delete(store, store));

            BaseBackup backup = incremental(held);

            isHeld = held.wasHeld();
            if (isHeld) {
                assertRestored(store, backup, "deleted before request " + before);
                types.add(backup.type());
            }
            requests = before;
        }
        assertThat(requests).isGreaterThan(20);
        assertThat(types).as("before and after its intent is stored").hasSize(2);
    }

    @Test
    void anIncrementIsTakenDuringAnyRequestOfADeletion() throws IOException {
        int step = Rounds.of(6, 1);
        int requests = 0;
        boolean isHeld = true;
        for (int before = 1 + random.nextInt(step); isHeld; before += step) {
            ObjectStore store = store();
            BaseBackup[] taken = new BaseBackup[1];
            Held held = new Held(store, before, () -> taken[0] = incremental(store));

            delete(store, held);

            isHeld = held.wasHeld();
            if (isHeld) {
                assertRestored(store, taken[0], "taken before request " + before);
            }
            requests = before;
        }
        assertThat(requests).isGreaterThan(20);
    }

    /** A repository with a full backup and an increment. */
    private ObjectStore store() throws IOException {
        MemoryStore store = new MemoryStore(SyntheticCluster.CLOCK);
        cluster.prepare(store);
        cluster.backup(store, PLAIN);
        change();
        incremental(store);
        change();
        return store;
    }

    private void change() {
        byte[] content = new byte[3 << 20];
        random.nextBytes(content);
        cluster.server.files.put("base/1/changed" + random.nextInt(3), content);
    }

    private BaseBackup incremental(ObjectStore store) throws IOException {
        return cluster.incremental(SyntheticCluster.target("test", store, PLAIN))
                .first();
    }

    /** As the operator: also the last one. */
    private void delete(ObjectStore healthy, ObjectStore store) throws IOException {
        Set<BackupId> all = published(healthy);
        ClusterArchive archive = Repository.open(store, Optional.empty())
                .incarnation(SyntheticCluster.NAME, cluster.system)
                .orElseThrow();
        Clock clock = SyntheticCluster.CLOCK;
        new Expirer(archive, clock, "localhost", "test", (objects, bytes) -> {})
                .run(RetentionPlanner.without(
                        all, CatalogReading.of(archive, archive.backups(), clock.instant()), clock.instant()));
    }

    private Set<BackupId> published(ObjectStore store) throws IOException {
        return cluster.catalog(store).list().stream()
                .filter(CatalogEntry.Published.class::isInstance)
                .map(CatalogEntry::id)
                .collect(Collectors.toSet());
    }

    private void assertRestored(ObjectStore store, BaseBackup backup, String when) throws IOException {
        assertThat(published(store)).as(when).isEqualTo(Set.of(backup.id()));
        SyntheticCluster.assertSound(store, PrivateKeys.NONE);
        Path space = Files.createTempDirectory(directory, "restore");
        Path to = space.resolve("restored");
        PlainRestore.restore(cluster.catalog(store), backup, to, Files.createDirectory(space.resolve("space")));
        for (String each : List.copyOf(cluster.server.files.keySet())) {
            if (each.startsWith("base/1/changed") || each.equals("base/1/large")) {
                assertThat(Files.readAllBytes(to.resolve(each)))
                        .as("%s, %s", each, when)
                        .isEqualTo(cluster.server.files.get(each));
            }
        }
    }
}
