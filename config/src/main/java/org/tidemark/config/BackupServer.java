// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.util.Arrays;

/** Which server of a cluster backups are taken from, where its conninfo names several. */
public enum BackupServer {
    PRIMARY("primary"),
    STANDBY("standby"),
    /** A standby, or the primary while no standby answers. */
    PREFER_STANDBY("prefer-standby");

    /** The values, for messages. */
    public static final String EXPECTED = "primary, standby or prefer-standby";

    private final String keyword;

    BackupServer(String keyword) {
        this.keyword = keyword;
    }

    public String keyword() {
        return keyword;
    }

    /**
     * The server of a keyword.
     *
     * @throws IllegalArgumentException if it is not as {@link #EXPECTED} says
     */
    public static BackupServer parse(String text) {
        return Arrays.stream(values())
                .filter(each -> each.keyword.equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("not a server to take backups from: '" + text + "'"));
    }
}
