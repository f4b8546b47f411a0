// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

import org.tidemark.core.WalFile;

/** What a container holds. */
public enum ContainerKind {
    WAL("wal"),
    HISTORY("history"),
    PIECE("piece"),
    BUNDLE("bundle"),
    MANIFEST("manifest"),
    BACKUP_MANIFEST("backup-manifest"),
    CONFIGURATION("configuration"),
    BUNDLES("bundles");

    private final String id;

    ContainerKind(String id) {
        this.id = id;
    }

    /** What an archived WAL file is stored as. */
    public static ContainerKind of(WalFile file) {
        return file instanceof WalFile.TimelineHistoryFile ? HISTORY : WAL;
    }

    /** The word in the header. */
    public String id() {
        return id;
    }

    /**
     * Whether it is never encrypted: what must be read to list, to tell timelines apart and to expire, by hosts that
     * have no private key.
     */
    public boolean isClear() {
        return this == HISTORY || this == BUNDLES;
    }

    static ContainerKind ofId(String id) {
        for (ContainerKind kind : values()) {
            if (kind.id.equals(id)) {
                return kind;
            }
        }
        throw new IllegalArgumentException("not a kind of container: '" + id + "'");
    }
}
