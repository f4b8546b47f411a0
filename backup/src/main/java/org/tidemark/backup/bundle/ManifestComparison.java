// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.bundle;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.tidemark.backup.bundle.IncomingFile.SentFile;
import org.tidemark.catalog.backup.PathSorter;
import org.tidemark.core.ExitCode;
import org.tidemark.core.PathBytes;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.ManifestChecksum;
import org.tidemark.postgres.PostgresManifest;

/**
 * Compares the stored files with backup_manifest: every file of the one is in the other, with its size and CRC-32C.
 * Bounded in memory by {@link PathSorter}. Not thread-safe.
 */
final class ManifestComparison implements AutoCloseable {
    private final PathSorter records;

    ManifestComparison(Path directory) {
        this.records = new PathSorter(directory, "comparison");
    }

    void addStored(SentFile file) throws IOException {
        // PostgreSQL lists no WAL.
        if (!file.path().startsWith("pg_wal/")) {
            add("stored", file.path(), file.size(), ManifestChecksum.ofCrc32c(file.crc32c()));
        }
    }

    void addListed(PostgresManifest.File file) throws IOException {
        add(
                "listed",
                file.path(),
                file.size(),
                file.checksum()
                        .orElseThrow(() -> failed("PostgreSQL's manifest has no checksum for '" + file.path() + "'")));
    }

    private void add(String source, String path, long size, ManifestChecksum checksum) throws IOException {
        String text = source + " " + size + " bytes, " + checksum.algorithm() + " " + checksum.hex();
        records.add(path, text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Called once, after both sides are complete.
     *
     * @throws UserFacingException {@link ExitCode#BACKUP_FAILED} if they differ
     */
    void compare() throws IOException {
        PathSorter.Sorted sorted = records.sorted();
        for (Optional<PathSorter.Item> first = sorted.next(); first.isPresent(); first = sorted.next()) {
            Optional<PathSorter.Item> second = sorted.next();
            compare(first.get(), second);
        }
    }

    private static void compare(PathSorter.Item first, Optional<PathSorter.Item> second) {
        boolean samePath =
                second.isPresent() && Arrays.equals(first.path(), second.get().path());
        if (!samePath) {
            throw failed("'" + PathBytes.printable(PathBytes.decode(first.path())) + "' is only " + text(first));
        }
        String one = text(first);
        String other = text(second.get());
        // Each begins with its source, six letters: the sources differ, the rest is the same.
        if (one.regionMatches(0, other, 0, 6) || !one.substring(6).equals(other.substring(6))) {
            throw failed("'" + PathBytes.printable(PathBytes.decode(first.path())) + "' is " + one + " and " + other);
        }
    }

    private static String text(PathSorter.Item item) {
        return new String(item.content(), StandardCharsets.UTF_8);
    }

    private static UserFacingException failed(String difference) {
        return new UserFacingException(
                ExitCode.BACKUP_FAILED,
                "the received files do not match PostgreSQL's manifest: " + difference + "; there is no backup",
                "Is the network or the memory of one of the hosts faulty? Take the backup again.");
    }

    @Override
    public void close() throws IOException {
        records.close();
    }
}
