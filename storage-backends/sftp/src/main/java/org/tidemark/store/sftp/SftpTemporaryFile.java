// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.tidemark.ssh.sftp.Sftp;
import org.tidemark.ssh.sftp.Sftp.Answer;
import org.tidemark.store.sftp.SftpConfig.Access;

/**
 * The file of an object that is being written, in the directory of its final name. Listings do not show it. Closing
 * removes the file, so only a process that died or a connection that broke leaves one. Not thread-safe.
 */
final class SftpTemporaryFile implements AutoCloseable {
    private static final String PREFIX = ".tmp-";
    private static final Pattern NAME = Pattern.compile("\\.tmp-[0-9a-f]{1,16}");

    /** The number of bytes under way: OpenSSH accepts 2 MiB before it waits for the disk. */
    private static final int UNDER_WAY_BYTES = 2 * 1024 * 1024;

    private final Sftp sftp;
    private final String path;
    private final byte[] handle;
    private boolean removed;

    private SftpTemporaryFile(Sftp sftp, String path, byte[] handle) {
        this.sftp = sftp;
        this.path = path;
        this.handle = handle;
    }

    /** Whether a file has the name of a temporary file. */
    static boolean isOne(String path) {
        return NAME.matcher(path.substring(path.lastIndexOf('/') + 1)).matches();
    }

    static SftpTemporaryFile create(Sftp sftp, String directory, Access access) throws IOException {
        String path = directory + "/" + PREFIX
                + Long.toHexString(ThreadLocalRandom.current().nextLong());
        byte[] handle = sftp.openNew(path, access.file()).await().handle();
        return new SftpTemporaryFile(sftp, path, handle);
    }

    String path() {
        return path;
    }

    byte[] handle() {
        return handle;
    }

    /** Writes the stream to its end, and compares the size of the file. */
    void fill(InputStream bytes, long sizeBytes, Access access) throws IOException {
        // Sets the mode again, because the umask may have removed bits.
        Answer mode = sftp.setMode(handle, access.file());
        int pieceBytes = (int) Math.max(1, Math.min(sftp.abilities().pieceBytes(), sizeBytes));
        int maxPieces = UNDER_WAY_BYTES / sftp.abilities().pieceBytes();
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
            if (underWay.size() == maxPieces) {
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

        /** Waits until the server has written the piece. @return the buffer, which can be reused */
        byte[] done() throws IOException {
            answer.await().done();
            return buffer;
        }
    }

    /** Requests the removal of the file, once. The server answers in order, so a later answer implies this one. */
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
            // The request is sent; an interrupted caller does not wait for the answer.
            return;
        }
        try {
            closed.await();
        } catch (IOException e) {
            // Listings do not show the remaining file, and the caller knows whether the object was stored.
        }
    }
}
