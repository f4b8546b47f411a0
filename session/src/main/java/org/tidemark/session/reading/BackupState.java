// SPDX-License-Identifier: Apache-2.0
package org.tidemark.session.reading;

/** Whether what has a backup id can be restored. */
public enum BackupState {
    /** According to its description, its WAL and the results of verify. */
    COMPLETE("complete"),
    /** Something that it needs is damaged or missing. */
    BROKEN("broken"),
    /** Not yet a backup: its files are stored, and not all of its WAL is archived. Any host can complete it. */
    WAITING("waiting"),
    /** Not yet a backup: its objects are being stored. */
    RUNNING("running"),
    /** Not a backup: its process has ended, nothing was stored for a long time, or it is too late to complete it. */
    INTERRUPTED("interrupted"),
    /** No backup any more: what is left of one that was removed. */
    REMOVED("removed");

    private final String text;

    BackupState(String text) {
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
