// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Bytes that are written once and then read from the start as often as needed: up to a limit in memory, beyond it in a
 * temporary file that only its owner can read. All of a process together have a limit as well: many receivers archive
 * at the same time. Not thread-safe while it is written.
 */
final class PayloadBuffer extends OutputStream {
    static final int MEMORY_LIMIT_BYTES = 64 << 20;
    private static final String PREFIX = "tidemark-";
    private static final String SUFFIX = ".tmp";
    private static final int CHUNK_BYTES = 256 << 10;
    /** Of all together. A wal-push that archives three segments at once, for two encodings each, does not reach it. */
    static final long TOGETHER =
            Math.max(2L * MEMORY_LIMIT_BYTES, Runtime.getRuntime().maxMemory() / 8);

    private static final AtomicLong IN_MEMORY = new AtomicLong();

    private final Path workDirectory;
    private final int memoryLimit;
    private List<byte[]> chunks = new ArrayList<>();
    private byte[] chunk = new byte[64 << 10];
    private int used;
    private long reserved;
    private long size;
    private @Nullable Path file;
    private @Nullable OutputStream toFile;

    PayloadBuffer(Path workDirectory, int memoryLimit) {
        this.workDirectory = workDirectory;
        this.memoryLimit = memoryLimit;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        if (toFile == null && (size + length > memoryLimit || !reserve(length))) {
            moveToFile();
        }
        size += length;
        if (toFile != null) {
            toFile.write(bytes, offset, length);
            return;
        }
        int done = 0;
        while (done < length) {
            if (used == chunk.length) {
                chunks.add(chunk);
                chunk = new byte[CHUNK_BYTES];
                used = 0;
            }
            int count = Math.min(length - done, chunk.length - used);
            System.arraycopy(bytes, offset + done, chunk, used, count);
            used += count;
            done += count;
        }
    }

    /** Whether there is memory for so many bytes more. */
    private boolean reserve(int length) {
        int more = length - (chunk.length - used);
        if (more <= 0) {
            return true;
        }
        long bytes = Math.ceilDiv(more, CHUNK_BYTES) * (long) CHUNK_BYTES;
        if (IN_MEMORY.addAndGet(bytes) > TOGETHER) {
            IN_MEMORY.addAndGet(-bytes);
            return false;
        }
        reserved += bytes;
        return true;
    }

    private void release() {
        chunks = new ArrayList<>();
        chunk = new byte[0];
        IN_MEMORY.addAndGet(-reserved);
        reserved = 0;
    }

    private void moveToFile() throws IOException {
        removeLeftOvers();
        Path temporary = Files.createTempFile(
                workDirectory, PREFIX + ProcessHandle.current().pid() + "-", SUFFIX);
        file = temporary;
        OutputStream out = Files.newOutputStream(temporary);
        toFile = out;
        for (byte[] full : chunks) {
            out.write(full);
        }
        out.write(chunk, 0, used);
        release();
        used = 0;
    }

    /** What killed processes left behind: each may be as large as a segment. The directory belongs to this host. */
    private void removeLeftOvers() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(workDirectory, PREFIX + "*-*" + SUFFIX)) {
            for (Path file : files) {
                String name = String.valueOf(file.getFileName());
                String id = name.substring(PREFIX.length(), name.indexOf('-', PREFIX.length()));
                if (isNumber(id) && ProcessHandle.of(Long.parseLong(id)).isEmpty()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private static boolean isNumber(String text) {
        return !text.isEmpty() && text.length() <= 10 && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    /** Ends the writing. */
    @Override
    public void close() throws IOException {
        if (toFile != null) {
            toFile.close();
        }
    }

    long size() {
        return size;
    }

    /** {@code header}, then what was written. */
    InputStream open(byte[] header) throws IOException {
        InputStream first = new ByteArrayInputStream(header);
        if (file != null) {
            return new SequenceInputStream(first, Files.newInputStream(file));
        }
        List<InputStream> parts = new ArrayList<>(chunks.size() + 2);
        parts.add(first);
        for (byte[] full : chunks) {
            parts.add(new ByteArrayInputStream(full));
        }
        parts.add(new ByteArrayInputStream(chunk, 0, used));
        return new SequenceInputStream(Collections.enumeration(parts));
    }

    /** Gives back memory and file. */
    void discard() throws IOException {
        release();
        close();
        if (file != null) {
            Files.deleteIfExists(file);
        }
    }
}
