// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.nio.file.Path;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;

/** A file that is being put together from its pieces, which come in any order. Thread-safe. */
final class FileAssembly {
    private final String path;
    private final Path file;
    private final int mode;
    private final long size;
    private int missing;

    FileAssembly(FileEntry entry, Path file) {
        this.path = entry.path();
        this.file = file;
        this.mode = entry.mode();
        this.size = entry.size();
        this.missing = entry.pieces().size();
    }

    /** As in the manifest. */
    String path() {
        return path;
    }

    /** Where it is written. */
    Path file() {
        return file;
    }

    int mode() {
        return mode;
    }

    long size() {
        return size;
    }

    /** Takes note that a piece is in place. */
    synchronized void placed() {
        missing--;
    }

    synchronized boolean isComplete() {
        return missing == 0;
    }

    /** A file that is kept in memory until everything else is durable: pg_control. Thread-safe. */
    static final class DeferredFile {
        /** PostgreSQL's has 8 KiB. */
        private static final int MOST_BYTES = 1 << 20;

        private final FileAssembly file;
        private final byte[] content;

        DeferredFile(FileAssembly file) throws IOException {
            if (file.size() > MOST_BYTES) {
                throw new IOException("'" + file.path() + "' has " + file.size() + " bytes in the backup");
            }
            this.file = file;
            this.content = new byte[(int) file.size()];
        }

        boolean is(FileAssembly other) {
            return other == file;
        }

        FileAssembly file() {
            return file;
        }

        synchronized void put(long at, byte[] data, int offset, int length) {
            System.arraycopy(data, offset, content, (int) at, length);
        }

        /** All of it, once every piece is in place. */
        synchronized byte[] content() {
            if (!file.isComplete()) {
                throw new IllegalStateException("'" + file.path() + "' is not complete");
            }
            return content.clone();
        }
    }
}
