// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.util.List;
import org.tidemark.catalog.backup.FileTable;
import org.tidemark.catalog.backup.Placement.Stretch;

/** A file that is kept in memory until everything else is durable: pg_control. Thread-safe. */
final class DeferredFile {
    /** PostgreSQL's has 8 KiB. */
    private static final int MOST_BYTES = 1 << 20;

    private final FileTable files;
    private final int file;
    private final byte[] content;

    /** @param file its number */
    DeferredFile(FileTable files, int file) throws IOException {
        if (files.size(file) > MOST_BYTES) {
            throw new IOException("'" + files.path(file) + "' has " + files.size(file) + " bytes in the backup");
        }
        this.files = files;
        this.file = file;
        this.content = new byte[(int) files.size(file)];
    }

    boolean is(int other) {
        return other == file;
    }

    int mode() {
        return files.mode(file);
    }

    /** @param offset of a piece in {@code data} */
    synchronized void put(List<Stretch> written, byte[] data, int offset) {
        for (Stretch each : written) {
            System.arraycopy(data, offset + each.offset(), content, (int) each.at(), each.sizeBytes());
        }
    }

    /** All of it, once every piece is in place. */
    synchronized byte[] content() {
        if (files.missing(file) > 0) {
            throw new IllegalStateException("'" + files.path(file) + "' is not complete");
        }
        return content.clone();
    }
}
