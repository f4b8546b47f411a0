// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.nio.file.Path;

/**
 * The parts of a host's spool, each a directory below the version of the layout. docs/design/spool.md says which files
 * are in it; the launcher knows {@link #ARCHIVED} and {@link #PREFETCH} as well.
 */
public enum SpoolPart {
    /** Acknowledged WAL that a lagging repository lacks. */
    PENDING("pending", false),
    /** What a repository refused to take from a queue. */
    REFUSED("refused", false),
    /** WAL that was received and is not archived yet. */
    RECEIVE("receive", false),
    /** Notes of WAL that PostgreSQL was told to drop. */
    GIVEN_UP("given-up", false),
    /** When a repository that failed is tried again, for writes. */
    PAUSE("pause", true),
    /** The same for reads. */
    UNREAD("unread", true),
    /** Histories that a repository was seen to hold. */
    HISTORY("history", true),
    /** What the launcher may acknowledge. */
    ARCHIVED("archived", true),
    /** What full backups that failed have stored. */
    ATTEMPTS("attempts", true),
    /** Documents of repositories that were read. */
    CATALOG("catalog", true),
    /** What scheduled tasks have done on this host. */
    CRON("cron", true),
    /** WAL fetched ahead of a recovery. */
    PREFETCH("prefetch", true),
    /** Which directories of a store are synced. */
    STORES("stores", true),
    /** What the last check counted. */
    CHECK("check", true),
    /** What the last check of serve found and counted. */
    SERVED("served", true),
    /** For which segments archive_command started Java. */
    STARTED("started", true),
    /** Which copy of a cluster was refused to archive. */
    COPIES("copies", true),
    /** When a warning was written to the log. */
    WARNED("warned", true),
    /** What the destinations of notifications know, and what they are still to be told. */
    NOTIFY("notify", true);

    private static final String VERSION = "v1";

    private final String directory;
    private final boolean mayBeLost;

    SpoolPart(String directory, boolean mayBeLost) {
        this.directory = directory;
        this.mayBeLost = mayBeLost;
    }

    /** The name of its directory. */
    public String directory() {
        return directory;
    }

    /** Whether nothing but work is lost with it. */
    public boolean mayBeLost() {
        return mayBeLost;
    }

    /** Its directory, which may not exist. */
    public Path in(Path spool) {
        return spool.resolve(VERSION).resolve(directory);
    }
}
