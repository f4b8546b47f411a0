// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.tidemark.ssh.sftp.Connections;
import org.tidemark.ssh.sftp.Sftp.Answer;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStream;

/** A range of a file, read ahead of its reader: the more, the longer it goes on. Not thread-safe. */
final class FileStream extends ObjectStream {
    private static final int PIECE_BYTES = 128 * 1024;

    /** The memory of one stream; OpenSSH's channel takes twice as much. */
    private static final int MOST_UNDER_WAY_BYTES = 1024 * 1024;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Connections.Lease lease;
    private final byte[] handle;
    private final int pieceBytes;
    private final long end;
    private final Deque<Piece> underWay = new ArrayDeque<>();
    private ByteBuffer at = NOTHING;

    /** The position after the last byte that was asked for. */
    private long requested;

    private int most = 1;

    /** @param lease given back, and {@code handle} closed, with the stream */
    FileStream(
            ObjectKey key, Connections.Lease lease, byte[] handle, long sizeBytes, ByteRange range, SftpErrors errors) {
        super(errors, key, range.sizeIn(sizeBytes), Optional.empty(), NO_LIMIT);
        this.lease = lease;
        this.handle = handle;
        this.pieceBytes = Math.min(PIECE_BYTES, lease.sftp().abilities().pieceBytes());
        this.requested = range.offset();
        this.end = range.offset() + range.sizeIn(sizeBytes);
    }

    private record Piece(long offset, int length, Answer answer) {}

    @Override
    protected int next(byte[] into, int offset, int length) throws IOException {
        if (!at.hasRemaining()) {
            at = piece();
        }
        int count = Math.min(length, at.remaining());
        at.get(into, offset, count);
        return count;
    }

    /** The next bytes; none if the file ends here. */
    private ByteBuffer piece() throws IOException {
        askAhead();
        Piece piece = underWay.removeFirst();
        ByteBuffer bytes = piece.answer().await().data().orElse(NOTHING);
        int missing = piece.length() - bytes.remaining();
        if (missing < 0) {
            throw new IOException("the server sent more bytes than requested");
        }
        if (missing > 0 && bytes.hasRemaining()) {
            underWay.addFirst(ask(piece.offset() + bytes.remaining(), missing));
        }
        most = Math.min(most * 2, MOST_UNDER_WAY_BYTES / pieceBytes);
        askAhead();
        return bytes;
    }

    private void askAhead() {
        while (requested < end && underWay.size() < most) {
            int length = (int) Math.min(pieceBytes, end - requested);
            underWay.add(ask(requested, length));
            requested += length;
        }
    }

    private Piece ask(long offset, int length) {
        return new Piece(offset, length, lease.sftp().read(handle, offset, length));
    }

    /** Does not wait: what is still under way comes, and is dropped. */
    @Override
    protected void release(boolean complete) {
        lease.sftp().close(handle);
        lease.close();
    }
}
