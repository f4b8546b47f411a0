// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.tidemark.postgres.TablespaceInfo;

/**
 * PostgreSQL 13 and 14: one copy for each archive in the order of the tablespace list, then one for the manifest
 * (PostgreSQL 14: src/backend/replication/basebackup.c). Not thread-safe.
 */
final class SeparateCopyParts implements CopyParts {
    private final ProtocolSession session;
    private final Deque<Part> parts = new ArrayDeque<>();

    SeparateCopyParts(ProtocolSession session, List<TablespaceInfo> tablespaces) {
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
