// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One ssh that runs, with the input and the output of what runs at the other end. Closing ends it at once, whatever
 * waits for it; a process that dies ends it as well, since its input ends then. Thread-safe.
 */
public final class SshSession implements AutoCloseable {
    /** For the rest of what an ssh says that has ended. */
    private static final Duration LAST_MESSAGES = Duration.ofSeconds(2);

    private final Process process;
    private final SshFailure failure;
    private final @Nullable Askpass askpass;
    private final Thread errors;

    SshSession(Process process, SshFailure failure, @Nullable Askpass askpass) {
        this.process = process;
        this.failure = failure;
        this.askpass = askpass;
        this.errors = Thread.ofPlatform()
                .daemon()
                .name("ssh-errors")
                .start(() -> failure.messages().readAll(process.getErrorStream()));
    }

    /** What the other side reads. */
    public OutputStream toOther() {
        return process.getOutputStream();
    }

    /** What the other side writes; its end may be the end of the connection: see {@link #ended}. */
    public InputStream fromOther() {
        return process.getInputStream();
    }

    /** To be called once the other side has answered: secrets are not needed any more. */
    public void established() {
        if (askpass != null) {
            askpass.close();
        }
    }

    /** Why it ended, once its output has. */
    public SshException ended() {
        return failure.explain(statusSoon());
    }

    /** The last that ssh said; may be empty. */
    public String lastMessages() {
        statusSoon();
        return failure.messages().summary();
    }

    private int statusSoon() {
        try {
            boolean over = process.waitFor(LAST_MESSAGES.toMillis(), TimeUnit.MILLISECONDS);
            errors.join(LAST_MESSAGES);
            return over ? process.exitValue() : -1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return -1;
        }
    }

    /**
     * Waits for the end of a program at the other side, whose output is read by others.
     *
     * @return its status, 0 to 254
     * @throws SshException if the connection ended before it
     * @throws IOException if it takes longer than the limit, or this thread is interrupted; it is ended then
     */
    public int await(Duration limit) throws IOException {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                close();
                throw new IOException("the program at the other side did not end within " + limit);
            }
            if (process.exitValue() == 255) {
                throw ended();
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            close();
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted = new InterruptedIOException("interrupted while ssh ran");
            interrupted.initCause(e);
            throw interrupted;
        }
    }

    @Override
    public void close() {
        established();
        // With a jump host's ssh, or another program that its configuration started.
        List<ProcessHandle> children = process.descendants().toList();
        process.destroyForcibly();
        children.forEach(ProcessHandle::destroyForcibly);
    }
}
