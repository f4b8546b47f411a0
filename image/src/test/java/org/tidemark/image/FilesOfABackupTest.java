// SPDX-License-Identifier: Apache-2.0
package org.tidemark.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.SyntheticBackup;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectSource;
import org.tidemark.testkit.CountingStore;

/** An image of some files alone. */
class FilesOfABackupTest {
    private final MemoryStore memory = new MemoryStore(Clock.systemUTC());
    private final CountingStore store = new CountingStore(memory);

    @TempDir
    private Path work;

    /** The manifest of a large cluster has hundreds of parts. */
    @Test
    void onlyTheManifestPartsAreReadThatCanHoldTheFiles() throws IOException {
        BaseBackup backup = backup();

        Map<String, byte[]> found = read(backup, Set.of("postgresql.conf", "postgresql.auto.conf"));

        assertThat(found).containsOnlyKeys("postgresql.conf", "postgresql.auto.conf");
        assertThat(new String(found.get("postgresql.conf"), StandardCharsets.UTF_8))
                .isEqualTo("port = 5433\n");
        assertThat(backup.objects().manifestParts()).hasSizeGreaterThan(50);
        assertThat(store.reads()).as("parts, bundle list, bundles").isLessThan(12);
    }

    @Test
    void everyFileIsFoundInItsPartAndNoOther() throws IOException {
        BaseBackup backup = backup();

        for (String path : List.of("PG_VERSION", "base/5/000", "base/5/1259", "base/5/199", "tablespace_map")) {
            assertThat(read(backup, Set.of(path))).containsOnlyKeys(path);
        }
        for (String path : List.of("A", "base/5", "base/5/0005", "base/5/2", "zzz")) {
            assertThat(read(backup, Set.of(path))).as(path).isEmpty();
        }
    }

    @Test
    void damageOfThatPartIsFound() throws IOException {
        BaseBackup backup = backup();
        List<BaseBackup.ManifestPart> parts = backup.objects().manifestParts();
        for (int i = 0; i < parts.size(); i++) {
            if (parts.get(i).first().compareTo("base/5/1") > 0) {
                memory.delete(List.of(backup.keys().manifestPart(i + 1)));
                memory.putIfAbsent(backup.keys().manifestPart(i + 1), ObjectSource.of(new byte[100]));
            }
        }

        assertThatThrownBy(() -> read(backup, Set.of("postgresql.conf"))).isInstanceOf(DamagedObjectException.class);
        assertThat(read(backup, Set.of("base/5/000"))).hasSize(1);
    }

    private Map<String, byte[]> read(BaseBackup backup, Set<String> paths) throws IOException {
        store.reset();
        BackupImage image = BackupImage.of(BackupSources.of(SyntheticBackup.catalog(store)), backup, paths, 1 << 20);
        Map<String, byte[]> contents = new HashMap<>();
        for (String path : paths) {
            if (image.find(path).orElse(null) instanceof BackupImage.File file) {
                contents.put(path, image.open(file).readAll());
            }
        }
        return contents;
    }

    private BaseBackup backup() throws IOException {
        SyntheticBackup files =
                SyntheticBackup.ofDataDirectory(Codec.parse("zstd")).linesInPart(4);
        for (int i = 0; i < 200; i++) {
            files.file("base/5/%03d".formatted(i), "x");
        }
        return files.store(memory, work);
    }
}
