// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

/**
 * The state of a cluster when its control file was written, in the order of PostgreSQL's {@code DBState}
 * (src/include/catalog/pg_control.h).
 */
public enum ClusterState {
    STARTING_UP("starting up"),
    SHUT_DOWN("shut down"),
    SHUT_DOWN_IN_RECOVERY("shut down in recovery"),
    SHUTTING_DOWN("shutting down"),
    IN_CRASH_RECOVERY("in crash recovery"),
    IN_ARCHIVE_RECOVERY("in archive recovery"),
    IN_PRODUCTION("in production");

    private final String text;

    ClusterState(String text) {
        this.text = text;
    }

    /** The text that pg_controldata prints. */
    @Override
    public String toString() {
        return text;
    }
}
