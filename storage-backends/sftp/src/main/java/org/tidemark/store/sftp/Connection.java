// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
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
import org.tidemark.ssh.RemoteCommand.Subsystem;
import org.tidemark.ssh.Ssh;
import org.tidemark.ssh.SshException;
import org.tidemark.ssh.SshSession;
import org.tidemark.store.StorageException;
import org.tidemark.store.TimeLimits;

/**
 * One connection, on which many requests may be under way at once, of several threads. A thread of its own connects and
 * writes, so that those who ask can always be interrupted, and never wait beyond their limits; a second one reads. Both
 * end with the connection, which a store keeps for later operations. That the server lives, ssh watches. Thread-safe.
 *
 * <p>What is waiting to be written is bounded by those who ask: none has more than a few requests under way.
 */
final class Connection implements Replies.Receiver {
    private static final int HELLO = 1;
    private static final int VERSION = 2;
    private static final int SPOKEN_VERSION = 3;
    private static final int BUFFER_BYTES = 64 * 1024;
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);

    private final Ssh ssh;
    private final Ssh.Connection kind;
    private final TimeLimits limits;
    private final SftpErrors errors;
    private final BlockingQueue<Frame> outgoing = new LinkedBlockingQueue<>();
    private final Map<Integer, CompletableFuture<Reply>> waiting = new ConcurrentHashMap<>();
    private final AtomicInteger lastId = new AtomicInteger();
    private final CompletableFuture<Abilities> ready = new CompletableFuture<>();
    private final AtomicReference<@Nullable IOException> failure = new AtomicReference<>();
    private final long begun = System.nanoTime();
    /** When the last byte came, or, where nothing was awaited then, the last request was sent. */
    private volatile long heardNanos = begun;

    private volatile @Nullable SshSession session;
    // Both wait for a process in a way that a virtual thread cannot.
    private final Thread writer =
            Thread.ofPlatform().daemon().name("sftp-writer").unstarted(this::connectAndWrite);

    /** What is to be sent, once it has its number. */
    interface Request {
        Frame numbered(int id);
    }

    private Connection(SftpConfig config, SftpErrors errors, Ssh.Connection kind) {
        this.ssh = new Ssh(config.server(), config.login(), config.limits());
        this.kind = kind;
        this.limits = config.limits();
        this.errors = errors;
    }

    /** Begins to connect. */
    static Connection begin(SftpConfig config, SftpErrors errors, Ssh.Connection kind) {
        Connection connection = new Connection(config, errors, kind);
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
        if (waiting.isEmpty()) {
            heardNanos = System.nanoTime();
        }
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
            SshSession opened = ssh.open(new Subsystem("sftp"), kind);
            session = opened;
            if (isBroken()) {
                opened.close();
                return;
            }
            Thread.ofPlatform().daemon().name("sftp-reader").start(() -> read(opened));
            OutputStream out = new BufferedOutputStream(opened.toOther(), BUFFER_BYTES);
            write(out, Frame.hello(HELLO, SPOKEN_VERSION));
            while (true) {
                if (outgoing.isEmpty()) {
                    out.flush();
                }
                write(out, outgoing.take());
            }
        } catch (SshException e) {
            end(errors.unreached(e));
        } catch (IOException e) {
            // The other side takes nothing more: why it ended, the reader finds out.
            outgoing.clear();
        } catch (InterruptedException e) {
            end(new IOException("the connection was closed", e));
        } catch (RuntimeException | LinkageError e) {
            end(new IOException("the connection failed: " + e, e));
        }
    }

    private static void write(OutputStream out, Frame frame) throws IOException {
        out.write(frame.head());
        out.write(frame.data(), 0, frame.dataBytes());
    }

    private void read(SshSession opened) {
        Replies replies = new Replies(this);
        byte[] buffer = new byte[BUFFER_BYTES];
        InputStream in = opened.fromOther();
        try {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                heardNanos = System.nanoTime();
                replies.take(buffer, count);
            }
        } catch (IOException e) {
            // It was closed by us, or ended.
        } catch (RuntimeException e) {
            end(new IOException("the connection failed: " + e, e));
        }
        if (!isBroken()) {
            end(whyEnded(opened));
        }
    }

    private IOException whyEnded(SshSession opened) {
        if (!ready.isDone()) {
            return errors.unreached(opened.ended());
        }
        long silent = System.nanoTime() - heardNanos;
        String said = opened.lastMessages();
        // ssh measures it in seconds, and may have heard the last byte a moment before us.
        if (!waiting.isEmpty() && silent > limits.read().toNanos() / 10 * 9) {
            return new IOException("nothing was heard of the server for " + limits.read());
        }
        return new IOException("the server ended the connection" + (said.isEmpty() ? "" : ": " + said));
    }

    @Override
    public void message(ByteBuffer message) {
        int type = message.get() & 0xFF;
        if (type == VERSION) {
            SshSession opened = session;
            if (opened != null) {
                opened.established();
            }
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
    public void garbled(IOException why) {
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
                .whenComplete((done, late) -> end(new IOException("the connection was closed"), false));
    }

    /** Ends it now; every answer that is awaited is this error. */
    private void end(IOException why) {
        end(why, true);
    }

    /** @param failed whether the way itself may be to blame */
    private void end(IOException why, boolean failed) {
        if (!failure.compareAndSet(null, why)) {
            return;
        }
        SshSession opened = session;
        if (opened != null) {
            opened.close();
        }
        if (failed && kind == Ssh.Connection.SHARED) {
            ssh.leaveShared();
        }
        ready.completeExceptionally(why);
        waiting.values().forEach(reply -> reply.completeExceptionally(why));
        waiting.clear();
        writer.interrupt();
    }
}
