// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.BlockInputStream;

/**
 * The body of an answer. The JDK's own stream waits forever for the next byte; this one gives up after a limit, and at
 * an interrupt. At most two pieces of the client's buffer size are held. To be read by one thread.
 */
final class AnswerStream extends BlockInputStream implements BodySubscriber<AnswerStream> {
    private static final int DISCARDED_BYTES = 64 * 1024;

    private final Duration limit;
    private final BlockingQueue<Piece> pieces = new LinkedBlockingQueue<>();
    private final Deque<ByteBuffer> buffers = new ArrayDeque<>();
    private volatile Flow.@Nullable Subscription subscription;
    private @Nullable IOException broken;
    private boolean ended;

    /** @param limit until the next byte comes */
    AnswerStream(Duration limit) {
        this.limit = limit;
    }

    /** A piece of the answer: bytes, or the end, which may be an error. Immutable. */
    private record Piece(
            List<ByteBuffer> bytes, boolean last, @Nullable Throwable error) {}

    @Override
    public CompletionStage<AnswerStream> getBody() {
        return CompletableFuture.completedStage(this);
    }

    @Override
    public void onSubscribe(Flow.Subscription its) {
        subscription = its;
        its.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> bytes) {
        pieces.add(new Piece(bytes, false, null));
    }

    @Override
    public void onError(Throwable error) {
        pieces.add(new Piece(List.of(), true, error));
    }

    @Override
    public void onComplete() {
        pieces.add(new Piece(List.of(), true, null));
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (true) {
            ByteBuffer first = buffers.peek();
            if (first != null && first.hasRemaining()) {
                int count = Math.min(length, first.remaining());
                first.get(into, offset, count);
                return count;
            }
            if (first != null) {
                buffers.remove();
            } else if (!take()) {
                return -1;
            }
        }
    }

    /** False at the end. */
    private boolean take() throws IOException {
        if (broken != null) {
            throw broken;
        }
        if (ended) {
            return false;
        }
        Piece piece = next();
        if (piece.error() != null) {
            throw breakOff(new IOException(String.valueOf(piece.error().getMessage()), piece.error()));
        }
        ended = piece.last();
        buffers.addAll(piece.bytes());
        if (!ended && subscription != null) {
            subscription.request(1);
        }
        return !ended;
    }

    private Piece next() throws IOException {
        try {
            Piece piece = pieces.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
            if (piece == null) {
                throw breakOff(new HttpTimeoutException("nothing came for " + limit.toSeconds() + " s"));
            }
            return piece;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw breakOff(new InterruptedIOException("interrupted while an answer was read"));
        }
    }

    private IOException breakOff(IOException why) {
        broken = why;
        cancel();
        return why;
    }

    private void cancel() {
        if (subscription != null) {
            subscription.cancel();
        }
    }

    /** Reads what little may be left, so that the connection can be used again. */
    void discard() {
        if (broken == null && !ended && !Thread.currentThread().isInterrupted()) {
            try {
                skipNBytes(DISCARDED_BYTES);
            } catch (IOException e) {
                // At its end, or broken: it is not needed in either case.
            }
        }
        close();
    }

    @Override
    public void close() {
        if (!ended && broken == null) {
            breakOff(new IOException("the answer was closed"));
        }
    }
}
