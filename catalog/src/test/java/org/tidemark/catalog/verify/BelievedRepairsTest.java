// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.RepairedStore;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.store.ByteRange;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.Rounds;

/** Everybody who may store can store a copy below {@code repaired/}: it is read only in place of damage. */
class BelievedRepairsTest {
    private static final IncarnationKeys KEYS = new IncarnationKeys(SampleRepository.NAME, SampleRepository.SYSTEM);

    @TempDir
    private Path work;

    private final Random random = Rounds.random();
    private final ObjectStore store = new MemoryStore(SampleRepository.CLOCK);
    /** Another repository of the same names, such as an intruder makes. */
    private final ObjectStore foreign = new MemoryStore(SampleRepository.CLOCK);

    private List<ObjectInfo> objects = List.of();

    @BeforeEach
    void publish() throws IOException {
        objects = published(store);
        published(foreign);
    }

    /** What is in the incarnation of a new repository, with a backup that has bytes of its own. */
    private List<ObjectInfo> published(ObjectStore in) throws IOException {
        SampleRepository repository = new SampleRepository(in, work, random);
        BaseBackup backup = repository.publish();
        repository
                .catalog()
                .mark(backup.id(), new Mark.Annotated(SampleRepository.CLOCK.instant(), "" + random.nextLong()));
        List<ObjectInfo> found = new ArrayList<>();
        Listing.visit(in, KEYS.prefix(), found::add);
        return found;
    }

    private static byte[] read(ObjectStore in, ObjectKey key) throws IOException {
        try (InputStream bytes = in.open(key, ByteRange.ALL)) {
            return bytes.readAllBytes();
        }
    }

    private void copy(ObjectKey original, int number, byte[] bytes) throws IOException {
        store.putIfAbsent(KEYS.repaired(original, number), ObjectSource.of(bytes));
    }

    private void replace(ObjectKey key, byte[] bytes) throws IOException {
        store.delete(List.of(key));
        store.putIfAbsent(key, ObjectSource.of(bytes));
    }

    private byte[] damaged(byte[] bytes) {
        byte[] damaged = bytes.clone();
        damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
        return damaged;
    }

    private VerifyReport verify() throws IOException {
        return new Verifier(
                        new RepairedStore(store),
                        PrivateKeys.NONE,
                        new Verifier.Options(Verifier.Options.Extent.EVERYTHING, Mark.Scope.ALL, 2),
                        SampleRepository.CLOCK,
                        (objects, bytes) -> {})
                .verify(SampleRepository.NAME, SampleRepository.SYSTEM, Optional.empty());
    }

    @Test
    void aForeignCopyBesideAWholeObjectIsNeitherReadNorPassedOver() throws IOException {
        List<ObjectKey> forged = new ArrayList<>();
        for (ObjectInfo each : objects) {
            byte[] other = read(foreign, each.key());
            if (!Arrays.equals(other, read(store, each.key()))) {
                copy(each.key(), 1, other);
                forged.add(each.key());
            }
        }
        assertThat(forged).hasSizeGreaterThan(4);

        ObjectStore view = new RepairedStore(store);
        for (ObjectInfo each : objects) {
            assertThat(read(view, each.key())).as("%s", each.key()).isEqualTo(read(store, each.key()));
            assertThat(view.stat(each.key())).contains(each);
        }
        List<ObjectInfo> listed = new ArrayList<>();
        Listing.visit(view, KEYS.backups(), listed::add);
        assertThat(objects).containsAll(listed);

        VerifyReport report = verify();
        assertThat(report.isSound()).isFalse();
        assertThat(report.findings())
                .extracting(ObjectFinding::key)
                .containsAll(forged.stream().map(key -> KEYS.repaired(key, 1)).toList());
    }

    @Test
    void theFirstWholeCopyOfADamagedObjectIsRead() throws IOException {
        for (ObjectInfo each : objects) {
            byte[] whole = read(store, each.key());
            replace(each.key(), random.nextBoolean() ? damaged(whole) : new byte[random.nextInt(whole.length)]);
            copy(each.key(), 1, damaged(whole));
            copy(each.key(), 2, whole);
            copy(each.key(), 3, read(foreign, each.key()));

            ObjectStore view = new RepairedStore(store);

            assertThat(read(view, each.key())).as("%s", each.key()).isEqualTo(whole);
            assertThat(view.stat(each.key()).orElseThrow().sizeBytes()).isEqualTo(whole.length);
        }
    }

    /** As on a bad sector of a disk. */
    @Test
    void aCopyIsReadWhereTheObjectCannotBeRead() throws IOException {
        for (ObjectInfo each : objects) {
            byte[] whole = read(store, each.key());
            copy(each.key(), 1, whole);
            ObjectStore broken = new DelegatingStore(store) {
                @Override
                public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
                    if (key.equals(each.key())) {
                        throw new StorageUnavailable("cannot read", new IOException("Input/output error"));
                    }
                    return super.open(key, range);
                }
            };

            assertThat(read(new RepairedStore(broken), each.key())).isEqualTo(whole);
        }
    }

    /** What a store does not give at this moment may be whole: nothing stands in for it. */
    @Test
    void noCopyIsReadWhereTheStoreDoesNotAnswer() throws IOException {
        for (ObjectInfo each : objects) {
            copy(each.key(), 1, read(store, each.key()));
            AtomicBoolean isSilent = new AtomicBoolean(true);
            RepairedStore view = new RepairedStore(new DelegatingStore(store) {
                @Override
                public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
                    if (key.equals(each.key()) && isSilent.get()) {
                        throw new StorageUnavailable("no answer", null);
                    }
                    return super.open(key, range);
                }
            });

            assertThatThrownBy(() -> read(view, each.key()))
                    .as("%s", each.key())
                    .isInstanceOf(StorageUnavailable.class);
            isSilent.set(false);
            assertThat(read(view, each.key())).isEqualTo(read(store, each.key()));
        }
    }

    @Test
    void aRepairIsNoFinding() throws IOException {
        for (ObjectInfo each : objects) {
            byte[] whole = read(store, each.key());
            copy(each.key(), 1, whole);
            if (random.nextBoolean()) {
                replace(each.key(), damaged(whole));
            }
        }

        assertThat(verify().findings()).isEmpty();
    }
}
