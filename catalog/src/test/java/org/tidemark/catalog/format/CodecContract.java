// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.catalog.Samples;
import org.tidemark.testkit.Rounds;

/** What every codec that frames its data must do. */
abstract class CodecContract {
    private static final int PAGE = 8192;

    abstract Codec codec();

    @Test
    void whatWasCompressedComesBack() throws IOException {
        Random random = Rounds.random();
        for (int size : new int[] {0, 1, PAGE - 1, PAGE, PAGE + 1, 1 << 20, (1 << 20) + 1, random.nextInt(3 << 20)}) {
            byte[] data = Samples.compressible(random, size);

            assertThat(decompress(compress(data))).as("%d bytes", size).isEqualTo(data);
        }
    }

    @Test
    void whatCannotBeCompressedComesBack() throws IOException {
        byte[] data = new byte[300_000];
        Rounds.random().nextBytes(data);

        assertThat(decompress(compress(data))).isEqualTo(data);
    }

    private byte[] frame(byte[] data, int offset, int length) throws IOException {
        byte[] to = new byte[Codec.maxFrameBytes(length)];
        return Arrays.copyOf(to, codec().compressFrame(data, offset, length, to));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100, 70_000, 1 << 20})
    void everyFrameHasRoom(int size) throws IOException {
        byte[] data = new byte[size];
        Rounds.random().nextBytes(data);

        byte[] frame = frame(data, 0, size);

        byte[] back = new byte[size];
        assertThat(size == 0 ? 0 : codec().decompressFrame(frame, 0, frame.length, back))
                .isEqualTo(size);
        assertThat(back).isEqualTo(data);
    }

    @Test
    void aFrameOfAnArrayIsReadAsAStreamAndTheOtherWayRound() throws IOException {
        byte[] data = Samples.compressible(Rounds.random(), 100_000);
        byte[] frame = frame(data, 10, 80_000);
        byte[] expected = Arrays.copyOfRange(data, 10, 80_010);

        assertThat(decompress(frame)).isEqualTo(expected);
        assertThat(codec().decompressFrame(frame, 0, frame.length, 80_000)).isEqualTo(expected);
    }

    @Test
    void aFrameOfAnArrayIsReadIntoAnArray() throws IOException {
        byte[] data = Samples.compressible(Rounds.random(), 100_000);
        byte[] frame = frame(data, 0, data.length);
        byte[] framed = new byte[frame.length + 20];
        System.arraycopy(frame, 0, framed, 7, frame.length);

        for (int room : new int[] {100_000, 100_001, 150_000}) {
            byte[] to = new byte[room];
            assertThat(codec().decompressFrame(framed, 7, frame.length, to)).isEqualTo(100_000);
            assertThat(to).startsWith(data);
        }
    }

    @Test
    void aFrameIsNotReadIntoAnArrayThatIsTooShort() throws IOException {
        byte[] frame = frame(new byte[100_000], 0, 100_000);

        for (int room : new int[] {0, 1, 99_999}) {
            assertThatThrownBy(() -> codec().decompressFrame(frame, 0, frame.length, new byte[room]))
                    .as("%d bytes", room)
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void everyCutOffFrameOfAnArrayIsDetected() throws IOException {
        byte[] data = Samples.compressible(Rounds.random(), 2_000);
        byte[] frame = frame(data, 0, data.length);

        for (int length = 0; length < frame.length; length++) {
            int cut = length;
            assertThatThrownBy(() -> requireWhole(codec().decompressFrame(frame, 0, cut, new byte[2_000])))
                    .as("%d bytes of %d", length, frame.length)
                    .isInstanceOf(IOException.class);
        }
    }

    /** Without compression only the length tells. */
    private static void requireWhole(int size) throws IOException {
        if (size < 2_000) {
            throw new IOException("only " + size + " bytes");
        }
    }

    @Test
    void framesAreMadeAndReadByManyThreads() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<?>> all = new ArrayList<>();
            for (int thread = 0; thread < 4; thread++) {
                Random random = new Random(Rounds.random().nextLong());
                all.add(threads.submit(() -> {
                    for (int round = 0; round < 50; round++) {
                        byte[] data = Samples.compressible(random, 1 + random.nextInt(50_000));
                        byte[] frame = frame(data, 0, data.length);
                        byte[] to = new byte[data.length];
                        assertThat(codec().decompressFrame(frame, 0, frame.length, to))
                                .isEqualTo(data.length);
                        assertThat(to).isEqualTo(data);
                    }
                    return null;
                }));
            }
            for (Future<?> each : all) {
                each.get();
            }
        }
    }

    @Test
    void aFrameThatHoldsMoreThanAllowedIsRefused() throws IOException {
        byte[] frame = frame(new byte[100_000], 0, 100_000);

        assertThatThrownBy(() -> codec().decompressFrame(frame, 0, frame.length, 99_999))
                .isInstanceOf(IOException.class);
    }

    @Test
    void everyTruncationIsDetected() throws IOException {
        byte[] frame = compress(Samples.compressible(Rounds.random(), 2_000));

        for (int length = 0; length < frame.length; length++) {
            byte[] cut = Arrays.copyOf(frame, length);
            assertThatThrownBy(() -> decompress(cut))
                    .as("%d bytes of %d", length, frame.length)
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void trailingBytesAreDetected() throws IOException {
        byte[] frame = compress(Samples.compressible(Rounds.random(), 2_000));

        for (int extra = 1; extra < 20; extra++) {
            byte[] longer = Arrays.copyOf(frame, frame.length + extra);
            assertThatThrownBy(() -> decompress(longer))
                    .as("%d bytes after the end", extra)
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void twoFramesAreOneContent() throws IOException {
        byte[] data = Samples.compressible(Rounds.random(), 5_000);
        byte[] frame = compress(data);
        byte[] both = Arrays.copyOf(frame, frame.length * 2);
        System.arraycopy(frame, 0, both, frame.length, frame.length);

        assertThat(decompress(both)).hasSize(2 * data.length).startsWith(data).endsWith(data);
    }

    @Test
    void aFlippedBitNeverEndsInAnythingButTheDataOrAnInputOutputException() throws IOException {
        byte[] data = Samples.compressible(Rounds.random(), 1_000);
        byte[] frame = compress(data);

        for (int bit = 0; bit < frame.length * 8; bit++) {
            byte[] flipped = frame.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            try {
                // Bits of a frame's header may not matter; the digest of the stored bytes finds them.
                assertThat(decompress(flipped)).as("bit %d", bit).isEqualTo(data);
            } catch (IOException e) {
                assertThat(e).isNotNull();
            }
        }
    }

    @Test
    void aLongContentNeedsLittleMemoryInBothDirections() throws IOException {
        int chunks = 1_024;
        byte[] chunk = Samples.compressible(Rounds.random(), 64 << 10);
        long before = allocatedBytes();
        ByteArrayOutputStream frame = new ByteArrayOutputStream(chunks * 100);
        try (OutputStream out = codec().compress(frame)) {
            for (int i = 0; i < chunks; i++) {
                Arrays.fill(chunk, (byte) i);
                out.write(chunk);
            }
        }
        long size = 0;
        try (InputStream in = codec().decompress(new ByteArrayInputStream(frame.toByteArray()))) {
            for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
                size += count;
            }
        }

        assertThat(size).isEqualTo((long) chunks * chunk.length);
        assertThat(allocatedBytes() - before).isLessThan(16 << 20);
    }

    private static long allocatedBytes() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }

    final byte[] compress(byte[] data) throws IOException {
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        try (OutputStream out = codec().compress(frame)) {
            out.write(data);
        }
        return frame.toByteArray();
    }

    final byte[] decompress(byte[] frames) throws IOException {
        try (InputStream in = codec().decompress(new ByteArrayInputStream(frames))) {
            return in.readAllBytes();
        }
    }
}
