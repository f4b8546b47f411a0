// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.time.Duration;
import org.tidemark.session.reading.WalReading;

/**
 * What a check does. Immutable.
 *
 * @param limit of the whole
 * @param decrypt whether stored objects are read
 * @param switchWal whether a segment is closed and awaited in every repository
 * @param wal how much of the WAL is listed
 */
public record CheckRequest(Duration limit, boolean decrypt, boolean switchWal, WalReading wal) {
    /** One that lists all WAL. */
    public CheckRequest(Duration limit, boolean decrypt, boolean switchWal) {
        this(limit, decrypt, switchWal, WalReading.WHOLE);
    }
}
