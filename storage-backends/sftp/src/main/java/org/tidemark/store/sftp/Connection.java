// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.StorageException;
import org.tidemark.store.TimeLimits;

/**
 * One connection, on which many requests may be under way at once, of several threads. A thread of its own connects and
 * writes, so that those who ask can always be interrupted, and never wait beyond their limits; a second one watches
 * that the server lives. Both end with the connection, which a store keeps for later operations. Thread-safe.
 *
 * <p>What is waiting to be written is bounded by those who ask: none has more than a few requests under way.
 */
final class Connection implements Replies.Receiver {
    private static final int HELLO = 1;
    private static final int VERSION = 2;
    private static final int SPOKEN_VERSION = 3;
    private static final int WRITE_PIECE_BYTES = 32 * 1024;
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);

    private final SshTransport transport;
    private final TimeLimits limits;
    private final BlockingQueue<Frame> outgoing = new LinkedBlockingQueue<>();
    private final Map<Integer, CompletableFuture<Reply>> waiting = new ConcurrentHashMap<>();
    private final AtomicInteger lastId = new AtomicInteger();
    private final CompletableFuture<Abilities> ready = new CompletableFuture<>();
    private final AtomicReference<@Nullable IOException> failure = new AtomicReference<>();
    private final long begun = System.nanoTime();
    private volatile long wroteNanos = begun;
    private final Thread writer = Thread.ofVirtual().name("sftp-writer").unstarted(this::connectAndWrite);
    private final Thread watch = Thread.ofVirtual().name("sftp-watch").unstarted(this::watch);

    /** What is to be sent, once it has its number. */
    interface Request {
        Frame numbered(int id);
    }

    private Connection(SshTransport transport, TimeLimits limits) {
        this.transport = transport;
        this.limits = limits;
    }

    /** Begins to connect. */
    static Connection begin(SftpConfig config, SftpErrors errors) {
        Connection connection = new Connection(new SshTransport(config, errors), config.limits());
        connection.writer.start();
        return connection;
    }

    /** Waits until the connection stands; what its server can do. */
    Abilities awaitReady() throws IOException {
        Duration left = limits.connect().minusNanos(System.nanoTime() - begun);
        return await(ready, left, "the connection did not stand within " + limits.connect());
    }

    boolean isBroken() {
        return failure.get() != null;
    }

    /** Sends a request, which is given its number; the answer is {@link #await}ed by who wants it, or by nobody. */
    CompletableFuture<Reply> send(Request request) {
        int id = lastId.incrementAndGet();
        CompletableFuture<Reply> reply = new CompletableFuture<>();
        waiting.put(id, reply);
        outgoing.add(request.numbered(id));
        IOException broken = failure.get();
        if (broken != null) {
            // After it was put there, so that it is found either here or by what ends the connection.
            reply.completeExceptionally(broken);
        }
        return reply;
    }

    /** Waits for an answer. */
    Reply await(CompletableFuture<Reply> reply) throws IOException {
        return await(reply, limits.request(), "no answer came within " + limits.request());
    }

    private <T> T await(CompletableFuture<T> answer, Duration limit, String whenOver) throws IOException {
        try {
            return answer.get(Math.max(limit.toNanos(), 0), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            IOException late = new IOException(whenOver, e);
            // The server answers one after the other, so whoever waits behind this one would wait as long.
            end(late);
            throw late;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted = new InterruptedIOException("interrupted while waiting for the server");
            interrupted.initCause(e);
            throw interrupted;
        } catch (ExecutionException e) {
            Throwable why = Objects.requireNonNull(e.getCause(), "an execution fails by something");
            throw why instanceof StorageException classified
                    ? classified
                    : new IOException(String.valueOf(why.getMessage()), why);
        }
    }

    private void connectAndWrite() {
        try {
            transport.connect(new Replies(this));
            watch.start();
            write(Frame.hello(HELLO, SPOKEN_VERSION));
            while (true) {
                if (outgoing.isEmpty()) {
                    transport.flush();
                }
                write(outgoing.take());
            }
        } catch (IOException e) {
            end(e);
        } catch (InterruptedException e) {
            end(new IOException("the connection was closed", e));
        } catch (RuntimeException | LinkageError e) {
            end(new IOException("the connection failed: " + e, e));
        }
    }

    private void write(Frame frame) throws IOException {
        transport.write(frame.head(), 0, frame.head().length);
        for (int at = 0; at < frame.dataBytes(); at += WRITE_PIECE_BYTES) {
            transport.write(frame.data(), at, Math.min(WRITE_PIECE_BYTES, frame.dataBytes() - at));
            wroteNanos = System.nanoTime();
        }
    }

    /** Ends the connection when nothing came, and nothing could be written, for too long. */
    private void watch() {
        Duration pause = limits.read().dividedBy(4);
        Thread asking = Thread.ofVirtual().start(() -> {});
        try {
            while (!isBroken()) {
                Thread.sleep(pause);
                long now = System.nanoTime();
                long silent = now - Math.max(transport.heardNanos(), wroteNanos);
                if (silent > limits.read().toNanos()) {
                    end(new IOException("nothing was heard of the server for " + limits.read()));
                } else if (now - transport.heardNanos() >= pause.toNanos() && !asking.isAlive()) {
                    // In its own thread: it waits where nothing can be written.
                    asking = Thread.ofVirtual().start(transport::askForLife);
                }
            }
        } catch (InterruptedException e) {
            // The connection ended.
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void message(ByteBuffer message) {
        int type = message.get() & 0xFF;
        if (type == VERSION) {
            askForLimits(Abilities.read(message));
            return;
        }
        if (message.remaining() >= 4) {
            CompletableFuture<Reply> reply = waiting.remove(message.getInt());
            if (reply != null) {
                reply.complete(new Reply(type, message));
                return;
            }
        }
        end(new IOException("the server answered what nobody asked"));
    }

    private void askForLimits(Abilities abilities) {
        if (!abilities.limits()) {
            ready.complete(abilities);
            return;
        }
        var _ = send(id -> Frame.request(Sftp.EXTENDED, id).text(Sftp.LIMITS).build())
                .thenAccept(reply -> {
                    try {
                        ready.complete(reply.limits(abilities));
                    } catch (IOException e) {
                        // It offers to tell, and does not: what every server takes will do.
                        ready.complete(abilities);
                    }
                });
    }

    @Override
    public void ended(IOException why) {
        end(why);
    }

    /** Gives what was sent without waiting a moment to be done, and ends the connection. */
    void close() {
        try {
            var _ = lastWords().join();
        } catch (CompletionException e) {
            // Nobody waits for these answers.
        }
    }

    /** The same, without waiting for it. */
    void endWithoutWaiting() {
        var _ = lastWords();
    }

    private CompletableFuture<Void> lastWords() {
        CompletableFuture<?>[] last = waiting.values().toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(last)
                .orTimeout(LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((done, late) -> end(new IOException("the connection was closed")));
    }

    /** Ends it now; every answer that is awaited is this error. */
    private void end(IOException why) {
        if (!failure.compareAndSet(null, why)) {
            return;
        }
        transport.abort();
        ready.completeExceptionally(why);
        waiting.values().forEach(reply -> reply.completeExceptionally(why));
        waiting.clear();
        writer.interrupt();
        watch.interrupt();
    }
}
