// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * The settings that the files gave, in a form that is read in a millisecond: the TOML parser costs more than the rest
 * of a WAL command's start. It lies where the spool is as long as nothing is configured, with 0600, and counts only as
 * long as every file that was looked at, those that were not there included, is what it was. Whatever is wrong with it,
 * it is as if it were not there.
 */
final class ConfigurationCache {
    private static final String FIRST_LINE = "TIDEMARK-CONFIGURATION 1";
    /** A file that changed less than this ago may change again without its times showing it. */
    private static final long SETTLED_MILLIS = 2000;

    private static final int MAX_BYTES = 1 << 20;

    private final Path file;

    ConfigurationCache(Environment environment, List<Path> candidates) {
        CRC32C name = new CRC32C();
        for (Path candidate : candidates) {
            name.update((candidate + "\n").getBytes(StandardCharsets.UTF_8));
        }
        this.file = SpoolDirectory.withoutConfiguration(environment)
                .resolve("configuration-" + Long.toHexString(name.getValue()));
    }

    Path file() {
        return file;
    }

    /** What was written for exactly these files in exactly their present state. */
    Optional<List<Setting>> read(List<FileStamp> stamps) {
        try {
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                    || Files.size(file) > MAX_BYTES
                    || !isOnlyOurs()) {
                return Optional.empty();
            }
            return FlatSettings.read(Files.readAllBytes(file), header(stamps));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private boolean isOnlyOurs() throws IOException {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS);
        Object owner = Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        return permissions.equals(EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE))
                && owner.equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    }

    /** Writes it if it can be believed later and can be written; a cache that is missing costs time alone. */
    void write(List<FileStamp> stamps, List<Setting> settings, Clock clock) {
        for (FileStamp stamp : stamps) {
            if (stamp.changedMillis() > clock.millis() - SETTLED_MILLIS) {
                return;
            }
        }
        try {
            writeAtomically(FlatSettings.write(settings, header(stamps)));
        } catch (IOException | UnsupportedOperationException e) {
            // As if it were not there: the next command reads the files again.
        }
    }

    private void writeAtomically(byte[] bytes) throws IOException {
        if (bytes.length > MAX_BYTES) {
            return;
        }
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null) {
            return;
        }
        Files.createDirectories(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path temporary = Files.createTempFile(directory, ".configuration", null);
        try {
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                ByteBuffer buffer = ByteBuffer.wrap(bytes);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
            }
            // Not forced: after a crash the checksum tells, and the files are read again.
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static List<String> header(List<FileStamp> stamps) {
        List<String> lines = new ArrayList<>();
        lines.add(FIRST_LINE);
        for (FileStamp stamp : stamps) {
            lines.add("file " + stamp.text() + " " + stamp.path());
        }
        return lines;
    }
}
