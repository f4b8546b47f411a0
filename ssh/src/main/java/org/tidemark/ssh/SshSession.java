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
 * A running ssh process with the input and output of the remote command. Closing ends the process at once. If this JVM
 * dies, the input of ssh ends, and ssh with it. Thread-safe.
 */
public final class SshSession implements AutoCloseable {
    /** The time to read the last messages of an ended ssh process. */
    private static final Duration DRAIN_TIMEOUT = Duration.ofSeconds(2);

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

    /** The input of the remote command. */
    public OutputStream remoteInput() {
        return process.getOutputStream();
    }

    /** The output of the remote command; its end may be the end of the connection: see {@link #ended}. */
    public InputStream remoteOutput() {
        return process.getInputStream();
    }

    /** Deletes the secrets; to be called after the first answer of the server. */
    public void established() {
        if (askpass != null) {
            askpass.close();
        }
    }

    /** The reason for the end of ssh, after the end of its output. */
    public SshException ended() {
        return failure.explain(statusSoon());
    }

    /** The last messages of ssh; may be empty. */
    public String lastMessages() {
        statusSoon();
        return failure.messages().summary();
    }

    private int statusSoon() {
        try {
            boolean over = process.waitFor(DRAIN_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            errors.join(DRAIN_TIMEOUT);
            return over ? process.exitValue() : -1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return -1;
        }
    }

    /**
     * Waits for the end of the remote program, whose output another thread reads.
     *
     * @return the exit status of the program, 0 to 254
     * @throws SshException if the connection ended before the program
     * @throws IOException if the limit has passed or this thread was interrupted; ssh is ended then
     */
    public int await(Duration limit) throws IOException {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                close();
                throw new IOException("the remote program did not end within " + Ssh.seconds(limit) + " s");
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
        // The children include the ssh of a jump host, and other programs of the configuration.
        List<ProcessHandle> children = process.descendants().toList();
        process.destroyForcibly();
        children.forEach(ProcessHandle::destroyForcibly);
    }
}
