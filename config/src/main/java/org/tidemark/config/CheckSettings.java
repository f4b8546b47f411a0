// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.time.Duration;

/**
 * From when on {@code check} warns. Immutable.
 *
 * @param backupAge of the newest backup
 * @param walAge of the newest archived WAL
 * @param freeSpacePercent of the file system that pg_wal lies on
 */
public record CheckSettings(Duration backupAge, Duration walAge, int freeSpacePercent) {
    public static final CheckSettings DEFAULT = new CheckSettings(Duration.ofHours(26), Duration.ofMinutes(15), 15);
}
