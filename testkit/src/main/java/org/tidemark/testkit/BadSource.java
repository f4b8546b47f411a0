// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import org.tidemark.store.ObjectSource;

/** Sources that do not give what they announced. */
public final class BadSource {
    private BadSource() {}

    /** Announces one size and has the bytes of another. */
    public static ObjectSource ofWrongSize(long announcedBytes, byte[] bytes) {
        return new Source(announcedBytes, () -> new ByteArrayInputStream(bytes));
    }

    /** Breaks off after these bytes, before the announced size is reached. */
    public static ObjectSource failingAfter(byte[] bytes, long announcedBytes) {
        return new Source(
                announcedBytes,
                () -> new SequenceInputStream(new ByteArrayInputStream(bytes), new PausingStream(() -> {
                    throw new IOException("the source broke off on purpose");
                })));
    }

    /** Gives the bytes, and runs something in their middle. */
    public static ObjectSource pausingHalfWay(byte[] bytes, Pause pause) {
        int half = bytes.length / 2;
        return new Source(
                bytes.length,
                () -> new SequenceInputStream(
                        new ByteArrayInputStream(bytes, 0, half),
                        new SequenceInputStream(
                                new PausingStream(pause), new ByteArrayInputStream(bytes, half, bytes.length - half))));
    }

    /** What happens in the middle of a stream. */
    public interface Pause {
        void happen() throws IOException;
    }

    private interface Opening {
        InputStream open();
    }

    private record Source(long sizeBytes, Opening opening) implements ObjectSource {
        @Override
        public InputStream open() {
            return opening.open();
        }
    }

    private static final class PausingStream extends InputStream {
        private final Pause pause;

        PausingStream(Pause pause) {
            this.pause = pause;
        }

        @Override
        public int read() throws IOException {
            pause.happen();
            return -1;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            return length == 0 ? 0 : read();
        }
    }
}
