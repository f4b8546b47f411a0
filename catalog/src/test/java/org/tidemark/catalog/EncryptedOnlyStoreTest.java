// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Tombstone;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;

class EncryptedOnlyStoreTest {
    private static final ObjectKey KEY = new ObjectKey("main/1/wal/a");
    private static final KeyPair OWNER = KeyPair.fresh();

    private final ObjectStore store = new EncryptedOnlyStore(new MemoryStore(Samples.CLOCK));

    private void put(ContainerKind kind, Encoding encoding) throws IOException {
        try (EncodedObject encoded = ObjectEncoder.encode(
                kind,
                "00000001000000A900000065",
                Samples.SYSTEM,
                encoding,
                ObjectSource.of(new byte[100]),
                Path.of("nowhere"))) {
            store.putIfAbsent(KEY, encoded.source());
        }
    }

    @Test
    void whatIsInTheClearIsRefusedAndNothingIsStored() throws IOException {
        for (ContainerKind kind :
                new ContainerKind[] {ContainerKind.WAL, ContainerKind.MANIFEST, ContainerKind.BACKUP_MANIFEST}) {
            assertThatThrownBy(() -> put(kind, Encoding.of(Codec.parse("zstd"))))
                    .isInstanceOfSatisfying(
                            UserFacingException.class,
                            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.STORE_DENIED))
                    .hasMessageContaining("is not encrypted");
        }
        assertThatThrownBy(() -> store.putIfAbsent(KEY, ObjectSource.of(new byte[100])))
                .isInstanceOf(UserFacingException.class);
        assertThat(store.stat(KEY)).isEmpty();
    }

    @Test
    void whatIsEncryptedOrAlwaysClearIsTaken() throws IOException {
        put(ContainerKind.WAL, KeyPair.encoding("zstd", OWNER));
        store.delete(List.of(KEY));
        put(ContainerKind.HISTORY, KeyPair.encoding("zstd", OWNER));
        store.delete(List.of(KEY));
        put(ContainerKind.BUNDLES, Encoding.of(Codec.parse("zstd")));
        store.putIfAbsent(new ObjectKey("check/scratch"), ObjectSource.of(new byte[1]));
        ClusterArchive archive = Repository.create(store, Samples.CLOCK).register(Samples.IDENTITY, Samples.CLOCK);
        BackupId id = BackupId.of(Samples.CLOCK.instant(), 1);
        WalFile.Segment segment = new WalFile.Segment(Timeline.FIRST, 0, 1);
        archive.wal().gaps().noteRemoval(new RemovedWal(segment, segment, Samples.CLOCK.instant(), "db1"));
        archive.backups()
                .noteRemoval(
                        new Tombstone(id, Samples.CLOCK.instant(), Samples.CLOCK.instant(), "db1", "REDUNDANCY 1"));
        archive.backups().mark(id, new Mark.Released(Samples.CLOCK.instant(), Optional.empty()));

        assertThat(store.stat(KEY)).isPresent();
        assertThat(archive.wal().gaps().removed()).hasSize(1);
        assertThat(archive.backups().removed()).containsExactly(id);
    }
}
