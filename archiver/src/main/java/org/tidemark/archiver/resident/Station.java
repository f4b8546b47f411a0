// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.resident;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import java.util.Set;
import org.tidemark.core.UnsyncedFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.RunningProcess;
import org.tidemark.postgres.ServerRun;

/**
 * The resident archiver's place in the spool, for one run of a server: it asks wal-push there for its call, and tells
 * the launcher what it works on. Thread-safe, but for {@link #open}.
 *
 * @param root {@code v1/archived} of a spool that the launcher looks at
 * @param dataDirectory of the server
 * @param written when PostgreSQL wrote its postmaster.pid last
 */
public record Station(Path root, Path dataDirectory, ServerRun server, FileTime written) {
    private static final String ASKED = ".asked";
    private static final String CALL = ".call";

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

    /**
     * From now on a wal-push with an unknown call tells it, and others can read this state. One archiver that serves
     * counts more than others that wait.
     *
     * @param serves whether the process has taken the work
     */
    public void tell(ResidentState state, boolean serves) throws IOException {
        Optional<ResidentState> present = state();
        if (present.equals(Optional.of(state))
                || (!serves && present.isPresent() && isOfAnother(present.get(), state.process()))) {
            return;
        }
        UnsyncedFile.replace(asked(), state.text().getBytes(StandardCharsets.UTF_8));
    }

    private static boolean isOfAnother(ResidentState present, RunningProcess process) {
        return !present.process().equals(process) && present.process().isRunning();
    }

    /** No wal-push need tell its call any more, unless another archiver wants to know it. */
    public void leave() throws IOException {
        if (state().filter(present -> !present.process().equals(RunningProcess.self()))
                .isEmpty()) {
            Files.deleteIfExists(asked());
        }
    }

    /** Whether another process wants the work: an archiver that was started, and waits for it. */
    public boolean isWantedByAnother() {
        return state().filter(present -> isOfAnother(present, RunningProcess.self()))
                .isPresent();
    }

    /** The state that an archiver has reported. */
    Optional<ResidentState> state() {
        return ResidentState.read(asked());
    }

    /** The file in which an archiver reports its state and asks for the call. */
    Path asked() {
        return root.resolve(server.key() + ASKED);
    }

    /** Whether the launcher may wait for this process. */
    boolean isServedBy(RunningProcess process) {
        return Acknowledgements.isServedBy(root.resolve(server.key()), process);
    }

    /** When the launcher last timed out; it does not wait after that. */
    Optional<FileTime> lateSince() throws IOException {
        return Acknowledgements.lateSince(root.resolve(server.key()));
    }

    /** The call that a wal-push of this run of the server has reported. */
    public Optional<KnownCall> call() {
        return KnownCall.read(root.resolve(server.key() + CALL));
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
        private Optional<Segment> last = Optional.empty();

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
                last = Optional.of(segment);
            }
        }

        /** The segment that was noted last. */
        public synchronized Optional<Segment> last() {
            return last;
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
