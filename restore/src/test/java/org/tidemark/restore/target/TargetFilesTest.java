// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.target;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.catalog.backup.FileTable;
import org.tidemark.catalog.backup.FingerprintKey;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.Piece;
import org.tidemark.catalog.backup.PieceChecksums;
import org.tidemark.catalog.backup.PieceTable;
import org.tidemark.catalog.backup.Placement.Stretch;
import org.tidemark.catalog.backup.SyntheticBackup;
import org.tidemark.core.DurableFile;
import org.tidemark.core.Workers;
import org.tidemark.restore.host.FileOwner;
import org.tidemark.restore.host.FileSystemSync;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory;
import org.tidemark.testkit.Rounds;

@Isolated("what other tests hold in memory at the same time would be counted")
class TargetFilesTest {
    private static final FingerprintKey KEY = new FingerprintKey("5a".repeat(FingerprintKey.SIZE));
    private static final int PIECE_BYTES = 1_000;

    @TempDir
    private Path directory;

    private record Placed(int file, int at, int length) {}

    /** More files than may be open, their pieces in any order and from several threads. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void piecesInAnyOrderMakeTheFilesWithTheirLengthsAndRights(boolean whole) throws Exception {
        Random random = Rounds.random();
        FileTable table = new FileTable();
        List<byte[]> contents = new ArrayList<>();
        List<Placed> pieces = new ArrayList<>();
        for (int file = 0; file < 600; file++) {
            byte[] content = SyntheticBackup.noise(random.nextLong(), random.nextInt(6 * PIECE_BYTES));
            contents.add(content);
            table.add(entry("file-" + file, file % 3 == 0 ? 0400 : 0640, content));
            for (int at = 0; at < content.length; at += PIECE_BYTES) {
                pieces.add(new Placed(file, at, Math.min(content.length - at, PIECE_BYTES)));
            }
        }
        table.complete();
        Collections.shuffle(pieces, random);
        // What a restore that was cut off may have left.
        Files.write(directory.resolve("file-7"), new byte[10 * PIECE_BYTES]);

        try (TargetSync sync = new TargetSync(whole ? FileSystemSync.open(List.of(directory)) : Optional.empty());
                TargetFiles files = new TargetFiles(table, tree(), FileOwner.current(), sync)) {
            try (Workers workers = new Workers("test", 4)) {
                for (Placed piece : pieces) {
                    workers.submit(() -> files.place(
                            piece.file(),
                            List.of(new Stretch(0, piece.at(), piece.length())),
                            contents.get(piece.file()),
                            piece.at()));
                }
                workers.await();
            }
            for (int file = 0; file < table.size(); file++) {
                assertThat(table.missing(file)).isZero();
                if (table.isEmpty(file)) {
                    files.create(file);
                }
            }
            assertThat(openFiles()).isZero();
            sync.finish(new TreePreparation(tree(), FileOwner.current()));
        }

        for (int file = 0; file < table.size(); file++) {
            Path restored = directory.resolve("file-" + file);
            assertThat(Files.readAllBytes(restored)).as(restored.toString()).isEqualTo(contents.get(file));
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(restored)))
                    .isEqualTo(file % 3 == 0 ? "r--------" : "rw-r-----");
        }
    }

    private long openFiles() throws IOException {
        long count = 0;
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            for (Path each : descriptors.filter(Files::isRegularFile).toList()) {
                if (each.toRealPath().startsWith(directory.toRealPath())) {
                    count++;
                }
            }
        }
        return count;
    }

    private TargetTree tree() {
        return new TargetTree(List.of(new TargetDirectory.DataDirectory(directory, 0)));
    }

    private static FileEntry entry(String path, int mode, byte[] content) {
        List<Piece> pieces = new ArrayList<>();
        for (int at = 0; at < content.length; at += PIECE_BYTES) {
            int size = Math.min(PIECE_BYTES, content.length - at);
            pieces.add(new Piece(1, 0, 1, 0, at, size, PieceChecksums.of(KEY, content, at, size)));
        }
        CRC32C crc = new CRC32C();
        crc.update(content);
        return new FileEntry(path, mode, content.length, Instant.EPOCH, (int) crc.getValue(), pieces);
    }

    @Test
    void aMillionSmallFilesAndTheirPiecesTakeLittleMemory() throws Exception {
        long before = usedBytes();
        FileTable files = new FileTable();
        PieceTable pieces = new PieceTable();
        byte[] content = {1};
        PieceChecksums checksums = PieceChecksums.of(KEY, content, 0, 1);
        for (int file = 0; file < 1_000_000; file++) {
            Piece piece = new Piece(1 + file / 100_000, file, 3_000, 0, 0, 1, checksums);
            pieces.add(
                    piece,
                    files.add(new FileEntry(
                            "base/16384/" + (1_000_000 + file),
                            0600,
                            1,
                            Instant.EPOCH,
                            checksums.crc32c(),
                            List.of(piece))));
        }
        files.complete();
        int[] order = pieces.inStoredOrder();

        assertThat(usedBytes() - before).isLessThan(128L << 20);
        assertThat(files.path(order[999_999])).isEqualTo("base/16384/1999999");
    }

    private static long usedBytes() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "other systems have no syncfs")
    void aWholeFileSystemIsSyncedWhereThatTellsOfErrors() throws Exception {
        assertThat(List.of("5.8.0", "5.10.0-33-amd64", "6.1.0-18-amd64", "10.0"))
                .allMatch(FileSystemSync::reportsErrors);
        assertThat(List.of("4.18.0-553.el8.x86_64", "5.7.19", "5", "", "x.y")).noneMatch(FileSystemSync::reportsErrors);

        DurableFile.replace(directory.resolve("file"), new byte[] {1}, DurableFile.mode(0600));
        Optional<FileSystemSync> sync = FileSystemSync.open(List.of(directory));
        if (sync.isPresent()) {
            sync.get().sync();
            sync.get().close();
        }
        assertThat(sync.isPresent())
                .isEqualTo(List.of("ext4", "xfs", "btrfs", "tmpfs")
                                .contains(Files.getFileStore(directory).type())
                        && FileSystemSync.reportsErrors(System.getProperty("os.version")));
    }
}
