// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.audit;

import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import org.tidemark.core.SystemIdentifier;

/**
 * Something that was done to the content of a repository, as the repository remembers it. Immutable.
 *
 * @param at when, by the clock of the host
 * @param host that did it, as it named itself; empty where that was not noted
 * @param subject a backup's id, a timeline, a range of segments, a key, or the time at which a task was due
 * @param details why, or what came of it; may be empty
 */
public record Act(
        Instant at,
        String repository,
        SystemIdentifier system,
        Kind kind,
        Optional<String> host,
        String subject,
        String details) {
    /** What can be done. */
    public enum Kind {
        BACKUP_TAKEN("backup taken"),
        BACKUP_DELETED("backup deleted"),
        BACKUP_KEPT("keep"),
        BACKUP_RELEASED("keep released"),
        BACKUP_RESTORED("backup restored"),
        DRILL_PASSED("drill passed"),
        DRILL_FAILED("drill failed"),
        TIMELINE_BEGUN("timeline begun"),
        WAL_DELETED("WAL deleted"),
        WAL_DROPPED("WAL dropped"),
        WAL_REJECTED("WAL rejected"),
        DAMAGE_FOUND("damage found"),
        KEY_PROVEN("key proven"),
        TASK_DONE("task done"),
        TASK_FAILED("task failed"),
        TASK_CUT_OFF("task cut off");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        /** For people. */
        public String text() {
            return text;
        }

        /** As documents name it. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }
}
