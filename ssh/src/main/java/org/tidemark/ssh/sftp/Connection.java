// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh.sftp;

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
import org.tidemark.core.LongWaits;
import org.tidemark.core.LongWaits.Wait;
import org.tidemark.core.TimeLimits;
import org.tidemark.ssh.RemoteCommand.Subsystem;
import org.tidemark.ssh.Ssh;
import org.tidemark.ssh.SshException;
import org.tidemark.ssh.SshSession;
import org.tidemark.ssh.sftp.Sftp.Abilities;

/**
 * One connection, which several threads can use for many requests at once. A platform thread connects and writes, so a
 * caller can always be interrupted and never waits longer than its limit; a second platform thread reads. Both threads
 * end with the connection. The ssh program detects a dead server. Thread-safe.
 *
 * <p>The queue of messages is bounded by its callers: each caller has only a few requests under way.
 */
public final class Connection implements MessageReader.Receiver {
    private static final int HELLO = 1;
    private static final int VERSION = 2;
    private static final int SPOKEN_VERSION = 3;
    private static final int BUFFER_BYTES = 64 * 1024;
    private static final Duration DRAIN_TIMEOUT = Duration.ofSeconds(2);

    private final Ssh ssh;
    private final Ssh.Connection kind;
    private final TimeLimits limits;
    private final BlockingQueue<SftpMessage> outgoing = new LinkedBlockingQueue<>();
    private final Map<Integer, CompletableFuture<Reply>> waiting = new ConcurrentHashMap<>();
    private final AtomicInteger lastId = new AtomicInteger();
    private final CompletableFuture<Abilities> ready = new CompletableFuture<>();
    private final AtomicReference<@Nullable IOException> failure = new AtomicReference<>();
    private final long begun = System.nanoTime();
    /** When the last byte arrived, or when the first request was sent after a time without any request. */
    private volatile long heardNanos = begun;

    private volatile @Nullable SshSession session;
    // Both threads wait for a process, which would block the carrier of a virtual thread.
    private final Thread writer =
            Thread.ofPlatform().daemon().name("sftp-writer").unstarted(this::connectAndWrite);

    /** Makes the message of a request, which gets its number when it is sent. */
    interface Request {
        SftpMessage numbered(int id);
    }

    private Connection(Ssh ssh, Ssh.Connection kind) {
        this.ssh = ssh;
        this.kind = kind;
        this.limits = ssh.limits();
    }

    /** Starts to connect, without waiting. */
    public static Connection begin(Ssh ssh, Ssh.Connection kind) {
        Connection connection = new Connection(ssh, kind);
        connection.writer.start();
        return connection;
    }

    /**
     * Waits until the connection is open.
     *
     * @return the extensions of its server
     * @throws SshException if ssh explains why it is not
     */
    public Abilities awaitReady() throws IOException {
        Duration left = limits.connect().minusNanos(System.nanoTime() - begun);
        return await(
                ready,
                left,
                "the connection was not open within " + limits.connect().toSeconds() + " s");
    }

    public boolean isBroken() {
        return failure.get() != null;
    }

    /** Sends a request under a new number. The caller may {@link #await} the answer, or ignore it. */
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
            // Checked after the insertion, so either this thread or the end of the connection completes the reply.
            reply.completeExceptionally(broken);
        }
        return reply;
    }

    /** Waits for an answer until the limit of a request. */
    Reply await(CompletableFuture<Reply> reply) throws IOException {
        return await(
                reply, limits.request(), "no answer within " + limits.request().toSeconds() + " s");
    }

    private <T> T await(CompletableFuture<T> answer, Duration limit, String lateMessage) throws IOException {
        try (Wait _ = LongWaits.on("the ssh server of " + ssh.destination())) {
            return answer.get(Math.max(limit.toNanos(), 0), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            IOException late = new IOException(lateMessage, e);
            // The server answers in order, so all later requests would wait as long.
            end(late);
            throw late;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted = new InterruptedIOException("interrupted while waiting for the server");
            interrupted.initCause(e);
            throw interrupted;
        } catch (ExecutionException e) {
            Throwable why = Objects.requireNonNull(e.getCause(), "an ExecutionException has a cause");
            throw why instanceof SshException known ? known : new IOException(String.valueOf(why.getMessage()), why);
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
            OutputStream out = new BufferedOutputStream(opened.remoteInput(), BUFFER_BYTES);
            write(out, SftpMessage.hello(HELLO, SPOKEN_VERSION));
            while (true) {
                if (outgoing.isEmpty()) {
                    out.flush();
                }
                write(out, outgoing.take());
            }
        } catch (SshException e) {
            end(e);
        } catch (IOException e) {
            // The server closed its input; the reading thread finds the reason.
            outgoing.clear();
        } catch (InterruptedException e) {
            end(new IOException("the connection was closed", e));
        } catch (RuntimeException | LinkageError e) {
            end(new IOException("the connection failed: " + e, e));
        }
    }

    private static void write(OutputStream out, SftpMessage frame) throws IOException {
        out.write(frame.head());
        out.write(frame.data(), 0, frame.dataBytes());
    }

    private void read(SshSession opened) {
        MessageReader replies = new MessageReader(this);
        byte[] buffer = new byte[BUFFER_BYTES];
        InputStream in = opened.remoteOutput();
        try {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                heardNanos = System.nanoTime();
                replies.take(buffer, count);
            }
        } catch (IOException e) {
            // This process closed the connection, or the connection ended.
        } catch (RuntimeException e) {
            end(new IOException("the connection failed: " + e, e));
        }
        if (!isBroken()) {
            end(whyEnded(opened));
        }
    }

    private IOException whyEnded(SshSession opened) {
        if (!ready.isDone()) {
            return opened.ended();
        }
        long silent = System.nanoTime() - heardNanos;
        String said = opened.lastMessages();
        // ssh measures whole seconds, and may have received the last byte a moment earlier.
        if (!waiting.isEmpty() && silent > limits.read().toNanos() / 10 * 9) {
            return new IOException(
                    "the server sent nothing for " + limits.read().toSeconds() + " s");
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
        end(new IOException("the server answered a request that was not sent"));
    }

    private void askForLimits(Abilities abilities) {
        if (!abilities.limits()) {
            ready.complete(abilities);
            return;
        }
        var _ = send(id ->
                        SftpMessage.request(Sftp.EXTENDED, id).text(Sftp.LIMITS).build())
                .thenAccept(reply -> {
                    try {
                        ready.complete(reply.limits(abilities));
                    } catch (IOException e) {
                        // The server offers this extension and does not answer it; the minimum is enough.
                        ready.complete(abilities);
                    }
                });
    }

    @Override
    public void garbled(IOException why) {
        end(why);
    }

    /** Waits up to the drain timeout for the answers to requests under way, and ends the connection. */
    void close() {
        try {
            var _ = drain().join();
        } catch (CompletionException e) {
            // No caller waits for these answers.
        }
    }

    /** Does the same as {@link #close} without waiting. */
    void endWithoutWaiting() {
        var _ = drain();
    }

    private CompletableFuture<Void> drain() {
        CompletableFuture<?>[] last = waiting.values().toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(last)
                .orTimeout(DRAIN_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((done, late) -> end(new IOException("the connection was closed"), false));
    }

    /** Ends the connection now; every caller that waits for an answer gets this error. */
    private void end(IOException why) {
        end(why, true);
    }

    /** @param failed whether the cause may be the connection itself */
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
