// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.io.IOException;
import java.io.InputStream;
import org.tidemark.core.BlockInputStream;
import org.tidemark.core.LongWaits.Wait;
import org.tidemark.store.ObjectStream.Pace;

/**
 * A source whose bytes show that its store takes them: a store that took none for long is waited for. Each read of
 * {@link Pace#LOWEST} bytes begins another wait.
 */
record WatchedSource(ObjectSource source, Wait answer) implements ObjectSource {
    @Override
    public long sizeBytes() {
        return source.sizeBytes();
    }

    @Override
    public InputStream open() throws IOException {
        return new Watched(source.open());
    }

    @Override
    public InputStream inspect() throws IOException {
        return new Watched(source.inspect());
    }

    @Override
    public boolean isShortLived() {
        return source.isShortLived();
    }

    /** Not thread-safe. */
    private final class Watched extends BlockInputStream {
        private final InputStream bytes;
        private long taken;

        Watched(InputStream bytes) {
            this.bytes = bytes;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int count = bytes.read(into, offset, length);
            taken += Math.max(count, 0);
            if (taken >= Pace.LOWEST.bytes()) {
                taken = 0;
                answer.forget();
            }
            return count;
        }

        @Override
        public long skip(long count) throws IOException {
            return bytes.skip(count);
        }

        @Override
        public void close() throws IOException {
            bytes.close();
        }
    }
}
