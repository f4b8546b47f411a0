// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.tidemark.postgres.TablespaceInfo;

/**
 * The parts of a base backup's copy data: archives, then the manifest. The form depends on the server's version. After
 * {@link #nextPiece} the caller reads the bytes of the piece from the session's {@link MessageReader}. Not thread-safe.
 */
sealed interface CopyParts {
    /** The kind of a part. */
    sealed interface Part {
        /** One tar archive; {@code oid} is the tablespace's OID, 0 for the data directory. */
        record Archive(long oid) implements Part {}

        record Manifest() implements Part {}

        /** The end of the copy: there are no more parts. */
        record End() implements Part {}
    }

    /** Goes to the next part; the caller must have read the current part to its end. */
    Part nextPart();

    /** Goes to the next piece of the current part; returns false at its end. A piece may be empty. */
    boolean nextPiece();

    /** Whether the server omits the two blocks of zeros at the end of a tar archive. */
    boolean lacksTarEnd();

    /**
     * PostgreSQL 13 and 14: one copy for each archive in the order of the tablespace list, then one for the manifest
     * (PostgreSQL 14: src/backend/replication/basebackup.c). Not thread-safe.
     */
    final class Separate implements CopyParts {
        private final ProtocolSession session;
        private final Deque<Part> parts = new ArrayDeque<>();

        Separate(ProtocolSession session, List<TablespaceInfo> tablespaces) {
            this.session = session;
            tablespaces.forEach(tablespace -> parts.add(new Part.Archive(tablespace.oid())));
            parts.add(new Part.Manifest());
        }

        @Override
        public Part nextPart() {
            if (parts.isEmpty()) {
                return new Part.End();
            }
            session.expect(ProtocolSession.COPY_OUT);
            session.messages().skipRest();
            return parts.remove();
        }

        @Override
        public boolean nextPiece() {
            char type = session.next();
            if (type == ProtocolSession.COPY_DONE) {
                return false;
            }
            session.require(type, ProtocolSession.COPY_DATA);
            return true;
        }

        @Override
        public boolean lacksTarEnd() {
            return true;
        }
    }

    /**
     * PostgreSQL 15 and later: one copy, in which the first byte of each message gives its kind (PostgreSQL:
     * src/backend/backup/basebackup_copy.c). Not thread-safe.
     */
    final class Single implements CopyParts {
        private static final int NEW_ARCHIVE = 'n';
        private static final int MANIFEST = 'm';
        private static final int DATA = 'd';
        private static final int PROGRESS = 'p';
        private static final String BASE_ARCHIVE = "base.tar";

        private final ProtocolSession session;
        private Part upcoming = new Part.End();
        private boolean begun;

        Single(ProtocolSession session) {
            this.session = session;
        }

        @Override
        public Part nextPart() {
            if (!begun) {
                begun = true;
                session.expect(ProtocolSession.COPY_OUT);
                if (nextPiece()) {
                    throw session.violated("data before the first archive of a base backup");
                }
            }
            return upcoming;
        }

        @Override
        public boolean nextPiece() {
            while (true) {
                char type = session.next();
                if (type == ProtocolSession.COPY_DONE) {
                    upcoming = new Part.End();
                    return false;
                }
                session.require(type, ProtocolSession.COPY_DATA);
                MessageReader messages = session.messages();
                int kind = messages.readByte();
                switch (kind) {
                    case DATA -> {
                        return true;
                    }
                    case NEW_ARCHIVE -> {
                        upcoming = new Part.Archive(oid(messages.readText()));
                        // The tablespace's path, which the list of tablespaces contains already.
                        messages.skipRest();
                        return false;
                    }
                    case MANIFEST -> {
                        upcoming = new Part.Manifest();
                        return false;
                    }
                    // PartStream counts the bytes itself.
                    case PROGRESS -> {}
                    default -> throw session.violated("a base backup message of kind " + kind);
                }
            }
        }

        @Override
        public boolean lacksTarEnd() {
            return false;
        }

        private long oid(String archiveName) {
            if (archiveName.equals(BASE_ARCHIVE)) {
                return 0;
            }
            if (!archiveName.matches("[0-9]{1,10}\\.tar")) {
                throw session.violated("an archive named '" + archiveName + "'");
            }
            return Long.parseLong(archiveName.substring(0, archiveName.length() - ".tar".length()));
        }
    }
}
