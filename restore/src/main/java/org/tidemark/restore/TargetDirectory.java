// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.nio.file.Path;
import org.tidemark.core.ShellWord;

/** A directory that a restore fills. Immutable. */
public sealed interface TargetDirectory {
    /** Absolute. */
    Path path();

    /** How many bytes will be written below it. */
    long sizeBytes();

    /** PGDATA. */
    record DataDirectory(Path path, long sizeBytes) implements TargetDirectory {}

    /**
     * Where a link in {@code pg_tblspc} leads.
     *
     * @param oid in decimal digits
     * @param moved whether it is another location than when the backup was taken
     */
    record Tablespace(String oid, Path path, long sizeBytes, boolean moved) implements TargetDirectory {}

    /** The option of {@code recover} that puts it elsewhere. */
    default String option(Path elsewhere) {
        return switch (this) {
            case DataDirectory data -> "--to " + ShellWord.quote(elsewhere.toString());
            case Tablespace tablespace -> "--tablespace " + ShellWord.quote(tablespace.oid() + "=" + elsewhere);
        };
    }

    /** For messages. */
    default String title() {
        return switch (this) {
            case DataDirectory data -> "data directory";
            case Tablespace tablespace -> "tablespace " + tablespace.oid();
        };
    }
}
