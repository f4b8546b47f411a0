// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.tidemark.store.sftp.Sftp.Answer;

/**
 * An object on its way: a file beside its final name, which listings do not show. Closing removes it, so that it is
 * left behind only by a process that died, or a connection that broke. Not thread-safe.
 */
final class TemporaryFile implements AutoCloseable {
    private static final String PREFIX = ".tmp-";
    private static final Pattern NAME = Pattern.compile("\\.tmp-[0-9a-f]{1,16}");

    /** So much is on its way at once: OpenSSH takes 2 MiB before it has to have written some. */
    private static final int UNDER_WAY_BYTES = 2 * 1024 * 1024;

    private final Sftp sftp;
    private final String path;
    private final byte[] handle;
    private boolean removed;

    private TemporaryFile(Sftp sftp, String path, byte[] handle) {
        this.sftp = sftp;
        this.path = path;
        this.handle = handle;
    }

    /** Whether a file has the name of one. */
    static boolean isOne(String path) {
        return NAME.matcher(path.substring(path.lastIndexOf('/') + 1)).matches();
    }

    static TemporaryFile create(Sftp sftp, String directory, Access access) throws IOException {
        String path = directory + "/" + PREFIX
                + Long.toHexString(ThreadLocalRandom.current().nextLong());
        byte[] handle = sftp.openNew(path, access.file()).await().handle();
        return new TemporaryFile(sftp, path, handle);
    }

    String path() {
        return path;
    }

    byte[] handle() {
        return handle;
    }

    /** Writes the stream to its end. */
    void fill(InputStream bytes, long sizeBytes, Access access) throws IOException {
        // The umask may have taken away what the option asks for.
        Answer mode = sftp.setMode(handle, access.file());
        int pieceBytes = (int) Math.max(1, Math.min(sftp.abilities().pieceBytes(), sizeBytes));
        int most = UNDER_WAY_BYTES / sftp.abilities().pieceBytes();
        Deque<Piece> underWay = new ArrayDeque<>();
        Deque<byte[]> free = new ArrayDeque<>();
        long written = 0;
        while (true) {
            byte[] buffer = free.isEmpty() ? new byte[pieceBytes] : free.pop();
            int count = bytes.readNBytes(buffer, 0, buffer.length);
            if (count == 0) {
                break;
            }
            underWay.add(new Piece(buffer, sftp.write(handle, written, buffer, count)));
            written += count;
            if (underWay.size() == most) {
                free.push(underWay.remove().done());
            }
        }
        while (!underWay.isEmpty()) {
            underWay.remove().done();
        }
        mode.await().done();
        long stored = sftp.stat(handle).await().attributes().sizeBytes();
        if (stored != sizeBytes) {
            throw new IOException("the file has " + stored + " bytes instead of " + sizeBytes);
        }
    }

    /** Not thread-safe. */
    private static final class Piece {
        private final byte[] buffer;
        private final Answer answer;

        Piece(byte[] buffer, Answer answer) {
            this.buffer = buffer;
            this.answer = answer;
        }

        /** Waits until it is written; its buffer can be used again. */
        byte[] done() throws IOException {
            answer.await().done();
            return buffer;
        }
    }

    /** Asks for its removal, once; whoever waits for a later answer waits for this as well. */
    void remove() {
        if (!removed) {
            removed = true;
            sftp.remove(path);
        }
    }

    @Override
    public void close() {
        remove();
        Answer closed = sftp.close(handle);
        if (Thread.currentThread().isInterrupted()) {
            // It is sent, and nobody waits for the answer.
            return;
        }
        try {
            closed.await();
        } catch (IOException e) {
            // What is left is invisible, and its name says what it is; the object's own fate is told by others.
        }
    }
}
