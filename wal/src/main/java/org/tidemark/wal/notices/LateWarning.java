// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.notices;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.tidemark.core.Sha256;
import org.tidemark.core.SpoolPart;

/** Limits the warnings about one subject, such as a lagging repository, to one a minute instead of one a segment. */
public final class LateWarning {
    private static final Duration INTERVAL = Duration.ofMinutes(1);

    private LateWarning() {}

    /** Claims the warning of this minute; false if another process of this host has already warned. */
    public static boolean isDue(Path spool, String subject, Clock clock) {
        Path directory = SpoolPart.WARNED.in(spool);
        Path file = directory.resolve(
                Sha256.of(subject.getBytes(StandardCharsets.UTF_8)).hex());
        Instant now = clock.instant();
        try {
            Instant last = Files.getLastModifiedTime(file).toInstant();
            if (!last.isAfter(now) && last.plus(INTERVAL).isAfter(now)) {
                return false;
            }
            Files.setLastModifiedTime(file, FileTime.from(now));
        } catch (NoSuchFileException e) {
            make(directory, file);
        } catch (IOException e) {
            return true;
        }
        return true;
    }

    private static void make(Path directory, Path file) {
        try {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } catch (IOException e) {
            // If this fails, the next push warns as well, which is right on a full disk.
        }
    }
}
