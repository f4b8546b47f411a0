// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.SourceStream;
import org.tidemark.store.swift.BoundedHttp.Deadline;

/**
 * Passes a source to the JDK's client. The calling thread reads the source, so its interrupts and its bandwidth limit
 * apply. At most one chunk waits. An instance is used once.
 */
final class SwiftUpload implements BodyPublisher {
    private final SourceBody body;
    private final Semaphore demand = new Semaphore(0);
    private final AtomicReference<Flow.@Nullable Subscriber<? super ByteBuffer>> client = new AtomicReference<>();

    /** @param body of 1 byte or more */
    SwiftUpload(SourceBody body) {
        this.body = body;
    }

    @Override
    public long contentLength() {
        return body.length();
    }

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
        boolean first = client.compareAndSet(null, subscriber);
        subscriber.onSubscribe(new Flow.Subscription() {
            @Override
            public void request(long count) {
                demand.release((int) Math.min(count, 1000));
            }

            @Override
            public void cancel() {
                // The answer fails as well, and the caller sees that.
            }
        });
        if (!first) {
            subscriber.onError(new IOException("the bytes were sent before, on a connection that broke"));
        }
    }

    /** Sends the whole source, or the bytes until an answer arrives, which is then an error. */
    void send(CompletableFuture<?> answer, Deadline deadline) throws IOException {
        var _ = answer.whenComplete((ok, error) -> demand.release());
        try (SourceStream bytes = body.open()) {
            for (long left = body.length(); left > 0; ) {
                byte[] chunk = bytes.readNBytes((int) Math.min(left, SourceBody.CHUNK_BYTES));
                left -= chunk.length;
                if (left == 0) {
                    // A source that is longer than announced throws here, before its last byte is sent.
                    bytes.read();
                }
                awaitDemand(deadline);
                if (answer.isDone()) {
                    return;
                }
                subscriber().onNext(ByteBuffer.wrap(chunk));
            }
            subscriber().onComplete();
        } catch (IOException | RuntimeException e) {
            Flow.Subscriber<? super ByteBuffer> subscriber = client.get();
            if (subscriber != null) {
                subscriber.onError(e);
            }
            answer.cancel(true);
            throw e;
        }
    }

    private void awaitDemand(Deadline deadline) throws IOException {
        try {
            if (!demand.tryAcquire(deadline.nextMillis(), TimeUnit.MILLISECONDS)) {
                throw new HttpTimeoutException("no byte could be sent for " + deadline.describe());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while bytes were sent");
        }
    }

    private Flow.Subscriber<? super ByteBuffer> subscriber() {
        Flow.Subscriber<? super ByteBuffer> subscriber = client.get();
        if (subscriber == null) {
            throw new IllegalStateException("there is demand without a subscriber");
        }
        return subscriber;
    }
}
