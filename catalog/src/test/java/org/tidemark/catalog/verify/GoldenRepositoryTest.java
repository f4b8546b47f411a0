// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.age.AgeIdentity.IdentityFile;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleReader;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.ManifestEntry;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.ManifestReader;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.backup.Piece;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.store.ByteRange;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;

/** A repository that was stored by format version 1 is read forever; see the README beside it. */
class GoldenRepositoryTest {
    @Test
    void everyBackupIsSoundAndEveryFileComesBack() throws IOException {
        MemoryStore store = repository();
        PrivateKeys keys = privateKeys();

        Verifier.Options options = new Verifier.Options(Extent.EVERYTHING, Scope.ALL, 2);
        VerifyReport report = new Verifier(store, keys, options, SampleRepository.CLOCK, (objects, bytes) -> {})
                .verify(SampleRepository.NAME, SampleRepository.SYSTEM, Optional.empty());

        assertThat(report.findings()).isEmpty();
        BackupCatalog catalog = new BackupCatalog(store, keys, SampleRepository.NAME, SampleRepository.SYSTEM);
        List<CatalogEntry> backups = catalog.list();
        assertThat(backups).hasSize(2);
        for (CatalogEntry entry : backups) {
            BaseBackup backup = ((CatalogEntry.Published) entry).backup();
            Map<String, byte[]> files = new TreeMap<>();
            for (FileEntry file : files(catalog, backup)) {
                files.put(file.path(), content(catalog, backup, file));
            }
            assertThat(files.keySet())
                    .containsExactlyElementsOf(SampleRepository.goldenFiles().keySet());
            SampleRepository.goldenFiles()
                    .forEach((path, content) ->
                            assertThat(files.get(path)).as(path).isEqualTo(content));
        }
    }

    @Test
    void backupJsonIsStillWrittenAsItWas() throws IOException {
        MemoryStore store = repository();
        BackupCatalog catalog = new BackupCatalog(store, privateKeys(), SampleRepository.NAME, SampleRepository.SYSTEM);
        for (CatalogEntry entry : catalog.list()) {
            BaseBackup backup = ((CatalogEntry.Published) entry).backup();
            try (InputStream stored = store.open(backup.keys().backup(), ByteRange.ALL)) {
                assertThat(backup.encode()).isEqualTo(stored.readAllBytes());
            }
        }
    }

    private static List<FileEntry> files(BackupCatalog catalog, BaseBackup backup) throws IOException {
        List<FileEntry> files = new ArrayList<>();
        ManifestReader manifest = catalog.manifest(backup);
        for (Optional<ManifestEntry> next = manifest.next(); next.isPresent(); next = manifest.next()) {
            files.add((FileEntry) next.get());
        }
        return files;
    }

    private static byte[] content(BackupCatalog catalog, BaseBackup backup, FileEntry file) throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        Map<Integer, BundleRef> bundles = catalog.bundles(backup);
        for (Piece piece : file.pieces()) {
            BundleReader bundle = catalog.bundle(backup, Objects.requireNonNull(bundles.get(piece.bundle())));
            byte[] data = bundle.read(bundle.frameAt(piece.start()));
            content.write(data, piece.offset(), piece.size());
        }
        return content.toByteArray();
    }

    private static PrivateKeys privateKeys() throws IOException {
        byte[] file = resource("key.txt");
        return PrivateKeys.from("'a test'", () -> IdentityFile.parse(file));
    }

    private static MemoryStore repository() throws IOException {
        MemoryStore store = new MemoryStore(SampleRepository.CLOCK);
        try (ZipInputStream zip =
                new ZipInputStream(GoldenRepositoryTest.class.getResourceAsStream("/golden/repository.zip"))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                store.putIfAbsent(new ObjectKey(entry.getName()), ObjectSource.of(zip.readAllBytes()));
            }
        }
        return store;
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = GoldenRepositoryTest.class.getResourceAsStream("/golden/" + name)) {
            return Objects.requireNonNull(in, name).readAllBytes();
        }
    }
}
