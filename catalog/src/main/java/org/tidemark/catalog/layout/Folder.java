// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.layout;

import java.util.Locale;
import java.util.Optional;

/** A folder directly below an incarnation; each kind of object lies in one of them. */
public enum Folder {
    WAL,
    HISTORY,
    STREAM,
    GAP,
    RESOLVED,
    CATALOG,
    BACKUP,
    MARK,
    DEAD;

    /** The folder that is called {@code name} in keys. */
    public static Optional<Folder> of(String name) {
        for (Folder folder : values()) {
            if (folder.toString().equals(name)) {
                return Optional.of(folder);
            }
        }
        return Optional.empty();
    }

    /** As it stands in keys. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
