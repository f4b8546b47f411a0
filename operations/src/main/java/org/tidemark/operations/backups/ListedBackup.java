// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.SystemIdentifier;

/**
 * A backup with the repositories that it is in. Immutable.
 *
 * @param backup empty if no repository has a description that can be read
 * @param problems why it cannot be restored, or not from everywhere
 * @param notes other remarks about it
 */
public record ListedBackup(
        BackupId id,
        SystemIdentifier system,
        Optional<BaseBackup> backup,
        State state,
        List<String> repositories,
        List<String> problems,
        List<String> notes) {
    /** By ancestry and position, not by name: the backup that leads furthest is the last. */
    public static final Comparator<ListedBackup> ORDER = ListedBackup::alongTheWay;

    private static int alongTheWay(ListedBackup a, ListedBackup b) {
        if (a.backup.isEmpty() || b.backup.isEmpty() || !a.system.equals(b.system)) {
            return a.id.compareTo(b.id);
        }
        return Comparator.comparing((BaseBackup backup) -> backup.wal().timeline())
                .thenComparing(backup -> backup.wal().stop())
                .thenComparing(backup -> backup.run().ended())
                .thenComparing(BaseBackup::id)
                .compare(a.backup.get(), b.backup.get());
    }

    public ListedBackup {
        repositories = List.copyOf(repositories);
        problems = List.copyOf(problems);
        notes = List.copyOf(notes);
    }

    /** The same with one more problem. */
    ListedBackup with(String problem) {
        return new ListedBackup(
                id,
                system,
                backup,
                state,
                repositories,
                Stream.concat(problems.stream(), Stream.of(problem)).toList(),
                notes);
    }

    /** Whether it can be restored. */
    public enum State {
        /** According to its description, its WAL and the results of verify. */
        COMPLETE("complete"),
        /** Something that it needs is damaged or missing. */
        BROKEN("broken"),
        /** Not yet a backup: its files are stored, and not all of its WAL is archived. Any host can complete it. */
        WAITING("waiting"),
        /** Not yet a backup: its objects are being stored. */
        RUNNING("running"),
        /** Not a backup: nothing was stored for a long time, or it is too late to complete it. */
        INTERRUPTED("interrupted"),
        /** No backup any more: what is left of one that was removed. */
        REMOVED("removed");

        private final String text;

        State(String text) {
            this.text = text;
        }

        /** Whether it is a backup, if perhaps one that cannot be restored. */
        public boolean isBackup() {
            return this == COMPLETE || this == BROKEN;
        }

        @Override
        public String toString() {
            return text;
        }
    }
}
