// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

/**
 * PostgreSQL 15 and later: one copy, in which the first byte of each message gives its kind (PostgreSQL:
 * src/backend/backup/basebackup_copy.c). Not thread-safe.
 */
final class SingleCopyParts implements CopyParts {
    private static final int NEW_ARCHIVE = 'n';
    private static final int MANIFEST = 'm';
    private static final int DATA = 'd';
    private static final int PROGRESS = 'p';
    private static final String BASE_ARCHIVE = "base.tar";

    private final ProtocolSession session;
    private Part upcoming = new Part.End();
    private boolean begun;

    SingleCopyParts(ProtocolSession session) {
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
