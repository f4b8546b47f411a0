// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.util.Optional;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.store.ObjectKey;

/**
 * Something that a verification found. Immutable.
 *
 * @param backup one of the backups that need the object
 * @param text to follow the key
 */
public record ObjectFinding(Severity severity, ObjectKey key, Optional<BackupId> backup, String text) {
    /** What a finding means. */
    public enum Severity {
        /** Something is damaged, missing, or cannot be told. */
        PROBLEM,
        /** Something that is worth knowing, such as the remains of a backup that was cut off. */
        NOTE
    }
}
