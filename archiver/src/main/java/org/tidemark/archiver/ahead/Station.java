// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.ahead;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import java.util.Set;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.RunningProcess;
import org.tidemark.postgres.ServerRun;

/**
 * The place in the spool for one run of a server, where the process that archives ahead tells the launcher what it
 * works on. Thread-safe, but for {@link #open}.
 *
 * @param root {@code v1/archived} of a spool that the launcher looks at
 * @param dataDirectory of the server
 * @param written when PostgreSQL wrote its postmaster.pid last
 */
public record Station(Path root, Path dataDirectory, ServerRun server, FileTime written) {
    /** The station for the server that runs in a data directory; empty if none does. */
    public static Optional<Station> of(Path root, Path dataDirectory) {
        try {
            FileTime written = ServerRun.written(dataDirectory);
            return ServerRun.in(dataDirectory).map(server -> new Station(root, dataDirectory, server, written));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Whether the same run of the server goes on. */
    public boolean lasts() {
        return of(root, dataDirectory).filter(this::equals).isPresent();
    }

    /** Whether this process is still the one that serves: a wal-push with another call dismisses it. */
    public boolean isServedByThisProcess() {
        return Acknowledgements.isServedBy(root.resolve(server.key()), RunningProcess.self());
    }

    /** Takes the work for this server; empty if another process has it, or times are too coarse here. */
    public Optional<Notes> open(CallIdentity call) throws IOException {
        Optional<Acknowledgements> opened = Acknowledgements.open(root, server, written, call);
        return opened.isPresent() ? Optional.of(new Notes(this, opened.get())) : Optional.empty();
    }

    /**
     * The notes of segments that the launcher may acknowledge. After it is closed, nothing is noted any more.
     * Thread-safe.
     */
    public static final class Notes implements AutoCloseable {
        private final Station station;
        private final Acknowledgements acknowledgements;
        private boolean open = true;

        private Notes(Station station, Acknowledgements acknowledgements) throws IOException {
            this.station = station;
            this.acknowledgements = acknowledgements;
            acknowledgements.serve(RunningProcess.self());
        }

        /** The file whose lines the launcher prints with the next call that it answers. */
        public Path messages() {
            return acknowledgements.messages();
        }

        /** The names of the segments that are noted. Notes of those that PostgreSQL does not hand over are removed. */
        public synchronized Set<String> keep(Set<String> ready) throws IOException {
            return acknowledgements.keep(ready);
        }

        /** Tells the launcher that this segment is under way. */
        public synchronized void begin(Segment segment) throws IOException {
            if (open) {
                acknowledgements.begin(segment);
            }
        }

        /** Tells the launcher that this segment is not under way any more. */
        public synchronized void end(Segment segment) throws IOException {
            if (open) {
                acknowledgements.end(segment);
            }
        }

        /**
         * Notes a segment whose bytes are archived, unless the server has ended meanwhile.
         *
         * @param modified of the file, as it was before and after it was read
         */
        public synchronized void acknowledge(Segment segment, FileTime modified) throws IOException {
            if (open && station.lasts()) {
                acknowledgements.acknowledge(segment, modified);
            }
        }

        /** When the launcher last timed out waiting for this process; empty if it still waits. */
        public Optional<FileTime> lateSince() throws IOException {
            return acknowledgements.lateSince();
        }

        /** The launcher may wait for this process again. */
        public synchronized void inTime() throws IOException {
            if (open) {
                acknowledgements.inTime();
            }
        }

        @Override
        public synchronized void close() throws IOException {
            if (open) {
                open = false;
                try {
                    acknowledgements.withdraw();
                } finally {
                    acknowledgements.close();
                }
            }
        }
    }
}
