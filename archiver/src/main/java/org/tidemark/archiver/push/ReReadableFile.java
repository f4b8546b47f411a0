// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.push;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectSource;

/**
 * A local file that is read several times, and must have the same bytes each time: what the first whole reading found
 * decides. So what was checked is what is archived, without all of it in memory. Thread-safe.
 */
final class ReReadableFile implements ObjectSource {
    private final Path file;
    private final long sizeBytes;
    private @Nullable Long checksum;

    ReReadableFile(Path file, long sizeBytes) {
        this.file = file;
        this.sizeBytes = sizeBytes;
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    /** Its end is reached only if the bytes are those of the first whole reading; otherwise LOCAL_FILES is thrown. */
    @Override
    public InputStream open() throws IOException {
        return new Comparing(Files.newInputStream(file));
    }

    private synchronized void compare(long found) {
        if (checksum == null) {
            checksum = found;
        } else if (checksum != found) {
            throw new UserFacingException(
                    ExitCode.LOCAL_FILES,
                    "'" + file + "' changed while it was archived",
                    "Nothing but PostgreSQL may write there. It hands the file over again.");
        }
    }

    private final class Comparing extends FilterInputStream {
        private final CRC32C crc = new CRC32C();
        private boolean skipped;

        Comparing(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int count = in.read(bytes, offset, length);
            if (count > 0) {
                crc.update(bytes, offset, count);
            } else if (count < 0 && !skipped) {
                compare(crc.getValue());
            }
            return count;
        }

        @Override
        public long skip(long count) throws IOException {
            skipped = true;
            return in.skip(count);
        }

        @Override
        public boolean markSupported() {
            return false;
        }
    }
}
