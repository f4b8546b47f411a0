// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import org.tidemark.backup.source.FileSink.FileFacts;

/** Takes what {@link DirectoryWalk} finds. Paths are relative to the data directory, as in {@link FileSink}. */
interface WalkSink {
    void directory(String path, int mode) throws IOException;

    void file(FileFacts facts, HostFile file) throws IOException;

    /** A link or a special file, which a backup does not contain. */
    void warning(String message);

    /**
     * A directory that this user may not list, or whose files it may not look at. If this returns, the walk goes on
     * after it.
     *
     * @param directory absolute
     */
    void unreadable(String directory, AccessDeniedException cause) throws IOException;

    /**
     * Copies what is found, and ends with the first directory that cannot be read.
     *
     * @param unreadable makes the error
     */
    record Copy(FileSink sink, UnreadableFiles unreadable) implements WalkSink {
        @Override
        public void directory(String path, int mode) throws IOException {
            sink.directory(path, mode);
        }

        @Override
        public void file(FileFacts facts, HostFile file) throws IOException {
            sink.file(facts, file);
        }

        @Override
        public void warning(String message) {
            sink.warning(message);
        }

        @Override
        public void unreadable(String directory, AccessDeniedException cause) throws IOException {
            unreadable.add(directory, cause);
            unreadable.requireNone();
        }
    }
}
