// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.tidemark.core.BlockInputStream;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.store.sftp.Sftp.Answer;

/**
 * A range of a file, read ahead of its reader: the more, the longer it goes on. One that ends before its length, as it
 * was when opened, is an error. Not thread-safe.
 */
final class ObjectStream extends BlockInputStream {
    private static final int PIECE_BYTES = 128 * 1024;

    /** The memory of one stream; OpenSSH's channel takes twice as much. */
    private static final int MOST_UNDER_WAY_BYTES = 1024 * 1024;

    private final ObjectKey key;
    private final Connections.Lease lease;
    private final byte[] handle;
    private final SftpErrors errors;
    private final int pieceBytes;
    private final long end;
    private final Deque<Piece> underWay = new ArrayDeque<>();
    private ByteBuffer at = ByteBuffer.allocate(0);
    private long position;
    private long asked;
    private int most = 1;
    private boolean closed;

    /** @param lease given back, and {@code handle} closed, with the stream */
    ObjectStream(
            ObjectKey key, Connections.Lease lease, byte[] handle, long sizeBytes, ByteRange range, SftpErrors errors) {
        this.key = key;
        this.lease = lease;
        this.handle = handle;
        this.errors = errors;
        this.pieceBytes = Math.min(PIECE_BYTES, lease.sftp().abilities().pieceBytes());
        this.position = Math.min(range.offset(), sizeBytes);
        this.asked = position;
        this.end = range.length() == ByteRange.TO_END
                ? sizeBytes
                : position + Math.min(range.length(), sizeBytes - position);
    }

    private record Piece(long offset, int length, Answer answer) {}

    @Override
    public int read(byte[] into, int offset, int length) throws StorageException {
        if (length == 0) {
            return 0;
        }
        if (position >= end) {
            return -1;
        }
        try {
            if (!at.hasRemaining()) {
                at = next();
            }
        } catch (IOException e) {
            throw errors.of(Operation.READ, key.value(), e);
        }
        int count = Math.min(length, at.remaining());
        at.get(into, offset, count);
        position += count;
        return count;
    }

    private ByteBuffer next() throws IOException {
        if (closed) {
            throw new IOException("the stream was closed");
        }
        askAhead();
        // It stays under way until it is there, so that an interrupted reader can read on.
        Piece piece = underWay.getFirst();
        Optional<ByteBuffer> bytes = piece.answer().await().data();
        underWay.removeFirst();
        if (bytes.isEmpty() || !bytes.get().hasRemaining()) {
            throw new StorageUnavailable(
                    "'" + key + "' in " + errors.description() + " ended at byte " + position + " instead of " + end,
                    null);
        }
        int missing = piece.length() - bytes.get().remaining();
        if (missing < 0) {
            throw new IOException("the server sent more bytes than requested");
        }
        if (missing > 0) {
            underWay.addFirst(ask(piece.offset() + bytes.get().remaining(), missing));
        }
        most = Math.min(most * 2, MOST_UNDER_WAY_BYTES / pieceBytes);
        askAhead();
        return bytes.get();
    }

    private void askAhead() {
        while (asked < end && underWay.size() < most) {
            int length = (int) Math.min(pieceBytes, end - asked);
            underWay.add(ask(asked, length));
            asked += length;
        }
    }

    private Piece ask(long offset, int length) {
        return new Piece(offset, length, lease.sftp().read(handle, offset, length));
    }

    /** Does not wait: what is still under way comes, and is dropped. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            lease.sftp().close(handle);
            lease.close();
        }
    }
}
