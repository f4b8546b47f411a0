// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleReader;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.Frame;
import org.tidemark.catalog.backup.ManifestEntry;
import org.tidemark.catalog.backup.ManifestEntry.DirectoryEntry;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.ManifestEntry.LinkEntry;
import org.tidemark.catalog.backup.ManifestReader;
import org.tidemark.catalog.backup.Piece;
import org.tidemark.catalog.backup.PieceChecksums;
import org.tidemark.catalog.backup.Placement.Range;
import org.tidemark.catalog.backup.Placement.Stretch;
import org.tidemark.core.PathBytes;

/** Writes a backup back in the simplest way, and checks every digest on the way. */
final class PlainRestore {
    private final BackupCatalog catalog;
    private final Optional<Path> tablespace;
    private final BaseBackup backup;
    private final Map<Integer, BundleRef> bundles;
    private final Map<Integer, BundleReader> readers = new HashMap<>();

    private String lastName = "";
    private byte[] last = new byte[0];

    private PlainRestore(
            BackupCatalog catalog, BaseBackup backup, Optional<Path> tablespace, Map<Integer, BundleRef> bundles) {
        this.catalog = catalog;
        this.backup = backup;
        this.tablespace = tablespace;
        this.bundles = bundles;
    }

    /** Gives what was restored. {@code tablespace} is an empty directory for the only tablespace there may be. */
    static List<ManifestEntry> restore(BackupCatalog catalog, BaseBackup backup, Path to, Path tablespace)
            throws IOException {
        return restore(catalog, backup, to, Optional.of(tablespace));
    }

    /** Tablespaces get the locations that they had. */
    static List<ManifestEntry> restore(BackupCatalog catalog, BaseBackup backup, Path to) throws IOException {
        return restore(catalog, backup, to, Optional.empty());
    }

    private static List<ManifestEntry> restore(
            BackupCatalog catalog, BaseBackup backup, Path to, Optional<Path> tablespace) throws IOException {
        PlainRestore restore = new PlainRestore(catalog, backup, tablespace, catalog.bundles(backup));
        List<ManifestEntry> entries = new ArrayList<>();
        Files.createDirectory(to, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        ManifestReader manifest = catalog.manifest(backup);
        for (Optional<ManifestEntry> entry = manifest.next(); entry.isPresent(); entry = manifest.next()) {
            entries.add(entry.get());
            restore.write(entry.get(), to.resolve(PathBytes.path(entry.get().path())));
        }
        return entries;
    }

    private void write(ManifestEntry entry, Path to) throws IOException {
        switch (entry) {
            case DirectoryEntry directory -> Files.createDirectories(to);
            case LinkEntry link -> Files.createSymbolicLink(to, tablespace.orElse(Path.of(link.target())));
            case FileEntry file -> write(file, to);
        }
    }

    private void write(FileEntry file, Path to) throws IOException {
        try (FileChannel out = FileChannel.open(
                to, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            for (Piece piece : file.pieces()) {
                byte[] frame = frame(piece);
                assertThat(checksums(frame, piece.offset(), piece.size()))
                        .as(file.path())
                        .isEqualTo(piece.checksums());
                for (Stretch each : piece.written()) {
                    out.write(ByteBuffer.wrap(frame, piece.offset() + each.offset(), each.sizeBytes()), each.at());
                }
            }
            assertThat(out.size()).as(file.path()).isEqualTo(file.size());
            for (Piece piece : file.pieces()) {
                if (piece.updated().isPresent() && piece.placement() instanceof Range(long at, int _)) {
                    byte[] now = new byte[(int) Math.min(Frame.MAX_DATA_BYTES, file.size() - at)];
                    out.read(ByteBuffer.wrap(now), at);
                    assertThat(checksums(now, 0, now.length))
                            .as(file.path())
                            .isEqualTo(piece.updated().get());
                }
            }
        }
        if (file.crc32c().isPresent()) {
            CRC32C crc = new CRC32C();
            try (InputStream in = new CheckedInputStream(Files.newInputStream(to), crc)) {
                in.transferTo(OutputStream.nullOutputStream());
            }
            assertThat((int) crc.getValue())
                    .as(file.path())
                    .isEqualTo(file.crc32c().getAsInt());
        }
    }

    private PieceChecksums checksums(byte[] data, int offset, int size) {
        return PieceChecksums.of(backup.objects().fingerprintKey(), data, offset, size);
    }

    /** Of the pieces of a frame, one mostly follows the other. */
    private byte[] frame(Piece piece) throws IOException {
        String name = piece.bundle() + "/" + piece.start();
        if (!name.equals(lastName)) {
            BundleReader reader = reader(piece.bundle());
            last = reader.read(reader.frameAt(piece.start()));
            lastName = name;
        }
        return last;
    }

    private BundleReader reader(int bundle) throws IOException {
        BundleReader reader = readers.get(bundle);
        if (reader == null) {
            reader = catalog.bundle(backup, Objects.requireNonNull(bundles.get(bundle)));
            readers.put(bundle, reader);
        }
        return reader;
    }
}
