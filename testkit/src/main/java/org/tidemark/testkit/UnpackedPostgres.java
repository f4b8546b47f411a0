// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/**
 * Unpacks a jar of PostgreSQL programs, once for each user of the machine: into a directory beside the build that
 * survives it, since unpacking takes seconds. Builds that run side by side do not disturb each other: the last step is
 * a rename.
 */
final class UnpackedPostgres {
    private static final Set<PosixFilePermission> READABLE = PosixFilePermissions.fromString("rwxr-xr-x");

    private UnpackedPostgres() {}

    /** The directory that holds {@code bin}, {@code lib} and {@code share}; readable for everybody. */
    static synchronized Path of(Path jar) {
        String user = System.getProperty("user.name");
        Path cache = Path.of(System.getProperty("java.io.tmpdir"), "tidemark-test-postgres-" + user);
        Path home = cache.resolve(String.valueOf(jar.getFileName()).replaceFirst("\\.jar$", ""));
        try {
            readableDirectory(cache);
            if (!Files.getOwner(cache).getName().equals(user)) {
                throw new IllegalStateException("'" + cache + "' belongs to somebody else");
            }
            if (!Files.isDirectory(home)) {
                unpack(jar, cache, home);
            }
            return home;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot unpack '" + jar + "'", e);
        }
    }

    private static void unpack(Path jar, Path cache, Path home) throws IOException {
        Path fresh = Files.createTempDirectory(cache, "unpacking");
        Files.setPosixFilePermissions(fresh, READABLE);
        try (ZipInputStream zip = new ZipInputStream(new BufferedInputStream(Files.newInputStream(jar)))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (entry.getName().endsWith(".txz")) {
                    unpackTar(zip, fresh);
                }
            }
        }
        try {
            Files.move(fresh, home, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            // Another build was faster, and its files are the same.
            if (!Files.isDirectory(home)) {
                throw e;
            }
            TemporaryTree.delete(fresh);
        }
    }

    private static void unpackTar(InputStream compressed, Path to) throws IOException {
        TarArchiveInputStream tar = new TarArchiveInputStream(new XZCompressorInputStream(compressed));
        for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
            Path path = to.resolve(entry.getName()).normalize();
            if (!path.startsWith(to)) {
                throw new IOException("'" + entry.getName() + "' leads out of the archive");
            }
            if (entry.isDirectory()) {
                readableDirectory(path);
            } else if (entry.isSymbolicLink()) {
                Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
            } else {
                readableDirectory(path.resolveSibling("."));
                Files.copy(tar, path);
                boolean program = (entry.getMode() & 0100) != 0;
                Files.setPosixFilePermissions(
                        path, PosixFilePermissions.fromString(program ? "rwxr-xr-x" : "rw-r--r--"));
            }
        }
    }

    private static void readableDirectory(Path directory) throws IOException {
        Path real = directory.normalize();
        if (!Files.isDirectory(real)) {
            Files.createDirectories(real);
            Files.setPosixFilePermissions(real, READABLE);
        }
    }
}
