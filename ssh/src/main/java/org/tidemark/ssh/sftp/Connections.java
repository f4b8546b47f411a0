// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh.sftp;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.tidemark.ssh.Ssh;

/**
 * The connections to one host, opened when an operation needs one and kept for later operations. Each operation has its
 * own connection until the maximum number is open; then operations share connections. Thread-safe.
 */
public final class Connections {
    /** For so long a host that has refused one is not asked for more connections. */
    private static final Duration REFUSAL = Duration.ofMinutes(1);

    private final Ssh ssh;
    private final int max;
    private final UnaryOperator<IOException> unreached;
    private final List<Shared> open = new ArrayList<>();
    /** No other connections are opened before this time, by {@link System#nanoTime}. */
    private long sharedUntil = System.nanoTime();

    private boolean closed;

    /**
     * Opens none yet.
     *
     * @param max the maximum number of connections
     * @param unreached classifies the reason why there is no connection
     */
    public Connections(Ssh ssh, int max, UnaryOperator<IOException> unreached) {
        this.ssh = ssh;
        this.max = max;
        this.unreached = unreached;
    }

    /**
     * An open connection for one operation; the caller returns it by closing the lease. Where the host takes no more
     * connections, those that are open are shared for a while.
     */
    public Lease take() throws IOException {
        while (true) {
            Shared shared = choose();
            try {
                return new Lease(shared, new Sftp(shared.connection, shared.connection.awaitReady()));
            } catch (IOException e) {
                giveBack(shared);
                if (e instanceof InterruptedIOException || !othersAreOpen(shared)) {
                    throw unreached.apply(e);
                }
            }
        }
    }

    /** Each connection that fails is forgotten, and no other one is opened: so there is an end of trying. */
    private synchronized boolean othersAreOpen(Shared failed) {
        open.remove(failed);
        forgetBroken();
        if (!open.isEmpty()) {
            sharedUntil = System.nanoTime() + REFUSAL.toNanos();
        }
        return !open.isEmpty();
    }

    private synchronized Shared choose() throws IOException {
        if (closed) {
            throw unreached.apply(new IOException("it was closed"));
        }
        forgetBroken();
        Optional<Shared> leastUsed = open.stream().min(Comparator.comparingInt(shared -> shared.users));
        Shared chosen;
        if (leastUsed.isPresent() && (leastUsed.get().users == 0 || open.size() == max || isRefused())) {
            chosen = leastUsed.get();
        } else {
            // Only the first connection is shared with other processes: several TCP connections are faster than one.
            Ssh.Connection kind = open.isEmpty() ? Ssh.Connection.SHARED : Ssh.Connection.OWN;
            chosen = new Shared(Connection.begin(ssh, kind));
            open.add(chosen);
        }
        chosen.users++;
        return chosen;
    }

    private void forgetBroken() {
        open.removeIf(shared -> shared.retired || shared.connection.isBroken());
    }

    private boolean isRefused() {
        return System.nanoTime() - sharedUntil < 0;
    }

    private synchronized void giveBack(Shared shared) {
        shared.users--;
        // An interrupted operation may have left open files on the server; they are closed with the connection.
        shared.retired |= Thread.currentThread().isInterrupted();
        if (shared.retired && shared.users == 0) {
            shared.connection.endWithoutWaiting();
        }
    }

    /** Closes all connections. No operation may be under way. */
    public void close() {
        List<Shared> all;
        synchronized (this) {
            closed = true;
            all = List.copyOf(open);
            open.clear();
        }
        all.forEach(shared -> shared.connection.close());
    }

    /** Guarded by the enclosing object. */
    private static final class Shared {
        private final Connection connection;
        private int users;
        private boolean retired;

        Shared(Connection connection) {
            this.connection = connection;
        }
    }

    /** Not thread-safe. */
    public final class Lease implements AutoCloseable {
        private final Shared shared;
        private final Sftp sftp;
        private boolean given;

        private Lease(Shared shared, Sftp sftp) {
            this.shared = shared;
            this.sftp = sftp;
        }

        public Sftp sftp() {
            return sftp;
        }

        @Override
        public void close() {
            if (!given) {
                given = true;
                giveBack(shared);
            }
        }
    }
}
