// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import org.tidemark.core.BlockInputStream;
import org.tidemark.core.LongWaits;
import org.tidemark.core.LongWaits.Wait;
import org.tidemark.store.ObjectStream.Pace;
import org.tidemark.store.StorageException.StorageUnavailable;

/** A stream of an object that resumes with a range read after a break. Not thread-safe. */
final class ResumingStream extends BlockInputStream {
    /** After this many more bytes the attempts are counted from 0: a long stream may break off often. */
    private static final long PROGRESS_BYTES = 1024 * 1024;

    private final ObjectStore store;
    private final ObjectKey key;
    private final ByteRange range;
    private final Attempts attempts;
    private final Optional<String> content;
    private InputStream part;
    private Optional<StorageException> givenUp = Optional.empty();
    private final Wait wait;
    private long delivered;
    /** How much had come when the wait began. */
    private long waitedFrom;

    private long deliveredAtBreak;

    ResumingStream(ObjectStore store, ObjectKey key, ByteRange range, InputStream first, Attempts attempts) {
        this.store = store;
        this.key = key;
        this.range = range;
        this.part = first;
        this.content = ContentTagged.of(first);
        this.attempts = attempts;
        this.wait = LongWaits.of(store.description());
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (givenUp.isPresent()) {
            throw givenUp.get();
        }
        try (Wait _ = wait.begin()) {
            while (true) {
                try {
                    int count = part.read(into, offset, length);
                    delivered += Math.max(count, 0);
                    if (delivered - waitedFrom >= Pace.LOWEST.bytes()) {
                        wait.forget();
                        waitedFrom = delivered;
                    }
                    return count;
                } catch (StorageUnavailable e) {
                    resumeAfter(e);
                }
            }
        }
    }

    private void resumeAfter(StorageUnavailable broken) throws StorageException {
        if (delivered - deliveredAtBreak >= PROGRESS_BYTES) {
            attempts.restart();
        }
        deliveredAtBreak = delivered;
        close(part);
        part = InputStream.nullInputStream();
        try {
            part = reopened(broken);
        } catch (StorageException e) {
            // A caller that ignores the error and reads on must get the error again, and not the end of the stream.
            givenUp = Optional.of(e);
            throw e;
        }
    }

    private InputStream reopened(StorageUnavailable broken) throws StorageException {
        StorageUnavailable failure = broken;
        while (true) {
            attempts.pauseAfter(failure);
            if (range.length() == delivered) {
                return InputStream.nullInputStream();
            }
            InputStream next;
            try {
                long rest = range.length() == ByteRange.TO_END ? ByteRange.TO_END : range.length() - delivered;
                next = store.open(key, new ByteRange(range.offset() + delivered, rest));
            } catch (StorageUnavailable e) {
                failure = e;
                continue;
            }
            if (content.isEmpty() || ContentTagged.of(next).equals(content)) {
                return next;
            }
            close(next);
            throw new StorageUnavailable(
                    "'" + key + "' in " + store.description() + " broke off after " + delivered
                            + " bytes, and has been replaced by another object since",
                    broken);
        }
    }

    private static void close(InputStream unwanted) {
        try {
            unwanted.close();
        } catch (IOException e) {
            // The stream is broken or not needed. Only the next one matters.
        }
    }

    @Override
    public void close() throws IOException {
        part.close();
    }
}
