// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;
import org.tidemark.core.ExitCode;
import org.tidemark.core.HostFiles;
import org.tidemark.core.HostFiles.OpenFile;
import org.tidemark.core.HostFiles.Stat;
import org.tidemark.core.PathBytes;
import org.tidemark.core.UserFacingException;

/**
 * A file of the server's host. Immutable.
 *
 * @param gone is told if it is gone
 */
record HostFile(HostFiles files, String path, Stat seen, GoneFiles gone) implements FileSink.FileContent {
    @Override
    public Optional<OpenFile> open() throws IOException {
        try {
            return Optional.of(files.open(path, seen));
        } catch (NoSuchFileException e) {
            gone.add(path);
            return Optional.empty();
        } catch (AccessDeniedException e) {
            throw unreadable(path, e);
        }
    }

    @Override
    public boolean isAsSeen() throws IOException {
        return files.stat(path).equals(Optional.of(seen));
    }

    static UserFacingException unreadable(String path, AccessDeniedException cause) {
        return new UserFacingException(
                ExitCode.LOCAL_FILES,
                "no right to read '" + PathBytes.printable(path) + "'; there is no backup",
                "Read as the owner of the data directory: run this command as that user, or name it in ssh-host. Or let"
                        + " PostgreSQL send the files: tidemark backup --method stream",
                cause);
    }
}
