// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.push;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tidemark.archiver.PushTarget;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.archiver.queue.GivenUpNotes;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.catalog.wal.WalArchive;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.StorageException.StorageDenied;

/**
 * Takes one file into one repository after the other; several threads may do so at once. Thread-safe.
 *
 * @param history what a repository must hold before the file
 * @param spool where dropped WAL is noted
 */
record SinglePush(PushRequest request, PushContent content, Encodings encodings, HistoryFirst history, Path spool) {
    /** When this returns, the repository holds the file durably; gives its archive. */
    ClusterArchive to(PushTarget target) throws IOException {
        ClusterArchive archive = target.opening().open(request.origin().system());
        request.origin().refuseOther(archive.identity());
        history.archiveInto(archive, target);
        try {
            store(archive, target);
        } catch (DamagedObjectException e) {
            throw new UserFacingException(
                    ExitCode.DAMAGED,
                    e.getMessage() + ", so '" + request.file().name() + "' cannot be archived in '" + target.name()
                            + "'",
                    "Archive the file of this server in its place with: tidemark wal-resolve "
                            + request.file().name(),
                    e);
        }
        tellWhatWasGivenUp(archive);
        return archive;
    }

    /**
     * Before anybody is told that the file is archived: readers are to find out why there is a hole before it. Not
     * before the file: a repository that takes notes and no WAL would get a note for each segment. Credentials that may
     * only add WAL do without; then the note stays on this host, where check tells it.
     */
    private void tellWhatWasGivenUp(ClusterArchive archive) throws IOException {
        try {
            GivenUpNotes.of(spool, archive).deliver(archive);
        } catch (StorageDenied e) {
            // A note changes nothing: it keeps no WAL back.
        }
    }

    /** Stores the file alone. */
    void store(ClusterArchive archive, PushTarget target) throws IOException {
        archive.wal().put(request.file(), content.endOfContent(), encodings.of(target));
    }

    /** The last part of the key under which {@code target} is to hold it. */
    String keyName(PushTarget target) throws IOException {
        return WalArchive.keyName(request.file(), content.endOfContent(), encodings.of(target));
    }

    /**
     * One file, encoded once for all repositories with the same encoding; each attempt, and the queue, get the same
     * bytes. Thread-safe.
     */
    static final class Encodings implements AutoCloseable {
        private final PushRequest request;
        private final PushContent content;
        private final Path workDirectory;
        private final Map<String, Entry> entries = new HashMap<>();
        private boolean closed;

        private static final class Entry {
            private @Nullable EncodedObject encoded;
        }

        Encodings(PushRequest request, PushContent content, Path workDirectory) {
            this.request = request;
            this.content = content;
            this.workDirectory = workDirectory;
        }

        /**
         * The object for {@code target}: the first caller encodes it, and callers that need the same encoding wait for
         * it.
         */
        EncodedObject of(PushTarget target) throws IOException {
            Entry entry;
            synchronized (entries) {
                String encoding = target.encoding().toString();
                entry = entries.get(encoding);
                if (entry == null) {
                    entry = new Entry();
                    entries.put(encoding, entry);
                }
            }
            synchronized (entry) {
                EncodedObject encoded = entry.encoded;
                if (encoded == null) {
                    requireOpen();
                    encoded = ObjectEncoder.encode(
                            ContainerKind.of(request.file()),
                            request.file().name(),
                            request.origin().system(),
                            target.encoding(),
                            content.source(),
                            workDirectory);
                    entry.encoded = encoded;
                }
                return encoded;
            }
        }

        private void requireOpen() throws IOException {
            synchronized (entries) {
                if (closed) {
                    throw new IOException("the push has ended");
                }
            }
        }

        /** An abandoned attempt that still reads finds fewer bytes than announced, and stores nothing. */
        @Override
        public void close() throws IOException {
            List<Entry> all;
            synchronized (entries) {
                closed = true;
                all = List.copyOf(entries.values());
            }
            for (Entry entry : all) {
                synchronized (entry) {
                    if (entry.encoded != null) {
                        entry.encoded.close();
                    }
                }
            }
        }
    }
}
