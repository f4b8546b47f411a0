// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.util.List;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.store.ObjectKey;

/**
 * Something that a verification found. Immutable.
 *
 * @param backups every backup that needs the object
 * @param text to follow the key
 */
public record ObjectFinding(Severity severity, ObjectKey key, List<BackupId> backups, String text) {
    public ObjectFinding {
        backups = List.copyOf(backups);
    }

    /** What a finding means. */
    public enum Severity {
        /** Something is damaged, missing, or cannot be told. */
        PROBLEM,
        /** Something that is worth knowing, such as the remains of a backup that was cut off. */
        NOTE
    }
}
