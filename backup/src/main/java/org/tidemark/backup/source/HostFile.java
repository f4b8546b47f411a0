// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;
import org.tidemark.core.HostFiles;
import org.tidemark.core.HostFiles.OpenFile;
import org.tidemark.core.HostFiles.Stat;

/**
 * A file of the server's host. Immutable.
 *
 * @param root the data directory, absolute
 * @param gone is told if it is gone
 */
record HostFile(HostFiles files, String root, String path, Stat seen, GoneFiles gone) implements FileSink.FileContent {
    @Override
    public Optional<OpenFile> open() throws IOException {
        try {
            return Optional.of(files.open(path, seen));
        } catch (NoSuchFileException e) {
            gone.add(path);
            return Optional.empty();
        } catch (AccessDeniedException e) {
            UnreadableFiles unreadable = new UnreadableFiles(files, root);
            unreadable.add(path, e);
            unreadable.requireNone();
            throw e;
        }
    }

    @Override
    public boolean isAsSeen() throws IOException {
        return files.stat(path).equals(Optional.of(seen));
    }
}
