// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.PathBytes;
import org.tidemark.core.SystemIdentifier;

/**
 * Compares a restored data directory with its backup_manifest before the first start, like pg_verifybackup without
 * parsing WAL (src/bin/pg_verifybackup/pg_verifybackup.c). It accepts manifests of both versions. Not thread-safe.
 */
public final class ManifestVerification {
    // The files that a restore changes, and those that a manifest never lists.
    private static final Set<String> IGNORED =
            Set.of(PostgresManifest.PATH, "pg_wal", "postgresql.auto.conf", "recovery.signal", "standby.signal");
    private static final int CHUNK_BYTES = 1 << 18;

    /** A difference from the manifest. {@code path} is relative to the data directory, with slashes. */
    public record Problem(String path, String problem) {}

    /**
     * The result of a comparison.
     *
     * @param problems the first problems, up to the caller's limit; {@code problemsCount} counts all
     * @param files the number of compared files
     * @param bytes the number of bytes read
     */
    public record Result(List<Problem> problems, long problemsCount, long files, long bytes) {}

    private final Path directory;
    private final int problemsLimit;
    private final List<Problem> problems = new ArrayList<>();
    private final Map<String, PostgresManifest.File> unseen = new HashMap<>();
    private final byte[] chunk = new byte[CHUNK_BYTES];
    private long problemsCount;
    private long files;
    private long bytes;

    private ManifestVerification(Path directory, int problemsLimit) {
        this.directory = directory;
        this.problemsLimit = problemsLimit;
    }

    /**
     * Compares every file.
     *
     * @param problemsLimit the maximum number of problems in the result
     * @throws CorruptFileException if the manifest itself is damaged
     * @throws java.nio.file.NoSuchFileException if the directory has no manifest
     */
    public static Result verify(Path dataDirectory, int problemsLimit) throws IOException {
        return new ManifestVerification(dataDirectory, problemsLimit).verify();
    }

    private Result verify() throws IOException {
        Path manifestFile = directory.resolve(PostgresManifest.PATH);
        PostgresManifest manifest;
        try (InputStream in = Files.newInputStream(manifestFile)) {
            manifest = PostgresManifest.read(in, manifestFile.toString(), this::expect);
        }
        manifest.system().ifPresent(this::compareSystem);
        Files.walkFileTree(directory, Set.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, new Walk());
        unseen.keySet().stream().sorted().forEach(path -> note(path, "listed in the manifest, but not there"));
        return new Result(List.copyOf(problems), problemsCount, files, bytes);
    }

    private void expect(PostgresManifest.File file) {
        if (!IGNORED.contains(firstName(file.path())) && unseen.put(file.path(), file) != null) {
            note(file.path(), "listed twice in the manifest");
        }
    }

    private void compareSystem(SystemIdentifier expected) {
        try {
            SystemIdentifier found = ControlFile.read(directory).system();
            if (!found.equals(expected)) {
                note(ControlFile.PATH, "of system " + found + ", but the manifest is of " + expected);
            }
        } catch (IOException e) {
            note(ControlFile.PATH, "cannot be read: " + e.getMessage());
        }
    }

    private void compare(String path, Path file, long size) {
        PostgresManifest.File expected = unseen.remove(path);
        if (expected == null) {
            note(path, "not listed in the manifest");
            return;
        }
        files++;
        if (size != expected.size()) {
            note(path, "has " + size + " bytes (expected " + expected.size() + ")");
            return;
        }
        expected.checksum().ifPresent(checksum -> compareContent(path, file, checksum));
    }

    private void compareContent(String path, Path file, ManifestChecksum expected) {
        ManifestChecksum.Digest digest = expected.algorithm().newDigest();
        try (InputStream in = Files.newInputStream(file)) {
            for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
                digest.update(chunk, 0, count);
                bytes += count;
            }
        } catch (IOException e) {
            note(path, "cannot be read: " + e.getMessage());
            return;
        }
        ManifestChecksum found = digest.finish();
        if (!found.equals(expected)) {
            note(path, expected.algorithm() + " is " + found.hex() + " (expected " + expected.hex() + ")");
        }
    }

    private void note(String path, String problem) {
        problemsCount++;
        if (problems.size() < problemsLimit) {
            problems.add(new Problem(path, problem));
        }
    }

    private static String firstName(String path) {
        int slash = path.indexOf('/');
        return slash < 0 ? path : path.substring(0, slash);
    }

    /** Visits every file. It follows links, because tablespaces are links, and ignores empty directories. */
    private final class Walk extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult preVisitDirectory(Path visited, BasicFileAttributes attributes) {
            return IGNORED.contains(relative(visited)) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            String path = relative(file);
            if (IGNORED.contains(path)) {
                return FileVisitResult.CONTINUE;
            }
            if (attributes.isRegularFile()) {
                compare(path, file, attributes.size());
            } else {
                note(path, "neither a file nor a directory");
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) {
            note(relative(file), "cannot be read: " + e.getMessage());
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e) {
            if (e != null) {
                note(relative(visited), "cannot be listed: " + e.getMessage());
            }
            return FileVisitResult.CONTINUE;
        }

        private String relative(Path file) {
            return PathBytes.text(directory.relativize(file));
        }
    }
}
